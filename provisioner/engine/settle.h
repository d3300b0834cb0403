/*
 * settle.h: what AWS shows late is waited for at the end of a run, so that who looks right after it
 * sees what was done.
 */
#ifndef FIFOQ_SETTLE_H
#define FIFOQ_SETTLE_H

#include "engine/plan.h"

/* Before each pause, with the steps that do not show yet; left_ms 0: they are waited for no longer.
 */
typedef void settle_event_fn(void *arg, const struct step *const *steps, size_t n, int64_t left_ms);

/*
 * p was applied without a failure. Reads what it created or changed until it shows, and what it
 * deleted of kinds that linger (KIND_LINGERS) until it is gone several times in a row, side by side
 * and for 90 s at most. A plan that did nothing is not looked at. -1 with ERR_AWS when a thing that
 * the plan kept is gone, which only showed because it lingered; ERR_INTERRUPTED when c->stop says
 * so. c->memo must be NULL.
 */
CHECKED int plan_settle(const struct plan *p, const struct ctx *c, settle_event_fn *on, void *arg,
                        struct err *e);

#endif
