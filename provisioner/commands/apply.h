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

/* ctx.ask_secret for a verb that applies: asks on the terminal, each parameter once. */
char *apply_secret(const char *name);

/* session_plan for a verb that applies. What another run has only half made may look like somebody
 * else's: then *e says rather that it is at work. */
CHECKED int apply_first_plan(const struct session *s, bool removal, const char *verb,
                             struct plan *p, struct err *e);

struct apply_work {
    const char *verb, *question; /* question: of apply_ask */
    /* What must not happen whatever the answer was; NULL: nothing. */
    int (*guard)(const struct session *s, const struct plan *p, struct err *e);
};

/*
 * Takes the pipeline's lock, unless there is nothing to do, and reads everything again, as another
 * run may have had it since. If the plan is another one now, it is shown and asked about once more.
 * Then applies and prints the outcome: the failed rows with their errors, what was done and what is
 * left, and that the verb run again goes on. *p is the plan that was applied. *e is a summary; the
 * exit code of the first failure is kept in its code; ERR_REFUSED when another run has the lock.
 */
CHECKED int apply_plan(const struct session *s, struct plan *p, const struct apply_work *work,
                       struct err *e);

/* All of `up` once the session is open: the plan, the question, what the plan says. verb is told to
 * be run again after a failure. *changed: there was something to do. */
CHECKED int up_apply(struct session *s, const char *verb, bool *changed, struct err *e);

#define OPTION_BREAK_LOCK                                                                          \
    {                                                                                              \
        "break-lock", 0, OPTION_FLAG, offsetof(struct options, break_lock), NULL, NULL,            \
            "take the lock of another run that is dead"                                            \
    }

#endif
