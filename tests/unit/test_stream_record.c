/* test_stream_record.c: DynamoDB's typed attributes as plain JSON, and invalid records. */
#include "unit.h"

#include "encode.h"
#include "mem.h"
#include "stream_record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *parse(const char *text)
{
    json_t *v = NULL;
    struct err e = { 0 };

    if (json_parse(text, strlen(text), &v, &e) < 0)
        fail_msg("%s: %s", e.msg, text);
    return v;
}

static char *record_text(const char *name, const char *images)
{
    return xasprintf(
        "{\"eventID\": \"e1\", \"eventName\": \"%s\", \"eventSource\": \"aws:dynamodb\", "
        "\"dynamodb\": "
        "{\"ApproximateCreationDateTime\": 1790000000.5, \"SequenceNumber\": \"123\", %s}}",
        name, images);
}

/* The root `root` of the record's values as JSON; NULL if there is none. -1 in *rc if the record
 * cannot be read. */
static char *values_of(const char *name, const char *images, const char *root, int *rc)
{
    auto_free char *text = record_text(name, images);
    auto_json json_t *raw = parse(text);
    auto_json json_t *values = NULL;
    auto_buf out = BUF(BUF_SMALL);
    struct stream_record r;
    struct err e = { 0 };

    assert_int_equal(stream_record_read(raw, &r, &e), 0);
    *rc = stream_record_values(&r, "orders", &values, &e);
    if (*rc)
        assert_int_equal(e.code, ERR_PARSE);
    if (*rc || !json_object_get(values, root))
        return NULL;
    exact_text(json_object_get(values, root), &out);
    return buf_steal(&out);
}

static void test_attributes(void **state)
{
    static const struct {
        const char *typed, *plain; /* plain NULL: unreadable */
    } rows[] = {
        { "{\"S\": \"x\"}", "\"x\"" },
        { "{\"S\": \"\"}", "\"\"" },
        { "{\"S\": \"a\\u0000b\"}", "\"a\\u0000b\"" },
        { "{\"S\": \"\\u0001N5\"}", "\"\\u0001N5\"" }, /* looks like an internal mark, and is not
                                                        * one */
        { "{\"N\": \"12345678901234567890123456789012345678\"}",
          "12345678901234567890123456789012345678" },
        { "{\"N\": \"-0.1000\"}", "-0.1000" },
        { "{\"N\": \"1E+2\"}", "1E+2" },
        { "{\"N\": \"NaN\"}", "\"NaN\"" }, /* DynamoDB has none; never a broken document */
        { "{\"B\": \"AP8Q\"}", "\"AP8Q\"" },
        { "{\"BOOL\": true}", "true" },
        { "{\"BOOL\": false}", "false" },
        { "{\"NULL\": true}", "null" },
        { "{\"SS\": [\"a\", \"b\"]}", "[\"a\",\"b\"]" },
        { "{\"SS\": []}", "[]" },
        { "{\"NS\": [\"1\", \"2.50\"]}", "[1,2.50]" },
        { "{\"BS\": [\"AQ==\"]}", "[\"AQ==\"]" },
        { "{\"L\": [{\"S\": \"a\"}, {\"N\": \"1\"}, {\"L\": []}]}", "[\"a\",1,[]]" },
        { "{\"M\": {\"k\": {\"M\": {\"aws:rep:x\": {\"N\": \"1\"}}}}}",
          "{\"k\":{\"aws:rep:x\":1}}" },
        { "{}", NULL },
        { "{\"S\": \"a\", \"N\": \"1\"}", NULL },
        { "{\"X\": \"a\"}", NULL },
        { "{\"S\": 1}", NULL },
        { "{\"N\": 1}", NULL },
        { "{\"BOOL\": \"true\"}", NULL },
        { "{\"SS\": \"a\"}", NULL },
        { "{\"NS\": [1]}", NULL },
        { "{\"L\": {}}", NULL },
        { "{\"M\": []}", NULL },
        { "{\"L\": [{\"S\": null}]}", NULL },
        { "\"x\"", NULL },
        { "null", NULL },
    };
    (void)state;

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        auto_free char *images = xasprintf("\"NewImage\": {\"v\": %s}", rows[i].typed);
        auto_free char *want = rows[i].plain ? xasprintf("{\"v\":%s}", rows[i].plain) : NULL;
        int rc;
        auto_free char *have = values_of("INSERT", images, "item", &rc);

        assert_int_equal(rc, want ? 0 : -1);
        if (want)
            assert_string_equal(have, want);
    }
}

static void test_images(void **state)
{
#define NEW  "\"NewImage\": {\"id\": {\"S\": \"new\"}, \"aws:rep:deleting\": {\"BOOL\": false}}"
#define OLD  "\"OldImage\": {\"id\": {\"S\": \"old\"}}"
#define KEYS "\"Keys\": {\"id\": {\"S\": \"key\"}}"
    static const struct {
        const char *name, *images, *root, *want;
    } rows[] = {
        { "INSERT", KEYS ", " NEW, "item", "{\"id\":\"new\"}" },
        { "INSERT", KEYS, "item", "{\"id\":\"key\"}" },
        { "MODIFY", KEYS ", " NEW ", " OLD, "item", "{\"id\":\"new\"}" },
        { "MODIFY", KEYS ", " NEW ", " OLD, "old", "{\"id\":\"old\"}" },
        { "MODIFY", KEYS ", " OLD, "item", "{\"id\":\"key\"}" }, /* a stream of old images only */
        { "REMOVE", KEYS ", " OLD, "item", "{\"id\":\"old\"}" },
        { "REMOVE", KEYS, "item", "{\"id\":\"key\"}" },
        { "REMOVE", KEYS, "old", NULL },
        { "INSERT", NEW, "table", "\"orders\"" },
        { "INSERT", NEW, "event",
          "{\"id\":\"e1\",\"name\":\"INSERT\",\"sequence\":\"123\",\"time\":\"2026-09-21T14:13:20."
          "500Z\"}" },
    };
    (void)state;

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        int rc;
        auto_free char *have = values_of(rows[i].name, rows[i].images, rows[i].root, &rc);

        assert_int_equal(rc, 0);
        if (rows[i].want)
            assert_string_equal(have, rows[i].want);
        else
            assert_null(have);
    }
}

static void test_no_image_at_all(void **state)
{
    int rc;
    (void)state;

    free(values_of("INSERT", "\"SizeBytes\": 1", "item", &rc));
    assert_int_equal(rc, -1);
}

/* The error names the attribute, and never its content. */
static void test_errors_keep_values_out(void **state)
{
    auto_free char *text = record_text("INSERT", "\"NewImage\": {\"pin\": {\"S\": [\"4711\"]}}");
    auto_json json_t *raw = parse(text);
    auto_json json_t *values = NULL;
    struct stream_record r;
    struct err e = { 0 };
    (void)state;

    assert_int_equal(stream_record_read(raw, &r, &e), 0);
    assert_int_equal(stream_record_values(&r, "orders", &values, &e), -1);
    assert_non_null(strstr(e.msg, "'pin'"));
    assert_null(strstr(e.msg, "4711"));
}

static void test_identity(void **state)
{
    static const struct {
        const char *id; /* as JSON */
        bool kept;
    } rows[] = {
        { "\"c4ca4238a0b923820dcc509a6f75849b\"", true },
        { "\"with space\"", false },
        { "\"\"", false },
        { "null", false },
        { "7", false },
        { "\"\\u00e9\"", false },
    };
    (void)state;

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        auto_free char *text = xasprintf(
            "{\"eventID\": %s, \"eventName\": \"INSERT\", \"eventSource\": \"aws:dynamodb\", "
            "\"eventSourceARN\": \"arn:x\", \"dynamodb\": {\"SequenceNumber\": \"5\"}}",
            rows[i].id);
        auto_json json_t *raw = parse(text);
        struct stream_record r;
        struct err e = { 0 };
        char digest[65];

        sha256_hex("arn:x5", 6, digest);
        assert_int_equal(stream_record_read(raw, &r, &e), 0);
        assert_string_equal(r.id, rows[i].kept ? "c4ca4238a0b923820dcc509a6f75849b" : digest);
    }
}

static void test_sequence_compare(void **state)
{
    static const struct {
        const char *a, *b;
        int want;
    } rows[] = {
        { "1", "1", 0 },
        { "9", "10", -1 },
        { "10", "9", 1 },
        { "0010", "10", 0 },
        { "0", "000", 0 },
        { "111111111111111111111111111111111111111", "111111111111111111111111111111111111112",
          -1 },
        { "2", "0019", -1 },
    };
    (void)state;

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        int have = sequence_compare(rows[i].a, rows[i].b);
        assert_int_equal((have > 0) - (have < 0), rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attributes),      cmocka_unit_test(test_images),
        cmocka_unit_test(test_no_image_at_all), cmocka_unit_test(test_errors_keep_values_out),
        cmocka_unit_test(test_identity),        cmocka_unit_test(test_sequence_compare),
    };

    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
