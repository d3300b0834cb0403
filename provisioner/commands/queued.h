/* queued.h: what lies in the queues that a removal takes along; deleting a queue deletes it. */
#ifndef FIFOQ_QUEUED_H
#define FIFOQ_QUEUED_H

#include "engine/plan.h"

#include <stdio.h>

/* Whether p deletes a queue at all. */
bool queued_any(const struct plan *p);

/* ERR_REFUSED with what each queue holds, unless all are empty. */
CHECKED int queued_guard(const struct plan *p, struct err *e);

/* "12 messages in 'orders.fifo' will be FATE", a line for each queue that is not empty. */
void queued_tell(const struct plan *p, const char *fate, FILE *to);

/* What struct ctx's save wants: a new file, and the queues in the order of the plan. *out is the
 * caller's (save_free in kinds/messages.h), also when nothing is done with it. */
CHECKED int queued_save(const struct plan *p, const char *file, struct save **out, struct err *e);

#endif
