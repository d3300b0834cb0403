/*
 * settle.h: waits at the end of a run until AWS shows its changes, so that a command right after it
 * sees them.
 */
#ifndef FIFOQ_SETTLE_H
#define FIFOQ_SETTLE_H

#include "engine/plan.h"

/* Called before each pause with the steps whose changes do not show yet. left_ms 0: the wait is
 * over. */
typedef void settle_event_fn(void *arg, const struct step *const *steps, size_t n, int64_t left_ms);

/*
 * p: applied without a failure. Reads, in parallel and for at most 90 s, what p created or changed
 * until it shows, and what p deleted of lingering kinds (KIND_LINGERS) until several reads in a row
 * find nothing. A plan without changes is not read again. -1 with ERR_AWS when a resource that the
 * plan kept is gone: the plan saw it only because it lingered. ERR_INTERRUPTED when c->stop returns
 * true. c->memo must be NULL.
 */
CHECKED int plan_settle(const struct plan *p, const struct ctx *c, settle_event_fn *on, void *arg,
                        struct err *e);

#endif
