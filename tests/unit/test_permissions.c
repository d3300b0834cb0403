/* test_permissions.c: what the client of each command may call. */
#include "unit.h"

#include "aws_call.h"
#include "json.h"
#include "mem.h"
#include "pipeline/permissions.h"

#include <string.h>

/* Counts the allowed calls. */
static int answer_all(void *arg, const struct aws_service *s, const char *action,
                      const json_t *params, json_t **reply, struct err *e)
{
    (void)s;
    (void)action;
    (void)params;
    (void)e;
    ++*(int *)arg;
    *reply = json_object();
    return 0;
}

struct call {
    const char *command; /* NULL: none is known */
    const struct aws_service *service;
    const char *action;
    bool allowed;
};

static const struct call rows[] = {
    { "up", &aws_sqs, "CreateQueue", true },
    { "up", &aws_sqs, "GetQueueAttributes", true },
    { "up", &aws_sqs, "DeleteQueue", true }, /* the turn's, and no other according to IAM */
    { "plan", &aws_sqs, "DeleteQueue", false },
    { "up", &aws_sqs, "SendMessage", false },
    { "up", &aws_dynamodb, "PutItem", false },
    { "up", &aws_dynamodb, "DeleteTable", false },
    { "up", &aws_iam, "PassRole", false }, /* no call */
    { "bootstrap", &aws_dynamodb, "PutItem", true },
    { "bootstrap", &aws_lambda, "CreateFunction", true },
    { "down", &aws_dynamodb, "DeleteTable", true },
    { "down", &aws_sqs, "DeleteQueue", true },
    { "down", &aws_sqs, "CreateQueue", false },
    { "drift", &aws_iam, "GetRolePolicy", true },
    { "drift", &aws_iam, "PutRolePolicy", false },
    { "drift", &aws_iam, "ListRoles", false },
    { "drift of many", &aws_iam, "ListRoles", true },
    { "drift of many", &aws_iam, "GetRolePolicy", true },
    { "drift of many", &aws_iam, "PutRolePolicy", false },
    { "list", &aws_tagging, "GetResources", true },
    { "list", &aws_sqs, "GetQueueAttributes", false },
    { "plan", &aws_ssm, "DescribeParameters", true },
    { "plan", &aws_ssm, "PutParameter", false },
    { "plan", &aws_sts, "GetCallerIdentity", true },
    { "check", &aws_events, "PutRule", false },
    { "dev", &aws_streams, "GetRecords", true },
    { "dev", &aws_lambda, "CreateFunction", false },
    { "dev", &aws_sts, "AssumeRole", false },
    { NULL, &aws_sqs, "ListQueues", false },
    { NULL, &aws_sqs, "ReceiveMessage", false },
    { NULL, &aws_sts, "GetCallerIdentity", false },
    { "whoami", &aws_sts, "GetCallerIdentity", true },
    { "whoami", &aws_sqs, "GetQueueAttributes", false },
    { "forgotten", &aws_sqs, "GetQueueAttributes", false },
    { "forgotten", &aws_sts, "GetCallerIdentity", false },
    { "up", &aws_sqs, "NoSuchAction", false },
};

static void each_command_calls_its_own_and_nothing_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        const struct call *r = &rows[i];
        int sent = 0;
        struct aws a = { .fake = answer_all, .arg = &sent, .permits = permissions_of(r->command) };
        struct err e = { 0 };

        int rc = aws_call(&a, r->service, r->action, NULL, NULL, &e);
        if (rc != (r->allowed ? 0 : -1) || sent != r->allowed)
            fail_msg("%s, %s:%s: %d, sent %d", r->command ? r->command : "(none)", r->service->name,
                     r->action, rc, sent);
        if (!r->allowed)
            assert_int_equal(e.code, ERR_REFUSED);
    }
}

static void a_refusal_says_what_and_by_whom(void **state)
{
    (void)state;
    struct aws a = { .permits = permissions_of("drift") };
    struct err e = { 0 };

    assert_int_equal(aws_call(&a, &aws_sqs, "DeleteQueue", NULL, NULL, &e), -1);
    assert_string_equal(e.msg,
                        "sqs:DeleteQueue: 'fifoq drift' may not call it; no request was sent");
}

/* A read-only command calls nothing that is not in the table of reads. */
static void looking_is_reading(void **state)
{
    static const char *const commands[] = { "drift", "plan", "check" };
    static const struct aws_service *const services[] = {
        &aws_dynamodb, &aws_events, &aws_iam, &aws_lambda, &aws_logs, &aws_sqs, &aws_ssm,
    };
    struct config c = { .pipeline = (char *)"p", .table = { .name = (char *)"t", .create = true } };
    struct aws a = { .partition = (char *)"aws", .region = (char *)"r", .account = (char *)"a" };

    (void)state;
    for (size_t i = 0; i < COUNTOF(commands); i++) {
        auto_json json_t *policy = NULL;
        struct err e = { 0 };
        json_t *statement, *action;
        size_t j, k;

        assert_int_equal(permissions_policy(commands[i], &c, &a, &policy, &e), 0);
        json_array_foreach(json_object_get(policy, "Statement"), j, statement) {
            json_array_foreach(json_object_get(statement, "Action"), k, action) {
                const char *text = json_string_value(action), *name = strchr(text, ':') + 1;
                bool reads = false;

                for (size_t s = 0; s < COUNTOF(services); s++)
                    if (strncmp(text, services[s]->name, (size_t)(name - text) - 1) == 0)
                        reads = reads || aws_action_reads(services[s], name);
                if (!reads)
                    fail_msg("%s: %s", commands[i], text);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_command_calls_its_own_and_nothing_else),
        cmocka_unit_test(a_refusal_says_what_and_by_whom),
        cmocka_unit_test(looking_is_reading),
    };

    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
