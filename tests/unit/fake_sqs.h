/*
 * fake_sqs.h: two queues of provisioner/sqs behind `struct aws.fake`, with random faults; a clock
 * that advances only on waits and calls; and a Parameter Store with one value. The queue is the
 * server's own state machine; this file adds faults on the way to it, and a record of all messages
 * that arrived.
 */
#ifndef FIFOQ_FAKE_SQS_H
#define FIFOQ_FAKE_SQS_H

#include "aws.h"
#include "dice.h"

#include <pthread.h>

struct sqs;

/* A message that arrived, whether or not it still exists. */
struct fake_message {
    char *message_id, *dedup, *group, *body;
    json_t *attributes; /* MessageAttributes; NULL: none */
};

struct fake_queue {
    const char *name;
    struct sqs *sqs;               /* borrowed */
    struct fake_message *messages; /* in the order of arrival */
    size_t n;
    uint64_t last; /* the server's number of the last of them */
};

/* Of a thousand calls or entries, how many fail in that way. */
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
    struct sqs *sqs;
    struct fake_queue queue, dead;
    struct fake_faults faults;
    const char *refuses; /* bodies that contain this are refused with SenderFault, but not by the
                          * dead-letter queue; NULL: none */
    const char *breaks;  /* this action always fails with AccessDenied; NULL: none */
    json_t *parameters;  /* path -> value */
    json_t *calls;       /* action -> how often */
    json_t *handles;     /* receipt handle -> MessageId */
    struct dice dice;
    pthread_mutex_t lock;
    /* Called after a delete, and after a receive, with the lock held; may be NULL. */
    void (*on_delete)(void *arg, const struct fake_message *m);
    void (*on_receive)(void *arg);
    void *arg;
};

void fake_start(struct fake *f, uint64_t seed); /* advances the clock */
void fake_end(struct fake *f);
long fake_calls(const struct fake *f, const char *action);
unsigned fake_roll(struct fake *f, unsigned below); /* for the tests' own random numbers; same
                                                     * sequence for the same seed */

/* Sends a message, as another producer would. Fails the test if the queue refuses it. */
void fake_put(struct fake_queue *q, const char *group, const char *dedup, const char *body);
/* Moves all dead letters back to the queue, with SQS's own move task. */
void fake_redrive(struct fake *f);
size_t fake_waiting(const struct fake_queue *q);   /* not deleted */
size_t fake_invisible(const struct fake_queue *q); /* of these */
/* Of the received ones: when the first becomes visible, monotonic clock; INT64_MAX: none was. */
int64_t fake_first_visible_ms(const struct fake_queue *q);

void fake_clock_advance(int64_t ms);
/* Called on every wait, until fake_end; NULL: nothing is. */
void fake_clock_on_sleep(void (*hook)(void));

#endif
