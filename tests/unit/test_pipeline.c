/* test_pipeline.c: the table of rows: its order, its names, and the permissions of the functions'
 * roles. */
#include "unit.h"

#include "kinds/kinds.h"
#include "kinds/policy.h"
#include "mem.h"
#include "scene.h"

#include <stdlib.h>
#include <string.h>

static struct scene s;

static int setup(void **state)
{
    (void)state;
    scene_init(&s);
    scene_build(&s);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    scene_done(&s);
    return 0;
}

static const struct row *row(const char *id)
{
    for (size_t i = 0; i < s.pipeline.n; i++) {
        if (strcmp(s.pipeline.rows[i].id, id) == 0)
            return &s.pipeline.rows[i];
    }
    fail_msg("there is no row '%s'", id);
    return NULL;
}

static bool needs(const struct row *r, const char *id)
{
    for (size_t i = 0; i < r->n_needs; i++) {
        if (strcmp(r->needs[i]->id, id) == 0)
            return true;
    }
    return false;
}

static void each_row_needs_only_rows_above_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < s.pipeline.n; i++) {
        const struct row *r = &s.pipeline.rows[i];

        for (size_t j = 0; j < r->n_needs; j++)
            assert_true(r->needs[j] >= s.pipeline.rows && r->needs[j] < r);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(s.pipeline.rows[j].id, r->id);
        /* a part belongs to the pipeline if its whole does */
        if (r->kind->flags & KIND_PART)
            assert_ptr_equal(r->needs[0]->kind, &kind_lambda_function);
    }
}

static void names_come_from_the_pipeline(void **state)
{
    static const char *const names[][2] = {
        { "table", "items" },
        { "dead-letters", "orders-dead.fifo" },
        { "queue", "orders.fifo" },
        { "turn", "orders-turn.fifo" },
        { "ingest-failures", "orders-ingest-failures" },
        { "parameter/crm-token", "/orders/crm-token" },
        { "ingest-logs", "/aws/lambda/orders-ingest" },
        { "drain-logs", "/aws/lambda/orders-drain" },
        { "ingest-role", "orders-ingest" },
        { "drain-role", "orders-drain" },
        { "ingest", "orders-ingest" },
        { "drain", "orders-drain" },
        { "drain-async", "orders-drain" },
        { "mapping", "orders-ingest" },
        { "schedule/day", "orders-day" },
        { "schedule/night.x", "orders-night.x" },
        { "drain-permission", "fifoq-schedules" },
        { "schedule/*", "orders-" },
        { "ingest-async", "orders-ingest" },
        { "ingest-permission/*", "" },
        { "drain-permission/*", "" },
        { "parameter/*", "/orders/" },
    };

    (void)state;
    for (size_t i = 0; i < COUNTOF(names); i++)
        assert_string_equal(row(names[i][0])->name, names[i][1]);
    assert_int_equal(s.pipeline.n, COUNTOF(names));
    assert_string_equal(row("schedule/night.x")->config_path, "drain.schedules[1]");
    assert_string_equal(row("parameter/crm-token")->config_path, "parameters.crm-token");
}

static void needs_are_as_designed(void **state)
{
    static const char *const pairs[][2] = {
        { "mapping", "ingest-role" },
        { "schedule/day", "drain-role" },
        { "ingest", "ingest-role" },
        { "ingest", "ingest-logs" },
        { "drain", "drain-role" },
        { "drain", "drain-logs" },
        { "drain", "parameter/crm-token" },
        { "drain", "turn" },
        { "drain-async", "drain" },
        { "mapping", "ingest" },
        { "mapping", "table" },
        { "mapping", "queue" },
        { "mapping", "ingest-failures" },
        { "schedule/day", "drain" },
        { "drain-permission", "drain" },
    };

    (void)state;
    for (size_t i = 0; i < COUNTOF(pairs); i++)
        assert_true(needs(row(pairs[i][0]), pairs[i][1]));
}

/* Whether `id` may be deleted only after `other`: both as the engine orders a removal. */
static bool goes_after(const struct row *r, const struct row *other)
{
    for (size_t i = 0; i < other->n_needs; i++) {
        if (other->needs[i] == r)
            return true;
    }
    for (size_t i = 0; i < r->n_outlives; i++) {
        if (r->outlives[i] == other)
            return true;
    }
    return false;
}

static void removal_has_an_order(void **state)
{
    static const char *const pairs[][2] = {
        { "schedule/day", "mapping" },
        { "schedule/*", "mapping" },
        { "ingest", "mapping" },
        { "drain", "schedule/day" },
        { "queue", "ingest" },
        { "queue", "drain" },
        { "turn", "drain" },
        { "dead-letters", "ingest" },
        { "dead-letters", "drain" },
        { "ingest-failures", "drain" },
        { "ingest-role", "queue" },
        { "drain-role", "dead-letters" },
        { "drain-role", "turn" },
        { "drain-role", "ingest-failures" },
        { "ingest-logs", "ingest-role" },
        { "drain-logs", "drain-role" },
    };
    size_t left = s.pipeline.n;
    auto_free bool *gone = xcalloc(left, sizeof(*gone));

    (void)state;
    for (size_t i = 0; i < COUNTOF(pairs); i++)
        if (!goes_after(row(pairs[i][0]), row(pairs[i][1])))
            fail_msg("'%s' does not wait for '%s'", pairs[i][0], pairs[i][1]);
    /* and the order is possible: nothing waits for itself */
    for (size_t round = 0; round < s.pipeline.n; round++) {
        for (size_t i = 0; i < s.pipeline.n; i++) {
            bool ready = !gone[i];

            for (size_t j = 0; ready && j < s.pipeline.n; j++)
                ready = gone[j] || !goes_after(&s.pipeline.rows[i], &s.pipeline.rows[j]);
            gone[i] = gone[i] || ready;
            left -= ready;
        }
    }
    assert_int_equal(left, 0);
}

static void a_half_that_is_left_out_is_absent(void **state)
{
    (void)state;
    s.config.has_drain = false;
    scene_build(&s);
    assert_int_equal(row("drain")->presence, ABSENT);
    assert_int_equal(row("drain-role")->presence, ABSENT);
    assert_int_equal(row("ingest")->presence, PRESENT);
    assert_int_equal(row("queue")->presence, PRESENT);
    assert_int_equal(row("schedule/*")->presence, LEFTOVERS);
    s.config.has_drain = true;
    s.config.has_ingest = false;
    s.config.table.name = NULL;
    scene_build(&s);
    assert_int_equal(row("mapping")->presence, ABSENT);
    assert_int_equal(row("ingest-failures")->presence, ABSENT);
    assert_int_equal(row("schedule/day")->presence, PRESENT);
}

static void every_resource_has_the_tags(void **state)
{
    const json_t *tags = s.pipeline.tags;

    (void)state;
    assert_int_equal(json_object_size(tags), 3);
    assert_string_equal(jget_str(tags, "team"), "billing");
    assert_string_equal(jget_str(tags, "fifoq:pipeline"), "orders");
    assert_non_null(jget_str(tags, "fifoq:version"));
}

/* "ACTION RESOURCE" for each pair that the policy allows, sorted. */
static json_t *allowed(const char *id)
{
    const struct iam_role *role = row(id)->spec;
    json_t *out = json_object(), *statement, *action, *resource;
    struct err e = { 0 };
    auto_json json_t *policy = policy_render(role->policy, role->grants, &s.client, &e);
    size_t i, j, k;

    if (!policy)
        fail_msg("%s", e.msg);
    assert_string_equal(jget_str(policy, "Version"), "2012-10-17");
    json_array_foreach(jget_array(policy, "Statement"), i, statement) {
        assert_string_equal(jget_str(statement, "Effect"), "Allow");
        /* IAM refuses an empty list */
        assert_true(json_array_size(json_object_get(statement, "Resource")) > 0);
        json_array_foreach(json_object_get(statement, "Action"), j, action) {
            json_array_foreach(json_object_get(statement, "Resource"), k, resource) {
                auto_free char *pair =
                    xasprintf("%s %s", json_string_value(action), json_string_value(resource));

                assert_null(strchr(json_string_value(action), '*'));
                json_object_set_new(out, pair, json_true());
            }
        }
    }
    return out;
}

static void assert_allowed(const char *id, const char *const *pairs)
{
    auto_json json_t *have = allowed(id);
    size_t n = 0;

    for (; pairs[n]; n++) {
        if (!json_object_get(have, pairs[n]))
            fail_msg("%s may not: %s", id, pairs[n]);
    }
    assert_int_equal(json_object_size(have), n);
}

#define QUEUES "arn:aws:sqs:eu-west-1:123456789012:"
#define STREAM "arn:aws:dynamodb:eu-west-1:123456789012:table/items/stream/*"
#define LOGS   "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/"
#define VALUES "arn:aws:ssm:eu-west-1:123456789012:parameter/"

static void roles_may_do_what_they_must_and_no_more(void **state)
{
    static const char *const ingest[] = {
        "dynamodb:DescribeStream " STREAM,
        "dynamodb:GetRecords " STREAM,
        "dynamodb:GetShardIterator " STREAM,
        "dynamodb:ListStreams " STREAM,
        "sqs:SendMessage " QUEUES "orders.fifo",
        "sqs:SendMessage " QUEUES "orders-ingest-failures",
        "logs:CreateLogStream " LOGS "orders-ingest:*",
        "logs:PutLogEvents " LOGS "orders-ingest:*",
        NULL,
    };
    static const char *const drain[] = {
        "sqs:ReceiveMessage " QUEUES "orders.fifo",
        "sqs:DeleteMessage " QUEUES "orders.fifo",
        "sqs:ChangeMessageVisibility " QUEUES "orders.fifo",
        "ssm:GetParameters " VALUES "orders/crm-token",
        "ssm:GetParameters " VALUES "orders/fifoq/pause",
        "ssm:PutParameter " VALUES "orders/fifoq/pause",
        "logs:CreateLogStream " LOGS "orders-drain:*",
        "logs:PutLogEvents " LOGS "orders-drain:*",
        NULL,
    };

    (void)state;
    assert_allowed("ingest-role", ingest);
    assert_allowed("drain-role", drain);
}

/* Only a rate needs the turn. */
static void the_turn_comes_with_a_rate(void **state)
{
    static const char *const actions[] = { "ReceiveMessage", "SendMessage", "DeleteMessage",
                                           "ChangeMessageVisibility", "GetQueueAttributes" };
    const struct sqs_queue *turn;
    auto_json json_t *without = allowed("drain-role");
    auto_json json_t *with = NULL;

    (void)state;
    assert_int_equal(row("turn")->presence, ABSENT);
    s.config.drain.rate_per_s = 5;
    s.config.drain.timeout_s = 60;
    scene_build(&s);
    assert_int_equal(row("turn")->presence, PRESENT);
    turn = row("turn")->spec;
    assert_int_equal(turn->visibility_s, 90);
    assert_int_equal(turn->retention_s, 14 * 86400);
    with = allowed("drain-role");
    assert_int_equal(json_object_size(with), json_object_size(without) + COUNTOF(actions));
    for (size_t i = 0; i < COUNTOF(actions); i++) {
        auto_free char *pair = xasprintf("sqs:%s " QUEUES "orders-turn.fifo", actions[i]);

        assert_non_null(json_object_get(with, pair));
    }
    s.config.has_drain = false;
    scene_build(&s);
    assert_int_equal(row("turn")->presence, ABSENT);
}

static void grants_follow_the_configuration(void **state)
{
    static const char *const drain[] = {
        "sqs:ReceiveMessage " QUEUES "theirs.fifo",
        "sqs:DeleteMessage " QUEUES "theirs.fifo",
        "sqs:ChangeMessageVisibility " QUEUES "theirs.fifo",
        "sqs:SendMessage " QUEUES "orders-dead.fifo",
        "ssm:GetParameters " VALUES "orders/fifoq/pause",
        "ssm:PutParameter " VALUES "orders/fifoq/pause",
        "logs:CreateLogStream " LOGS "orders-drain:*",
        "logs:PutLogEvents " LOGS "orders-drain:*",
        NULL,
    };
    auto_json json_t *ingest = NULL;

    (void)state;
    s.config.n_parameters = 0;
    s.config.queue.existing = (char *)"theirs.fifo";
    s.config.drain.on_reject = REJECT_DEAD_LETTER;
    s.config.ingest.on_reject = REJECT_DEAD_LETTER;
    scene_build(&s);
    assert_allowed("drain-role", drain);
    ingest = allowed("ingest-role");
    assert_non_null(json_object_get(ingest, "sqs:SendMessage " QUEUES "theirs.fifo"));
    assert_non_null(json_object_get(ingest, "sqs:SendMessage " QUEUES "orders-dead.fifo"));
}

static json_t *signing(const char *url, const char *method, const char *service, const char *region,
                       const char *resource)
{
    return json_pack("{s:s, s:s, s:{s:{s:s, s:s?, s:s?}}}", "url", url, "method", method, "auth",
                     "sigv4", "service", service, "region", region, "resource", resource);
}

#define APIS      "execute-api:Invoke arn:aws:execute-api:"
#define URLS      "lambda:InvokeFunctionUrl arn:aws:lambda:"
#define FUNCTIONS "lambda:InvokeFunction arn:aws:lambda:"

static void what_sigv4_leads_to_may_be_invoked(void **state)
{
    static const char *const drain[] = {
        APIS "eu-west-1:123456789012:a1b2c3/*/PUT/*",
        APIS "eu-west-1:123456789012:d4e5f6/*/GET/*",
        APIS "us-east-1:123456789012:g7h8/*/POST/*",
        URLS "eu-west-1:123456789012:function:take-orders",
        URLS "eu-west-1:123456789012:function:take-orders:*",
        FUNCTIONS "eu-west-1:123456789012:function:take-orders",
        FUNCTIONS "eu-west-1:123456789012:function:take-orders:*",
        NULL,
    };
    struct config_destination all[] = {
        { .settings = signing("https://a1b2c3.execute-api.eu-west-1.amazonaws.com/prod/${id}",
                              "PUT", "execute-api", NULL, NULL) },
        { .settings = signing("https://d4e5f6-vpce-01.execute-api.eu-west-1.amazonaws.com/", "GET",
                              "execute-api", NULL, NULL) },
        { .settings =
              signing("https://api.example.com/", "POST", "execute-api", "us-east-1", "g7h8") },
        { .settings = signing("https://x.lambda-url.eu-west-1.on.aws/", "POST", "lambda", NULL,
                              "take-orders") },
        { .settings = signing("https://search.example.com/", "POST", "es", NULL, NULL) },
        { .settings = json_pack("{s:s, s:s, s:n}", "url", "https://a.execute-api.x.amazonaws.com/",
                                "method", "POST", "auth") },
    };
    auto_json json_t *without = allowed("drain-role");
    auto_json json_t *with = NULL;

    (void)state;
    s.config.drain.destinations = all;
    s.config.drain.n_destinations = COUNTOF(all);
    scene_build(&s);
    with = allowed("drain-role");
    for (size_t i = 0; drain[i]; i++)
        if (!json_object_get(with, drain[i]))
            fail_msg("drain may not: %s", drain[i]);
    assert_int_equal(json_object_size(with), json_object_size(without) + COUNTOF(drain) - 1);
    s.config.drain.n_destinations = 0;
    for (size_t i = 0; i < COUNTOF(all); i++)
        json_decref(all[i].settings);
}

static void each_filter_holds_the_events(void **state)
{
    static const char *const expected =
        "[{\"dynamodb\":{\"NewImage\":{}},\"eventName\":[\"INSERT\",\"REMOVE\"]},"
        "{\"eventName\":[\"INSERT\"]}]";

    (void)state;
    s.config.ingest.events = EVENT_INSERT | EVENT_REMOVE;
    s.config.ingest.filter =
        json_pack("[{s:{s:{}}}, {s:[s]}]", "dynamodb", "NewImage", "eventName", "INSERT");
    scene_build(&s);
    auto_free char *text =
        json_canonical(((const struct event_source *)row("mapping")->spec)->filters);
    assert_string_equal(text, expected);
    /* the configuration itself is unchanged */
    assert_null(json_object_get(json_array_get(s.config.ingest.filter, 0), "eventName"));
}

static void old_images_are_asked_for_below_or(void **state)
{
    (void)state;
    s.config.ingest.filter = json_pack("[{s:[{s:[s]},{s:{s:{s:{s:[s]}}}}]}]", "$or", "eventID", "1",
                                       "dynamodb", "OldImage", "a", "S", "x");
    scene_build(&s);
    assert_true(((const struct dynamodb_table *)row("table")->spec)->old_images);
}

static json_t *parsed(const char *text)
{
    json_t *v = json_loads(text, 0, NULL);

    assert_non_null(v);
    return v;
}

static void policies_are_compared_as_what_they_say(void **state)
{
    static const struct {
        const char *other;
        bool same;
    } rows[] = {
        { "{'Statement':{'Effect':'Allow','Action':['b','a'],'Resource':['r'],"
          "'Condition':{'StringEquals':{'AWS:x':['1']}}},'Version':'2012-10-17'}",
          true },
        { "{'Version':'2012-10-17','Statement':[{'Sid':'12','Effect':'Allow','Action':['a','b','a']"
          ","
          "'Resource':'r','Condition':{'StringEquals':{'aws:X':1}}}]}",
          true },
        { "{'Statement':[{'Effect':'Allow','Action':['a','b'],'Resource':'r',"
          "'Condition':{'StringEquals':{'aws:x':'1'}}}]}",
          false }, /* the older version */
        { "{'Version':'2012-10-17','Statement':[{'Effect':'Allow','Action':['a','b'],"
          "'Resource':'r'}]}",
          false },
        { "{'Version':'2012-10-17','Statement':[{'Effect':'Deny','Action':['a','b'],'Resource':'r',"
          "'Condition':{'StringEquals':{'aws:x':'1'}}}]}",
          false },
        { "{'Version':'2012-10-17','Statement':[{'Effect':'Allow','NotAction':['a','b'],"
          "'Resource':'r','Condition':{'StringEquals':{'aws:x':'1'}}}]}",
          false },
        { "{}", false },
    };
    auto_json json_t *base =
        parsed("{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"a\","
               "\"b\"],\"Resource\":\"r\",\"Condition\":{\"StringEquals\":{\"aws:x\":\"1\"}}}]}");

    (void)state;
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        auto_free char *text = xstrdup(rows[i].other);

        for (char *c = strchr(text, '\''); c; c = strchr(c, '\''))
            *c = '"';
        auto_json json_t *other = parsed(text);
        auto_json json_t *a = form_policy.normal(base), *b = form_policy.normal(other);
        if (json_equal(a, b) != rows[i].same)
            fail_msg("row %zu", i);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_row_needs_only_rows_above_it),
        TEST(names_come_from_the_pipeline),
        TEST(needs_are_as_designed),
        TEST(removal_has_an_order),
        TEST(a_half_that_is_left_out_is_absent),
        TEST(every_resource_has_the_tags),
        TEST(roles_may_do_what_they_must_and_no_more),
        TEST(the_turn_comes_with_a_rate),
        TEST(grants_follow_the_configuration),
        TEST(what_sigv4_leads_to_may_be_invoked),
        TEST(each_filter_holds_the_events),
        TEST(old_images_are_asked_for_below_or),
        TEST(policies_are_compared_as_what_they_say),
    };

    mem_init();
    return cmocka_run_group_tests_name("pipeline", tests, NULL, NULL);
}
