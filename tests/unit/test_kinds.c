/* test_kinds.c: every kind with a fake AWS: nothing differs after up, every change by others is
 * found and corrected. */
#include "unit.h"

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

static void assert_nothing_to_do(void)
{
    struct plan p;

    scene_plan(&s, false, &p);
    for (size_t i = 0; i < p.n; i++) {
        const struct step *step = &p.steps[i];

        if (step->action != KEEP)
            fail_msg("%s: %s differs", step->row->id,
                     step->n_changes ? step->changes[0].prop->name : "it");
    }
    plan_done(&p);
}

static void fresh_up_leaves_nothing_to_do(void **state)
{
    struct plan p;

    (void)state;
    scene_plan(&s, false, &p);
    assert_int_equal(plan_count(&p, CREATE), 15);
    assert_int_equal(plan_count(&p, UPDATE), 1); /* the table's stream */
    assert_int_equal(fake_aws_writes(&s.aws), 0);
    plan_done(&p);
    scene_up(&s);
    fake_aws_forget_calls(&s.aws);
    assert_nothing_to_do();
    scene_up(&s);
    assert_int_equal(fake_aws_writes(&s.aws), 0);
}

/* A change from outside, and the row and property that report it. */
static const struct outside {
    const char *row, *path, *value; /* JSON; NULL: removed */
    const char *property;
} outside[] = {
#define QUEUE "queues|orders.fifo|Attributes|"
    { "queue", QUEUE "VisibilityTimeout", "\"30\"", "VisibilityTimeout" },
    { "queue", QUEUE "MessageRetentionPeriod", "\"60\"", "MessageRetentionPeriod" },
    { "queue", QUEUE "DelaySeconds", "\"5\"", "DelaySeconds" },
    { "queue", QUEUE "ReceiveMessageWaitTimeSeconds", "\"5\"", "ReceiveMessageWaitTimeSeconds" },
    { "queue", QUEUE "MaximumMessageSize", "\"1024\"", "MaximumMessageSize" },
    { "queue", QUEUE "ContentBasedDeduplication", "\"true\"", "ContentBasedDeduplication" },
    { "queue", QUEUE "FifoThroughputLimit", "\"perMessageGroupId\"", "FifoThroughputLimit" },
    { "queue", QUEUE "SqsManagedSseEnabled", "\"false\"", "SqsManagedSseEnabled" },
    { "queue", QUEUE "KmsMasterKeyId", "\"alias/theirs\"", "KmsMasterKeyId" },
    { "queue", QUEUE "RedrivePolicy", "\"{\\\"maxReceiveCount\\\": 3}\"", "RedrivePolicy" },
    { "queue", QUEUE "RedriveAllowPolicy", "\"{\\\"redrivePermission\\\": \\\"denyAll\\\"}\"",
      "RedriveAllowPolicy" },
    { "queue", QUEUE "Policy", "\"{\\\"Statement\\\": []}\"", "Policy" },
    { "queue", "queues|orders.fifo|Tags|team", "\"sales\"", "Tags" },
    { "queue", "queues|orders.fifo|Tags|more", "\"x\"", "Tags" },
    { "queue", "queues|orders.fifo|Tags|team", NULL, "Tags" },
    { "dead-letters", "queues|orders-dead.fifo|Attributes|MessageRetentionPeriod", "\"60\"",
      "MessageRetentionPeriod" },
    { "ingest-failures", "queues|orders-ingest-failures|Attributes|VisibilityTimeout", "\"1\"",
      "VisibilityTimeout" },
    { "table", "tables|items|StreamSpecification", NULL, "StreamEnabled" },
#define PARAMETER "parameters|/orders/crm-token|"
    { "parameter/crm-token", PARAMETER "Description", "\"x\"", "Description" },
    { "parameter/crm-token", PARAMETER "KeyId", "\"alias/theirs\"", "KeyId" },
    { "parameter/crm-token", PARAMETER "Version", "7", "Version" },
    { "parameter/crm-token", PARAMETER "#tags|fifoq:value", NULL, "Value" },
    { "parameter/crm-token", PARAMETER "#tags|fifoq:value", "\"1:00:00\"", "Value" },
    { "parameter/crm-token", PARAMETER "#tags|more", "\"x\"", "Tags" },
    { "ingest-logs", "groups|/aws/lambda/orders-ingest|retentionInDays", NULL, "retentionInDays" },
    { "drain-logs", "groups|/aws/lambda/orders-drain|retentionInDays", "1", "retentionInDays" },
    { "drain-logs", "groups|/aws/lambda/orders-drain|#tags|more", "\"x\"", "Tags" },
    { "drain-logs", "groups|/aws/lambda/orders-drain|kmsKeyId", "\"arn:aws:kms:x\"", "kmsKeyId" },
    { "drain-logs", "groups|/aws/lambda/orders-drain|#subscriptions", "{\"theirs\": \"arn\"}",
      "SubscriptionFilters" },
#define ROLE "roles|orders-drain|"
    { "drain-role", ROLE "Description", "\"x\"", "Description" },
    { "drain-role", ROLE "MaxSessionDuration", "7200", "MaxSessionDuration" },
    { "drain-role", ROLE "AssumeRolePolicyDocument",
      "\"{\\\"Version\\\": \\\"2012-10-17\\\", \\\"Statement\\\": []}\"",
      "AssumeRolePolicyDocument" },
    { "drain-role", ROLE "#inline|fifoq", "\"{\\\"Statement\\\": []}\"", "PolicyDocument" },
    { "drain-role", ROLE "#inline|fifoq", NULL, "PolicyDocument" },
    { "drain-role", ROLE "#inline|more", "\"{}\"", "OtherInlinePolicies" },
    { "drain-role", ROLE "#attached|arn:aws:iam::aws:policy/AdministratorAccess", "{}",
      "AttachedPolicies" },
    { "drain-role", ROLE "#tags|more", "\"x\"", "Tags" },
#define FUNCTION "functions|orders-drain|Configuration|"
    { "drain", FUNCTION "CodeSha256", "\"other\"", "CodeSha256" },
    { "drain", FUNCTION "Architectures", "[\"x86_64\"]", "Architectures" },
    { "drain", FUNCTION "Runtime", "\"provided.al2\"", "Runtime" },
    { "drain", FUNCTION "Handler", "\"ingest\"", "Handler" },
    { "drain", FUNCTION "Role", "\"arn:aws:iam::123456789012:role/other\"", "Role" },
    { "drain", FUNCTION "Description", "\"x\"", "Description" },
    { "drain", FUNCTION "MemorySize", "512", "MemorySize" },
    { "drain", FUNCTION "Timeout", "3", "Timeout" },
    { "drain", FUNCTION "EphemeralStorage", "{\"Size\": 1024}", "EphemeralStorage" },
    { "drain", FUNCTION "TracingConfig", "{\"Mode\": \"Active\"}", "TracingConfig" },
    { "drain", FUNCTION "LoggingConfig", "{\"LogFormat\": \"JSON\"}", "LoggingConfig" },
    { "drain", FUNCTION "Environment", "{\"Variables\": {\"A\": \"b\"}}", "Environment" },
    { "drain", FUNCTION "Layers", "[{\"Arn\": \"arn:aws:lambda:eu-west-1:1:layer:x:1\"}]",
      "Layers" },
    { "drain", FUNCTION "VpcConfig", "{\"SubnetIds\": [\"s\"], \"SecurityGroupIds\": [\"g\"]}",
      "VpcConfig" },
    { "drain", FUNCTION "DeadLetterConfig", "{\"TargetArn\": \"arn:aws:sqs:eu-west-1:1:x\"}",
      "DeadLetterConfig" },
    { "drain", FUNCTION "KMSKeyArn", "\"arn:aws:kms:eu-west-1:1:key/x\"", "KMSKeyArn" },
    { "drain", FUNCTION "LastUpdateStatus", "\"Failed\"", "State" },
    { "drain", "functions|orders-drain|Concurrency", "{\"ReservedConcurrentExecutions\": 0}",
      "ReservedConcurrentExecutions" },
    { "drain", "functions|orders-drain|Tags|fifoq:code", "\"0.0.9-00000000\"", "Tags" },
#define INVOKE "functions|orders-drain|#invoke|"
    { "drain-async", INVOKE "MaximumRetryAttempts", "2", "MaximumRetryAttempts" },
    { "drain-async", INVOKE "MaximumEventAgeInSeconds", "600", "MaximumEventAgeInSeconds" },
    { "drain-async", INVOKE "DestinationConfig",
      "{\"OnFailure\": {\"Destination\": \"arn:aws:sqs:eu-west-1:1:x\"}}", "OnFailure" },
#define MAPPING "mappings|uuid-1|"
    { "mapping", MAPPING "State", "\"Disabled\"", "Enabled" },
    { "mapping", MAPPING "BatchSize", "7", "BatchSize" },
    { "mapping", MAPPING "MaximumBatchingWindowInSeconds", "5", "MaximumBatchingWindowInSeconds" },
    { "mapping", MAPPING "ParallelizationFactor", "10", "ParallelizationFactor" },
    { "mapping", MAPPING "TumblingWindowInSeconds", "9", "TumblingWindowInSeconds" },
    { "mapping", MAPPING "FunctionResponseTypes", "[]", "FunctionResponseTypes" },
    { "mapping", MAPPING "BisectBatchOnFunctionError", "false", "BisectBatchOnFunctionError" },
    { "mapping", MAPPING "MaximumRetryAttempts", "3", "MaximumRetryAttempts" },
    { "mapping", MAPPING "MaximumRecordAgeInSeconds", "60", "MaximumRecordAgeInSeconds" },
    { "mapping", MAPPING "DestinationConfig", NULL, "OnFailure" },
    { "mapping", MAPPING "FilterCriteria", "{\"Filters\": [{\"Pattern\": \"{}\"}]}",
      "FilterCriteria" },
    { "mapping", MAPPING "Tags|more", "\"x\"", "Tags" },
    { "mapping", "mappings|uuid-9",
      "{\"UUID\": \"uuid-9\", \"#function\": \"orders-ingest\", \"State\": \"Enabled\", "
      "\"EventSourceArn\": \"arn:aws:dynamodb:eu-west-1:1:table/theirs/stream/x\", \"Tags\": {}}",
      "OtherMappings" },
    { "ingest", "mappings|uuid-9",
      "{\"UUID\": \"uuid-9\", \"#function\": \"orders-ingest\", \"State\": \"Enabled\", "
      "\"FunctionArn\": \"arn:aws:lambda:eu-west-1:123456789012:function:orders-ingest\", "
      "\"EventSourceArn\": \"arn:aws:sqs:eu-west-1:123456789012:orders.fifo\", \"Tags\": {}}",
      "EventSourceMappings" },
    { "drain", "mappings|uuid-9",
      "{\"UUID\": \"uuid-9\", \"#function\": \"orders-drain\", \"State\": \"Enabled\", "
      "\"EventSourceArn\": \"arn:aws:dynamodb:eu-west-1:1:table/items/stream/x\", \"Tags\": {}}",
      "EventSourceMappings" },
    { "queue", "mappings|uuid-9",
      "{\"UUID\": \"uuid-9\", \"#function\": \"theirs\", \"State\": \"Enabled\", "
      "\"FunctionArn\": \"arn:aws:lambda:eu-west-1:123456789012:function:orders-drainage\", "
      "\"EventSourceArn\": \"arn:aws:sqs:eu-west-1:123456789012:orders.fifo\", \"Tags\": {}}",
      "EventSourceMappings" },
    { "drain", "functions|orders-drain|#aliases", "{\"live\": \"1\"}", "Aliases" },
    { "drain", "functions|orders-drain|#url", "\"NONE\"", "FunctionUrlConfig" },
    { "schedule/day", "rules|orders-day|ScheduleExpression", "\"rate(1 minute)\"",
      "ScheduleExpression" },
    { "schedule/day", "rules|orders-day|State", "\"DISABLED\"", "State" },
    { "schedule/day", "rules|orders-day|Description", "\"x\"", "Description" },
    { "schedule/day", "rules|orders-day|#targets|1", "{\"Id\": \"more\", \"Arn\": \"a\"}",
      "OtherTargets" },
    { "schedule/day", "rules|orders-day|#targets|0|Input", "\"{}\"", "Target" },
    { "schedule/day", "rules|orders-day|#targets|0|RoleArn", "\"r\"", "Target" },
    { "schedule/day", "rules|orders-day|RoleArn", "\"r\"", "RoleArn" },
    { "schedule/day", "rules|orders-day|EventPattern", "\"{}\"", "EventPattern" },
    { "schedule/day", "rules|orders-day|#tags|more", "\"x\"", "Tags" },
    { "drain-permission", "functions|orders-drain|#policy|Statement|0|Principal", "\"*\"",
      "Policy" },
    { "drain-permission", "functions|orders-drain|#policy|Statement|0|Condition", NULL, "Policy" },
};

static json_t *value(const char *text)
{
    json_t *v = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;

    assert_true(v || !text);
    return v;
}

static void everything_changed_outside_is_found_and_put_right(void **state)
{
    (void)state;
    scene_up(&s);
    for (size_t i = 0; i < COUNTOF(outside); i++) {
        const struct outside *o = &outside[i];
        const struct step *step;
        struct plan p;
        struct err e = { 0 };

        fake_aws_put(&s.aws, o->path, value(o->value));
        scene_plan(&s, false, &p);
        step = scene_step(&p, o->row);
        if (plan_count(&p, UPDATE) != 1 || step->action != UPDATE)
            fail_msg("%s: %zu rows differ", o->path, plan_count(&p, UPDATE));
        if (strcmp(step->changes[0].prop->name, o->property) != 0)
            fail_msg("%s: %s differs", o->path, step->changes[0].prop->name);
        if (plan_apply(&p, &s.ctx, NULL, NULL, &e) < 0)
            fail_msg("%s: %s", o->path, e.msg);
        plan_done(&p);
        assert_nothing_to_do();
    }
}

/* Additions of others to fifoq's resources, and the rows that they become; then whole rows. */
static void extras_are_taken_away_unless_they_are_kept(void **state)
{
    static const char *const rows[] = { "drain-permission/theirs", "ingest-permission/theirs",
                                        "ingest-async" };
    struct plan p;

    (void)state;
    scene_up(&s);
    fake_aws_put(&s.aws, QUEUE "Policy", json_string("{\"Statement\": []}"));
    fake_aws_put(&s.aws, QUEUE "DelaySeconds", json_string("9"));
    fake_aws_put(&s.aws, ROLE "#inline|more", json_string("{}"));
    fake_aws_put(&s.aws, "functions|orders-drain|#policy|Statement|9",
                 json_pack("{s:s, s:s}", "Sid", "theirs", "Principal", "*"));
    fake_aws_put(&s.aws, "functions|orders-ingest|#policy|Statement|9",
                 json_pack("{s:s, s:s}", "Sid", "theirs", "Principal", "*"));
    fake_aws_put(&s.aws, "functions|orders-ingest|#invoke", json_object());

    s.ctx.consents = CONSENT_EXTRAS;
    scene_plan(&s, false, &p);
    assert_int_equal(plan_count(&p, UPDATE), 1); /* the delay */
    assert_int_equal(plan_count(&p, DROP), 0);
    assert_string_equal(scene_step(&p, "queue")->kept[0].prop->name, "Policy");
    assert_string_equal(scene_step(&p, "drain-role")->kept[0].prop->name, "OtherInlinePolicies");
    for (size_t i = 0; i < COUNTOF(rows); i++)
        assert_true(scene_step(&p, rows[i])->extra);
    plan_done(&p);
    scene_up(&s);
    assert_string_equal(json_string_value(fake_aws_at(&s.aws, QUEUE "DelaySeconds")), "0");
    assert_non_null(fake_aws_at(&s.aws, QUEUE "Policy"));
    assert_non_null(fake_aws_at(&s.aws, ROLE "#inline|more"));

    s.ctx.consents = 0;
    scene_plan(&s, false, &p);
    assert_int_equal(plan_count(&p, UPDATE), 2);
    for (size_t i = 0; i < COUNTOF(rows); i++)
        assert_int_equal(scene_step(&p, rows[i])->action, DROP);
    plan_done(&p);
    scene_up(&s);
    assert_nothing_to_do();
    assert_null(fake_aws_at(&s.aws, QUEUE "Policy"));
    assert_null(fake_aws_at(&s.aws, "functions|orders-ingest|#invoke"));
}

/* The same in another spelling, as AWS answers. */
static const struct outside same[] = {
    { NULL, QUEUE "Policy", "\"\"", NULL },
    { NULL, QUEUE "RedrivePolicy", "\"\"", NULL },
    { NULL, QUEUE "ApproximateNumberOfMessages", "\"5\"", NULL },
    { NULL, "queues|orders.fifo|Tags|aws:cloudformation:stack-name", "\"x\"", NULL },
    { NULL, "queues|orders.fifo|Tags|fifoq:version", "\"0.0.1\"", NULL },
    { NULL, ROLE "AssumeRolePolicyDocument",
      "\"{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":{\\\"Sid\\\":\\\"1\\\","
      "\\\"Principal\\\":{\\\"Service\\\":[\\\"lambda.amazonaws.com\\\"]},"
      "\\\"Action\\\":[\\\"sts:AssumeRole\\\"],\\\"Effect\\\":\\\"Allow\\\"}}\"",
      NULL },
    { NULL, FUNCTION "LoggingConfig", NULL, NULL },
    { NULL, FUNCTION "EphemeralStorage", NULL, NULL },
    { NULL, FUNCTION "TracingConfig", NULL, NULL },
    { NULL, FUNCTION "Environment", NULL, NULL },
    { NULL, FUNCTION "Layers", NULL, NULL },
    { NULL, FUNCTION "VpcConfig", "{\"SubnetIds\": [], \"SecurityGroupIds\": [], \"VpcId\": \"\"}",
      NULL },
    { NULL, FUNCTION "LastModified", "\"x\"", NULL },
    { NULL, MAPPING "ParallelizationFactor", NULL, NULL },
    { NULL, MAPPING "MaximumRetryAttempts", NULL, NULL },
    { NULL, MAPPING "TumblingWindowInSeconds", NULL, NULL },
    { NULL, MAPPING "FilterCriteria",
      "{\"Filters\": [{\"Pattern\": \"{ \\\"eventName\\\" : [ \\\"INSERT\\\" ] }\"}]}", NULL },
    { NULL, MAPPING "State", "\"Updating\"", NULL },
    { NULL, "rules|orders-day|#targets|0|Input",
      "\"{ \\\"max_messages\\\": 10, \\\"schedule\\\": \\\"day\\\" }\"", NULL },
    { NULL, PARAMETER "Tier", NULL, NULL },
    { NULL, "functions|orders-drain|#policy|Statement|0|Principal",
      "{\"Service\": [\"events.amazonaws.com\"]}", NULL },
};

static void other_words_for_the_same_are_no_difference(void **state)
{
    (void)state;
    scene_up(&s);
    for (size_t i = 0; i < COUNTOF(same); i++) {
        fake_aws_put(&s.aws, same[i].path, value(same[i].value));
        assert_nothing_to_do();
    }
}

static void fixed_things_are_refused(void **state)
{
    static const char *const fixed[][2] = {
        { QUEUE "FifoQueue", "\"false\"" },
        { QUEUE "DeduplicationScope", "\"messageGroup\"" },
        { PARAMETER "Type", "\"String\"" },
        { PARAMETER "Tier", "\"Advanced\"" },
        { ROLE "Path", "\"/theirs/\"" },
        { MAPPING "EventSourceArn",
          "\"arn:aws:dynamodb:eu-west-1:123456789012:table/items/stream/0\"" },
    };

    (void)state;
    scene_up(&s);
    fake_aws_forget_calls(&s.aws);
    for (size_t i = 0; i < COUNTOF(fixed); i++) {
        json_t *before = json_incref(fake_aws_at(&s.aws, fixed[i][0]));
        struct plan p;
        struct err e = { 0 };

        fake_aws_put(&s.aws, fixed[i][0], value(fixed[i][1]));
        assert_int_equal(plan_make(&p, s.pipeline.rows, s.pipeline.n, false, &s.ctx, &e), -1);
        assert_int_equal(e.code, ERR_REFUSED);
        assert_non_null(strchr(e.msg, '(')); /* the way out */
        plan_done(&p);
        fake_aws_put(&s.aws, fixed[i][0], before);
    }
    assert_int_equal(fake_aws_writes(&s.aws), 0);
}

static void what_is_not_ours_is_not_touched(void **state)
{
    static const char *const tagged[] = {
        "queues|orders.fifo|Tags",
        "parameters|/orders/crm-token|#tags",
        "groups|/aws/lambda/orders-drain|#tags",
        "roles|orders-drain|#tags",
        "functions|orders-drain|Tags",
        "rules|orders-day|#tags",
    };

    (void)state;
    scene_up(&s);
    fake_aws_forget_calls(&s.aws);
    for (size_t i = 0; i < COUNTOF(tagged); i++) {
        json_t *before = json_incref(fake_aws_at(&s.aws, tagged[i]));
        struct plan p;
        struct err e = { 0 };

        fake_aws_put(&s.aws, tagged[i], json_pack("{s:s}", "fifoq:pipeline", "orders-staging"));
        for (int removal = 0; removal < 2; removal++) {
            assert_int_equal(plan_make(&p, s.pipeline.rows, s.pipeline.n, removal, &s.ctx, &e), -1);
            assert_int_equal(e.code, ERR_REFUSED);
            plan_done(&p);
        }
        fake_aws_put(&s.aws, tagged[i], before);
    }
    assert_int_equal(fake_aws_writes(&s.aws), 0);
}

static void removal_takes_all_but_the_table(void **state)
{
    static const char *const groups[] = { "queues",    "parameters", "groups", "roles",
                                          "functions", "mappings",   "rules" };
    struct plan p;
    struct err e = { 0 };

    (void)state;
    scene_up(&s);
    fake_aws_put(&s.aws, ROLE "#inline|more", json_string("{}"));
    fake_aws_put(&s.aws, "rules|orders-day|#targets|1", json_pack("{s:s}", "Id", "more"));
    scene_plan(&s, true, &p);
    assert_int_equal(plan_count(&p, DROP), 15);
    if (plan_apply(&p, &s.ctx, NULL, NULL, &e) < 0)
        fail_msg("%s", e.msg);
    plan_done(&p);
    for (size_t i = 0; i < COUNTOF(groups); i++)
        assert_int_equal(json_object_size(fake_aws_at(&s.aws, groups[i])), 0);
    assert_non_null(fake_aws_at(&s.aws, "tables|items"));
    fake_aws_forget_calls(&s.aws);
    scene_plan(&s, true, &p);
    assert_int_equal(p.n, 0);
    assert_int_equal(fake_aws_writes(&s.aws), 0);
    plan_done(&p);
}

static void what_the_configuration_no_longer_names_goes(void **state)
{
    struct plan p;

    (void)state;
    scene_up(&s);
    s.config.drain.n_schedules = 1;
    s.config.n_parameters = 0;
    scene_build(&s);
    scene_plan(&s, false, &p);
    assert_int_equal(plan_count(&p, DROP), 2);
    assert_int_equal(scene_step(&p, "schedule/night.x")->action, DROP);
    assert_int_equal(scene_step(&p, "parameter/crm-token")->action, DROP);
    plan_done(&p);
    scene_up(&s);
    assert_null(fake_aws_at(&s.aws, "rules|orders-night.x"));
    assert_int_equal(
        json_array_size(fake_aws_at(&s.aws, "functions|orders-drain|#policy|Statement")), 1);
    assert_nothing_to_do();
    s.config.has_ingest = false;
    scene_build(&s);
    scene_up(&s);
    assert_null(fake_aws_at(&s.aws, "functions|orders-ingest"));
    assert_null(fake_aws_at(&s.aws, "mappings|uuid-1"));
    assert_non_null(fake_aws_at(&s.aws, "queues|orders-ingest-failures")); /* it may contain data */
    assert_nothing_to_do();
}

static void an_update_sends_every_attribute(void **state)
{
    const json_t *asked;
    json_t *v;
    size_t i;

    (void)state;
    scene_up(&s);
    fake_aws_put(&s.aws, QUEUE "DelaySeconds", json_string("9"));
    fake_aws_put(&s.aws, QUEUE "Policy", json_string("{\"Statement\": []}"));
    fake_aws_forget_calls(&s.aws);
    scene_up(&s);
    json_array_foreach(s.aws.calls, i, v) {
        if (strcmp(json_string_value(v), "sqs:SetQueueAttributes") == 0)
            break;
    }
    asked = jget_obj(json_array_get(s.aws.asked, i), "Attributes");
    assert_string_equal(jget_str(asked, "Policy"), "");
    assert_string_equal(jget_str(asked, "DelaySeconds"), "0");
    assert_string_equal(jget_str(asked, "VisibilityTimeout"), "360");
    assert_null(json_object_get(asked, "FifoQueue"));
    assert_null(json_object_get(asked, "RedrivePolicy")); /* missing, so not mentioned */
    assert_int_equal(json_object_size(asked), 10);
}

static void a_lost_answer_is_taken_over(void **state)
{
    struct plan p;
    struct err e = { 0 };
    json_t *role;

    (void)state;
    scene_up(&s);
    role = json_deep_copy(fake_aws_at(&s.aws, "roles|orders-drain"));
    json_object_del(json_object_get(role, "#inline"), "fifoq");
    fake_aws_put(&s.aws, "roles|orders-drain", NULL);
    scene_plan(&s, false, &p);
    assert_int_equal(scene_step(&p, "drain-role")->action, CREATE);
    fake_aws_put(&s.aws, "roles|orders-drain", role);
    json_object_set_new(s.aws.fails, "iam:CreateRole",
                        json_pack("{s:s, s:s}", "code", "EntityAlreadyExists", "message", "x"));
    if (plan_apply(&p, &s.ctx, NULL, NULL, &e) < 0)
        fail_msg("%s", e.msg);
    plan_done(&p);
    assert_nothing_to_do();
}

/* The next calls of that action do not find their resource; times -1: always. */
static void hide(const char *call, int times)
{
    json_object_set_new(s.aws.fails, call,
                        json_pack("{s:s, s:s, s:i, s:b}", "code", "NotThere", "message", "x",
                                  "times", times, "missing", 1));
}

static void what_is_not_seen_at_once_is_waited_for(void **state)
{
    struct plan p;
    struct err e = { 0 };

    (void)state;
    scene_plan(&s, false, &p);
    hide("dynamodb:DescribeTable", 2);
    hide("lambda:GetEventSourceMapping", 2);
    if (plan_apply(&p, &s.ctx, NULL, NULL, &e) < 0)
        fail_msg("%s", e.msg);
    plan_done(&p);
    assert_nothing_to_do();
}

static void what_one_read_shows_and_another_does_not_is_asked_again(void **state)
{
    static const char *const calls[] = {
        "sqs:ListQueueTags",        "ssm:ListTagsForResource",
        "logs:ListTagsForResource", "events:ListTagsForResource",
        "events:ListTargetsByRule", "iam:ListRolePolicies",
        "lambda:ListTags",          "iam:ListAttachedRolePolicies",
    };

    (void)state;
    scene_up(&s);
    for (size_t i = 0; i < COUNTOF(calls); i++) {
        hide(calls[i], 3);
        assert_nothing_to_do();
        assert_int_equal(jget_int(json_object_get(s.aws.fails, calls[i]), "times", -1), 0);
    }
}

/* Plans without the role, which exists when it is created; hidden from that many reads. */
static int up_with_a_hidden_role(int times, struct err *e)
{
    json_t *role = json_deep_copy(fake_aws_at(&s.aws, "roles|orders-drain"));
    struct plan p;
    int rc;

    fake_aws_put(&s.aws, "roles|orders-drain", NULL);
    scene_plan(&s, false, &p);
    fake_aws_put(&s.aws, "roles|orders-drain", role);
    json_object_set_new(s.aws.fails, "iam:CreateRole",
                        json_pack("{s:s, s:s}", "code", "EntityAlreadyExists", "message", "x"));
    hide("iam:GetRole", times);
    rc = plan_apply(&p, &s.ctx, NULL, NULL, e);
    plan_done(&p);
    return rc;
}

static void what_exists_and_is_not_seen_is_waited_for(void **state)
{
    struct err e = { 0 };

    (void)state;
    scene_up(&s);
    if (up_with_a_hidden_role(3, &e) < 0)
        fail_msg("%s", e.msg);
    assert_nothing_to_do();
    assert_int_equal(up_with_a_hidden_role(-1, &e), -1);
    assert_non_null(strstr(e.msg, "EntityAlreadyExists"));
    assert_true(fake_aws_count(&s.aws, "iam:CreateRole") < 30);
}

static void a_function_that_fails_says_why(void **state)
{
    struct plan p;
    struct err e = { 0 };

    (void)state;
    s.aws.broken = "InvalidImage";
    scene_plan(&s, false, &p);
    assert_int_equal(plan_apply(&p, &s.ctx, NULL, NULL, &e), -1);
    assert_non_null(strstr(e.msg, "InvalidImage: because"));
    assert_true(scene_step(&p, "mapping")->skipped);
    assert_true(scene_step(&p, "queue")->done);
    plan_done(&p);
    s.aws.broken = NULL;
    scene_up(&s); /* goes on */
    assert_nothing_to_do();
}

static void waiting_ends(void **state)
{
    struct plan p;
    struct err e = { 0 };

    (void)state;
    s.aws.settle = 100000;
    scene_plan(&s, false, &p);
    assert_int_equal(plan_apply(&p, &s.ctx, NULL, NULL, &e), -1);
    assert_int_equal(scene_step(&p, "ingest")->err.code, ERR_TIMEOUT);
    assert_non_null(strstr(scene_step(&p, "ingest")->err.msg, "Pending"));
    plan_done(&p);
}

static void a_mapping_that_aws_disabled_says_why(void **state)
{
    struct plan p;
    struct err e = { 0 };

    (void)state;
    s.aws.disables = "no rights on the stream";
    scene_plan(&s, false, &p);
    assert_int_equal(plan_apply(&p, &s.ctx, NULL, NULL, &e), -1);
    assert_non_null(strstr(e.msg, "no rights on the stream"));
    assert_true(scene_step(&p, "schedule/day")->done);
    plan_done(&p);
    s.aws.disables = NULL;
    scene_plan(&s, false, &p);
    assert_int_equal(plan_count(&p, UPDATE), 1); /* it exists, and is disabled */
    plan_done(&p);
    scene_up(&s);
    assert_nothing_to_do();
    /* one that is being deleted is waited for and created again */
    fake_aws_put(&s.aws, MAPPING "State", json_string("Deleting"));
    fake_aws_put(&s.aws, MAPPING "#looks", json_integer(2));
    scene_up(&s);
    assert_int_equal(json_object_size(fake_aws_at(&s.aws, "mappings")), 1);
    assert_nothing_to_do();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(fresh_up_leaves_nothing_to_do),
        TEST(everything_changed_outside_is_found_and_put_right),
        TEST(extras_are_taken_away_unless_they_are_kept),
        TEST(other_words_for_the_same_are_no_difference),
        TEST(fixed_things_are_refused),
        TEST(what_is_not_ours_is_not_touched),
        TEST(removal_takes_all_but_the_table),
        TEST(what_the_configuration_no_longer_names_goes),
        TEST(an_update_sends_every_attribute),
        TEST(a_lost_answer_is_taken_over),
        TEST(what_is_not_seen_at_once_is_waited_for),
        TEST(what_one_read_shows_and_another_does_not_is_asked_again),
        TEST(what_exists_and_is_not_seen_is_waited_for),
        TEST(a_function_that_fails_says_why),
        TEST(waiting_ends),
        TEST(a_mapping_that_aws_disabled_says_why),
    };

    mem_init();
    return cmocka_run_group_tests_name("kinds", tests, NULL, NULL);
}
