/* taken.h: which destinations have accepted a message already. */
#ifndef FIFOQ_TAKEN_H
#define FIFOQ_TAKEN_H

#include "acked.h"
#include "message.h"

#include <pthread.h>

struct taken {
    pthread_mutex_t lock; /* guards what follows */
    struct acked *acked;
};

void taken_init(struct taken *t);
void taken_done(struct taken *t);

/* Before a message is given back to the queue. */
void taken_remember(struct taken *t, const struct message *m);
/* Sets m->taken, at most n_destinations, to what earlier runs know. */
void taken_recall(struct taken *t, struct message *m, size_t n_destinations);

#endif
