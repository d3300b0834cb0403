/* test_aws_failures.c: the errors of failed calls, and which calls are retried. */
#include "unit.h"

#include "aws_call.h"
#include "aws_script.h"
#include "aws_wire.h"
#include "clock.h"
#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Error forms */

static const struct {
    const struct aws_service *service;
    int status;
    const char *header; /* NULL: none */
    const char *body;
    enum err_code code;
    const char *aws_code, *request_id, *says;
} forms[] = {
    { &aws_sqs, 400, "x-amzn-requestid: r-1",
      "{\"__type\":\"com.amazonaws.sqs#QueueDoesNotExist\",\"message\":\"No such.\"}",
      ERR_NOT_FOUND, "QueueDoesNotExist", "r-1",
      "sqs:X: QueueDoesNotExist: No such (HTTP 400, request r-1)" },
    { &aws_sqs, 400, "x-amzn-query-error: AWS.SimpleQueueService.NonExistentQueue;Sender",
      "{\"message\":\"m\"}", ERR_NOT_FOUND, "AWS.SimpleQueueService.NonExistentQueue", "",
      "NonExistentQueue: m (HTTP 400)" },
    { &aws_dynamodb, 400, NULL,
      "{\"__type\":\"com.amazon.coral.validate#ValidationException\",\"Message\":\"m\"}", ERR_AWS,
      "ValidationException", "", "dynamodb:X: ValidationException: m (HTTP 400)" },
    { &aws_lambda, 404,
      "x-amzn-errortype: ResourceNotFoundException:http://internal.amazon.com/coral/",
      "{\"Type\":\"User\",\"Message\":\"Function not found: f\"}", ERR_NOT_FOUND,
      "ResourceNotFoundException", "", "Function not found: f" },
    { &aws_ssm, 400, NULL, "{\"code\":\"ParameterNotFound\"}", ERR_NOT_FOUND, "ParameterNotFound",
      "", "ssm:X: ParameterNotFound (HTTP 400)" },
    { &aws_iam, 404, NULL,
      "<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>The role with "
      "name &quot;r&quot; is\n"
      " gone.</Message></Error><RequestId>r-2</RequestId></ErrorResponse>",
      ERR_NOT_FOUND, "NoSuchEntity", "r-2",
      "NoSuchEntity: The role with name \"r\" is gone (HTTP 404, request r-2)" },
    { &aws_sqs, 404, NULL, "<UnknownOperationException/>", ERR_AWS, "UnknownOperationException", "",
      "UnknownOperationException" },
    { &aws_sqs, 404, NULL,
      "<!doctype html>\n<html><head><title>404 Not Found</title></head></html>", ERR_AWS, "", "",
      "HTTP 404, not an AWS error: '404 Not Found'" },
    { &aws_sqs, 413, NULL, "<b>Too</b> large\n\n for <i>me", ERR_AWS, "", "",
      "not an AWS error: 'Too large for me'" },
    { &aws_sqs, 400, NULL, "", ERR_AWS, "", "", "sqs:X: HTTP 400 without a reason" },
    { &aws_sqs, 400, NULL, "{\"password\": \"hid", ERR_AWS, "", "", "HTTP 400 without a reason" },
    { &aws_sqs, 302, "location: https://x/", "", ERR_AWS, "", "", "HTTP 302" },
    { &aws_sqs, 403, NULL, "{\"__type\":\"AccessDeniedException\"}", ERR_AWS,
      "AccessDeniedException", "", "these credentials need the IAM action 'sqs:X'" },
    { &aws_sqs, 403, NULL,
      "{\"__type\":\"AccessDenied\",\"message\":\"User: u is not authorized to perform: sqs:x on "
      "y\"}",
      ERR_AWS, "AccessDenied", "", "not authorized to perform: sqs:x on y (HTTP 403)" },
    { &aws_sqs, 403, NULL,
      "{\"__type\":\"ExpiredToken\",\"message\":\"The security token is expired\"}",
      ERR_CREDENTIALS, "ExpiredToken", "", "renew them and try again (from 'environment')" },
    { &aws_sqs, 403, NULL, "{\"__type\":\"UnrecognizedClientException\",\"message\":\"m\"}",
      ERR_CREDENTIALS, "UnrecognizedClientException", "",
      "check access key ID, session token and region" },
    { &aws_sqs, 403, NULL, "{\"__type\":\"MissingAuthenticationToken\",\"message\":\"m\"}",
      ERR_CREDENTIALS, "MissingAuthenticationToken", "", "proxy" },
    { &aws_sqs, 403, NULL,
      "{\"__type\":\"InvalidSignatureException\",\"message\":\"The signature does not match. "
      "Check your key.\\n\\nThe "
      "Canonical String for this request should have "
      "been\\n'POST\\nx-amz-security-token:hidden'\"}",
      ERR_CREDENTIALS, "InvalidSignatureException", "",
      "does not match. Check your key; the secret access key" },
    { &aws_sqs, 400, NULL, "{\"__type\":\"X\",\"message\":\"a\\u0007\\n\\tb\\u001b[31m\"}", ERR_AWS,
      "X", "", "X: a b [31m (HTTP 400)" },
};

static void errors_are_read_in_every_form(void **state)
{
    struct aws a;

    (void)state;
    script_client(&a, NULL);
    for (size_t i = 0; i < COUNTOF(forms); i++) {
        const struct script_answer answer = { .status = forms[i].status,
                                              .headers = { forms[i].header },
                                              .body = forms[i].body };
        const char *action = forms[i].service == &aws_lambda ? "ListFunctions" : "X";
        struct err e = { 0 };
        json_t *reply = NULL;

        script_play(&answer, 1);
        assert_int_equal(aws_call(&a, forms[i].service, action, NULL, &reply, &e), -1);
        assert_null(reply);
        assert_int_equal(e.code, forms[i].code);
        assert_int_equal(e.status, forms[i].status);
        assert_string_equal(e.aws_code, forms[i].aws_code);
        assert_string_equal(e.request_id, forms[i].request_id);
        if (!strstr(e.msg, forms[i].says) || strstr(e.msg, "hid"))
            fail_msg("row %zu: %s", i, e.msg);
    }
    aws_done(&a);
}

/* A proxy's page, something else, a truncated answer: retried, and never treated as "there is
 * none". */
static void answers_that_are_not_aws_are_errors(void **state)
{
    static const char *const pages[] = { "<html>Log in, hidden",
                                         "<html><head/><body>hidden</body></html>",
                                         "[\"hidden\"]",
                                         "null",
                                         "{}",
                                         "{\"message\":\"hidden\"}",
                                         "{\"Value\": \"hidden",
                                         "" };
    static const struct {
        const struct aws_service *service;
        const char *action;
    } reads[] = { { &aws_ssm, "GetParameters" },
                  { &aws_iam, "GetRole" },
                  { &aws_iam, "ListRolePolicies" },
                  { &aws_lambda, "ListAliases" } };
    struct aws a;

    (void)state;
    script_client(&a, NULL);
    for (size_t i = 0; i < COUNTOF(pages) * COUNTOF(reads); i++) {
        const struct script_answer page = { .status = 200, .body = pages[i / COUNTOF(reads)] };
        const struct script_answer answers[] = { page, page, page };
        const char *action = reads[i % COUNTOF(reads)].action;
        auto_json json_t *params = json_pack("{s:s}", "FunctionName", "f");
        struct err e = { 0 };

        script_play(answers, COUNTOF(answers));
        assert_int_equal(aws_call(&a, reads[i % COUNTOF(reads)].service, action, params, NULL, &e),
                         -1);
        assert_int_equal(script_requests(), 3);
        assert_int_equal(e.code, ERR_PARSE);
        assert_int_equal(e.status, 200);
        assert_null(strstr(e.msg, "hidden"));
    }
    aws_done(&a);
}

/* Retries */

#define OK_ANSWER                                                                                  \
    {                                                                                              \
        .status = 200, .body = "{}"                                                                \
    }

/* Plays the answers to one call; its result. */
static int play(const struct aws_service *s, const char *action,
                const struct script_answer *answers, size_t n, struct err *e)
{
    struct aws a;
    int rc;

    script_client(&a, NULL);
    script_play(answers, n);
    rc = aws_call(&a, s, action, NULL, NULL, e);
    aws_done(&a);
    return rc;
}

static void passing_trouble_is_sat_out(void **state)
{
    static const struct script_answer answers[] = {
        { .status = 500 }, { .fail = ERR_NET }, { .status = 200, .body = "{\"QueueUrl\":\"u\"}" }
    };
    struct err e = { 0 };

    (void)state;
    assert_int_equal(play(&aws_sqs, "CreateQueue", answers, COUNTOF(answers), &e), 0);
    assert_int_equal(script_requests(), 3);
    assert_false(script_fresh(1));
    assert_true(script_fresh(2)); /* the broken connection is not used again */
    assert_true(script_slept_ms() <= 3000);
}

static void lasting_trouble_ends_after_three_attempts(void **state)
{
    static const struct script_answer answers[] = { { .fail = ERR_NET },
                                                    { .fail = ERR_NET },
                                                    { .fail = ERR_NET } };
    static const struct script_answer late[] = { { .fail = ERR_TIMEOUT },
                                                 { .fail = ERR_TIMEOUT },
                                                 { .fail = ERR_TIMEOUT } };
    struct err e = { 0 };

    (void)state;
    assert_int_equal(play(&aws_sqs, "X", answers, COUNTOF(answers), &e), -1);
    assert_int_equal(e.code, ERR_NET);
    assert_non_null(strstr(e.msg, "sqs:X: no answer from 'host'; check the region ('eu-west-1')"));
    assert_non_null(strstr(e.msg, "tried 3 times"));
    assert_int_equal(play(&aws_sqs, "X", late, COUNTOF(late), &e), -1);
    assert_int_equal(e.code, ERR_TIMEOUT);
    assert_non_null(strstr(e.msg, "AWS may or may not have carried it out"));
}

static void a_broken_service_is_not_hammered_and_that_is_said(void **state)
{
    static const struct script_answer answers[] = { { .status = 500 },
                                                    { .status = 500 },
                                                    { .status = 500 } };
    struct aws a;
    struct err e = { 0 };

    (void)state;
    script_client(&a, NULL);
    for (int i = 0; i < 51; i++) { /* 500 tokens, 10 of them for the retries of a call */
        script_play(answers, COUNTOF(answers));
        assert_int_equal(aws_call(&a, &aws_sqs, "X", NULL, NULL, &e), -1);
        assert_int_equal(strstr(e.msg, "not retried: too many recent calls failed") != NULL,
                         i == 50);
    }
    assert_int_equal(script_requests(), 1);
    aws_done(&a);
}

#define THROTTLED                                                                                  \
    {                                                                                              \
        .status = 400, .body = "{\"__type\":\"ThrottlingException\"}"                              \
    }

static void throttling_is_outlasted_by_the_patient(void **state)
{
    static const struct script_answer answers[] = {
        THROTTLED, THROTTLED,         THROTTLED,
        THROTTLED, THROTTLED,         { .status = 500 },
        THROTTLED, { .status = 500 }, { .status = 200, .body = "{}" }
    };
    struct aws a;
    struct err e = { 0 };

    (void)state;
    script_client(&a, NULL);
    a.patience_ms = 60000;
    a.max_attempts = 3;
    script_play(answers, COUNTOF(answers));
    assert_int_equal(aws_call(&a, &aws_sqs, "X", NULL, NULL, &e), 0);
    assert_in_range(script_slept_ms(), 10000, 30000);
    aws_done(&a);
}

static void patience_ends_when_the_time_is_over(void **state)
{
    struct script_answer answers[64];
    static const struct aws_how thrice = { .max_attempts = 3 };
    struct aws a;
    struct err e = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNTOF(answers); i++)
        answers[i] = (struct script_answer)THROTTLED;
    script_client(&a, NULL);
    a.patience_ms = 60000;
    script_play(answers, COUNTOF(answers));
    assert_int_equal(aws_call(&a, &aws_sqs, "X", NULL, NULL, &e), -1);
    assert_in_range(script_slept_ms(), 60000, 65000);
    assert_in_range(script_requests(), 14, 28); /* at most 5 s between them */
    script_play(answers, COUNTOF(answers));
    assert_int_equal(aws_call_how(&a, &aws_sqs, "X", NULL, &thrice, NULL, &e), -1);
    assert_int_equal(script_requests(), 3);
    aws_done(&a);
}

static bool stop_now(void)
{
    return true;
}

/* What was begun is finished, but without the patience. */
static void stopping_ends_the_patience_of_a_call_that_is_finished(void **state)
{
    static const struct script_answer answers[] = { THROTTLED, THROTTLED, THROTTLED };
    static const struct aws_how finish = { .finish = true };
    struct aws a;
    struct err e = { 0 };

    (void)state;
    script_client(&a, NULL);
    a.patience_ms = 60000;
    a.max_attempts = 3;
    a.stop = stop_now;
    script_play(answers, COUNTOF(answers));
    assert_int_equal(aws_call_how(&a, &aws_sqs, "X", NULL, &finish, NULL, &e), -1);
    assert_int_equal(script_requests(), 3);
    aws_done(&a);
}

static void the_number_of_attempts_is_a_setting(void **state)
{
    static const struct script_answer answers[] = { { .status = 503 } };
    struct err e = { 0 };

    (void)state;
    (void)setenv("AWS_MAX_ATTEMPTS", "1", 1);
    assert_int_equal(play(&aws_sqs, "X", answers, 1, &e), -1);
    assert_int_equal(e.status, 503);
    (void)unsetenv("AWS_MAX_ATTEMPTS");
}

static void an_endpoint_that_is_down_is_named(void **state)
{
    static const struct script_answer answers[] = { { .fail = ERR_NET },
                                                    { .fail = ERR_NET },
                                                    { .fail = ERR_NET } };
    struct aws a;
    struct err e = { 0 };

    (void)state;
    script_client(&a, "http://127.0.0.1:5000");
    script_play(answers, COUNTOF(answers));
    assert_int_equal(aws_call(&a, &aws_sqs, "X", NULL, NULL, &e), -1);
    assert_non_null(
        strstr(e.msg, "check that the endpoint (--endpoint-url, AWS_ENDPOINT_URL) is running"));
    aws_done(&a);
}

static void retry_after_is_respected(void **state)
{
    static const struct script_answer seconds[] = {
        { .status = 503, .headers = { "retry-after: 7" } }, OK_ANSWER
    };
    static const struct script_answer ms[] = {
        { .status = 429, .headers = { "x-amz-retry-after: 2500" } }, OK_ANSWER
    };
    struct err e = { 0 };

    (void)state;
    assert_int_equal(play(&aws_sqs, "X", seconds, 2, &e), 0);
    assert_int_equal(script_slept_ms(), 7000);
    assert_int_equal(play(&aws_sqs, "X", ms, 2, &e), 0);
    assert_int_equal(script_slept_ms(), 2500);
}

static void final_answers_are_not_tried_again(void **state)
{
    static const struct script_answer answers[] = {
        { .status = 400, .body = "{\"__type\":\"QueueDoesNotExist\"}" }
    };
    struct err e = { 0 };

    (void)state;
    assert_int_equal(play(&aws_sqs, "GetQueueAttributes", answers, 1, &e), -1);
    assert_int_equal(e.code, ERR_NOT_FOUND);
    assert_int_equal(script_slept_ms(), 0);
}

static void a_wrong_clock_is_corrected_and_kept(void **state)
{
    static const struct script_answer answers[] = {
        { .status = 403,
          .headers = { "date: Fri, 02 Jan 2026 05:04:05 GMT" },
          .body = "{\"__type\":\"InvalidSignatureException\",\"message\":\"Signature expired: a is "
                  "now earlier than b\"}" },
        OK_ANSWER,
        OK_ANSWER,
    };
    struct aws a;
    struct err e = { 0 };

    (void)state;
    script_client(&a, NULL);
    script_play(answers, COUNTOF(answers));
    assert_int_equal(aws_call(&a, &aws_sqs, "X", NULL, NULL, &e), 0);
    assert_int_equal(aws_call(&a, &aws_sqs, "X", NULL, NULL, &e), 0);
    assert_string_equal(script_header(0, "X-Amz-Date"), "20260102T030405Z");
    assert_string_equal(script_header(1, "X-Amz-Date"), "20260102T050405Z");
    assert_string_equal(script_header(2, "X-Amz-Date"), "20260102T050405Z");
    assert_int_equal(script_slept_ms(), 0);
    aws_done(&a);
}

static void a_right_clock_is_not_corrected(void **state)
{
    static const char expired[] =
        "{\"__type\":\"InvalidSignatureException\",\"message\":\"Signature expired: a\"}";
    static const struct script_answer same[] = {
        { .status = 403, .headers = { "date: Fri, 02 Jan 2026 03:04:10 GMT" }, .body = expired }
    };
    static const struct script_answer silent[] = { { .status = 403, .body = expired } };
    static const struct script_answer twice[] = {
        { .status = 403, .headers = { "date: Fri, 02 Jan 2026 05:04:05 GMT" }, .body = expired },
        { .status = 403, .headers = { "date: Fri, 02 Jan 2026 09:04:05 GMT" }, .body = expired },
    };
    struct err e = { 0 };

    (void)state;
    assert_int_equal(play(&aws_sqs, "X", same, 1, &e), -1);
    assert_int_equal(play(&aws_sqs, "X", silent, 1, &e), -1);
    assert_int_equal(play(&aws_sqs, "X", twice, 2, &e), -1);
    assert_int_equal(e.code, ERR_CREDENTIALS);
}

static void a_fresh_role_is_waited_for(void **state)
{
    static const struct script_answer not_yet = {
        .status = 400,
        .headers = { "x-amzn-errortype: InvalidParameterValueException" },
        .body = "{\"message\":\"The role defined for the function cannot be assumed by Lambda.\"}",
    };
    static const struct script_answer made = {
        .status = 201, .body = "{\"FunctionName\":\"f\",\"CodeSha256\":\"c\",\"Role\":\"r\"}"
    };
    struct script_answer answers[40];
    struct err e = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNTOF(answers); i++)
        answers[i] = i == 5 ? made : not_yet;
    assert_int_equal(play(&aws_lambda, "CreateFunction", answers, 6, &e), 0);
    assert_int_equal(script_slept_ms(), 250 + 500 + 1000 + 2000 + 2000);
    answers[5] = not_yet;
    assert_int_equal(play(&aws_lambda, "CreateFunction", answers, COUNTOF(answers), &e), -1);
    assert_in_range(script_slept_ms(), 60000, 63000);
    assert_non_null(strstr(e.msg, "cannot be assumed by Lambda"));
    assert_non_null(strstr(e.msg, "in 61 s"));
}

static void timeouts_reach_the_transport(void **state)
{
    static const struct script_answer answers[] = { OK_ANSWER, OK_ANSWER, OK_ANSWER };
    const struct aws_how how = { .timeout_ms = 90000 };
    struct aws a;
    struct err e = { 0 };

    (void)state;
    script_client(&a, NULL);
    script_play(answers, COUNTOF(answers));
    assert_int_equal(aws_call(&a, &aws_sqs, "X", NULL, NULL, &e), 0);
    assert_int_equal(aws_call_how(&a, &aws_sqs, "X", NULL, &how, NULL, &e), 0);
    a.timeout_ms = 5000;
    assert_int_equal(aws_call(&a, &aws_sqs, "X", NULL, NULL, &e), 0);
    assert_int_equal(script_timeout_ms(0), 60000);
    assert_int_equal(script_timeout_ms(1), 90000);
    assert_int_equal(script_timeout_ms(2), 5000);
    aws_done(&a);
}

static void nothing_is_sent_without_credentials(void **state)
{
    struct aws a;
    struct err e = { 0 };

    (void)state;
    script_client(&a, NULL);
    creds_done(&a.creds);
    script_play(NULL, 0);
    assert_int_equal(aws_call(&a, &aws_sqs, "X", NULL, NULL, &e), -1);
    assert_int_equal(e.code, ERR_CREDENTIALS);
    aws_done(&a);
}

static void a_deadline_ends_the_attempts(void **state)
{
    static const struct script_answer busy[] = { { .status = 503 },
                                                 { .status = 503 },
                                                 { .status = 503 } };
    auto_json json_t *params = json_object();
    struct aws_how how = { 0 };
    struct aws a;
    struct err e;
    (void)state;

    script_client(&a, NULL);
    a.max_attempts = 3;
    a.timeout_ms = 10000;
    script_play(busy, COUNTOF(busy));
    a.deadline_ms = clock_mono_ms() + 60000;
    assert_int_equal(aws_call(&a, &aws_sqs, "ListQueues", params, NULL, &e), -1);
    assert_int_equal(script_requests(), 3);
    assert_int_equal(script_timeout_ms(0), 10000);
    script_play(busy, COUNTOF(busy));
    a.deadline_ms = clock_mono_ms() + 4000;
    assert_int_equal(aws_call(&a, &aws_sqs, "ListQueues", params, NULL, &e), -1);
    assert_int_equal(script_timeout_ms(0), 4000);
    script_play(busy, COUNTOF(busy));
    a.deadline_ms = clock_mono_ms() - 1;
    assert_int_equal(aws_call(&a, &aws_sqs, "ListQueues", params, NULL, &e), -1);
    assert_int_equal(e.code, ERR_TIMEOUT);
    assert_int_equal(script_requests(), 0);
    a.deadline_ms = 1; /* a call may have its own */
    how.deadline_ms = clock_mono_ms() + 5000;
    assert_int_equal(aws_call_how(&a, &aws_sqs, "ListQueues", params, &how, NULL, &e), -1);
    assert_int_equal(script_timeout_ms(0), 5000);
    aws_done(&a);
}

static int64_t stop_at_ms;

static bool stops(void)
{
    return script_slept_ms() >= stop_at_ms;
}

static void whoever_wants_to_stop_waits_for_no_attempt(void **state)
{
    static const struct script_answer missing[] = {
        { .status = 400, .body = "{\"__type\":\"com.amazonaws.sqs#QueueDoesNotExist\"}" },
        { .status = 400, .body = "{\"__type\":\"com.amazonaws.sqs#QueueDoesNotExist\"}" },
        { .status = 400, .body = "{\"__type\":\"com.amazonaws.sqs#QueueDoesNotExist\"}" },
        OK_ANSWER
    };
    auto_json json_t *params = json_object();
    struct aws a;
    struct err e = { 0 };

    (void)state;
    script_client(&a, NULL);
    a.stop = stops;
    stop_at_ms = 1000; /* during the wait for the next attempt */
    script_play(missing, COUNTOF(missing));
    assert_int_equal(aws_call(&a, &aws_sqs, "SetQueueAttributes", params, NULL, &e), -1);
    assert_in_range(script_requests(), 1, 3);
    assert_in_range(script_slept_ms(), 1000, 1100);
    assert_string_equal(e.aws_code, "QueueDoesNotExist");
    stop_at_ms = 0;
    script_play(missing, COUNTOF(missing));
    assert_int_equal(aws_call(&a, &aws_sqs, "SetQueueAttributes", params, NULL, &e), -1);
    assert_int_equal(e.code, ERR_INTERRUPTED);
    assert_int_equal(script_requests(), 0);
    a.stop = NULL;
    assert_int_equal(aws_call(&a, &aws_sqs, "SetQueueAttributes", params, NULL, &e), 0);
    assert_in_range(script_slept_ms(), 1750, 1750);
    aws_done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_are_read_in_every_form),
        cmocka_unit_test(answers_that_are_not_aws_are_errors),
        cmocka_unit_test(passing_trouble_is_sat_out),
        cmocka_unit_test(lasting_trouble_ends_after_three_attempts),
        cmocka_unit_test(a_broken_service_is_not_hammered_and_that_is_said),
        cmocka_unit_test(throttling_is_outlasted_by_the_patient),
        cmocka_unit_test(patience_ends_when_the_time_is_over),
        cmocka_unit_test(stopping_ends_the_patience_of_a_call_that_is_finished),
        cmocka_unit_test(the_number_of_attempts_is_a_setting),
        cmocka_unit_test(an_endpoint_that_is_down_is_named),
        cmocka_unit_test(retry_after_is_respected),
        cmocka_unit_test(final_answers_are_not_tried_again),
        cmocka_unit_test(a_wrong_clock_is_corrected_and_kept),
        cmocka_unit_test(a_right_clock_is_not_corrected),
        cmocka_unit_test(a_fresh_role_is_waited_for),
        cmocka_unit_test(timeouts_reach_the_transport),
        cmocka_unit_test(nothing_is_sent_without_credentials),
        cmocka_unit_test(a_deadline_ends_the_attempts),
        cmocka_unit_test(whoever_wants_to_stop_waits_for_no_attempt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
