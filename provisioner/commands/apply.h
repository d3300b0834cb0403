/* apply.h: what `up` and `down` share: confirmation, applying the plan, and the outcome. */
#ifndef FIFOQ_APPLY_H
#define FIFOQ_APPLY_H

#include "commands/session.h"

/* Asks for confirmation unless --yes. ERR_USAGE without a terminal, ERR_INTERRUPTED when the answer
 * is not yes; both messages say that nothing was changed.
 */
CHECKED int apply_confirm(const struct options *o, const char *question, struct err *e);
/* The same for one pipeline. ERR_REFUSED for one of many, which runs in a thread: its plan differs
 * from the one that was confirmed. */
CHECKED int apply_ask(const struct session *s, const char *question, struct err *e);

/* ctx.ask_secret for a verb that applies: prompts on the terminal once per parameter. */
char *apply_secret(const char *name);

/* session_plan for a verb that applies. Resources that another run is still creating may look like
 * somebody else's; then *e names that run instead. */
CHECKED int apply_first_plan(const struct session *s, bool removal, const char *verb,
                             struct plan *p, struct err *e);

struct apply_work {
    const char *verb, *question; /* question: for apply_ask */
    /* Refuses a plan whatever the user answered; NULL: allows all. */
    int (*guard)(const struct session *s, const struct plan *p, struct err *e);
};

/* Unless the plan is empty, takes the pipeline's lock and reads everything again, because another
 * run may have changed it. If the plan differs now, it is shown and confirmed again. Then applies
 * and prints the outcome: the failed rows with their errors, what was done, what is left and how to
 * continue. *p becomes the plan that was applied. *e is a summary with the code of the first
 * failure; ERR_REFUSED when another run has the lock.
 */
CHECKED int apply_plan(const struct session *s, struct plan *p, const struct apply_work *work,
                       struct err *e);

/* "3 created, 1 changed", or "nothing done"; for the caller to free. */
char *apply_done_text(const struct plan *p);

/* All of `up` after the session is open: plans, asks and applies. verb: the command to repeat after
 * a failure. *changed: the plan was not empty. */
CHECKED int up_apply(struct session *s, const char *verb, bool *changed, struct err *e);

/* Rows of option tables (options.h) that several commands have. */
#define OPTION_BREAK_LOCK                                                                          \
    {                                                                                              \
        "break-lock", 0, OPTION_FLAG, offsetof(struct options, break_lock), NULL, NULL,            \
            "take over the lock of another run that crashed"                                       \
    }
#define OPTION_KEEP_EXTRAS                                                                         \
    {                                                                                              \
        "keep-extras", 0, OPTION_CONSENT, CONSENT_EXTRAS, NULL, NULL,                              \
            "keep what others added: it is reported, not deleted"                                  \
    }
#define OPTION_SWITCH_STREAM                                                                       \
    {                                                                                              \
        "switch-stream", 0, OPTION_CONSENT, CONSENT_SWITCH_STREAM, NULL, NULL,                     \
            "replace the table's stream where required, and read the new one from its oldest "     \
            "record"                                                                               \
    }

#endif
