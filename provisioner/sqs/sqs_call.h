/* sqs_call.h: one call of an action, and helpers for actions; private to sqs*.c. */
#ifndef FIFOQ_SQS_SQS_CALL_H
#define FIFOQ_SQS_SQS_CALL_H

#include "json.h"
#include "sqs/sqs_state.h"

enum { SQS_BYTES_MAX = 1048576 }; /* of a message and of a batch */

/* SQS's errors; each is a row in sqs_errors.c. */
enum sqs_error {
    SQS_BATCH_IDS_NOT_DISTINCT,
    SQS_BATCH_TOO_LONG,
    SQS_EMPTY_BATCH,
    SQS_INTERNAL,
    SQS_INVALID_ADDRESS,
    SQS_INVALID_ATTRIBUTE_NAME,
    SQS_INVALID_ATTRIBUTE_VALUE,
    SQS_INVALID_BATCH_ID,
    SQS_INVALID_CONTENTS,
    SQS_INVALID_HANDLE,
    SQS_INVALID_PARAMETER,
    SQS_MISSING_PARAMETER,
    SQS_NOT_IN_FLIGHT,
    SQS_OVER_LIMIT,
    SQS_PURGE_IN_PROGRESS,
    SQS_QUEUE_DELETED_RECENTLY,
    SQS_QUEUE_MISSING,
    SQS_QUEUE_NAME_EXISTS,
    SQS_REQUEST_THROTTLED,
    SQS_RESOURCE_MISSING,
    SQS_SERIALIZATION,
    SQS_SERVICE_UNAVAILABLE,
    SQS_TOO_MANY_ENTRIES,
    SQS_UNKNOWN_OPERATION,
    SQS_UNSUPPORTED,
    SQS_ERRORS
};

struct sqs_error_row {
    int status;
    const char *type;  /* for __type, with its namespace */
    const char *query; /* code and side, for x-amzn-query-error */
};

const struct sqs_error_row *sqs_error_row(enum sqs_error error);
/* The code without Sender or Receiver, for the caller to free. */
char *sqs_error_code(enum sqs_error error);
bool sqs_error_senders(enum sqs_error error);

struct sqs_call {
    struct sqs *sqs;
    int64_t now;
    const struct sqs_fault *fault;
    json_t *in, *out;        /* out: an object, empty at first */
    struct sqs_queue *queue; /* of QueueUrl; NULL for actions without one */
    enum sqs_error error;    /* set when the action returns -1 */
    char *message;
    bool waits;
    int64_t wait_until_ms;
};

/* Both return 0, or -1 with error and message in c. in: the request, or an entry of a batch. */
typedef int sqs_action_fn(struct sqs_call *c);
typedef int sqs_entry_fn(struct sqs_call *c, const json_t *in, json_t *out);

int sqs_fail(struct sqs_call *c, enum sqs_error error, const char *fmt, ...) PRINTF(3, 4);
/* "Value V for parameter NAME is invalid. Reason: REASON" */
int sqs_refuse(struct sqs_call *c, const char *name, const char *value, const char *reason);

/* *out: borrowed; NULL: absent. -1: not a string. */
CHECKED int sqs_text(struct sqs_call *c, const json_t *in, const char *name, const char **out);
/* The same, but -1 also when it is absent or empty. */
CHECKED int sqs_need(struct sqs_call *c, const json_t *in, const char *name, const char **out);
/* *out is unchanged when the member is absent. */
CHECKED int sqs_integer(struct sqs_call *c, const json_t *in, const char *name, int64_t *out);

/* Entries of a batch, borrowed: 1 to 10 with valid Ids. */
CHECKED int sqs_entries(struct sqs_call *c, const json_t **out);
/* Runs an action on each of Entries; failures, also injected ones, are listed in Failed. */
CHECKED int sqs_batch(struct sqs_call *c, sqs_entry_fn *one);

#endif
