/*
 * queue.h: the SQS calls of both functions, one function each, and the meaning of their answers.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/
 */
#ifndef FIFOQ_QUEUE_H
#define FIFOQ_QUEUE_H

#include "aws.h"

#include <signal.h>

struct queue {
    struct aws *aws; /* borrowed */
    char *url;
};

/* name: "orders.fifo"; aws->account must be known. */
void queue_init(struct queue *q, struct aws *aws, const char *name);
void queue_done(struct queue *q);

enum { QUEUE_ID_MAX = 128 };
/*
 * Any text as an SQS identifier: what SQS does not allow is percent-encoded, a result of more than
 * 128 characters is replaced by the SHA-256 of the text, and an empty text is "fifoq".
 */
void queue_identifier(const char *text, size_t n, char out[static QUEUE_ID_MAX + 1]);
/* JSON text with the few characters that SQS refuses (U+FFFE, U+FFFF) escaped; appended to out. */
void queue_safe_json(const char *text, size_t n, struct buf *out);

struct queue_message {
    const char *body; /* valid UTF-8 */
    size_t body_len;
    const char *group, *dedup; /* identifiers (queue_identifier) */
    const json_t *attributes;  /* MessageAttributes as AWS writes them; NULL: none; only read */
};

/*
 * Root, Parent and Sampled of an X-Ray tracing header, as "Root=1-...;Parent=...;Sampled=1": a
 * message's AWSTraceHeader. "" unless they are of the form that X-Ray documents: SQS refuses
 * others, and a record must not fail for the sake of a trace.
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
 */
enum { QUEUE_TRACE = 128 };
void queue_trace(const char *header, char out[static QUEUE_TRACE]);

enum queue_outcome {
    QUEUE_SENT,  /* it is in the queue, with the right bytes */
    QUEUE_AGAIN, /* it is not, or that is unknown: send it again, with the same deduplication id */
    QUEUE_REFUSED, /* the message itself is refused */
    QUEUE_STOPPED, /* every message is refused: credentials, permissions, missing queue */
};

struct queue_result {
    enum queue_outcome outcome;
    bool unknown;     /* QUEUE_AGAIN: it may be in the queue */
    char reason[256]; /* why not, for the log; never content */
};

/* Sends up to ten messages in one call; results[i] is for messages[i]. They carry on the trace in
 * _X_AMZN_TRACE_ID, where the AWS SDKs look for it too. */
void queue_send(struct queue *q, const struct queue_message *messages, size_t n,
                struct queue_result *results);
/* What a failed call means for each of its messages: QUEUE_AGAIN, QUEUE_REFUSED or QUEUE_STOPPED.
 * Pure. */
enum queue_outcome queue_failure(const struct err *e);
/* An answer of SendMessageBatch as results. Pure. */
void queue_send_results(const json_t *reply, const struct queue_message *messages, size_t n,
                        struct queue_result *results);
/* What a message counts towards a batch's limit of 1 MiB. */
size_t queue_message_size(const struct queue_message *m);

/* Adds the attribute to a MessageAttributes object; text is cut at 1,024 bytes and made fit for
 * SQS. */
void queue_attribute(json_t *attributes, const char *name, const char *text);

struct queue_ask {
    long most;                         /* messages, up to 10 */
    long visibility_s;                 /* they are hidden from others for that long */
    bool no_wait;                      /* otherwise SQS waits a second for the first one */
    const volatile sig_atomic_t *stop; /* NULL: never */
};

/* An array, the caller's; empty when there are no messages. ERR_INTERRUPTED once *stop is set: then
 * nothing more is requested. */
CHECKED int queue_receive(struct queue *q, const struct queue_ask *ask, json_t **messages,
                          struct err *e);
/* ERR_NOT_FOUND: the lease has expired, and another process may hold the message. */
CHECKED int queue_delete(struct queue *q, const char *handle, struct err *e);
/* Hides up to ten messages for seconds from now; fails when one of them fails. */
CHECKED int queue_hide(struct queue *q, const char *const *handles, size_t n, long seconds,
                       struct err *e);
/* Gives them back, hidden for seconds from now, as long as deadline_ms (monotonic clock) allows,
 * whatever the client's deadline is. */
CHECKED int queue_give_back(struct queue *q, const char *const *handles, size_t n, long seconds,
                            int64_t deadline_ms, struct err *e);

#endif
