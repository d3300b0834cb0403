/* sqs_state.c: the queues there are, and what a message gets when it enters one. */
#include "sqs/sqs_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SEQUENCE UINT64_C(10000000000000000000)
enum { SEQUENCE_STEP = 256 };

struct sqs_queue *sqs_queue_named(const struct sqs *s, const char *name)
{
    struct sqs_queue *q = s->queues;
    while (q && strcmp(q->name, name) != 0)
        q = q->next;
    return q;
}

struct sqs_queue *sqs_queue_of_arn(const struct sqs *s, const char *arn)
{
    struct sqs_queue *q = s->queues;
    while (q && (!arn || strcmp(q->arn, arn) != 0))
        q = q->next;
    return q;
}

void sqs_queue_free(struct sqs_queue *q)
{
    fifo_clear(&q->messages);
    free(q->name);
    free(q->url);
    free(q->arn);
    free(q->dead_arn);
    json_decref(q->attributes);
    json_decref(q->tags);
    free(q);
}

void sqs_sequence(uint64_t number, char out[static SQS_SEQUENCE_TEXT])
{
    (void)snprintf(out, SQS_SEQUENCE_TEXT, "%" PRIu64, FIRST_SEQUENCE + number);
}

void sqs_enqueue(struct sqs *s, struct sqs_queue *q, struct fifo_message *m, int64_t now)
{
    s->last_number += SEQUENCE_STEP;
    m->number = s->last_number;
    m->nonce = 0;
    fifo_add(&q->messages, m, now);
}
