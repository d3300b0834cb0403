/* test_dev_batch.c: stream records as events, and the effect of an answer on a batch. */
#include "unit.h"

#include "dev/batch.h"
#include "json.h"
#include "mem.h"

#include <string.h>

#define ARN "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-02T03:04:05.678"

static json_t *tree(const char *text)
{
    struct err e = { 0 };
    json_t *t = NULL;
    if (json_parse(text, strlen(text), &t, &e) < 0)
        fail_msg("%s: %s", text, e.msg);
    return t;
}

static void test_record(void **state)
{
    (void)state;
    auto_json json_t *raw = tree(
        "{\"awsRegion\":\"elsewhere\",\"dynamodb\":{\"ApproximateCreationDateTime\":1.7000000005E9,"
        "\"Keys\":{\"id\":{\"S\":\"a\"}},\"NewImage\":{\"id\":{\"S\":\"a\"},\"n\":{\"N\":\"1.50\"}}"
        ","
        "\"SequenceNumber\":\"100000000003498069978\",\"SizeBytes\":12,"
        "\"StreamViewType\":\"NEW_AND_OLD_IMAGES\"},\"eventID\":\"e1\",\"eventName\":\"REMOVE\","
        "\"eventSource\":\"aws:dynamodb\",\"eventVersion\":\"1.1\","
        "\"userIdentity\":{\"PrincipalId\":\"dynamodb.amazonaws.com\",\"Type\":\"Service\"}}");
    auto_json json_t *want = tree(
        "{\"awsRegion\":\"eu-west-1\",\"dynamodb\":{\"ApproximateCreationDateTime\":1700000000,"
        "\"Keys\":{\"id\":{\"S\":\"a\"}},\"NewImage\":{\"id\":{\"S\":\"a\"},\"n\":{\"N\":\"1.50\"}}"
        ","
        "\"SequenceNumber\":\"100000000003498069978\",\"SizeBytes\":12,"
        "\"StreamViewType\":\"NEW_AND_OLD_IMAGES\"},\"eventID\":\"e1\",\"eventName\":\"REMOVE\","
        "\"eventSource\":\"aws:dynamodb\",\"eventVersion\":\"1.1\",\"eventSourceARN\":\"" ARN "\","
        "\"userIdentity\":{\"principalId\":\"dynamodb.amazonaws.com\",\"type\":\"Service\"}}");
    auto_json json_t *record = batch_record(raw, "eu-west-1", ARN);
    auto_free char *have_text = json_canonical(record);
    auto_free char *want_text = json_canonical(want);
    assert_string_equal(have_text, want_text);
    assert_string_equal(batch_sequence(record), "100000000003498069978");
}

/* n records with the sequence numbers "1001", "1002", ... */
static json_t *records(size_t n, const char *padding)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        auto_free char *sequence = xasprintf("%zu", 1001 + i);
        (void)json_array_append_new(list, json_pack("{s:{s:s}, s:s}", "dynamodb", "SequenceNumber",
                                                    sequence, "padding", padding));
    }
    return list;
}

static void test_event(void **state)
{
    (void)state;
    auto_json json_t *list = records(5, "");
    size_t n = 0;
    auto_free char *event = batch_event(list, 3, &n);
    assert_int_equal(n, 3);
    auto_json json_t *got = tree(event);
    assert_int_equal(json_array_size(json_object_get(got, "Records")), 3);
    assert_true(
        json_equal(json_array_get(json_object_get(got, "Records"), 2), json_array_get(list, 2)));
}

static void test_event_size(void **state)
{
    (void)state;
    auto_free char *padding = xcalloc(1, (2u << 20) + 1);
    (void)memset(padding, 'x', 2u << 20);
    auto_json json_t *list = records(5, padding);
    size_t n = 0;
    auto_free char *event = batch_event(list, 100, &n);
    assert_int_equal(n, 2); /* the third would exceed 6 MiB */
    assert_true(strlen(event) <= 6u << 20);
}

static void test_one_record_always_goes(void **state)
{
    (void)state;
    auto_free char *padding = xcalloc(1, (7u << 20) + 1);
    (void)memset(padding, 'x', 7u << 20);
    auto_json json_t *list = records(2, padding);
    size_t n = 0;
    auto_free char *event = batch_event(list, 100, &n);
    assert_int_equal(n, 1);
    assert_true(strlen(event) > 7u << 20);
}

/* The function's answer to records 1001, 1002, 1003, and how many are done then. */
static const struct {
    const char *answer;
    size_t done;
} answers[] = {
    { "", 3 },
    { "null", 3 },
    { "{}", 3 },
    { "{\"batchItemFailures\":null}", 3 },
    { "{\"batchItemFailures\":[]}", 3 },
    { "{\"batchItemFailures\":[{\"itemIdentifier\":\"1003\"}]}", 2 },
    { "{\"batchItemFailures\":[{\"itemIdentifier\":\"1001\"}]}", 0 },
    { "{\"batchItemFailures\":[{\"itemIdentifier\":\"1003\"},{\"itemIdentifier\":\"1002\"}]}", 1 },
    { "{\"batchItemFailures\":[{\"itemIdentifier\":\"\"}]}", 0 },
    { "{\"batchItemFailures\":[{\"itemIdentifier\":null}]}", 0 },
    { "{\"batchItemFailures\":[{\"itemIdentifier\":\"9999\"}]}", 0 },
    { "{\"batchItemFailures\":[{\"itemIdentifier\":\"1003\"},{\"itemIdentifier\":\"9999\"}]}", 0 },
    { "{\"batchItemFailures\":[{\"foo\":\"1003\"}]}", 0 },
    { "{\"batchItemFailures\":\"1003\"}", 0 },
    { "{\"batchItemFailures\":[", 0 },
    { "\"done\"", 0 },
};

static void test_done(void **state)
{
    (void)state;
    auto_json json_t *list = records(4, ""); /* the fourth is not in the batch */
    for (size_t i = 0; i < COUNTOF(answers); i++) {
        size_t done = batch_done(answers[i].answer, strlen(answers[i].answer), list, 3);
        if (done != answers[i].done)
            fail_msg("'%s': %zu done, not %zu", answers[i].answer, done, answers[i].done);
    }
    static const char beyond[] = "{\"batchItemFailures\":[{\"itemIdentifier\":\"1004\"}]}";
    assert_int_equal(batch_done(beyond, strlen(beyond), list, 3), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_record),     cmocka_unit_test(test_event),
        cmocka_unit_test(test_event_size), cmocka_unit_test(test_one_record_always_goes),
        cmocka_unit_test(test_done),
    };
    return cmocka_run_group_tests_name("event batches", tests, NULL, NULL);
}
