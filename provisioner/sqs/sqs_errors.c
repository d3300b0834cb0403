/* sqs_errors.c: the table of SQS's errors on the wire.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
 */
#include "mem.h"
#include "sqs/sqs_call.h"
#include "text.h"

#include <string.h>

#define SQS   "com.amazonaws.sqs#"
#define CORAL "com.amazon.coral.service#"
#define OLD   "AWS.SimpleQueueService."

/* clang-format off */
static const struct sqs_error_row rows[SQS_ERRORS] = {
    [SQS_BATCH_IDS_NOT_DISTINCT] = { 400, SQS "BatchEntryIdsNotDistinct", OLD "BatchEntryIdsNotDistinct;Sender" },
    [SQS_BATCH_TOO_LONG] = { 400, SQS "BatchRequestTooLong", OLD "BatchRequestTooLong;Sender" },
    [SQS_EMPTY_BATCH] = { 400, SQS "EmptyBatchRequest", OLD "EmptyBatchRequest;Sender" },
    [SQS_INTERNAL] = { 500, SQS "InternalError", "InternalError;Receiver" },
    [SQS_INVALID_ADDRESS] = { 404, SQS "InvalidAddress", "InvalidAddress;Sender" },
    [SQS_INVALID_ATTRIBUTE_NAME] = { 400, SQS "InvalidAttributeName", "InvalidAttributeName;Sender" },
    [SQS_INVALID_ATTRIBUTE_VALUE] = { 400, SQS "InvalidAttributeValue", "InvalidAttributeValue;Sender" },
    [SQS_INVALID_BATCH_ID] = { 400, SQS "InvalidBatchEntryId", OLD "InvalidBatchEntryId;Sender" },
    [SQS_INVALID_CONTENTS] = { 400, SQS "InvalidMessageContents", "InvalidMessageContents;Sender" },
    [SQS_INVALID_HANDLE] = { 400, SQS "ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid;Sender" },
    [SQS_INVALID_PARAMETER] = { 400, CORAL "InvalidParameterValueException", "InvalidParameterValue;Sender" },
    [SQS_MISSING_PARAMETER] = { 400, CORAL "MissingRequiredParameterException", "MissingParameter;Sender" },
    [SQS_NOT_IN_FLIGHT] = { 400, SQS "MessageNotInflight", OLD "MessageNotInflight;Sender" },
    [SQS_OVER_LIMIT] = { 403, SQS "OverLimit", "OverLimit;Sender" },
    [SQS_PURGE_IN_PROGRESS] = { 403, SQS "PurgeQueueInProgress", OLD "PurgeQueueInProgress;Sender" },
    [SQS_QUEUE_DELETED_RECENTLY] = { 400, SQS "QueueDeletedRecently", OLD "QueueDeletedRecently;Sender" },
    [SQS_QUEUE_MISSING] = { 400, SQS "QueueDoesNotExist", OLD "NonExistentQueue;Sender" },
    [SQS_QUEUE_NAME_EXISTS] = { 400, SQS "QueueNameExists", "QueueAlreadyExists;Sender" },
    [SQS_REQUEST_THROTTLED] = { 400, SQS "RequestThrottled", "RequestThrottled;Sender" },
    [SQS_RESOURCE_MISSING] = { 404, SQS "ResourceNotFoundException", "ResourceNotFoundException;Sender" },
    [SQS_SERIALIZATION] = { 400, CORAL "SerializationException", "SerializationException;Sender" },
    [SQS_SERVICE_UNAVAILABLE] = { 503, CORAL "ServiceUnavailable", "ServiceUnavailable;Receiver" },
    [SQS_TOO_MANY_ENTRIES] = { 400, SQS "TooManyEntriesInBatchRequest", OLD "TooManyEntriesInBatchRequest;Sender" },
    [SQS_UNKNOWN_OPERATION] = { 400, CORAL "UnknownOperationException", "UnknownOperationException;Sender" },
    [SQS_UNSUPPORTED] = { 400, SQS "UnsupportedOperation", OLD "UnsupportedOperation;Sender" },
};
/* clang-format on */

const struct sqs_error_row *sqs_error_row(enum sqs_error error)
{
    return &rows[error];
}

char *sqs_error_code(enum sqs_error error)
{
    return xstrndup(rows[error].query, strcspn(rows[error].query, ";"));
}

bool sqs_error_senders(enum sqs_error error)
{
    return str_ends(rows[error].query, ";Sender");
}
