/* test_canary.c: the item that is written: its types, its keys, and items that would not pass the
 * filter. */
#include "unit.h"

#include "json.h"
#include "mem.h"
#include "pipeline/canary.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEAD                                                                                       \
    "name: orders\n"                                                                               \
    "region: eu-west-1\n"                                                                          \
    "drain:\n"                                                                                     \
    "  schedules: [rate(1 minute)]\n"                                                              \
    "  destinations: [{name: crm, url: 'https://example.com/${message.id}'}]\n"
#define OWN HEAD "table: {name: items, create: {key: id}}\ningest: {}\n"

/* The table's keys, as DescribeTable returns them: a is a string, b is of type `to`. */
static int describe(void *arg, const struct aws_service *s, const char *action,
                    const json_t *params, json_t **reply, struct err *e)
{
    (void)s;
    (void)params;
    (void)e;
    assert_string_equal(action, "DescribeTable");
    *reply =
        json_pack("{s:{s:[{s:s, s:s}, {s:s, s:s}], s:[{s:s, s:s}, {s:s, s:s}]}}", "Table",
                  "AttributeDefinitions", "AttributeName", "b", "AttributeType", (const char *)arg,
                  "AttributeName", "a", "AttributeType", "S", "KeySchema", "AttributeName", "a",
                  "KeyType", "HASH", "AttributeName", "b", "KeyType", "RANGE");
    return 0;
}

/* The item as compact JSON, or the error; the caller frees. */
static char *made(const char *yaml, const char *key_type, const char *item)
{
    char file[] = "/tmp/fifoq-canary-XXXXXX";
    struct aws a = { .fake = describe, .arg = (void *)key_type };
    struct problems p = { 0 };
    struct config c = { 0 };
    struct canary k = { 0 };
    struct err e = { 0 };
    char *text;

    if (config_parse(yaml, strlen(yaml), "fifoq.yaml", NULL, &c, &p, &e) < 0)
        fail_msg("%s", p.n ? p.list[0].text : e.msg);
    if (item) {
        int fd = mkstemp(file);
        assert_true(fd >= 0 && write(fd, item, strlen(item)) == (ssize_t)strlen(item));
        (void)close(fd);
    }
    text = canary_make(&k, &c, &a, item ? file : NULL, &e) < 0 ? xstrdup(e.msg) : json_text(k.item);
    if (item)
        (void)unlink(file);
    canary_done(&k);
    problems_done(&p);
    config_done(&c);
    return text;
}

static void plain_values_take_dynamodbs_types(void **state)
{
    (void)state;
    auto_free char *item = made(OWN, NULL,
                                "{\"id\": \"1\", \"n\": 12345678901234567890123456789012345678, "
                                "\"d\": 1.50, \"e\": -2E3, \"t\": true, \"f\": false, \"z\": null, "
                                "\"l\": [1, \"a\", []], \"m\": {\"x\": {\"y\": \"\"}}}");

    assert_string_equal(
        item, "{\"id\":{\"S\":\"1\"},\"n\":{\"N\":\"12345678901234567890123456789012345678\"},"
              "\"d\":{\"N\":\"1.50\"},\"e\":{\"N\":\"-2E3\"},\"t\":{\"BOOL\":true},"
              "\"f\":{\"BOOL\":false},\"z\":{\"NULL\":true},"
              "\"l\":{\"L\":[{\"N\":\"1\"},{\"S\":\"a\"},{\"L\":[]}]},"
              "\"m\":{\"M\":{\"x\":{\"M\":{\"y\":{\"S\":\"\"}}}}}}");
}

#define OTHERS HEAD "table: {name: items}\ningest: {message: {id: '${item.a}'}}\n"

/* The text at `path` begins with `head`, followed by `n` digits. */
static void digits_after(const char *item, const char *path, const char *head, size_t n)
{
    auto_json json_t *parsed = json_loads(item, 0, NULL);
    const char *text = jget_path_str(parsed, path);

    assert_non_null(text);
    assert_true(str_starts(text, head));
    assert_int_equal(strlen(text), strlen(head) + n);
    assert_int_equal(strspn(text + strlen(head), "0123456789"), n);
}

static void keys_are_made_as_the_table_has_them(void **state)
{
    (void)state;
    auto_free char *number = made(OTHERS, "N", NULL);
    auto_free char *binary = made(OTHERS, "B", NULL);

    digits_after(number, "a.S", "fifoq-canary-", 13);
    digits_after(number, "b.N", "", 13);
    digits_after(binary, "a.S", "fifoq-canary-", 13);
    digits_after(binary, "b.B", "000", 13);
}

static void a_binary_key_is_base64(void **state)
{
    (void)state;
    auto_free char *item = made(OTHERS, "B", "{\"a\": \"1\", \"b\": \"AQID\"}");

    assert_string_equal(item, "{\"a\":{\"S\":\"1\"},\"b\":{\"B\":\"AQID\"}}");
}

static void what_would_not_pass_is_said(void **state)
{
    static const struct {
        const char *yaml, *item, *said;
    } rows[] = {
        { HEAD "table: {name: items}\n", NULL, "'ingest' is missing, so nothing reads" },
        { OTHERS, "{\"a\": \"1\"}",
          "the table's key 'b' is missing or has the wrong type; expected a number" },
        { OTHERS, "{\"a\": \"1\", \"b\": \"2\"}",
          "the table's key 'b' is missing or has the wrong type; expected a number" },
        { HEAD "table: {name: items}\ningest: {events: [MODIFY]}\n", NULL, "has no INSERT" },
        { HEAD "table: {name: items}\ningest: {filter: [{dynamodb: {NewImage: {s: {S: [x]}}}}]}\n",
          NULL, "only the keys is not enough; pass one with --canary FILE: ingest.filter" },
        { HEAD "table: {name: items}\ningest: {message: {id: '${item.no}'}}\n", NULL,
          "ingest.message: '${item.no}'" },
        { HEAD "table: {name: items}\ningest: {message: {no: 1}}\n", NULL,
          "destination 'crm': url: '${message.id}'" },
        { HEAD "table: {name: items}\ningest: {}\n", "{\"a\": \"1\", \"b\": 2, \"id\": \"..\"}",
          "url: " },
    };

    (void)state;
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        auto_free char *text = made(rows[i].yaml, "N", rows[i].item);
        if (!strstr(text, rows[i].said))
            fail_msg("row %zu: %s", i, text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_values_take_dynamodbs_types),
        cmocka_unit_test(keys_are_made_as_the_table_has_them),
        cmocka_unit_test(a_binary_key_is_base64),
        cmocka_unit_test(what_would_not_pass_is_said),
    };

    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
