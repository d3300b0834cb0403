/* test_aws.c: the bytes of calls, and their destination. */
#include "unit.h"

#include "aws_call.h"
#include "aws_identify.h"
#include "aws_names.h"
#include "aws_script.h"
#include "aws_wire.h"
#include "json.h"
#include "mem.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

static const struct script_answer empty_answer[] = { { .status = 200, .body = "{}" } };

static int no_settings(void **state)
{
    static const char *const variables[] = {
        "AWS_ENDPOINT_URL",     "AWS_ENDPOINT_URL_SQS",
        "AWS_ENDPOINT_URL_IAM", "AWS_ENDPOINT_URL_DYNAMODB_STREAMS",
        "AWS_MAX_ATTEMPTS",     "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    };

    (void)state;
    for (size_t i = 0; i < COUNTOF(variables); i++)
        (void)unsetenv(variables[i]);
    return 0;
}

/* One call with these parameters and one answer; the caller frees its reply. */
static json_t *called(const struct aws_service *s, const char *action, const char *params,
                      const struct script_answer *answer)
{
    auto_json json_t *p = params ? json_loads(params, 0, NULL) : NULL;
    struct aws a;
    struct err e = { 0 };
    json_t *reply = NULL;

    assert_true(!params || p);
    script_client(&a, NULL);
    script_play(answer, 1);
    if (aws_call(&a, s, action, p, &reply, &e) < 0)
        fail_msg("%s", e.msg);
    aws_done(&a);
    return reply;
}

static void json_calls_name_their_target(void **state)
{
    static const struct {
        const struct aws_service *service;
        const char *url, *target, *type;
    } rows[] = {
        { &aws_sqs, "https://sqs.eu-west-1.amazonaws.com/", "AmazonSQS.X",
          "application/x-amz-json-1.0" },
        { &aws_dynamodb, "https://dynamodb.eu-west-1.amazonaws.com/", "DynamoDB_20120810.X",
          "application/x-amz-json-1.0" },
        { &aws_streams, "https://streams.dynamodb.eu-west-1.amazonaws.com/",
          "DynamoDBStreams_20120810.X", "application/x-amz-json-1.0" },
        { &aws_ssm, "https://ssm.eu-west-1.amazonaws.com/", "AmazonSSM.X",
          "application/x-amz-json-1.1" },
        { &aws_events, "https://events.eu-west-1.amazonaws.com/", "AWSEvents.X",
          "application/x-amz-json-1.1" },
        { &aws_logs, "https://logs.eu-west-1.amazonaws.com/", "Logs_20140328.X",
          "application/x-amz-json-1.1" },
    };

    (void)state;
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        auto_json json_t *reply =
            called(rows[i].service, "X", "{\"A\": [1, \"\\u00e9\"]}", empty_answer);

        assert_string_equal(script_method(0), "POST");
        assert_string_equal(script_url(0), rows[i].url);
        assert_string_equal(script_header(0, "X-Amz-Target"), rows[i].target);
        assert_string_equal(script_header(0, "Content-Type"), rows[i].type);
        assert_string_equal(script_body(0), "{\"A\":[1,\"\xc3\xa9\"]}");
    }
}

static void a_call_without_parameters_sends_an_empty_object(void **state)
{
    auto_json json_t *reply = called(&aws_sqs, "ListQueues", NULL, empty_answer);

    (void)state;
    assert_string_equal(script_body(0), "{}");
    assert_int_equal(json_object_size(reply), 0);
}

static void every_request_is_signed_with_date_and_token(void **state)
{
    auto_json json_t *reply = called(&aws_streams, "ListStreams", NULL, empty_answer);
    const char *authorization = script_header(0, "Authorization");

    (void)state;
    assert_string_equal(script_header(0, "Host"), "streams.dynamodb.eu-west-1.amazonaws.com");
    assert_string_equal(script_header(0, "X-Amz-Date"), "20260102T030405Z");
    assert_string_equal(script_header(0, "X-Amz-Security-Token"), "TOKENEXAMPLE");
    assert_true(str_starts(authorization,
                           "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/eu-west-1/dynamodb/"
                           "aws4_request, SignedHeaders=content-type;host;x-amz-date;"
                           "x-amz-security-token;x-amz-target, Signature="));
}

static void lambda_calls_are_spread_over_the_request(void **state)
{
    static const char function[] = "{\"FunctionName\":\"f\",\"CodeSha256\":\"c\",\"Role\":\"r\","
                                   "\"Configuration\":{\"FunctionName\":\"f\","
                                   "\"CodeSha256\":\"c\",\"Role\":\"r\"},"
                                   "\"EventSourceMappings\":[]}";
    static const struct script_answer answers[] = { { .status = 200, .body = function } };
    static const struct {
        const char *action, *params, *method, *target, *body;
    } rows[] = {
        { "GetFunction", "{\"FunctionName\": \"P-drain\"}", "GET", "/2015-03-31/functions/P-drain",
          "" },
        { "GetFunction",
          "{\"FunctionName\": \"arn:aws:lambda:r:1:function:f\", \"Qualifier\": \"$LATEST\"}",
          "GET",
          "/2015-03-31/functions/arn%3Aaws%3Alambda%3Ar%3A1%3Afunction%3Af?Qualifier=%24LATEST",
          "" },
        { "ListTags", "{\"Resource\": \"a/b\"}", "GET", "/2017-03-31/tags/a%2Fb", "" },
        { "UntagResource", "{\"Resource\": \"r\", \"TagKeys\": [\"a b\", \"c&d\"]}", "DELETE",
          "/2017-03-31/tags/r?tagKeys=a%20b&tagKeys=c%26d", "" },
        { "CreateFunction", "{\"FunctionName\": \"f\", \"Timeout\": 60}", "POST",
          "/2015-03-31/functions", "{\"FunctionName\":\"f\",\"Timeout\":60}" },
        { "UpdateFunctionConfiguration", "{\"FunctionName\": \"f\", \"Timeout\": 9}", "PUT",
          "/2015-03-31/functions/f/configuration", "{\"Timeout\":9}" },
        { "RemovePermission",
          "{\"FunctionName\": \"f\", \"StatementId\": \"fifoq-x\", \"RevisionId\": \"1\"}",
          "DELETE", "/2015-03-31/functions/f/policy/fifoq-x?RevisionId=1", "" },
        { "ListEventSourceMappings", "{\"FunctionName\": \"f\", \"MaxItems\": 7}", "GET",
          "/2015-03-31/event-source-mappings?FunctionName=f&MaxItems=7", "" },
        { "DeleteEventSourceMapping", "{\"UUID\": \"u-1\"}", "DELETE",
          "/2015-03-31/event-source-mappings/u-1", "" },
        { "PutFunctionConcurrency",
          "{\"FunctionName\": \"f\", \"ReservedConcurrentExecutions\": 1}", "PUT",
          "/2017-10-31/functions/f/concurrency", "{\"ReservedConcurrentExecutions\":1}" },
    };

    (void)state;
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        auto_json json_t *reply = called(&aws_lambda, rows[i].action, rows[i].params, answers);
        auto_free char *url = xasprintf("https://lambda.eu-west-1.amazonaws.com%s", rows[i].target);

        assert_string_equal(script_method(0), rows[i].method);
        assert_string_equal(script_url(0), url);
        assert_string_equal(script_body(0), rows[i].body);
    }
}

static void invoking_takes_and_gives_the_payload(void **state)
{
    static const struct script_answer answer = {
        .status = 200,
        .headers = { "x-amz-function-error: Unhandled", "x-amz-log-result: bG9n" },
        .body = "{\"errorMessage\":\"x\"}",
    };
    static const struct script_answer queued = { .status = 202 };
    auto_json json_t *reply = called(
        &aws_lambda, "Invoke",
        "{\"FunctionName\": \"f\", \"LogType\": \"Tail\", \"Payload\": {\"max_messages\": 1}}",
        &answer);
    auto_json json_t *later = NULL;

    (void)state;
    assert_string_equal(script_body(0), "{\"max_messages\":1}");
    assert_string_equal(script_header(0, "X-Amz-Log-Type"), "Tail");
    assert_non_null(strstr(script_header(0, "Authorization"), ";x-amz-log-type;"));
    assert_string_equal(jget_str(reply, "FunctionError"), "Unhandled");
    assert_string_equal(jget_str(reply, "LogResult"), "bG9n");
    assert_string_equal(jget_path_str(reply, "Payload.errorMessage"), "x");
    later = called(&aws_lambda, "Invoke",
                   "{\"FunctionName\": \"f\", \"InvocationType\": \"Event\"}", &queued);
    assert_int_equal(jget_int(later, "StatusCode", 0), 202);
    assert_true(json_is_null(json_object_get(later, "Payload")));
}

static void impossible_lambda_calls_are_refused_unsent(void **state)
{
    static const char *const rows[][3] = {
        { "NoSuchAction", "{}", "unknown action of 'lambda'" },
        { "GetFunction", "{}", "'FunctionName' is missing" },
        { "GetFunction", "{\"FunctionName\": \"\"}", "'FunctionName' is missing" },
        { "GetFunction", "{\"FunctionName\": \"f\", \"Timeout\": 1}",
          "unknown parameter 'Timeout'" },
    };
    struct aws a;

    (void)state;
    script_client(&a, NULL);
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        auto_json json_t *p = json_loads(rows[i][1], 0, NULL);
        struct err e = { 0 };

        script_play(NULL, 0);
        assert_int_equal(aws_call(&a, &aws_lambda, rows[i][0], p, NULL, &e), -1);
        assert_int_equal(e.code, ERR_USAGE);
        assert_non_null(strstr(e.msg, rows[i][2]));
    }
    aws_done(&a);
}

static void query_calls_are_forms(void **state)
{
    static const struct script_answer answer = {
        .status = 200,
        .body =
            "<?xml version=\"1.0\"?><CreateRoleResponse xmlns=\"https://iam/\"><CreateRoleResult>"
            "<Role><Path>/</Path><RoleName>r</RoleName><Arn>a</Arn></Role></CreateRoleResult>"
            "<ResponseMetadata>"
            "<RequestId>1</RequestId></ResponseMetadata></CreateRoleResponse>",
    };
    auto_json json_t *reply = called(
        &aws_iam, "CreateRole",
        "{\"RoleName\": \"r\", \"MaxSessionDuration\": 3600, \"Yes\": true, \"None\": [], "
        "\"Tags\": [{\"Key\": \"a b\", \"Value\": \"\\u00e9&=+~\"}, {\"Key\": \"c\", \"Value\": "
        "\"\"}]}",
        &answer);

    (void)state;
    assert_string_equal(script_url(0), "https://iam.amazonaws.com/");
    assert_string_equal(script_header(0, "Content-Type"),
                        "application/x-www-form-urlencoded; charset=utf-8");
    assert_string_equal(
        script_body(0),
        "Action=CreateRole&Version=2010-05-08&RoleName=r&MaxSessionDuration=3600&Yes=true&"
        "Tags.member.1.Key=a%20b&Tags.member.1.Value=%C3%A9%26%3D%2B~&Tags.member.2.Key=c&"
        "Tags.member.2.Value=");
    assert_non_null(strstr(script_header(0, "Authorization"), "/us-east-1/iam/aws4_request"));
    assert_string_equal(jget_path_str(reply, "Role.RoleName"), "r");
}

static void actions_without_a_result_answer_an_empty_object(void **state)
{
    static const struct script_answer answer = {
        .status = 200,
        .body =
            "<PutRolePolicyResponse><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>"
            "</PutRolePolicyResponse>",
    };
    auto_json json_t *reply = called(&aws_iam, "PutRolePolicy", "{}", &answer);

    (void)state;
    assert_true(json_is_object(reply));
    assert_int_equal(json_object_size(reply), 0);
}

static const char *const xml[][2] = {
    { "<a><b>x</b><c/></a>", "{\"a\":{\"b\":\"x\",\"c\":\"\"}}" },
    { "<a>text</a>", "{\"a\":\"text\"}" },
    { "<a/>", "{\"a\":\"\"}" },
    { "<a><L><member>1</member><member>2</member></L></a>", "{\"a\":{\"L\":[\"1\",\"2\"]}}" },
    { "<a><L>\n <member>\n  <K>k</K>\n </member>\n</L></a>", "{\"a\":{\"L\":[{\"K\":\"k\"}]}}" },
    { "<a><M><entry><key>k</key><value>v</value></entry></M></a>",
      "{\"a\":{\"M\":{\"k\":\"v\"}}}" },
    { "<a><b>&lt;&#233;&amp;<![CDATA[<]]></b></a>", "{\"a\":{\"b\":\"<\xc3\xa9&<\"}}" },
};

static void xml_becomes_json(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNTOF(xml); i++) {
        auto_json json_t *v = NULL;
        auto_free char *text = NULL;
        struct err e = { 0 };

        if (aws_xml_parse(xml[i][0], strlen(xml[i][0]), &v, &e) < 0)
            fail_msg("%s: %s", xml[i][0], e.msg);
        text = json_canonical(v);
        assert_string_equal(text, xml[i][1]);
    }
}

static void bad_xml_is_an_error(void **state)
{
    static const char deep[] =
        "<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>"
        "<a><a><a><a><a><a><a><a><a><a><a><a/>";
    static const char *const bad[] = {
        "",
        "x",
        "<a>",
        "<a><b></a>",
        "{}",
        deep,
        "<!DOCTYPE a [<!ENTITY x \"xx\"><!ENTITY y \"&x;&x;\">]><a><b>&y;</b></a>",
    };

    (void)state;
    for (size_t i = 0; i < COUNTOF(bad); i++) {
        json_t *v = NULL;
        struct err e = { 0 };

        assert_int_equal(aws_xml_parse(bad[i], strlen(bad[i]), &v, &e), -1);
        assert_int_equal(e.code, ERR_PARSE);
    }
}

/* Endpoints */

static void endpoints_follow_the_partition(void **state)
{
    static const char *const rows[][4] = {
        { "eu-west-1", "aws", "https://sqs.eu-west-1.amazonaws.com", "https://iam.amazonaws.com" },
        { "cn-north-1", "aws-cn", "https://sqs.cn-north-1.amazonaws.com.cn",
          "https://iam.cn-north-1.amazonaws.com.cn" },
        { "us-gov-west-1", "aws-us-gov", "https://sqs.us-gov-west-1.amazonaws.com",
          "https://iam.us-gov.amazonaws.com" },
        { "us-iso-east-1", "aws-iso", "https://sqs.us-iso-east-1.c2s.ic.gov",
          "https://iam.us-iso-east-1.c2s.ic.gov" },
        { "us-isob-east-1", "aws-iso-b", "https://sqs.us-isob-east-1.sc2s.sgov.gov",
          "https://iam.us-isob-east-1.sc2s.sgov.gov" },
        { "eusc-de-east-1", "aws-eusc", "https://sqs.eusc-de-east-1.amazonaws.eu",
          "https://iam.eusc-de-east-1.amazonaws.eu" },
    };

    (void)state;
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        struct aws a;
        struct creds c = { 0 };
        struct aws_options o = { .region = rows[i][0] };
        struct err e = { 0 };
        auto_free char *sqs = NULL, *iam = NULL;

        assert_int_equal(aws_init(&a, &o, NULL, &c, &e), 0);
        sqs = aws_endpoint(&a, AWS_ID_SQS);
        iam = aws_endpoint(&a, AWS_ID_IAM);
        assert_string_equal(a.partition, rows[i][1]);
        assert_string_equal(sqs, rows[i][2]);
        assert_string_equal(iam, rows[i][3]);
        aws_done(&a);
    }
}

static void expect_endpoint(const char *given, const struct aws_service *s, const char *want)
{
    struct aws a;
    char *got;

    script_client(&a, given);
    got = aws_endpoint(&a, s->id);
    assert_string_equal(got, want);
    free(got);
    aws_done(&a);
}

static void endpoint_settings_win_in_order(void **state)
{
    static const char own[] = "https://sqs.eu-west-1.amazonaws.com";

    (void)state;
    expect_endpoint(NULL, &aws_sqs, own);
    (void)setenv("AWS_ENDPOINT_URL", "http://all:1/", 1);
    expect_endpoint(NULL, &aws_sqs, "http://all:1");
    (void)setenv("AWS_ENDPOINT_URL_SQS", "http://queues:2", 1);
    expect_endpoint(NULL, &aws_sqs, "http://queues:2");
    expect_endpoint(NULL, &aws_iam, "http://all:1");
    (void)setenv("AWS_ENDPOINT_URL_DYNAMODB_STREAMS", "http://streams:3", 1);
    expect_endpoint(NULL, &aws_streams, "http://streams:3");
    expect_endpoint(NULL, &aws_dynamodb, "http://all:1");
    expect_endpoint("http://given:4", &aws_sqs, "http://given:4");
    (void)setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", 1);
    expect_endpoint(NULL, &aws_sqs, own);
    expect_endpoint("http://given:4", &aws_sqs, "http://given:4");
}

static void a_base_path_is_sent_and_signed(void **state)
{
    struct aws a;
    struct err e = { 0 };

    (void)state;
    script_client(&a, "http://[::1]:8080/aws/");
    script_play(empty_answer, 1);
    assert_int_equal(aws_call(&a, &aws_sqs, "ListQueues", NULL, NULL, &e), 0);
    assert_string_equal(script_url(0), "http://[::1]:8080/aws/");
    assert_string_equal(script_header(0, "Host"), "[::1]:8080");
    aws_done(&a);
}

static void bad_settings_are_refused(void **state)
{
    static const struct {
        const char *region, *endpoint, *attempts, *says;
    } rows[] = {
        { NULL, NULL, "", "no AWS region" },
        { "", NULL, "", "no AWS region" },
        { "eu_west_1", NULL, "", "invalid AWS region 'eu_west_1'" },
        { "evil.example/", NULL, "", "invalid AWS region" },
        { "eu-west-1", "127.0.0.1:5000", "", "--endpoint-url: invalid endpoint '127.0.0.1:5000'" },
        { "eu-west-1", "http://", "", "invalid endpoint" },
        { "eu-west-1", "ftp://host", "", "invalid endpoint" },
        { "eu-west-1", "http://user:hidden@host", "", "only scheme, host, port and path" },
        { "eu-west-1", "http://host/?a=b", "", "only scheme, host, port and path" },
        { "eu-west-1", NULL, "0", "AWS_MAX_ATTEMPTS: invalid value '0'; expected 1 to 100" },
        { "eu-west-1", NULL, "3x", "AWS_MAX_ATTEMPTS: invalid value '3x'" },
    };

    (void)state;
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        struct aws a;
        struct creds c = { .key_id = xstrdup("K") };
        struct aws_options o = { .region = rows[i].region, .endpoint_url = rows[i].endpoint };
        struct err e = { 0 };

        (void)setenv("AWS_MAX_ATTEMPTS", rows[i].attempts, 1);
        assert_int_equal(aws_init(&a, &o, NULL, &c, &e), -1);
        assert_int_equal(e.code, ERR_USAGE);
        if (!strstr(e.msg, rows[i].says))
            fail_msg("row %zu: %s", i, e.msg);
        assert_null(strstr(e.msg, "hidden"));
        assert_null(c.key_id);
    }
}

static void names_are_built_from_region_and_account(void **state)
{
    struct aws a;
    auto_free char *url = NULL, *arn = NULL, *role = NULL;

    (void)state;
    script_client(&a, "http://127.0.0.1:5000");
    a.account = xstrdup("123456789012");
    url = aws_queue_url(&a, "P.fifo");
    arn = aws_arn(&a, "sqs", "P.fifo");
    role = aws_arn_global(&a, "iam", "role/P-drain");
    assert_string_equal(url, "http://127.0.0.1:5000/123456789012/P.fifo");
    assert_string_equal(arn, "arn:aws:sqs:eu-west-1:123456789012:P.fifo");
    assert_string_equal(role, "arn:aws:iam::123456789012:role/P-drain");
    aws_done(&a);
}

static void identity_gives_account_and_partition(void **state)
{
    static const struct script_answer answer = {
        .status = 200,
        .body = "<GetCallerIdentityResponse><GetCallerIdentityResult>"
                "<Arn>arn:aws-cn:iam::123456789012:user/u</Arn><Account>123456789012</Account>"
                "</GetCallerIdentityResult></GetCallerIdentityResponse>",
    };
    struct aws a;
    struct err e = { 0 };
    auto_free char *arn = NULL;

    (void)state;
    script_client(&a, NULL);
    script_play(&answer, 1);
    assert_int_equal(aws_identify(&a, &arn, &e), 0);
    assert_string_equal(script_url(0), "https://sts.eu-west-1.amazonaws.com/");
    assert_string_equal(a.account, "123456789012");
    assert_string_equal(a.partition, "aws-cn");
    assert_string_equal(arn, "arn:aws-cn:iam::123456789012:user/u");
    aws_done(&a);
}

static void reads_are_known(void **state)
{
    (void)state;
    assert_true(aws_action_reads(&aws_sqs, "GetQueueAttributes"));
    assert_true(aws_action_reads(&aws_streams, "GetRecords"));
    assert_true(aws_action_reads(&aws_sts, "GetCallerIdentity"));
    assert_false(aws_action_reads(&aws_sqs, "GetQueue"));
    assert_false(aws_action_reads(&aws_sqs, "ReceiveMessage"));
    assert_false(aws_action_reads(&aws_lambda, "Invoke"));
    assert_false(aws_action_reads(&aws_iam, "GetQueueAttributes"));
    assert_false(aws_action_reads(&aws_sqs, "GetQueueUrl ListQueues"));
}

static void who_only_reads_writes_nothing(void **state)
{
    static const struct script_answer answers[] = {
        { .status = 200, .body = "{\"Parameter\":{\"Value\":\"v\"}}" }
    };
    auto_json json_t *plain = json_pack("{s:s}", "Name", "/x");
    auto_json json_t *decrypted = json_pack("{s:s, s:b}", "Name", "/x", "WithDecryption", 1);
    auto_json json_t *encrypted = json_pack("{s:s, s:b}", "Name", "/x", "WithDecryption", 0);
    struct err e = { 0 };
    struct aws a;

    (void)state;
    script_client(&a, NULL);
    a.read_only = true;
    script_play(answers, 1);
    assert_int_equal(aws_call(&a, &aws_ssm, "DeleteParameter", plain, NULL, &e), -1);
    assert_int_equal(e.code, ERR_REFUSED);
    assert_non_null(strstr(e.msg, "ssm:DeleteParameter"));
    assert_int_equal(aws_call(&a, &aws_ssm, "GetParameter", decrypted, NULL, &e), -1);
    assert_int_equal(e.code, ERR_REFUSED);
    assert_int_equal(aws_call(&a, &aws_sqs, "ReceiveMessage", NULL, NULL, &e), -1);
    assert_int_equal(e.code, ERR_REFUSED);
    assert_int_equal(script_requests(), 0);
    assert_int_equal(aws_call(&a, &aws_ssm, "GetParameter", encrypted, NULL, &e), 0);
    assert_int_equal(script_requests(), 1);
    aws_done(&a);
}

#define TEST(name) cmocka_unit_test_setup(name, no_settings)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(json_calls_name_their_target),
        TEST(a_call_without_parameters_sends_an_empty_object),
        TEST(every_request_is_signed_with_date_and_token),
        TEST(lambda_calls_are_spread_over_the_request),
        TEST(invoking_takes_and_gives_the_payload),
        TEST(impossible_lambda_calls_are_refused_unsent),
        TEST(query_calls_are_forms),
        TEST(actions_without_a_result_answer_an_empty_object),
        TEST(xml_becomes_json),
        TEST(bad_xml_is_an_error),
        TEST(endpoints_follow_the_partition),
        TEST(endpoint_settings_win_in_order),
        TEST(a_base_path_is_sent_and_signed),
        TEST(bad_settings_are_refused),
        TEST(names_are_built_from_region_and_account),
        TEST(identity_gives_account_and_partition),
        TEST(reads_are_known),
        TEST(who_only_reads_writes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
