/* queued.h: the messages in the queues that a removal deletes. */
#ifndef FIFOQ_QUEUED_H
#define FIFOQ_QUEUED_H

#include "engine/plan.h"

#include <stdio.h>

/* True if p deletes a queue. */
bool queued_any(const struct plan *p);

/* ERR_REFUSED with the message counts, unless all queues are empty. */
CHECKED int queued_guard(const struct plan *p, struct err *e);

/* Prints "12 messages in 'orders.fifo' will be FATE" for each queue that is not empty. */
void queued_tell(const struct plan *p, const char *fate, FILE *to);

/* Makes struct ctx's save: a new file, and the queues in the order of the plan. The caller frees
 * *out with save_free (kinds/messages.h), even if it is not used. */
CHECKED int queued_save(const struct plan *p, const char *file, struct save **out, struct err *e);

#endif
