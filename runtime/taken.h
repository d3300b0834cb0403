/* taken.h: which destinations have accepted a message already. */
#ifndef FIFOQ_TAKEN_H
#define FIFOQ_TAKEN_H

#include "drain.h"
#include "message.h"

/* Before a message leaves this run for the queue. */
void taken_remember(struct drain *d, const struct message *m);
/* Sets m->taken to what is known from earlier runs. */
void taken_recall(struct drain *d, struct message *m);

#endif
