/* apply.h: what `up` and `down` share: asking, doing what the plan says, and telling how it went.
 */
#ifndef FIFOQ_APPLY_H
#define FIFOQ_APPLY_H

#include "commands/session.h"

/*
 * Asks unless --yes. ERR_USAGE when there is nobody to ask, ERR_INTERRUPTED when the answer is not
 * yes; both say that nothing was changed.
 */
CHECKED int apply_ask(const struct session *s, const char *question, struct err *e);

/* All of `up` once the session is open: the plan, the question, what the plan says. verb is told to
 * be run again after a failure. *changed: there was something to do. */
CHECKED int up_apply(struct session *s, const char *verb, bool *changed, struct err *e);

/* Applies and prints the outcome: the failed rows with their errors, what was done and what is
 * left, and that `verb` run again goes on. *e is a summary; the exit code of the first failure is
 * kept in its code. */
CHECKED int apply_plan(const struct session *s, struct plan *p, const char *verb, struct err *e);

#endif
