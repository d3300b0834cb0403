/* test_shared.c: questions about one pipeline are answered from lists of the whole account. */
#include "aws_shared.h"

#include "aws_call.h"
#include "json.h"
#include "mem.h"
#include "parallel.h"
#include "unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum { THREADS = 8 };

static struct {
    atomic_int calls;
    bool denied;
} world;

/* Each has an element without a name, which belongs to nobody. */
static const struct {
    const char *action, *all;
} lists[] = {
    { "ListRules", "{'Rules': [{}, {'Name': 'a-1'}, {'Name': 'ab-1'}, {'Name': 'b-1'}]}" },
    { "DescribeLogGroups",
      "{'logGroups': [{}, {'logGroupName': '/l/a'}, {'logGroupName': '/x/a'}]}" },
    { "DescribeParameters", "{'Parameters': [{}, {'Name': '/a/x'}, {'Name': '/a/x/y'}, {'Name': "
                            "'/ab/x'}, {'Name': 'top'}]}" },
    { "ListEventSourceMappings",
      "{'EventSourceMappings': [{}, "
      "{'UUID': '1', 'EventSourceArn': 'q1', 'FunctionArn': 'arn:aws:lambda:r:1:function:a'}, "
      "{'UUID': '2', 'EventSourceArn': 'q2', 'FunctionArn': 'arn:aws:lambda:r:1:function:a:live'}, "
      "{'UUID': '3', 'EventSourceArn': 'q1', 'FunctionArn': 'arn:aws:lambda:r:1:function:ab'}]}" },
    { "ListRoles", "{'Roles': [{}, {'RoleName': 'a-drain'}]}" },
};

static json_t *json_of(const char *text)
{
    return json_loads(text, 0, NULL);
}

/* Single quotes are easier to read. */
static json_t *quoted(const char *text)
{
    auto_free char *copy = xstrdup(text);

    for (char *c = strchr(copy, '\''); c; c = strchr(c, '\''))
        *c = '"';
    return json_of(copy);
}

/* Answers a question for all with everything, and any other one with {"alone": true}. */
static int answer(void *arg, const struct aws_service *s, const char *action, const json_t *params,
                  json_t **reply, struct err *e)
{
    bool for_all = json_object_size(params) == 0 ||
                   (json_object_size(params) == 1 && json_object_get(params, "MaxResults"));

    (void)arg;
    atomic_fetch_add(&world.calls, 1);
    for (size_t i = 0; i < COUNTOF(lists) && for_all; i++) {
        if (strcmp(lists[i].action, action) != 0)
            continue;
        if (world.denied)
            return err_set(e, ERR_AWS, "%s:%s: denied", s->name, action);
        *reply = quoted(lists[i].all);
        return 0;
    }
    *reply = json_of("{\"alone\": true}");
    return 0;
}

static struct aws aws = { .fake = answer, .answers = aws_shared_answers };

static int set_up(void **state)
{
    (void)state;
    atomic_store(&world.calls, 0);
    world.denied = false;
    aws.shared = aws_shared_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    aws_shared_free(aws.shared);
    return 0;
}

static const struct {
    const struct aws_service *service;
    const char *action, *ask;
    const char *expected; /* NULL: ERR_NOT_FOUND */
} questions[] = {
    { &aws_events, "ListRules", "{'NamePrefix': 'a-'}", "{'Rules': [{'Name': 'a-1'}]}" },
    { &aws_events, "ListRules", "{'NamePrefix': 'c-'}", "{'Rules': []}" },
    { &aws_events, "ListRules", "{'NamePrefix': 'a-', 'EventBusName': 'x'}", "{'alone': true}" },
    { &aws_logs, "DescribeLogGroups", "{'logGroupNamePrefix': '/l/'}",
      "{'logGroups': [{'logGroupName': '/l/a'}]}" },
    { &aws_ssm, "DescribeParameters",
      "{'ParameterFilters': [{'Key': 'Path', 'Option': 'OneLevel', 'Values': ['/a']}]}",
      "{'Parameters': [{'Name': '/a/x'}]}" },
    { &aws_ssm, "DescribeParameters",
      "{'ParameterFilters': [{'Key': 'Path', 'Option': 'Recursive', 'Values': ['/a']}]}",
      "{'alone': true}" },
    { &aws_lambda, "ListEventSourceMappings", "{'EventSourceArn': 'q2'}",
      "{'EventSourceMappings': [{'UUID': '2', 'EventSourceArn': 'q2', "
      "'FunctionArn': 'arn:aws:lambda:r:1:function:a:live'}]}" },
    { &aws_lambda, "ListEventSourceMappings", "{'FunctionName': 'ab'}",
      "{'EventSourceMappings': [{'UUID': '3', 'EventSourceArn': 'q1', "
      "'FunctionArn': 'arn:aws:lambda:r:1:function:ab'}]}" },
    { &aws_lambda, "ListEventSourceMappings", "{'FunctionName': 'a:live'}", "{'alone': true}" },
    { &aws_iam, "GetRole", "{'RoleName': 'a-drain'}", "{'alone': true}" },
    { &aws_iam, "GetRole", "{'RoleName': 'a-ingest'}", NULL },
    { &aws_iam, "ListRolePolicies", "{'RoleName': 'a-ingest'}", "{'alone': true}" },
};

static void check(size_t i, const char *expected)
{
    auto_json json_t *ask = quoted(questions[i].ask), *reply = NULL;
    auto_json json_t *wanted = expected ? quoted(expected) : NULL;
    struct err e = { 0 };
    int rc = aws_call(&aws, questions[i].service, questions[i].action, ask, &reply, &e);

    assert_int_equal(rc, expected ? 0 : -1);
    if (expected)
        assert_true(json_equal(reply, wanted));
    else
        assert_int_equal(e.code, ERR_NOT_FOUND);
}

static void a_list_of_all_answers_for_one(void **state)
{
    (void)state;
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < COUNTOF(questions); i++)
            check(i, questions[i].expected);
    }
    assert_int_equal(atomic_load(&world.calls), 5 + 2 * 5); /* five lists; the others each time */
}

static void without_the_list_each_asks_for_itself(void **state)
{
    (void)state;
    world.denied = true;
    for (int round = 0; round < 2; round++) {
        check(0, "{'alone': true}");
        check(10, "{'alone': true}");
    }
    assert_int_equal(atomic_load(&world.calls), 2 + 2 * 2);
}

static void ask_one(void *arg, size_t i)
{
    (void)arg;
    (void)i;
    check(6, questions[6].expected);
}

static void at_the_same_time_it_is_read_once(void **state)
{
    (void)state;
    parallel_each(THREADS, THREADS, ask_one, NULL);
    assert_int_equal(atomic_load(&world.calls), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_list_of_all_answers_for_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_the_list_each_asks_for_itself, set_up, tear_down),
        cmocka_unit_test_setup_teardown(at_the_same_time_it_is_read_once, set_up, tear_down),
    };

    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
