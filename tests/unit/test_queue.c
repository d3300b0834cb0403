/* test_queue.c: identifiers and text that are sent to SQS, and the meaning of its answers. */
#include "unit.h"

#include "encode.h"
#include "json.h"
#include "mem.h"
#include "queue.h"

#include <stdio.h>
#include <string.h>

static void test_identifier(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        { "c-1", "c-1" },
        { "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~" },
        { "a b", "a%20b" },
        { "\xC3\xA9", "%C3%A9" },
        { "line\nbreak", "line%0Abreak" },
        { "\x7f", "%7F" },
        { "", "fifoq" },
    };
    char out[QUEUE_ID_MAX + 1], digest[65], text[200];
    (void)state;

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        queue_identifier(rows[i].text, strlen(rows[i].text), out);
        assert_string_equal(out, rows[i].want);
    }
    memset(text, 'x', sizeof(text));
    queue_identifier(text, 128, out);
    assert_int_equal(strlen(out), 128);
    assert_memory_equal(out, text, 128);
    queue_identifier(text, 129, out);
    sha256_hex(text, 129, digest);
    assert_string_equal(out, digest);
    queue_identifier("a\0b", 3, out);
    assert_string_equal(out, "a%00b");
}

static void test_safe_json(void **state)
{
    static const char text[] = "\"a\xEF\xBF\xBE\xEF\xBF\xBF\xEF\xBF\xBD\xEF\xBF";
    auto_buf out = BUF(BUF_SMALL);
    (void)state;

    queue_safe_json(text, strlen(text), &out);
    assert_string_equal(buf_str(&out), "\"a\\ufffe\\uffff\xEF\xBF\xBD\xEF\xBF");
}

/* md5("a") and md5("b") */
#define MD5_A "0cc175b9c0f1b6a831c399e269772661"
#define MD5_B "92eb5ffee6ae2fec3ad71c777531578f"

static void test_send_results(void **state)
{
    static const struct queue_message messages[] = { { .body = "a", .body_len = 1 },
                                                     { .body = "b", .body_len = 1 } };
    static const struct {
        const char *reply;
        enum queue_outcome first, second;
    } rows[] = {
        { "{\"Successful\": [{\"Id\": \"0\", \"MD5OfMessageBody\": \"" MD5_A "\"}, {\"Id\": \"1\", "
          "\"MD5OfMessageBody\": \"" MD5_B "\"}]}",
          QUEUE_SENT, QUEUE_SENT },
        { "{\"Successful\": [{\"Id\": \"1\", \"MD5OfMessageBody\": \"" MD5_B "\"}]}", QUEUE_AGAIN,
          QUEUE_SENT },
        { "{\"Successful\": [{\"Id\": \"0\", \"MD5OfMessageBody\": \"" MD5_B "\"}]}", QUEUE_AGAIN,
          QUEUE_AGAIN },
        { "{\"Successful\": [{\"Id\": \"0\"}]}", QUEUE_AGAIN, QUEUE_AGAIN },
        { "{\"Successful\": [{\"Id\": \"7\", \"MD5OfMessageBody\": \"" MD5_B
          "\"}, {\"Id\": \"x\"}, 3]}",
          QUEUE_AGAIN, QUEUE_AGAIN },
        { "{\"Failed\": [{\"Id\": \"0\", \"SenderFault\": true, \"Code\": "
          "\"InvalidMessageContents\"}, {\"Id\": "
          "\"1\", \"SenderFault\": false, \"Code\": \"InternalError\"}]}",
          QUEUE_REFUSED, QUEUE_AGAIN },
        { "{\"Failed\": [{\"Id\": \"0\", \"SenderFault\": true, \"Code\": \"RequestThrottled\"}]}",
          QUEUE_AGAIN, QUEUE_AGAIN },
        { "{}", QUEUE_AGAIN, QUEUE_AGAIN },
    };
    (void)state;

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        auto_json json_t *reply = NULL;
        struct queue_result results[2];
        struct err e;

        assert_int_equal(json_parse(rows[i].reply, strlen(rows[i].reply), &reply, &e), 0);
        queue_send_results(reply, messages, 2, results);
        assert_int_equal(results[0].outcome, rows[i].first);
        assert_int_equal(results[1].outcome, rows[i].second);
    }
}

static void test_failed_calls(void **state)
{
    static const struct {
        struct err e;
        enum queue_outcome want;
    } rows[] = {
        { { .code = ERR_NET }, QUEUE_AGAIN },
        { { .code = ERR_TIMEOUT }, QUEUE_AGAIN },
        { { .code = ERR_PARSE, .status = 200 }, QUEUE_AGAIN },
        { { .code = ERR_AWS, .status = 500 }, QUEUE_AGAIN },
        { { .code = ERR_AWS, .status = 599 }, QUEUE_AGAIN },
        { { .code = ERR_AWS, .status = 400, .aws_code = "ThrottlingException" }, QUEUE_AGAIN },
        { { .code = ERR_AWS, .status = 403, .aws_code = "RequestThrottled" }, QUEUE_AGAIN },
        { { .code = ERR_AWS, .status = 400, .aws_code = "KmsThrottled" }, QUEUE_AGAIN },
        { { .code = ERR_AWS, .status = 400, .aws_code = "InvalidMessageContents" }, QUEUE_REFUSED },
        { { .code = ERR_AWS,
            .status = 400,
            .aws_code = "AWS.SimpleQueueService.BatchRequestTooLong" },
          QUEUE_REFUSED },
        { { .code = ERR_AWS, .status = 403, .aws_code = "AccessDenied" }, QUEUE_STOPPED },
        { { .code = ERR_CREDENTIALS, .status = 403, .aws_code = "ExpiredToken" }, QUEUE_STOPPED },
        { { .code = ERR_NOT_FOUND, .status = 400, .aws_code = "QueueDoesNotExist" },
          QUEUE_STOPPED },
        { { .code = ERR_AWS, .status = 400, .aws_code = "SomethingNew" }, QUEUE_STOPPED },
    };
    (void)state;

    for (size_t i = 0; i < COUNTOF(rows); i++)
        assert_int_equal(queue_failure(&rows[i].e), rows[i].want);
}

static void test_size(void **state)
{
    auto_json json_t *attributes = json_object();
    struct queue_message m = { .body = "12345", .body_len = 5, .attributes = attributes };
    (void)state;

    assert_int_equal(queue_message_size(&m), 5);
    queue_attribute(attributes, "name", "v\xC3\xA9\n");
    assert_string_equal(jget_path_str(attributes, "name.StringValue"), "v???");
    assert_int_equal(queue_message_size(&m), 5 + 4 + 6 + 4); /* name, "String", value */
    queue_attribute(attributes, "empty", "");
    assert_null(json_object_get(attributes, "empty"));
}

#define ROOT "Root=1-67890abc-0123456789abcdef01234567"

static void test_trace(void **state)
{
    static const struct {
        const char *header, *want;
    } rows[] = {
        { NULL, "" },
        { "", "" },
        { ROOT, ROOT },
        { ROOT ";Parent=0123456789abcdef;Sampled=1;Lineage=a87bd80c:0|68fd508a:5|c512fbe3:2",
          ROOT ";Parent=0123456789abcdef;Sampled=1" },
        { ROOT ";Sampled=?", ROOT },
        { ROOT ";Parent=0123", ROOT },
        { "Parent=0123456789abcdef;Sampled=1", "" },
        { "Root=1-67890abc-0123456789abcdef0123456g;Sampled=1", "" },
        { "Root=2-67890abc-0123456789abcdef01234567", "" },
        { "Root=1-\r\n", "" },
    };
    char out[QUEUE_TRACE];
    (void)state;

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        queue_trace(rows[i].header, out);
        assert_string_equal(out, rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identifier),   cmocka_unit_test(test_safe_json),
        cmocka_unit_test(test_send_results), cmocka_unit_test(test_failed_calls),
        cmocka_unit_test(test_size),         cmocka_unit_test(test_trace),
    };

    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
