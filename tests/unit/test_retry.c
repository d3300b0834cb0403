/* test_retry.c: what is retried, how often, and after how long. */
#include "unit.h"

#include "retry.h"

#include <stdio.h>

static struct err failure(enum err_code code, int status, const char *aws_code, const char *msg)
{
    struct err e = { .code = code, .status = status };

    (void)snprintf(e.aws_code, sizeof(e.aws_code), "%s", aws_code);
    (void)snprintf(e.msg, sizeof(e.msg), "%s: %s", aws_code, msg);
    return e;
}

static const struct {
    const char *service, *action;
    int status;
    const char *code, *message;
    enum retry_verdict want;
} verdicts[] = {
    { "sqs", "SendMessage", 500, "", "", RETRY_TRANSIENT },
    { "sqs", "SendMessage", 502, "", "", RETRY_TRANSIENT },
    { "sqs", "SendMessage", 503, "ServiceUnavailable", "", RETRY_TRANSIENT },
    { "sqs", "SendMessage", 504, "", "", RETRY_TRANSIENT },
    { "sqs", "SendMessage", 501, "", "", RETRY_NO },
    { "sqs", "SendMessage", 400, "InvalidParameterValue", "", RETRY_NO },
    { "sqs", "SendMessage", 400, "", "", RETRY_NO },
    { "sqs", "SendMessage", 413, "", "", RETRY_NO },
    { "lambda", "GetFunction", 429, "", "", RETRY_THROTTLED },
    { "lambda", "GetFunction", 429, "TooManyRequestsException", "Rate exceeded", RETRY_THROTTLED },
    { "iam", "GetRole", 400, "Throttling", "Rate exceeded", RETRY_THROTTLED },
    { "ssm", "GetParameters", 400, "ThrottlingException", "Rate exceeded", RETRY_THROTTLED },
    { "sqs", "SendMessage", 403, "RequestThrottled", "", RETRY_THROTTLED },
    { "dynamodb", "GetRecords", 400, "ProvisionedThroughputExceededException", "",
      RETRY_THROTTLED },
    { "iam", "GetRole", 403, "RequestTimeTooSkewed", "", RETRY_SKEW },
    { "sqs", "X", 403, "InvalidSignatureException", "Signature expired: 1 is now earlier than 2",
      RETRY_SKEW },
    { "sts", "X", 403, "SignatureDoesNotMatch", "Signature not yet current: 2 is still later",
      RETRY_SKEW },
    { "sqs", "X", 403, "InvalidSignatureException", "The request signature does not match",
      RETRY_NO },
    { "sqs", "X", 403, "ExpiredToken", "The security token is expired", RETRY_NO },
    { "sqs", "X", 403, "AccessDenied", "", RETRY_NO },
    { "lambda", "CreateFunction", 400, "InvalidParameterValueException",
      "The role defined for the function cannot be assumed by Lambda.", RETRY_PROPAGATION },
    { "lambda", "CreateFunction", 400, "InvalidParameterValueException",
      "Unzipped size must be smaller", RETRY_NO },
    { "lambda", "CreateFunction", 409, "ResourceConflictException", "Function already exist: f",
      RETRY_NO },
    { "lambda", "UpdateFunctionCode", 409, "ResourceConflictException",
      "The operation cannot be performed at this time. An update is in progress for resource: f",
      RETRY_PROPAGATION },
    { "lambda", "UpdateFunctionCode", 409, "ResourceConflictException",
      "The function is currently in the following state: Pending", RETRY_PROPAGATION },
    { "lambda", "UpdateFunctionCode", 409, "ResourceConflictException",
      "The function is currently in the following state: Failed", RETRY_NO },
    { "lambda", "AddPermission", 409, "ResourceConflictException",
      "The statement id (x) provided already exists", RETRY_NO },
    { "lambda", "AddPermission", 409, "ResourceConflictException",
      "The function could not be updated due to a concurrent update operation.",
      RETRY_PROPAGATION },
    { "lambda", "DeleteFunctionEventInvokeConfig", 409, "ResourceConflictException",
      "Conflict due to concurrent requests on this function. Please try this operation again.",
      RETRY_PROPAGATION },
    { "lambda", "CreateEventSourceMapping", 400, "InvalidParameterValueException",
      "Stream not found: arn:aws:dynamodb:r:a:table/t/stream/l", RETRY_PROPAGATION },
    { "lambda", "CreateEventSourceMapping", 400, "InvalidParameterValueException",
      "Function does not exist", RETRY_PROPAGATION },
    { "events", "DeleteRule", 400, "ValidationException",
      "Rule can't be deleted since it has targets.", RETRY_PROPAGATION },
    { "events", "PutRule", 400, "ValidationException", "Parameter ScheduleExpression is not valid.",
      RETRY_NO },
    { "lambda", "CreateEventSourceMapping", 400, "InvalidParameterValueException",
      "Cannot access stream arn:x. Please ensure the role can perform the GetRecords action",
      RETRY_PROPAGATION },
    { "lambda", "CreateEventSourceMapping", 400, "InvalidParameterValueException",
      "The function execution role does not have permissions to call SendMessage on SQS",
      RETRY_PROPAGATION },
    { "lambda", "DeleteEventSourceMapping", 400, "ResourceInUseException", "it is in use",
      RETRY_PROPAGATION },
    { "lambda", "GetFunction", 404, "ResourceNotFoundException", "", RETRY_NO },
    { "lambda", "AddPermission", 404, "ResourceNotFoundException", "", RETRY_PROPAGATION },
    { "lambda", "GetFunctionConfiguration", 404, "ResourceNotFoundException", "",
      RETRY_PROPAGATION },
    { "lambda", "PutFunctionEventInvokeConfig", 404, "ResourceNotFoundException", "",
      RETRY_PROPAGATION },
    { "lambda", "RemovePermission", 404, "ResourceNotFoundException", "", RETRY_NO },
    { "sqs", "CreateQueue", 400, "QueueDeletedRecently", "You must wait 60 seconds", RETRY_NO },
    { "sqs", "GetQueueAttributes", 400, "QueueDoesNotExist", "", RETRY_NO },
    { "sqs", "GetQueueUrl", 400, "AWS.SimpleQueueService.NonExistentQueue", "", RETRY_NO },
    { "sqs", "DeleteQueue", 400, "QueueDoesNotExist", "", RETRY_NO },
    { "sqs", "TagQueue", 400, "QueueDoesNotExist", "", RETRY_PROPAGATION },
    { "iam", "PutRolePolicy", 409, "ConcurrentModification", "", RETRY_PROPAGATION },
    { "iam", "DeleteRole", 409, "DeleteConflict",
      "Cannot delete entity, must delete policies first.", RETRY_PROPAGATION },
    { "iam", "DeleteRole", 409, "DeleteConflict",
      "Cannot delete entity, must detach all policies first.", RETRY_PROPAGATION },
    { "iam", "DeleteRole", 409, "DeleteConflict",
      "Cannot delete entity, must remove roles from instance profile first.", RETRY_NO },
    { "iam", "GetRole", 404, "NoSuchEntity", "", RETRY_NO },
    { "iam", "PutRolePolicy", 404, "NoSuchEntity", "", RETRY_PROPAGATION },
    { "iam", "DeleteRolePolicy", 404, "NoSuchEntity", "", RETRY_NO },
    { "events", "PutTargets", 400, "ResourceNotFoundException", "", RETRY_PROPAGATION },
    { "events", "RemoveTargets", 400, "ResourceNotFoundException", "", RETRY_NO },
    { "logs", "PutRetentionPolicy", 400, "ResourceNotFoundException", "", RETRY_PROPAGATION },
    { "ssm", "AddTagsToResource", 400, "InvalidResourceId", "", RETRY_PROPAGATION },
    { "events", "PutRule", 400, "ConcurrentModificationException", "", RETRY_PROPAGATION },
    { "dynamodb", "UpdateTable", 400, "ResourceInUseException", "Table is being updated: t",
      RETRY_PROPAGATION },
    { "dynamodb", "CreateTable", 400, "ResourceInUseException", "Table already exists: t",
      RETRY_NO },
};

static void failures_are_classified(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNTOF(verdicts); i++) {
        struct err e = failure(ERR_AWS, verdicts[i].status, verdicts[i].code, verdicts[i].message);
        enum retry_verdict v = retry_classify(verdicts[i].service, verdicts[i].action, &e);

        if (v != verdicts[i].want)
            fail_msg("%s:%s %d %s '%s': %d, not %d", verdicts[i].service, verdicts[i].action,
                     verdicts[i].status, verdicts[i].code, verdicts[i].message, (int)v,
                     (int)verdicts[i].want);
    }
}

static void missing_answers_are_tried_again(void **state)
{
    struct err net = failure(ERR_NET, 0, "", ""), late = failure(ERR_TIMEOUT, 0, "", "");
    struct err parse = failure(ERR_PARSE, 200, "", ""), usage = failure(ERR_USAGE, 0, "", "");
    struct err own = failure(ERR_PARSE, 0, "", "");

    (void)state;
    assert_int_equal(retry_classify("sqs", "X", &net), RETRY_TRANSIENT);
    assert_int_equal(retry_classify("sqs", "X", &late), RETRY_TIMEOUT);
    assert_int_equal(retry_classify("sqs", "X", &parse), RETRY_TRANSIENT);
    assert_int_equal(retry_classify("sqs", "X", &own), RETRY_NO); /* not of an answer */
    assert_int_equal(retry_classify("sqs", "X", &usage), RETRY_NO);
}

static void attempts_are_counted(void **state)
{
    struct retry r = { .max_attempts = 3 };
    int64_t delay = -1;

    (void)state;
    assert_false(retry_again(&r, RETRY_NO, -1, &delay));
    assert_true(retry_again(&r, RETRY_TRANSIENT, -1, &delay));
    assert_true(retry_again(&r, RETRY_TRANSIENT, -1, &delay));
    assert_false(retry_again(&r, RETRY_TRANSIENT, -1, &delay));
    r = (struct retry){ .max_attempts = 1 };
    assert_false(retry_again(&r, RETRY_TRANSIENT, -1, &delay));
}

/* The delay before attempt `attempt` + 1. */
static int64_t delay_after(int attempt, enum retry_verdict v, int64_t retry_after_ms)
{
    struct retry r = { .max_attempts = 100, .attempt = attempt - 1 };
    int64_t delay = -1;

    assert_true(retry_again(&r, v, retry_after_ms, &delay));
    return delay;
}

static void delays_are_jittered_within_their_bounds(void **state)
{
    static const int64_t most[] = { 1000, 2000, 4000, 8000, 16000, 20000, 20000 };

    (void)state;
    for (int attempt = 1; attempt <= (int)COUNTOF(most); attempt++) {
        int64_t seen_least = INT64_MAX, seen_most = 0, bound = most[attempt - 1];

        for (int i = 0; i < 300; i++) {
            int64_t plain = delay_after(attempt, RETRY_TRANSIENT, -1);
            int64_t throttled = delay_after(attempt, RETRY_THROTTLED, -1);

            assert_in_range(plain, 0, bound);
            assert_in_range(throttled, bound / 2, bound);
            seen_least = plain < seen_least ? plain : seen_least;
            seen_most = plain > seen_most ? plain : seen_most;
        }
        assert_true(seen_least < bound / 4 &&
                    seen_most > bound - bound / 4); /* spread, not fixed */
    }
}

static void what_the_service_asks_for_is_respected(void **state)
{
    struct retry r = { .max_attempts = 3 };
    int64_t delay = -1;

    (void)state;
    assert_int_equal(delay_after(1, RETRY_TRANSIENT, 30000), 30000);
    assert_in_range(delay_after(1, RETRY_THROTTLED, 0), 500, 1000);
    assert_false(retry_again(&r, RETRY_THROTTLED, 60001, &delay));
}

static void the_quota_ends_retries_and_is_refilled(void **state)
{
    struct retry_quota *q = retry_quota_new();
    struct retry r = { 0 };
    int64_t delay;
    int granted = 0;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        r = (struct retry){ .quota = q, .max_attempts = 3 };
        granted += retry_again(&r, RETRY_TRANSIENT, -1, &delay);
    }
    assert_int_equal(granted, 100); /* 500 tokens, 5 each */
    r = (struct retry){ .quota = q, .max_attempts = 3 };
    for (int i = 0; i < 9; i++)
        retry_success(&r); /* one each: 9 */
    assert_false(retry_again(&r, RETRY_TIMEOUT, -1, &delay));
    retry_success(&r); /* 10 */
    for (int i = 0; i < 3; i++) {
        r = (struct retry){ .quota = q, .max_attempts = 3 };
        assert_true(retry_again(&r, RETRY_TIMEOUT, -1, &delay)); /* takes all, */
        if (i < 2)
            retry_success(&r); /* and returns all of them */
    }
    r = (struct retry){ .quota = q, .max_attempts = 3 };
    assert_false(retry_again(&r, RETRY_TRANSIENT, -1, &delay));
    assert_true(retry_again(&r, RETRY_PROPAGATION, -1, &delay)); /* costs none */
    retry_quota_free(q);
    retry_quota_free(NULL);
}

/* How long, and how often, until it gives up. */
static int64_t waited(enum retry_verdict v, int *times)
{
    struct retry r = { .max_attempts = 1 };
    int64_t delay, sum = 0;

    for (*times = 0; retry_again(&r, v, -1, &delay); (*times)++)
        sum += delay;
    return sum;
}

static void catching_up_is_waited_for_about_a_minute(void **state)
{
    static const int64_t first[] = { 250, 500, 1000, 2000, 2000 };
    struct retry r = { .max_attempts = 1 };
    int64_t delay;
    int times;

    (void)state;
    for (size_t i = 0; i < COUNTOF(first); i++) {
        assert_true(retry_again(&r, RETRY_PROPAGATION, -1, &delay));
        assert_int_equal(delay, first[i]);
    }
    assert_in_range(waited(RETRY_PROPAGATION, &times), 60000, 63000);
    assert_true(times <= 33);
}

static void the_clock_is_corrected_once(void **state)
{
    struct retry r = { .max_attempts = 1 };
    int64_t delay = -1;

    (void)state;
    assert_true(retry_again(&r, RETRY_SKEW, -1, &delay));
    assert_int_equal(delay, 0);
    assert_false(retry_again(&r, RETRY_SKEW, -1, &delay));
}

static void polling_has_its_rhythm(void **state)
{
    static const int64_t want[] = { 250, 500, 1000, 2000, 2000, -1, -1 };

    (void)state;
    for (int look = 0; look < (int)COUNTOF(want); look++)
        assert_int_equal(retry_poll_delay_ms(look, 5000), want[look]);
    assert_int_equal(retry_poll_delay_ms(0, 0), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_are_classified),
        cmocka_unit_test(missing_answers_are_tried_again),
        cmocka_unit_test(attempts_are_counted),
        cmocka_unit_test(delays_are_jittered_within_their_bounds),
        cmocka_unit_test(what_the_service_asks_for_is_respected),
        cmocka_unit_test(the_quota_ends_retries_and_is_refilled),
        cmocka_unit_test(catching_up_is_waited_for_about_a_minute),
        cmocka_unit_test(the_clock_is_corrected_once),
        cmocka_unit_test(polling_has_its_rhythm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
