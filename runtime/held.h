/* held.h: what a run has received and not finished: batches of messages, sorted into groups. */
#ifndef FIFOQ_HELD_H
#define FIFOQ_HELD_H

#include "macros.h"

#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct batch; /* what one receive brought */
struct drain_run;
struct err;
struct group;

struct held {
    pthread_mutex_t lock; /* guards what follows; also held while messages are given back */
    pthread_cond_t changed;
    struct batch *batches;              /* the oldest first */
    size_t n_batches, waiting, working; /* the latter two: groups */
};

void held_init(struct held *h);
void held_done(struct held *h);

/* Messages as ReceiveMessage gives them; takes over list. NULL: one of them is invalid. That has
 * never been seen: what was received becomes visible when its lease ends. */
struct batch *batch_new(struct drain_run *r, json_t *list, int64_t lease_until_ms, struct err *e);
size_t batch_size(const struct batch *b);

/* With the lock held, all that follows. */

void held_add(struct held *h, struct batch *b);
/* The next group to be delivered, which counts as started; NULL: none. Not one whose name another
 * started group has: if a lease was lost, the same messages may be in hand twice. */
struct group *held_next(struct held *h);
/* The group is over, or what is left of it waits for held_release. If it ended early, other
 * messages of that name are given back: none may overtake it. */
void held_end(struct held *h, struct group *g, bool leave);
/* Gives back all groups that are not being delivered. */
void held_release(struct held *h);

#endif
