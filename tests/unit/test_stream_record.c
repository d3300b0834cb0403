/* test_stream_record.c: DynamoDB's typed attributes as plain JSON, and invalid records. */
#include "unit.h"

#include "encode.h"
#include "mem.h"
#include "record_values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *record_text(const char *name, const char *images)
{
    return xasprintf(
        "{\"eventID\": \"e1\", \"eventName\": \"%s\", \"eventSource\": \"aws:dynamodb\", "
        "\"dynamodb\": "
        "{\"ApproximateCreationDateTime\": 1790000000.5, \"SequenceNumber\": \"123\", %s}}",
        name, images);
}

struct one {
    char *event; /* its pieces are places in this text */
    struct stream_record record;
};

/* The only record of {"Records": [text]}. */
static void one_start(struct one *o, const char *text)
{
    struct json_piece all = { 0 };
    auto_free struct stream_record *records = NULL;
    struct err e = { 0 };
    size_t n;

    o->event = xasprintf("{\"Records\": [%s]}", text);
    all = (struct json_piece){ .s = o->event, .n = strlen(o->event) };
    if (stream_records_read(&all, &records, &n, &e) < 0)
        fail_msg("%s: %s", e.msg, o->event);
    assert_int_equal(n, 1);
    o->record = records[0];
}

static void one_end(struct one *o)
{
    stream_record_done(&o->record);
    free(o->event);
}

/* The root as a template's ${root} has it, as JSON; NULL: there is none. tree: the template also
 * looks into it. */
static char *root_text(const struct record_texts *t, const struct one *o, const char *root,
                       bool tree)
{
    auto_free char *text = xasprintf(tree ? "${%s} ${%s.some:-}" : "${%s}", root, root);
    struct template *template = NULL;
    struct record_uses uses = { 0 };
    auto_json json_t *values = NULL;
    auto_buf out = BUF(BUF_SMALL);
    struct err e;
    bool there;

    assert_int_equal(template_compile_text(text, &template, &e), 0);
    record_uses_add(&uses, template);
    values = record_values(&o->record, t, &uses, "orders");
    there = json_object_get(values, root) != NULL;
    if (there)
        exact_text(json_object_get(values, root), &out);
    record_uses_done(&uses);
    template_free(template);
    return there ? buf_steal(&out) : NULL;
}

static int read_texts(const struct one *o, struct record_texts *t, struct err *e)
{
    static const struct record_uses both = { .images = { { .whole = true }, { .whole = true } } };

    return record_texts_read(&o->record, &both, t, e);
}

/* The root `root` of the record's values as JSON; NULL if there is none. -1 in *rc if the record
 * cannot be read. */
static char *values_of(const char *name, const char *images, const char *root, int *rc)
{
    auto_free char *text = record_text(name, images), *tree = NULL;
    struct record_texts texts;
    struct err e = { 0 };
    char *out = NULL;
    struct one o;

    one_start(&o, text);
    *rc = read_texts(&o, &texts, &e);
    if (*rc)
        assert_int_equal(e.code, ERR_PARSE);
    if (*rc == 0) {
        out = root_text(&texts, &o, root, false);
        tree = root_text(&texts, &o, root, true);
    }
    if (out)
        assert_string_equal(out, tree);
    record_texts_done(&texts);
    one_end(&o);
    return out;
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
    struct record_texts texts;
    struct err e = { 0 };
    struct one o;
    (void)state;

    one_start(&o, text);
    assert_int_equal(read_texts(&o, &texts, &e), -1);
    assert_non_null(strstr(e.msg, "'pin'"));
    assert_null(strstr(e.msg, "4711"));
    record_texts_done(&texts);
    one_end(&o);
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
        char digest[65];
        struct one o;

        sha256_hex("arn:x5", 6, digest);
        one_start(&o, text);
        assert_string_equal(o.record.id,
                            rows[i].kept ? "c4ca4238a0b923820dcc509a6f75849b" : digest);
        one_end(&o);
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
