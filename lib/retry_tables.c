/* retry_tables.c: which failures are retried. Sources are beside each group of rows. */
#include "retry.h"

#include <string.h>

/*
 * AWS's state lags behind its answers: a role, queue or function that was just made is not found by
 * the next call, or a change is still in progress. Sources: the Lambda, SQS, IAM, EventBridge,
 * Systems Manager and CloudWatch Logs API references; the words are those that AWS was seen to
 * send.
 */
static const struct catching_up {
    const char *service, *action; /* action NULL: any */
    const char *code;
    const char *words; /* in the message; NULL: any */
    enum retry_verdict verdict;
} catching_up[] = {
    { "lambda", NULL, "InvalidParameterValueException", "cannot be assumed by Lambda",
      RETRY_PROPAGATION },
    { "lambda", NULL, "InvalidParameterValueException", "does not have permissions",
      RETRY_PROPAGATION },
    { "lambda", NULL, "InvalidParameterValueException", "Cannot access stream", RETRY_PROPAGATION },
    { "lambda", NULL, "InvalidParameterValueException", "ensure the role can perform",
      RETRY_PROPAGATION },
    { "lambda", NULL, "ResourceConflictException", "state: Pending", RETRY_PROPAGATION },
    { "lambda", NULL, "ResourceConflictException", "update is in progress", RETRY_PROPAGATION },
    /* terraform-provider-aws#5154, sst#6923: writes to one function, also by others */
    { "lambda", NULL, "ResourceConflictException", "concurrent update operation",
      RETRY_PROPAGATION },
    { "lambda", NULL, "ResourceConflictException", "concurrent requests on this function",
      RETRY_PROPAGATION },
    /* deletion lags: Lambda's State Deleting */
    { "lambda", NULL, "ResourceConflictException", "state: Deleting", RETRY_PROPAGATION },
    { "lambda", "AddPermission", "ResourceNotFoundException", NULL, RETRY_PROPAGATION },
    { "lambda", "GetFunctionConfiguration", "ResourceNotFoundException", NULL, RETRY_PROPAGATION },
    { "lambda", "PutFunctionEventInvokeConfig", "ResourceNotFoundException", NULL,
      RETRY_PROPAGATION },
    { "lambda", "CreateEventSourceMapping", "ResourceInUseException", NULL, RETRY_PROPAGATION },
    /* a recent function or stream; the texts are AWS's in LocalStack's snapshots */
    { "lambda", "CreateEventSourceMapping", "InvalidParameterValueException",
      "Function does not exist", RETRY_PROPAGATION },
    { "lambda", "CreateEventSourceMapping", "ResourceNotFoundException", NULL, RETRY_PROPAGATION },
    { "lambda", "CreateEventSourceMapping", "InvalidParameterValueException", "Stream not found",
      RETRY_PROPAGATION },
    { "lambda", "DeleteEventSourceMapping", "ResourceInUseException", NULL, RETRY_PROPAGATION },
    { "lambda", "UpdateEventSourceMapping", "ResourceInUseException", NULL, RETRY_PROPAGATION },
    { "sqs", "SetQueueAttributes", "QueueDoesNotExist", NULL, RETRY_PROPAGATION },
    { "sqs", "SetQueueAttributes", "AWS.SimpleQueueService.NonExistentQueue", NULL,
      RETRY_PROPAGATION },
    { "sqs", "TagQueue", "QueueDoesNotExist", NULL, RETRY_PROPAGATION },
    { "sqs", "TagQueue", "AWS.SimpleQueueService.NonExistentQueue", NULL, RETRY_PROPAGATION },
    { "iam", "PutRolePolicy", "NoSuchEntity", NULL, RETRY_PROPAGATION },
    /* deletions lag: terraform#3222 */
    { "iam", "DeleteRole", "DeleteConflict", "must delete policies first", RETRY_PROPAGATION },
    { "iam", "DeleteRole", "DeleteConflict", "must detach all policies first", RETRY_PROPAGATION },
    { "iam", NULL, "ConcurrentModification", NULL, RETRY_PROPAGATION },
    { "iam", NULL, "ConcurrentModificationException", NULL, RETRY_PROPAGATION },
    { "iam", NULL, "EntityTemporarilyUnmodifiable", NULL, RETRY_PROPAGATION },
    { "events", NULL, "ConcurrentModificationException", NULL, RETRY_PROPAGATION },
    { "events", "PutTargets", "ResourceNotFoundException", NULL, RETRY_PROPAGATION },
    /* of an entry of PutTargets and RemoveTargets, in an answer with HTTP 200 */
    { "events", NULL, "InternalException", NULL, RETRY_TRANSIENT },
    /* recently removed targets: terraform-provider-aws#1479, getmoto/moto#5056 */
    { "events", "DeleteRule", "ValidationException", "since it has targets", RETRY_PROPAGATION },
    { "ssm", NULL, "TooManyUpdates", NULL, RETRY_PROPAGATION },
    { "ssm", "AddTagsToResource", "InvalidResourceId", NULL, RETRY_PROPAGATION },
    { "logs", NULL, "OperationAbortedException", NULL, RETRY_PROPAGATION },
    { "logs", "PutRetentionPolicy", "ResourceNotFoundException", NULL, RETRY_PROPAGATION },
    { "dynamodb", NULL, "ResourceInUseException", "being created", RETRY_PROPAGATION },
    { "dynamodb", NULL, "ResourceInUseException", "being updated", RETRY_PROPAGATION },
    { "dynamodb", NULL, "ResourceInUseException", "being deleted", RETRY_PROPAGATION },
    { "dynamodb", NULL, "LimitExceededException", "simultaneously", RETRY_PROPAGATION },
};

/* Codes that mean the same in every service: those of botocore's standard retry mode, and SQS's for
 * KMS. */
static const struct {
    const char *code, *words;
    enum retry_verdict verdict;
} everywhere[] = {
    { "BandwidthLimitExceeded", NULL, RETRY_THROTTLED },
    { "KMS.ThrottlingException", NULL, RETRY_THROTTLED },
    { "KmsThrottled", NULL, RETRY_THROTTLED },
    { "PriorRequestNotComplete", NULL, RETRY_THROTTLED },
    { "ProvisionedThroughputExceededException", NULL, RETRY_THROTTLED },
    { "RequestLimitExceeded", NULL, RETRY_THROTTLED },
    { "RequestThrottled", NULL, RETRY_THROTTLED },
    { "RequestThrottledException", NULL, RETRY_THROTTLED },
    { "SlowDown", NULL, RETRY_THROTTLED },
    { "ThrottledException", NULL, RETRY_THROTTLED },
    { "Throttling", NULL, RETRY_THROTTLED },
    { "ThrottlingException", NULL, RETRY_THROTTLED },
    { "TooManyRequestsException", NULL, RETRY_THROTTLED },
    { "TransactionInProgressException", NULL, RETRY_THROTTLED },
    { "IDPCommunicationError", NULL, RETRY_TRANSIENT },
    { "InternalError", NULL, RETRY_TRANSIENT },
    { "InternalFailure", NULL, RETRY_TRANSIENT },
    { "InternalServerError", NULL, RETRY_TRANSIENT },
    { "ReplicatedWriteConflictException", NULL, RETRY_TRANSIENT },
    { "RequestTimeout", NULL, RETRY_TRANSIENT },
    { "RequestTimeoutException", NULL, RETRY_TRANSIENT },
    { "ServiceUnavailable", NULL, RETRY_TRANSIENT },
    { "ServiceUnavailableException", NULL, RETRY_TRANSIENT },
    { "InvalidSignatureException", "Signature expired", RETRY_SKEW },
    { "InvalidSignatureException", "Signature not yet current", RETRY_SKEW },
    { "SignatureDoesNotMatch", "Signature expired", RETRY_SKEW },
    { "SignatureDoesNotMatch", "Signature not yet current", RETRY_SKEW },
    { "RequestExpired", NULL, RETRY_SKEW },
    { "RequestInTheFuture", NULL, RETRY_SKEW },
    { "RequestTimeTooSkewed", NULL, RETRY_SKEW },
};

static bool says(const struct err *e, const char *code, const char *words)
{
    return strcmp(e->aws_code, code) == 0 && (!words || strstr(e->msg, words));
}

static enum retry_verdict verdict_by_status(int status)
{
    switch (status) {
    case 429: return RETRY_THROTTLED;
    case 500:
    case 502:
    case 503:
    case 504: return RETRY_TRANSIENT;
    default: return RETRY_NO;
    }
}

static enum retry_verdict verdict_by_code(const char *service, const char *action,
                                          const struct err *e)
{
    for (size_t i = 0; i < COUNTOF(catching_up); i++) {
        const struct catching_up *c = &catching_up[i];

        if (strcmp(c->service, service) == 0 && (!c->action || strcmp(c->action, action) == 0) &&
            says(e, c->code, c->words))
            return c->verdict;
    }
    for (size_t i = 0; i < COUNTOF(everywhere); i++)
        if (says(e, everywhere[i].code, everywhere[i].words))
            return everywhere[i].verdict;
    return RETRY_NO;
}

enum retry_verdict retry_classify(const char *service, const char *action, const struct err *e)
{
    enum retry_verdict v;

    if (e->code == ERR_NET) /* a proxy that refused will refuse again */
        return e->status / 100 == 4 ? RETRY_NO : RETRY_TRANSIENT;
    if (e->code == ERR_TIMEOUT)
        return RETRY_TIMEOUT;
    if (e->code == ERR_PARSE) /* a success whose answer is invalid: cut off, or a proxy's */
        return e->status / 100 == 2 ? RETRY_TRANSIENT : RETRY_NO;
    v = verdict_by_code(service, action, e);
    return v == RETRY_NO ? verdict_by_status(e->status) : v;
}
