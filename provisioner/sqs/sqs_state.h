/* sqs_state.h: the queues and move tasks; private to sqs*.c. */
#ifndef FIFOQ_SQS_SQS_STATE_H
#define FIFOQ_SQS_SQS_STATE_H

#include "sqs/sqs.h"
#include "sqs/sqs_fifo.h"

enum {
    SQS_NAME_MAX = 80,
    SQS_SEQUENCE_TEXT = 21,
    SQS_NAME_REST_MS = 60000, /* after DeleteQueue, and between two PurgeQueue */
};

/* Numeric attributes, in the order of the table in sqs_attributes.c. */
enum sqs_number { SQS_DELAY_S, SQS_SIZE_MAX, SQS_RETENTION_S, SQS_WAIT_S, SQS_HIDE_S, SQS_NUMBERS };

struct sqs_queue {
    char *name, *url, *arn;
    unsigned number;     /* part of its receipt handles */
    bool fifo, by_group; /* by_group: duplicates count within a group; set at creation */
    int64_t created_ms, modified_ms, purged_ms; /* purged_ms: 0: never */
    int64_t numbers[SQS_NUMBERS];
    json_t *attributes, *tags; /* objects of strings; attributes: the non-numeric ones */
    char *dead_arn;            /* of its dead-letter queue, or NULL */
    int64_t receive_max;       /* after this many receives a message moves there */
    struct fifo messages;
    struct sqs_queue *next;
};

struct sqs_deleted {
    char *name;
    int64_t until_ms;
    struct sqs_deleted *next;
};

/* A move task: from a dead-letter queue to its messages' sources, or to target_arn. */
struct sqs_move {
    char handle[UUID_TEXT];
    char *source_arn, *target_arn; /* target_arn NULL: each message to its own source */
    const char *status;            /* RUNNING, COMPLETED, CANCELLED, FAILED */
    const char *failure;           /* NULL: none */
    int64_t per_second, started_ms, to_move, moved;
    bool limited; /* per_second was set in the request */
    struct sqs_move *next;
};

struct sqs {
    char *account, *region, *base_url;
    struct sqs_queue *queues;    /* by name */
    struct sqs_deleted *deleted; /* names that cannot be used again yet */
    struct sqs_move *moves;      /* latest first */
    uint64_t last_number, changes;
    unsigned queues_made;
};

/* NULL: not found. */
struct sqs_queue *sqs_queue_named(const struct sqs *s, const char *name);
struct sqs_queue *sqs_queue_of_arn(const struct sqs *s, const char *arn);
/* Call it after the queue is removed from the list. */
void sqs_queue_free(struct sqs_queue *q);

bool sqs_setting_is(const struct sqs_queue *q, const char *name, const char *value);
/* When a message sent at sent_ms without a delay of its own becomes visible. */
int64_t sqs_delayed_until(const struct sqs_queue *q, int64_t sent_ms);

/* 20 digits that grow with the number. */
void sqs_sequence(uint64_t number, char out[static SQS_SEQUENCE_TEXT]);
/* Appends m to q as its newest message, with a new number. */
void sqs_enqueue(struct sqs *s, struct sqs_queue *q, struct fifo_message *m, int64_t now);

/* Moves all messages that the move tasks are due to have moved by now. */
void sqs_moves_tick(struct sqs *s, int64_t now);
int64_t sqs_moves_due_ms(const struct sqs *s, int64_t now);
void sqs_moves_free(struct sqs *s);

#endif
