/* test_dev_forgotten.c: a table with items whose stream has no records, at an emulator and at AWS.
 */
#include "unit.h"

#include "dev/forgotten.h"
#include "mem.h"

#include <stdio.h>
#include <string.h>

struct table {
    long long items; /* below 0: the call fails */
    int calls;
};

static char emulator[] = "http://127.0.0.1:4566", region[] = "eu-west-1";

static int call(void *arg, const struct aws_service *service, const char *action,
                const json_t *params, json_t **reply, struct err *e)
{
    struct table *t = arg;

    assert_ptr_equal(service, &aws_dynamodb);
    assert_string_equal(action, "DescribeTable");
    assert_string_equal(json_string_value(json_object_get(params, "TableName")), "orders");
    t->calls++;
    if (t->items < 0)
        return err_set(e, ERR_NET, "no answer");
    *reply = json_pack("{s:{s:I}}", "Table", "ItemCount", (json_int_t)t->items);
    return 0;
}

/* Checks once for each count of items, with the interval between two checks elapsed. The output;
 * the caller frees. */
static char *look(char *endpoint, enum shard_start start, const long long *items, bool read)
{
    struct table t = { 0 };
    struct aws aws = { .region = region, .fake = call, .arg = &t };
    struct say say;
    struct forgotten f = { 0 };
    struct stream_options o = { .aws = &aws, .table = "orders", .start = start, .say = &say };
    char *said = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&said, &len);

    aws.endpoints.url[AWS_ID_DYNAMODB] = endpoint;
    say_init(&say, out, false, false, false);
    for (; *items != -2; items++) {
        t.items = *items;
        f.due_ms = 0;
        forgotten_look(&f, &o, read);
        forgotten_look(&f, &o, read); /* too early: no call */
    }
    say_done(&say);
    (void)fclose(out);
    if (!endpoint || read)
        assert_int_equal(t.calls, 0);
    return said;
}

#define LOOK(endpoint, start, read, ...)                                                           \
    look(endpoint, start, (const long long[]){ __VA_ARGS__, -2 }, read)

static void items_without_records_are_said_once(void **state)
{
    auto_free char *oldest = LOOK(emulator, SHARD_OLDEST, false, 3, 3, 4);
    auto_free char *latest = LOOK(emulator, SHARD_LATEST, false, 3, 3, 4);
    const char *first = strstr(oldest, "table 'orders' has 3 items, but its stream has no");

    (void)state;
    assert_non_null(first);
    assert_null(strstr(first + 1, "table 'orders'"));
    assert_non_null(strstr(latest, "has 4 items"));
}

static void nothing_is_said_without_reason(void **state)
{
    auto_free char *empty = LOOK(emulator, SHARD_OLDEST, false, 0, 0);
    auto_free char *old = LOOK(emulator, SHARD_LATEST, false, 3, 3, 2);
    auto_free char *once = LOOK(emulator, SHARD_OLDEST, false, 3); /* its record may still arrive */
    auto_free char *on_aws = LOOK(NULL, SHARD_OLDEST, false, 3, 3);
    auto_free char *read = LOOK(emulator, SHARD_OLDEST, true, 3, 3);
    auto_free char *failed = LOOK(emulator, SHARD_OLDEST, false, -1, -1, 3);

    (void)state;
    assert_string_equal(empty, "");
    assert_string_equal(old, "");
    assert_string_equal(once, "");
    assert_string_equal(on_aws, "");
    assert_string_equal(read, "");
    assert_string_equal(failed, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_without_records_are_said_once),
        cmocka_unit_test(nothing_is_said_without_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
