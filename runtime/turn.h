/*
 * turn.h: the pipeline's one turn to send, where its rate is limited (`drain.rate`): a message in a
 * FIFO queue of its own, which a run of drain holds from its start to its end. All messages of that
 * queue are of one group, and SQS gives nothing of a group while one of it is held: so however many
 * messages there are, one run has the turn.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
 *
 * Between the last request of one run and the first one of the next there is the rate's interval: a
 * short one is waited for by the run that takes the turn; for a long one the turn stays hidden.
 */
#ifndef FIFOQ_TURN_H
#define FIFOQ_TURN_H

#include "pace.h"
#include "queue.h"

#include <signal.h>

struct turns {
    struct queue queue; /* url NULL: this process keeps the rate by itself */
    struct pace *pace;  /* borrowed */
    char *handle;       /* NULL: another run has the turn */
};

/* name: the queue's, or NULL. */
void turns_init(struct turns *t, struct aws *aws, const char *name, struct pace *pace);
void turns_done(struct turns *t);

/*
 * Waits for the turn until need_ms before deadline_ms (monotonic clock), or until *stop is set
 * (NULL: never); then *mine is false. The turn is held beyond deadline_ms, so no other run has it
 * as long as this run may send. Creates the message where the queue is empty. Without a queue *mine
 * is true. Errors: those of aws_call.
 */
CHECKED int turns_take(struct turns *t, int64_t deadline_ms, int64_t need_ms,
                       const volatile sig_atomic_t *stop, bool *mine, struct err *e);
/* To be called when no request is in flight. If it fails, the turn is free when its lease ends. */
void turns_give(struct turns *t, int64_t deadline_ms);

#endif
