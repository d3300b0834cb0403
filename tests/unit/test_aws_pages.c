/* test_aws_pages.c: calls made of several requests: lists page by page, and several requests in
 * parallel. */
#include "unit.h"

#include "aws_pages.h"
#include "aws_script.h"
#include "json.h"
#include "mem.h"
#include "text.h"

#include <string.h>

static void pages_are_put_together(void **state)
{
    static const struct script_answer answers[] = {
        { .status = 200,
          .body = "{\"Rules\":[{\"Name\":\"a\",\"State\":\"ENABLED\"},{\"Name\":\"b\",\"State\":"
                  "\"ENABLED\"}],\"NextToken\":\"t1\"}" },
        { .status = 200, .body = "{\"Rules\":[],\"NextToken\":\"t2\"}" },
        { .status = 200,
          .body = "{\"Rules\":[{\"Name\":\"c\",\"State\":\"ENABLED\"}],\"NextToken\":null}" },
    };
    auto_json json_t *params = json_pack("{s:s}", "NamePrefix", "P-"), *all = NULL;
    auto_free char *text = NULL;
    struct aws a;
    struct err e = { 0 };

    (void)state;
    script_client(&a, NULL);
    script_play(answers, COUNTOF(answers));
    assert_int_equal(aws_call_pages(&a, &aws_events, "ListRules", params, "Rules", &all, &e), 0);
    text = json_text(all);
    assert_string_equal(text, "[{\"Name\":\"a\",\"State\":\"ENABLED\"},{\"Name\":\"b\",\"State\":"
                              "\"ENABLED\"},{\"Name\":\"c\",\"State\":\"ENABLED\"}]");
    assert_string_equal(script_body(0), "{\"NamePrefix\":\"P-\"}");
    assert_string_equal(script_body(1), "{\"NamePrefix\":\"P-\",\"NextToken\":\"t1\"}");
    assert_string_equal(script_body(2), "{\"NamePrefix\":\"P-\",\"NextToken\":\"t2\"}");
    assert_int_equal(json_object_size(params), 1);
    aws_done(&a);
}

static void pages_know_each_services_words(void **state)
{
    static const struct script_answer shards[] = {
        { .status = 200,
          .body = "{\"StreamDescription\":{\"Shards\":[{\"ShardId\":\"s\"}],"
                  "\"LastEvaluatedShardId\":\"s1\"}}" },
        { .status = 200, .body = "{\"StreamDescription\":{\"Shards\":[{\"ShardId\":\"s\"}]}}" },
    };
    static const struct script_answer mappings[] = {
        { .status = 200,
          .body = "{\"EventSourceMappings\":[{\"UUID\":\"u\",\"State\":\"Enabled\"}],"
                  "\"NextMarker\":\"m/1\"}" },
        { .status = 200,
          .body = "{\"EventSourceMappings\":[{\"UUID\":\"u\",\"State\":\"Enabled\"}],"
                  "\"NextMarker\":\"\"}" },
    };
    auto_json json_t *first = NULL, *second = NULL;
    struct aws a;
    struct err e = { 0 };

    (void)state;
    script_client(&a, NULL);
    script_play(shards, COUNTOF(shards));
    assert_int_equal(aws_call_pages(&a, &aws_streams, "DescribeStream", NULL,
                                    "StreamDescription.Shards", &first, &e),
                     0);
    assert_int_equal(json_array_size(first), 2);
    assert_string_equal(script_body(1), "{\"ExclusiveStartShardId\":\"s1\"}");
    script_play(mappings, COUNTOF(mappings));
    assert_int_equal(aws_call_pages(&a, &aws_lambda, "ListEventSourceMappings", NULL,
                                    "EventSourceMappings", &second, &e),
                     0);
    assert_int_equal(json_array_size(second), 2);
    assert_true(str_ends(script_url(1), "/event-source-mappings?Marker=m%2F1"));
    aws_done(&a);
}

static void a_list_is_whole(void **state)
{
    static const struct script_answer targets[] = {
        { .status = 200, .body = "{\"Targets\":[],\"NextToken\":\"t1\"}" },
        { .status = 200,
          .body = "{\"Targets\":[{\"Id\":\"a\",\"Arn\":\"x\"}],\"NextToken\":\"t2\"}" },
        { .status = 200, .body = "{\"Targets\":[{\"Id\":\"b\",\"Arn\":\"x\"}]}" },
    };
    static const struct script_answer policies[] = {
        { .status = 200,
          .body = "<ListRolePoliciesResponse><ListRolePoliciesResult><PolicyNames/"
                  "><IsTruncated>true</IsTruncated>"
                  "<Marker>m</Marker></ListRolePoliciesResult></ListRolePoliciesResponse>" },
        { .status = 200,
          .body = "<ListRolePoliciesResponse><ListRolePoliciesResult><PolicyNames><member>p</"
                  "member></PolicyNames>"
                  "</ListRolePoliciesResult></ListRolePoliciesResponse>" },
    };
    static const struct script_answer items[] = {
        { .status = 200, .body = "{\"Items\":[{}],\"LastEvaluatedKey\":{\"id\":1}}" },
    };
    auto_json json_t *first = NULL, *second = NULL, *third = NULL;
    auto_free char *text = NULL;
    struct aws a;
    struct err e = { 0 };

    (void)state;
    script_client(&a, NULL);
    script_play(targets, COUNTOF(targets));
    assert_int_equal(aws_call_whole(&a, &aws_events, "ListTargetsByRule", NULL, &first, &e), 0);
    text = json_text(json_object_get(first, "Targets"));
    assert_string_equal(text, "[{\"Id\":\"a\",\"Arn\":\"x\"},{\"Id\":\"b\",\"Arn\":\"x\"}]");
    script_play(policies, COUNTOF(policies));
    assert_int_equal(aws_call_whole(&a, &aws_iam, "ListRolePolicies", NULL, &second, &e), 0);
    assert_int_equal(json_array_size(json_object_get(second, "PolicyNames")), 1);
    script_play(items, COUNTOF(items)); /* no row says that it must be read to its end */
    assert_int_equal(aws_call_whole(&a, &aws_dynamodb, "Scan", NULL, &third, &e), 0);
    aws_done(&a);
}

/* The number of requests for the endless list. */
static size_t asked;

/* A token in two that is repeated after `arg` pages; NULL: another one each time. */
static int endless(void *arg, const struct aws_service *s, const char *action, const json_t *params,
                   json_t **reply, struct err *e)
{
    const size_t *circle = arg;
    auto_free char *token = xasprintf("t%zu", circle ? asked % *circle : asked);

    (void)s;
    (void)action;
    (void)params;
    (void)e;
    asked++;
    *reply = json_pack("{s:[], s:s}", "Rules", "NextToken", token);
    return 0;
}

/* A rule that is missing from the list would be created, and a removed one would stay. */
static void all_rules_are_listed(void **state)
{
    static const struct script_answer answers[] = {
        { .status = 200,
          .body = "{\"Rules\":[{\"Name\":\"a\",\"State\":\"ENABLED\"}],\"NextToken\":\"t\"}" },
        { .status = 200, .body = "{\"Rules\":[{\"Name\":\"b\",\"State\":\"ENABLED\"}]}" },
    };
    auto_json json_t *reply = NULL;
    struct aws a;
    struct err e = { 0 };

    (void)state;
    script_client(&a, NULL);
    script_play(answers, COUNTOF(answers));
    assert_int_equal(aws_call_whole(&a, &aws_events, "ListRules", NULL, &reply, &e), 0);
    assert_int_equal(json_array_size(jget_array(reply, "Rules")), 2);
    aws_done(&a);
}

static void pages_without_end_end(void **state)
{
    static size_t circles[] = { 1, 2, 7 };
    struct aws a;

    (void)state;
    script_client(&a, NULL);
    a.fake = endless;
    for (size_t i = 0; i <= COUNTOF(circles); i++) {
        json_t *all = NULL;
        struct err e = { 0 };

        a.arg = i < COUNTOF(circles) ? &circles[i] : NULL;
        asked = 0;
        assert_int_equal(aws_call_pages(&a, &aws_events, "ListRules", NULL, "Rules", &all, &e), -1);
        assert_int_equal(e.code, ERR_PARSE);
        assert_non_null(strstr(e.msg, "events:ListRules"));
        assert_null(all);
        assert_int_equal(asked, i < COUNTOF(circles) ? circles[i] + 1 : 1001);
    }
    aws_done(&a);
}

/* IsTruncated without a Marker is an incomplete list. */
static void a_list_that_goes_on_nowhere_is_an_error(void **state)
{
    static const struct script_answer half[] = {
        { .status = 200,
          .body = "<ListRolePoliciesResponse><ListRolePoliciesResult><PolicyNames/>"
                  "<IsTruncated>true</IsTruncated></ListRolePoliciesResult>"
                  "</ListRolePoliciesResponse>" },
    };
    json_t *all = NULL;
    struct aws a;
    struct err e = { 0 };

    (void)state;
    script_client(&a, NULL);
    script_play(half, COUNTOF(half));
    assert_int_equal(aws_call_whole(&a, &aws_iam, "ListRolePolicies", NULL, &all, &e), -1);
    assert_int_equal(e.code, ERR_PARSE);
    assert_null(all);
    aws_done(&a);
}

/* Answers by the action's name, from any thread. */
static int by_name(void *arg, const struct aws_service *s, const char *action, const json_t *params,
                   json_t **reply, struct err *e)
{
    (void)arg;
    (void)s;
    if (strcmp(action, "Missing") == 0)
        return err_set(e, ERR_NOT_FOUND, "gone");
    if (strcmp(action, "Denied") == 0)
        return err_set(e, ERR_AWS, "no");
    *reply = json_pack("{s:s, s:O}", "action", action, "params", params);
    return 0;
}

static void asks_end_each_with_its_own_outcome(void **state)
{
    struct aws a;
    struct aws_ask asks[41];
    struct err e = { 0 };

    (void)state;
    script_client(&a, NULL);
    a.fake = by_name;
    for (size_t i = 0; i < COUNTOF(asks); i++)
        asks[i] = (struct aws_ask){ .service = &aws_sqs,
                                    .action = i == 3   ? "Missing"
                                              : i == 7 ? "Denied"
                                                       : "Fine",
                                    .params = json_pack("{s:i}", "i", (int)i) };
    aws_call_all(&a, asks, COUNTOF(asks));
    for (size_t i = 0; i < COUNTOF(asks); i++) {
        assert_int_equal(aws_ask_check(&asks[i], &e), i == 7 ? -1 : 0);
        if (i == 3 || i == 7)
            assert_null(asks[i].reply);
        else
            assert_int_equal(json_integer_value(jget_path(asks[i].reply, "params.i")), i);
    }
    assert_string_equal(e.msg, "no");
    aws_asks_done(asks, COUNTOF(asks));
    assert_null(asks[0].reply);
    aws_done(&a);
}

/* A client with a deadline makes its attempts short, and no further one. */
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_are_put_together),
        cmocka_unit_test(all_rules_are_listed),
        cmocka_unit_test(pages_know_each_services_words),
        cmocka_unit_test(a_list_is_whole),
        cmocka_unit_test(pages_without_end_end),
        cmocka_unit_test(a_list_that_goes_on_nowhere_is_an_error),
        cmocka_unit_test(asks_end_each_with_its_own_outcome),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
