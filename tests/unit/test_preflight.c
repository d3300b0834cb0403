/* test_preflight.c: the reports before the first write, with their numbers. */
#include "unit.h"

#include "clock.h"
#include "mem.h"
#include "pipeline/preflight.h"
#include "scene.h"

#include <stdlib.h>
#include <string.h>

static struct scene s;
static struct plan plan;
static struct account_limits limits;
static struct err trouble;
static struct preflight found;

static int setup(void **state)
{
    struct err e;

    (void)state;
    scene_init(&s);
    s.config.drain.rate_per_s = 5;
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(schedule_parse(s.schedules[i].expression, &s.schedules[i].when, &e), 0);
    scene_build(&s);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    preflight_done(&found);
    plan_done(&plan);
    scene_done(&s);
    return 0;
}

static void schedule(size_t i, const char *expression, unsigned max_messages)
{
    struct err e;

    if (schedule_parse(expression, &s.schedules[i].when, &e) < 0)
        fail_msg("%s", e.msg);
    s.schedules[i].max_messages = max_messages;
}

/* Runs all checks; the finding of one, or NULL. */
static const struct preflight_finding *look(const char *check)
{
    struct preflight_facts f = {
        .config = &s.config,
        .pipeline = &s.pipeline,
        .plan = plan.steps ? &plan : NULL,
        .aws = plan.steps ? &s.client : NULL,
        .limits = limits.executions ? &limits : NULL,
        .limits_err = trouble.code != ERR_OK ? &trouble : NULL,
        .now_ms = clock_parse_date("2026-11-25T12:00:00Z"),
    };

    preflight_done(&found);
    preflight_look(&found, &f);
    for (size_t i = 0; i < found.n; i++)
        if (strcmp(found.list[i].check, check) == 0)
            return &found.list[i];
    return NULL;
}

static void assert_found(const char *check, enum preflight_verdict v, const char *text)
{
    const struct preflight_finding *one = look(check);

    assert_non_null(one);
    assert_string_equal(one->text, text);
    assert_string_equal(preflight_word(one->verdict), preflight_word(v));
}

static void make_plan(void)
{
    struct err e;

    plan_done(&plan);
    (void)!plan_make(&plan, s.pipeline.rows, s.pipeline.n, false, &s.ctx, &e);
}

static void put_queue(const char *name, const char *value)
{
    auto_free char *path = xasprintf("queues|orders.fifo|Attributes|%s", name);

    fake_aws_put(&s.aws, path, json_string(value));
}

static void without_aws_only_what_the_configuration_says(void **state)
{
    (void)state;
    assert_null(look("account"));
    assert_null(look("table's stream"));
    assert_null(look("parameters"));
    assert_null(look("concurrency"));
    assert_found("visibility", PREFLIGHT_OK,
                 "a message is hidden for 6 min, and a run takes at most 60 s");
    assert_found("dead letters", PREFLIGHT_OK, "dead letters are kept for 14 d, messages for 14 d");
    /* 10 a day, and 24 times what 5/s make in 60 s */
    assert_found("capacity", PREFLIGHT_OK, "at most 7,210 messages a day at this schedule");
}

static void put_units(long long units)
{
    fake_aws_put(&s.aws, "tables|items|ProvisionedThroughput",
                 json_pack("{s:I}", "WriteCapacityUnits", (json_int_t)units));
    make_plan();
}

static void one_group_has_a_rate(void **state)
{
    static const char one[] = "one group: a call of SQS for each record, about 75 records/s for "
                              "each shard of the stream";
    (void)state;

    json_decref(s.config.ingest.group);
    s.config.ingest.group = NULL;
    assert_memory_equal(look("ingest rate")->text, one, sizeof(one) - 1);
    put_units(75);
    assert_int_equal(look("ingest rate")->verdict, PREFLIGHT_OK);
    put_units(1500); /* two partitions, so two shards */
    assert_int_equal(look("ingest rate")->verdict, PREFLIGHT_WARNING);
    assert_non_null(strstr(look("ingest rate")->text,
                           "at the table's write capacity, 750 writes/s for each shard, the "
                           "iterator age grows by 54 min an hour"));
    s.config.ingest.group = json_string("${item.customer}");
    assert_found(
        "ingest rate", PREFLIGHT_OK,
        "a call of SQS takes up to 10 records, each of another group; one group alone gets "
        "about 75 records/s");
    json_decref(s.config.ingest.group);
    s.config.ingest.group = NULL;
}

static void concurrency_is_a_number_or_unknown(void **state)
{
    (void)state;
    limits = (struct account_limits){ .executions = 1000, .unreserved = 990 };
    assert_found("concurrency", PREFLIGHT_OK,
                 "990 of 1,000 concurrent executions are unreserved; fifoq reserves none");
    limits.unreserved = 9;
    assert_int_equal(look("concurrency")->verdict, PREFLIGHT_WARNING);
    limits = (struct account_limits){ 0 };
    (void)err_set(&trouble, ERR_AWS, "lambda:GetAccountSettings: AccessDenied");
    assert_found("concurrency", PREFLIGHT_UNKNOWN,
                 "could not be checked: lambda:GetAccountSettings: AccessDenied");
    trouble.code = ERR_OK;
}

static void schedules_that_are_over(void **state)
{
    (void)state;
    schedule(0, "cron(0 9 1 1 ? 2020)", 10);
    assert_found("schedules", PREFLIGHT_WARNING,
                 "'day' never runs again; remove it or use a future year");
    schedule(1, "cron(0 9 1 1 ? 2020)", 10);
    assert_found("schedules", PREFLIGHT_WARNING,
                 "'day', 'night.x' never run again; remove them or use a future year. "
                 "Nothing is delivered until then");
    assert_null(look("capacity"));
}

static void capacity_is_counted(void **state)
{
    static const struct {
        const char *expression;
        unsigned max_messages;
        const char *text;
    } rows[] = {
        { "rate(5 minutes)", 10, "at most 2,880 messages a day at this schedule" },
        { "rate(1 minute)", 1000000, "at most 432,000 messages a day at this schedule" },
        { "cron(0/5 9-17 ? * MON-FRI *)", 7, "at most 540 messages a day at this schedule" },
        { "cron(0 0 ? * SUN *)", 3, "at most 12 messages in 28 days at this schedule" },
    };

    (void)state;
    s.config.drain.n_schedules = 1;
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        schedule(0, rows[i].expression, rows[i].max_messages);
        assert_found("capacity", PREFLIGHT_OK, rows[i].text);
    }
    s.config.drain.rate_per_s = 0;
    schedule(0, "rate(1 minute)", 1000);
    assert_found("capacity", PREFLIGHT_OK, "at most 1,440,000 messages a day at this schedule");
}

static void waits_that_are_longer_than_the_retention(void **state)
{
    (void)state;
    s.config.queue.retention_s = 4 * 86400;
    schedule(0, "cron(0 0 ? * MON *)", 100);
    schedule(1, "cron(0 0 ? * THU *)", 100);
    assert_int_equal(look("capacity")->verdict, PREFLIGHT_OK);
    s.config.drain.n_schedules = 1;
    assert_found("capacity", PREFLIGHT_WARNING,
                 "at most 14 messages a day at this schedule; a message may wait 7 d for a run; "
                 "but the queue keeps a message only for 4 d; raise queue.retention (up to 14d), "
                 "or run drain more often or with more messages");
}

static void the_backlog_of_now(void **state)
{
    (void)state;
    s.config.drain.n_schedules = 1;
    schedule(0, "rate(1 hour)", 10);
    scene_up(&s);
    put_queue("ApproximateNumberOfMessages", "200");
    put_queue("ApproximateNumberOfMessagesNotVisible", "40");
    make_plan();
    assert_found("capacity", PREFLIGHT_OK,
                 "at most 240 messages a day at this schedule; 240 waiting now, which takes 24 h");
    put_queue("ApproximateNumberOfMessages", "4760");
    make_plan();
    assert_found(
        "capacity", PREFLIGHT_WARNING,
        "at most 240 messages a day at this schedule; 4,800 waiting now, which takes 20 d; "
        "but the queue keeps a message only for 14 d; raise queue.retention (up to 14d), "
        "or run drain more often or with more messages");
}

static void the_table_and_its_stream(void **state)
{
    (void)state;
    make_plan();
    assert_found("table's stream", PREFLIGHT_OK, "'up' enables the stream of 'items'");
    scene_up(&s);
    make_plan();
    assert_found("table's stream", PREFLIGHT_OK,
                 "the stream of 'items' is enabled, with NEW_AND_OLD_IMAGES");
    fake_aws_put(&s.aws, "tables|items|StreamSpecification|StreamViewType",
                 json_string("KEYS_ONLY"));
    make_plan();
    assert_int_equal(look("table's stream")->verdict, PREFLIGHT_REFUSAL);
    assert_non_null(strstr(look("table's stream")->text, "KEYS_ONLY"));
    fake_aws_put(&s.aws, "tables|items", NULL);
    make_plan();
    assert_int_equal(look("table's stream")->verdict, PREFLIGHT_REFUSAL);
    json_object_set_new(s.aws.fails, "dynamodb:DescribeTable",
                        json_pack("{s:s, s:s}", "code", "AccessDenied", "message", "no"));
    make_plan();
    assert_int_equal(look("table's stream")->verdict, PREFLIGHT_UNKNOWN);
}

/* The effect of an existing queue on the guarantees. */
static void an_existing_queue_has_settings_of_its_own(void **state)
{
    static const struct {
        const char *name, *value, *said; /* said: NULL: it does no harm */
    } rows[] = {
        { "RedrivePolicy", "{\"deadLetterTargetArn\": \"arn:d\", \"maxReceiveCount\": 3}",
          "maxReceiveCount 3" },
        { "RedrivePolicy", "{\"deadLetterTargetArn\": \"arn:d\", \"maxReceiveCount\": \"5\"}",
          "maxReceiveCount 5" },
        { "MessageRetentionPeriod", "3600", "is deleted after 60 min" },
        { "MessageRetentionPeriod", "345600", NULL },
        { "DelaySeconds", "30", "delayed by 30 s" },
        { "MaximumMessageSize", "1024", "over 1024 bytes" },
        { "ContentBasedDeduplication", "true", NULL }, /* ingest sets its own ids */
    };

    (void)state;
    s.config.queue.existing = (char *)"theirs.fifo";
    scene_build(&s);
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        fake_aws_put(&s.aws, "queues|theirs.fifo",
                     json_pack("{s:{s:s, s:s, s:s}, s:{}}", "Attributes", "FifoQueue", "true",
                               "VisibilityTimeout", "600", rows[i].name, rows[i].value, "Tags"));
        make_plan();
        assert_non_null(look("existing queue"));
        assert_int_equal(look("existing queue")->verdict,
                         rows[i].said ? PREFLIGHT_WARNING : PREFLIGHT_OK);
        if (rows[i].said && !strstr(look("existing queue")->text, rows[i].said))
            fail_msg("%s: %s", rows[i].name, look("existing queue")->text);
    }
    s.config.has_ingest = false;
    scene_build(&s);
    make_plan();
    assert_non_null(strstr(look("existing queue")->text, "ContentBasedDeduplication"));
}

/* The reverse is refused by the queue's own row (test_existing.c). */
static void a_queue_that_is_left_keeps_its_messages(void **state)
{
    (void)state;
    make_plan();
    assert_null(look("former queue")); /* nothing is deployed */
    s.config.queue.existing = (char *)"theirs.fifo";
    fake_aws_put(&s.aws, "queues|theirs.fifo",
                 json_pack("{s:{s:s, s:s}, s:{}}", "Attributes", "FifoQueue", "true",
                           "VisibilityTimeout", "600", "Tags"));
    scene_build(&s);
    scene_up(&s);
    make_plan();
    assert_null(look("former queue"));
    s.config.queue.existing = NULL;
    scene_build(&s);
    make_plan();
    assert_non_null(look("former queue"));
    assert_int_equal(look("former queue")->verdict, PREFLIGHT_WARNING);
    assert_non_null(strstr(look("former queue")->text, "'theirs.fifo'"));
    scene_up(&s);
    make_plan();
    assert_null(look("former queue"));
}

static void parameters_without_a_value(void **state)
{
    (void)state;
    make_plan();
    assert_int_equal(look("parameters")->verdict, PREFLIGHT_OK);
    unsetenv(SECRET_VARIABLE);
    make_plan();
    assert_int_equal(look("parameters")->verdict, PREFLIGHT_REFUSAL);
    assert_non_null(strstr(look("parameters")->text, SECRET_VARIABLE));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_aws_only_what_the_configuration_says),
        TEST(concurrency_is_a_number_or_unknown),
        TEST(schedules_that_are_over),
        TEST(capacity_is_counted),
        TEST(one_group_has_a_rate),
        TEST(waits_that_are_longer_than_the_retention),
        TEST(the_backlog_of_now),
        TEST(the_table_and_its_stream),
        TEST(an_existing_queue_has_settings_of_its_own),
        TEST(a_queue_that_is_left_keeps_its_messages),
        TEST(parameters_without_a_value),
    };

    mem_init();
    return cmocka_run_group_tests_name("preflight", tests, NULL, NULL);
}
