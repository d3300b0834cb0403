/* sqs_calls.h: calls of the queue server's state machine (sqs/sqs.h) without HTTP, and failing
 * entries of a batch. For the unit tests' fake and for the soak. */
#ifndef FIFOQ_SQS_CALLS_H
#define FIFOQ_SQS_CALLS_H

#include "dice.h"
#include "sqs/sqs.h"

#include <jansson.h>

/* The beginning of the queues' URLs: what queue_init uses for eu-west-1 and account 123456789012.
 */
#define SQS_CALLS_BASE "https://sqs.eu-west-1.amazonaws.com"
#define SQS_CALLS_URL  SQS_CALLS_BASE "/123456789012/"

struct sqs_reply {
    int status;
    const char *error; /* x-amzn-query-error; static, "" on success */
    json_t *body;
    bool waits;            /* ReceiveMessage found nothing and may wait ... */
    int64_t wait_until_ms; /* ... until then */
};

void sqs_reply_done(struct sqs_reply *r);
#define auto_sqs_reply __attribute__((cleanup(sqs_reply_done))) struct sqs_reply

/* A service without queues; the caller frees (sqs_free). */
struct sqs *sqs_calls_new(void);
/* now_ms: wall clock. The caller frees *out (sqs_reply_done). */
void sqs_call(struct sqs *s, int64_t now_ms, const char *action, const json_t *params,
              struct sqs_reply *out);
/* A FIFO queue that keeps messages for 14 days. Aborts if one of that name exists. */
void sqs_make_fifo(struct sqs *s, int64_t now_ms, const char *name);

/* Removes entries from an array (Entries, or Successful), each with that probability, and returns
 * them; the caller frees. */
json_t *batch_split(json_t *entries, struct dice *d, unsigned per_thousand);
/* Reports them in the reply as failed: by the sender's fault, or by the service's. */
void batch_add_failed(json_t *reply, const json_t *entries, bool senders);

#endif
