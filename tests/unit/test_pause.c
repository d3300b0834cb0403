/* test_pause.c: how runs of drain share the pauses that destinations requested. */
#include "unit.h"

#include "clock.h"
#include "pause.h"
#include "verdict.h"

#include <string.h>

#define NOW_MS INT64_C(1790000000000)

static struct aws client;
static struct settings_drain settings;
static struct destination destinations[2];
static struct pauses p;
static const char *stored; /* the parameter; NULL: there is none */
static char written[256];
static bool down; /* the Parameter Store does not answer */

static int64_t wall(void)
{
    return NOW_MS;
}

static int64_t mono(void)
{
    return 1000;
}

static void no_sleep(int64_t ms)
{
    (void)ms;
}

static int store(void *arg, const struct aws_service *s, const char *action, const json_t *params,
                 json_t **reply, struct err *e)
{
    (void)arg;
    assert_string_equal(s->name, "ssm");
    if (down)
        return err_set(e, ERR_NET, "nobody answers");
    if (strcmp(action, "PutParameter") == 0) {
        assert_string_equal(jget_str(params, "Name"), "/orders/fifoq/pause");
        assert_true(jget_bool(params, "Overwrite", false));
        (void)snprintf(written, sizeof(written), "%s", jget_str(params, "Value"));
        *reply = json_object();
        return 0;
    }
    assert_string_equal(action, "GetParameters");
    *reply = stored ? json_pack("{s:[{s:s, s:s}]}", "Parameters", "Name", "/orders/fifoq/pause",
                                "Value", stored)
                    : json_pack("{s:[], s:[s]}", "Parameters", "InvalidParameters",
                                "/orders/fifoq/pause");
    return 0;
}

static int setup(void **state)
{
    static const struct clock still = { wall, mono, no_sleep };

    (void)state;
    clock_use(&still);
    client = (struct aws){ .fake = store };
    destinations[0].name = (char *)"crm";
    destinations[1].name = (char *)"erp";
    settings = (struct settings_drain){ .destinations = destinations,
                                        .n_destinations = 2,
                                        .retry_after_max_ms = 7200000,
                                        .pause = (char *)"/orders/fifoq/pause" };
    pauses_init(&p, &client, &settings);
    stored = NULL;
    written[0] = '\0';
    down = false;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    pauses_done(&p);
    clock_use(NULL);
    return 0;
}

static void what_another_run_was_told_is_known(void **state)
{
    (void)state;
    stored = "{\"crm\":1790000060000,\"gone\":1790000090000}";
    pauses_read(&p);
    assert_int_equal(pauses_until_ms(&p, 0), NOW_MS + 60000);
    assert_int_equal(pauses_until_ms(&p, 1), 0);
    assert_true(pauses_any(&p, 5000));
    assert_false(pauses_any(&p, 60000));
}

static void without_a_parameter_nobody_waits(void **state)
{
    static const char *const odd[] = { NULL,          "",     "no JSON",
                                       "[1]",         "null", "{\"crm\":\"soon\"}",
                                       "{\"crm\":-5}" };

    (void)state;
    for (size_t i = 0; i < COUNTOF(odd); i++) {
        stored = odd[i];
        pauses_read(&p);
        assert_false(pauses_any(&p, 0));
    }
    down = true;
    pauses_read(&p);
    assert_false(pauses_any(&p, 0));
}

static void a_clock_that_is_wrong_costs_the_longest_pause(void **state)
{
    (void)state;
    stored = "{\"crm\":9000000000000000}";
    pauses_read(&p);
    assert_int_equal(pauses_until_ms(&p, 0), NOW_MS + settings.retry_after_max_ms);
}

static void what_is_new_is_written_with_what_was_known(void **state)
{
    (void)state;
    stored = "{\"crm\":1790000060000}";
    pauses_read(&p);
    pauses_write(&p, 5000);
    assert_string_equal(written, "");
    pauses_ask(&p, 1, 4000); /* waited for within the run */
    pauses_write(&p, 5000);
    assert_string_equal(written, "");
    pauses_ask(&p, 1, 30000);
    pauses_ask(&p, 0, 10000); /* shorter than the known one */
    pauses_write(&p, 5000);
    assert_string_equal(written, "{\"crm\":1790000060000,\"erp\":1790000030000}");
    written[0] = '\0';
    pauses_write(&p, 5000);
    assert_string_equal(written, "");
}

static void what_could_not_be_written_is_written_by_the_next_run(void **state)
{
    (void)state;
    pauses_ask(&p, 1, 30000);
    down = true;
    pauses_write(&p, 5000);
    down = false;
    pauses_write(&p, 5000);
    assert_string_equal(written, "{\"erp\":1790000030000}");
}

static void without_a_name_nothing_is_asked(void **state)
{
    (void)state;
    settings.pause = NULL;
    down = true;
    pauses_read(&p);
    pauses_ask(&p, 0, 30000);
    pauses_write(&p, 5000);
    assert_true(pauses_any(&p, 5000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_another_run_was_told_is_known, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_parameter_nobody_waits, setup, teardown),
        cmocka_unit_test_setup_teardown(a_clock_that_is_wrong_costs_the_longest_pause, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_new_is_written_with_what_was_known, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_could_not_be_written_is_written_by_the_next_run, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(without_a_name_nothing_is_asked, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
