/* test_messages.c: saving queues, with a queue that fails. */
#include "unit.h"

#include "clock.h"
#include "kinds/messages.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
    json_t *messages; /* what waits */
    int kept;         /* deletions that have no effect */
    int receives, deletes, looks;
    long long in_flight; /* the answer of GetQueueAttributes */
    int64_t now_ms;
    bool stopped;
    char folder[32], file[64], part[80];
} w;

static int64_t now(void)
{
    return w.now_ms;
}

static void sleep_ms(int64_t ms)
{
    w.now_ms += ms;
}

static int sqs(void *arg, const struct aws_service *s, const char *action, const json_t *params,
               json_t **reply, struct err *e)
{
    (void)arg;
    (void)s;
    (void)e;
    *reply = json_object();
    if (strcmp(action, "ReceiveMessage") == 0) {
        w.receives++;
        w.now_ms += 1000 * jget_int(params, "WaitTimeSeconds", 0);
        json_object_set_new(*reply, "Messages", json_deep_copy(w.messages));
    } else if (strcmp(action, "DeleteMessageBatch") == 0) {
        w.deletes++;
        if (w.kept-- <= 0)
            json_array_clear(w.messages);
    } else {
        auto_free char *count = xasprintf("%lld", w.in_flight);

        assert_string_equal(action, "GetQueueAttributes");
        w.looks++;
        json_object_set_new(*reply, "Attributes",
                            json_pack("{s:s, s:s, s:s}", "ApproximateNumberOfMessages", "0",
                                      "ApproximateNumberOfMessagesDelayed", "0",
                                      "ApproximateNumberOfMessagesNotVisible", count));
    }
    return 0;
}

static bool stop(void *arg)
{
    (void)arg;
    return w.stopped;
}

static struct aws client = {
    .fake = sqs,
    .region = (char *)"eu-west-1",
    .account = (char *)"123456789012",
    .dns_suffix = (char *)"amazonaws.com",
};
static const struct ctx c = { .aws = &client, .stop = stop };

static int setup(void **state)
{
    static const struct clock clock = { now, now, sleep_ms };

    (void)state;
    clock_use(&clock);
    memset(&w, 0, sizeof(w));
    w.messages = json_array();
    (void)snprintf(w.folder, sizeof(w.folder), "/tmp/messages-XXXXXX");
    assert_non_null(mkdtemp(w.folder));
    (void)snprintf(w.file, sizeof(w.file), "%s/saved", w.folder);
    (void)snprintf(w.part, sizeof(w.part), "%s.part", w.file);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    (void)unlink(w.file);
    (void)unlink(w.part);
    assert_int_equal(rmdir(w.folder), 0);
    json_decref(w.messages);
    clock_use(NULL);
    return 0;
}

static void put(const char *id)
{
    json_array_append_new(w.messages, json_pack("{s:s, s:s, s:s}", "MessageId", id, "ReceiptHandle",
                                                "h", "Body", "{\"a\": 1}"));
}

static struct save *start(void)
{
    struct save *s = NULL;
    struct err e;

    if (save_new(w.file, &s, &e) < 0)
        fail_msg("%s", e.msg);
    auto_json json_t *attributes = json_pack("{s:s}", "VisibilityTimeout", "30");
    save_add(s, "q.fifo", attributes);
    return s;
}

/* A file's content; the caller frees. */
static char *text_of(const char *path)
{
    char *text = xcalloc(1, 4096);
    FILE *f = fopen(path, "re");

    assert_non_null(f);
    (void)!fread(text, 1, 4095, f);
    (void)fclose(f);
    return text;
}

static void a_line_holds_the_message(void **state)
{
    struct save *s = start();
    struct err e;

    (void)state;
    put("m1");
    assert_int_equal(save_all(s, &c, &e), 0);
    assert_true(save_complete(s));
    assert_int_equal(save_all(s, &c, &e), 0); /* once */
    assert_int_equal(w.receives, 2);
    auto_free char *text = text_of(w.file);
    assert_string_equal(text, "{\"queue\":\"q.fifo\",\"MessageId\":\"m1\",\"MessageGroupId\":null,"
                              "\"MessageDeduplicationId\":null,\"SequenceNumber\":null,"
                              "\"SentTimestamp\":null,\"MessageAttributes\":{},"
                              "\"Body\":\"{\\\"a\\\": 1}\"}\n");
    save_free(s);
}

static void what_comes_again_is_written_once(void **state)
{
    struct save *s = start();
    struct err e;

    (void)state;
    put("m1");
    put("m2");
    w.kept = 2;
    assert_int_equal(save_all(s, &c, &e), 0);
    assert_int_equal(w.deletes, 3);
    assert_int_equal(save_count(s), 2);
    save_free(s);
}

static void what_nobody_gives_back_ends_the_wait(void **state)
{
    struct save *s = start();
    struct err e;

    (void)state;
    put("m1");
    w.in_flight = 3;
    assert_int_equal(save_all(s, &c, &e), -1);
    assert_int_equal(e.code, ERR_TIMEOUT);
    assert_non_null(strstr(e.msg, "another consumer holds"));
    assert_in_range(w.now_ms, 90000, 100000); /* the queue's 30 s, and 60 s */
    assert_int_equal(save_all(s, &c, &e), -1);
    assert_int_equal(e.code, ERR_TIMEOUT);
    assert_non_null(strstr(e.msg, "skipped because"));
    save_free(s);
    assert_int_equal(access(w.part, F_OK), 0); /* it holds m1 */
    assert_int_equal(access(w.file, F_OK), -1);
}

static void what_was_never_begun_leaves_no_file(void **state)
{
    struct save *s = start();
    struct err e;

    (void)state;
    put("m1");
    w.stopped = true;
    assert_int_equal(save_all(s, &c, &e), -1);
    assert_int_equal(e.code, ERR_INTERRUPTED);
    assert_int_equal(w.receives, 0);
    save_free(s);
    assert_int_equal(access(w.part, F_OK), -1);
}

static void a_message_that_is_not_whole_stays(void **state)
{
    struct save *s = start();
    struct err e;

    (void)state;
    json_array_append_new(w.messages, json_pack("{s:s, s:s}", "MessageId", "m1", "Body", "b"));
    assert_int_equal(save_all(s, &c, &e), -1);
    assert_int_equal(e.code, ERR_PARSE);
    assert_int_equal(w.deletes, 0);
    save_free(s);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_line_holds_the_message),
        TEST(what_comes_again_is_written_once),
        TEST(what_nobody_gives_back_ends_the_wait),
        TEST(what_was_never_begun_leaves_no_file),
        TEST(a_message_that_is_not_whole_stays),
    };

    mem_init();
    return cmocka_run_group_tests_name("messages", tests, NULL, NULL);
}
