/* sqs.h: an in-memory Amazon SQS with exact FIFO queues: message groups and their locks,
 * visibility, five minutes of deduplication even after deletion, receive attempts, receive counts,
 * dead-letter queues, move tasks. No network, no threads; the caller passes the time.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues.html
 */
#ifndef FIFOQ_SQS_SQS_H
#define FIFOQ_SQS_SQS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sqs; /* used by one thread at a time */

struct sqs_options {
    const char *account, *region; /* "123456789012", "eu-west-1" */
    const char *base_url; /* of queue URLs: "http://127.0.0.1:9324", without a slash at the end */
};

struct sqs *sqs_new(const struct sqs_options *o);
void sqs_free(struct sqs *s); /* NULL is fine */

/* An injected fault of a call. */
enum sqs_fault_kind {
    SQS_NO_FAULT,
    SQS_THROTTLED,    /* RequestThrottled, 400; nothing is done */
    SQS_UNAVAILABLE,  /* 503 ServiceUnavailable; nothing is done */
    SQS_EMPTY_500,    /* 500 without a body; nothing is done */
    SQS_RESET_BEFORE, /* the connection breaks; nothing is done */
    SQS_RESET_AFTER,  /* the connection breaks after all was done */
    SQS_SLOW,         /* all is done, the response is sent delay_ms later */
    SQS_PARTIAL,      /* some entries of a batch (by `entries`): Failed, SenderFault false, nothing
                         done */
    SQS_PARTIAL_DONE, /* the same, but they were done */
    SQS_GARBAGE,      /* 200 with a body that is not JSON; all was done */
    SQS_CUT,          /* the connection breaks in the middle of the response; all was done */
    SQS_FAULT_KINDS
};

struct sqs_fault {
    enum sqs_fault_kind kind;
    int64_t delay_ms;
    uint32_t entries; /* bit i: entry i of a batch */
};

struct sqs_request {
    const char *target; /* X-Amz-Target: "AmazonSQS.SendMessageBatch"; NULL: not sent */
    const char *body;   /* JSON */
    size_t body_len;
    struct sqs_fault fault;
};

struct sqs_response {
    int status;
    const char *error; /* x-amzn-query-error, "" on success; static */
    char *body;        /* JSON 1.0; never NULL; freed by sqs_response_done */
    size_t body_len;
    bool broken; /* the connection breaks: no response, or (cut > 0) only that many bytes */
    size_t cut;
    int64_t delay_ms; /* before the response */
    bool waits; /* ReceiveMessage found nothing and may wait: repeat the call until wait_until_ms,
                   at sqs_due_ms and after every change of sqs_changes */
    int64_t wait_until_ms;
};

/* One HTTP request of the JSON 1.0 protocol. now_ms: wall clock. sqs_response_done frees *out. */
void sqs_http(struct sqs *s, int64_t now_ms, const struct sqs_request *q, struct sqs_response *out);
void sqs_response_done(struct sqs_response *r);

/* The next time after now_ms when something changes without a call: a message becomes visible, a
 * move task continues; INT64_MAX: never. */
int64_t sqs_due_ms(const struct sqs *s, int64_t now_ms);

/* Grows with every call after which a waiting ReceiveMessage may find a message. */
uint64_t sqs_changes(const struct sqs *s);

#endif
