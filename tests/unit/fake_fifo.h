/*
 * fake_fifo.h: an SQS FIFO queue in memory, as AWS documents it, with faults by dice, behind
 * `struct aws.fake`; a clock that moves only when somebody waits or calls; and a Parameter Store of
 * one line.
 *
 * Group locks, visibility, expired handles, five minutes of deduplication and partial batches are
 * as https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/ says.
 */
#ifndef FIFOQ_FAKE_FIFO_H
#define FIFOQ_FAKE_FIFO_H

#include "aws.h"

#include <pthread.h>

struct fake_message {
    char *id, *dedup, *group, *body;
    json_t *attributes;
    int64_t sent_ms, visible_ms;
    int receives;
    bool deleted;
};

struct fake_queue {
    const char *name;
    struct fake_message *messages; /* in the order of arrival */
    size_t n;
};

/* Of a thousand calls or entries, how many go wrong in that way. */
struct fake_faults {
    unsigned entry_fails; /* an entry of a batch: Failed, SenderFault false, nothing done */
    unsigned entry_lost;  /* an entry of a batch is done but reported as Failed */
    unsigned throttled;   /* the call: nothing done */
    unsigned answer_lost; /* the call: all done, ERR_TIMEOUT */
    unsigned unreachable; /* the call: nothing done, ERR_NET */
    unsigned slow;        /* the call takes 0 to 20 s */
    unsigned credentials; /* the call: expired */
};

struct fake {
    struct aws aws;
    struct fake_queue queue, dead;
    struct fake_faults faults;
    const char *refuses; /* bodies that hold this are refused with SenderFault; NULL: none */
    const char *only;    /* faults hit this action only; NULL: any */
    const char *breaks;  /* this action always fails with AccessDenied; NULL: none */
    json_t *parameters;  /* path -> value */
    json_t *calls;       /* action -> how often */
    uint64_t dice;
    pthread_mutex_t lock;
    /* Called before a delete, and after a receive, with the lock held; may be NULL. */
    void (*on_delete)(void *arg, const struct fake_message *m);
    void (*on_receive)(void *arg);
    void *arg;
};

void fake_start(struct fake *f, uint64_t seed); /* and takes the clock */
void fake_end(struct fake *f);
long fake_calls(const struct fake *f, const char *action);
unsigned fake_roll(struct fake *f,
                   unsigned below); /* for tests' own dice; same sequence for the same seed */

/* Puts a message in, as another producer would. */
void fake_put(struct fake_queue *q, const char *group, const char *dedup, const char *body);
size_t fake_waiting(const struct fake_queue *q);   /* not deleted */
size_t fake_invisible(const struct fake_queue *q); /* of these */

void fake_clock_advance(int64_t ms);
/* Called whenever somebody waits, until fake_end; NULL: nothing is. */
void fake_clock_on_sleep(void (*hook)(void));

#endif
