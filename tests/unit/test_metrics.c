/* test_metrics.c: the metric lines, alone and of runs of drain (drain_world.h). */
#include "unit.h"

#include "clock.h"
#include "drain_world.h"
#include "emf.h"
#include "json.h"
#include "log.h"
#include "mem.h"
#include "metrics.h"

#include <stdlib.h>
#include <string.h>

static struct world w;

static void start(const char *drain, const char *destinations)
{
    world_start(&w, 1, drain, destinations);
    w.drain.metrics = metrics_new(&w.settings, true);
    emf_start(LOG_FATAL); /* metric lines are written at every level */
}

static void end(void)
{
    metrics_free(w.drain.metrics);
    world_end(&w);
    emf_end();
}

static json_t *lines_of_a_run(int64_t ms)
{
    (void)world_run(&w, ms, "received");
    return emf_lines();
}

/* Fails unless the pipeline's counts are these, in the order of the names. */
static void assert_counts(const json_t *lines, const char *names, const long *want)
{
    auto_free char *copy = xstrdup(names);
    char *rest = copy;

    for (char *name; (name = strsep(&rest, " ")); want++)
        if (emf_sum(lines, name, NULL) != *want)
            fail_msg("%s is %ld, not %ld", name, emf_sum(lines, name, NULL), *want);
}

#define ALL "Delivered Retried Rejected DeadLettered Blocked DuplicatePossible"

static void test_delivered(void **state)
{
    (void)state;

    start(PLAIN, DESTINATION("first") "," DESTINATION("second"));
    for (size_t i = 0; i < 3; i++)
        world_put(&w, i, "a");
    fake_clock_advance(90000);
    {
        auto_json json_t *lines = lines_of_a_run(60000);

        assert_int_equal(json_array_size(lines), 3);
        assert_counts(lines, ALL, (const long[]){ 3, 0, 0, 0, 0, 0 });
        assert_int_equal(emf_sum(lines, "Delivered", "first"), 3);
        assert_int_equal(emf_sum(lines, "Delivered", "second"), 3);
        assert_in_range(emf_sum(lines, "OldestAge", NULL), 90, 91);
        assert_int_equal(json_array_size(emf_values(lines, "DeliveryLatency", "second")), 3);
        assert_in_range(
            json_integer_value(json_array_get(emf_values(lines, "DeliveryLatency", "first"), 0)),
            90020, 91000);
    }
    {
        auto_json json_t *lines = lines_of_a_run(60000); /* no messages: zeros, and no delay */

        assert_counts(lines, ALL " OldestAge", (const long[]){ 0, 0, 0, 0, 0, 0, 0 });
        assert_null(emf_values(lines, "DeliveryLatency", "first"));
    }
    end();
}

static int script_paused(struct world *world, const struct seen *s, const char **retry_after)
{
    (void)world;
    (void)s;
    *retry_after = "600";
    return 429;
}

/* A run that did not receive reports nothing about the queue's content. */
static void test_not_looked(void **state)
{
    (void)state;

    start(PLAIN, DESTINATION("first"));
    w.script = script_paused;
    world_put(&w, 0, "a");
    {
        auto_json json_t *lines = lines_of_a_run(60000);

        assert_counts(lines, ALL, (const long[]){ 0, 1, 0, 0, 0, 0 });
        assert_int_equal(emf_sum(lines, "Retried", "first"), 1);
    }
    {
        auto_json json_t *lines = lines_of_a_run(60000);

        assert_counts(lines, ALL " OldestAge", (const long[]){ 0, 0, 0, 0, 0, 0, -1 });
    }
    end();
}

/* A run that fails at once also has its line: its absence would look healthy. */
static void test_failed(void **state)
{
    (void)state;

    start(PLAIN, DESTINATION("first"));
    w.fake.breaks = "ReceiveMessage";
    world_put(&w, 0, "a");
    assert_int_equal(world_run(&w, 60000, "received"), -1);
    {
        auto_json json_t *lines = emf_lines();

        assert_int_equal(json_array_size(lines), 2);
        assert_counts(lines, ALL " OldestAge", (const long[]){ 0, 0, 0, 0, 0, 0, -1 });
    }
    end();
}

static void test_not_deleted(void **state)
{
    (void)state;

    start(PLAIN, DESTINATION("first"));
    w.fake.breaks = "DeleteMessage";
    world_put(&w, 0, "a");
    {
        auto_json json_t *lines = lines_of_a_run(30000);

        assert_counts(lines, ALL, (const long[]){ 1, 0, 0, 0, 0, 1 });
    }
    fake_clock_advance(100000);
    w.fake.breaks = NULL;
    {
        auto_json json_t *lines = lines_of_a_run(30000); /* only deleted, and counted already */

        assert_counts(lines, ALL, (const long[]){ 0, 0, 0, 0, 0, 0 });
        assert_int_equal(emf_sum(lines, "Delivered", "first"), 0);
    }
    assert_int_equal(fake_waiting(&w.fake.queue), 0);
    end();
}

static int script_no_answer(struct world *world, const struct seen *s, const char **retry_after)
{
    (void)s;
    (void)retry_after;
    return world->step++ ? 200 : 0;
}

static void test_no_answer(void **state)
{
    (void)state;

    start(PLAIN, DESTINATION("first"));
    w.script = script_no_answer;
    world_put(&w, 0, "a");
    {
        auto_json json_t *lines = lines_of_a_run(60000);

        assert_counts(lines, ALL, (const long[]){ 1, 1, 0, 0, 0, 1 });
    }
    end();
}

static int script_second_refuses(struct world *world, const struct seen *s,
                                 const char **retry_after)
{
    (void)world;
    (void)retry_after;
    return s->destination == 1 ? 422 : 200;
}

static void test_rejected(void **state)
{
    static const struct {
        const char *policy, *breaks;
        long want[6];
    } rows[] = {
        { "block", NULL, { 0, 0, 1, 0, 1, 1 } }, /* another process would send to the first again */
        { "drop", NULL, { 0, 0, 1, 0, 0, 0 } },
        { "dead-letter", NULL, { 0, 0, 1, 1, 0, 0 } },
        { "dead-letter", "SendMessageBatch", { 0, 0, 1, 0, 1, 1 } },
        { "dead-letter", "DeleteMessage", { 0, 0, 1, 1, 0, 1 } },
    };
    (void)state;

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        auto_free char *drain =
            xasprintf("\"max_messages\": 9, \"rate_per_s\": 0, \"parallel_groups\": 1, "
                      "\"visibility_ms\": 90000, \"on_reject\": \"%s\"",
                      rows[i].policy);

        start(drain, DESTINATION("first") "," DESTINATION("second"));
        w.script = script_second_refuses;
        w.fake.breaks = rows[i].breaks;
        world_put(&w, 0, "a");
        {
            auto_json json_t *lines = lines_of_a_run(30000);

            assert_counts(lines, ALL, rows[i].want);
            assert_int_equal(emf_sum(lines, "Rejected", "second"), 1);
            assert_int_equal(emf_sum(lines, "Rejected", "first"), 0);
        }
        end();
    }
}

/* A message that is not JSON is rejected by the pipeline, not by a destination. */
static void test_rejected_by_nobody(void **state)
{
    (void)state;

    start(PLAIN, DESTINATION("first"));
    fake_put(&w.fake.queue, "a", "m0", "{");
    {
        auto_json json_t *lines = lines_of_a_run(30000);

        assert_counts(lines, ALL, (const long[]){ 0, 0, 1, 0, 1, 0 });
        assert_int_equal(emf_sum(lines, "Rejected", "first"), 0);
    }
    end();
}

/* A hundred values at most, the largest among them. */
static void test_many_values(void **state)
{
    const json_t *values;
    int64_t largest = 0;
    (void)state;

    start(PLAIN, DESTINATION("first"));
    metrics_latency(w.drain.metrics, 0, -5); /* clocks differ */
    for (int i = 1; i < 5000; i++)
        metrics_latency(w.drain.metrics, 0, i == 2500 ? 1000000 : i);
    metrics_write(w.drain.metrics);
    {
        auto_json json_t *lines = emf_lines();

        values = emf_values(lines, "DeliveryLatency", "first");
        assert_int_equal(json_array_size(values), 100);
        for (size_t i = 0; i < 100; i++) {
            int64_t one = json_integer_value(json_array_get(values, i));
            assert_true(one >= 0);
            largest = one > largest ? one : largest;
        }
        assert_true(largest == 1000000);
    }
    end();
}

/* If Lambda is set to JSON logs it drops lines below its level: this one is never below. */
static void test_level(void **state)
{
    static const char *const rows[][2] = {
        { "TRACE", "INFO" },  { "DEBUG", "INFO" },  { "INFO", "INFO" },     { "WARN", "WARN" },
        { "ERROR", "ERROR" }, { "FATAL", "FATAL" }, { "nonsense", "INFO" },
    };
    auto_json json_t *context = json_pack("{s:s}", "requestId", "r-1");
    (void)state;

    start(PLAIN, DESTINATION("first"));
    log_context(context);
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        (void)setenv("AWS_LAMBDA_LOG_LEVEL", rows[i][0], 1);
        metrics_write(w.drain.metrics);
        {
            auto_json json_t *lines = emf_lines();
            const json_t *line = json_array_get(lines, 0);

            assert_string_equal(jget_str(line, "level"), rows[i][1]);
            assert_string_equal(jget_str(line, "requestId"), "r-1");
            assert_string_equal(jget_str(line, "Pipeline"), "orders");
        }
    }
    (void)unsetenv("AWS_LAMBDA_LOG_LEVEL");
    log_context(NULL);
    end();
}

static void test_none(void **state)
{
    (void)state;

    metrics_count(NULL, METRIC_SENT, METRICS_WHOLE);
    metrics_latency(NULL, 0, 1);
    metrics_age(NULL, 1);
    metrics_write(NULL);
    metrics_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delivered),   cmocka_unit_test(test_not_looked),
        cmocka_unit_test(test_not_deleted), cmocka_unit_test(test_no_answer),
        cmocka_unit_test(test_rejected),    cmocka_unit_test(test_rejected_by_nobody),
        cmocka_unit_test(test_many_values), cmocka_unit_test(test_level),
        cmocka_unit_test(test_none),        cmocka_unit_test(test_failed),
    };

    mem_init();
    log_setup(LOG_JSON, LOG_FATAL, 2);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
