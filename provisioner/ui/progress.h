/* progress.h: shows the progress of an apply on stderr: live rows on a terminal, otherwise one line
 * per event. */
#ifndef FIFOQ_PROGRESS_H
#define FIFOQ_PROGRESS_H

#include "engine/plan.h"
#include "ui/pace.h"

struct progress;

/* quiet: report only failures. */
struct progress *progress_new(const struct plan *p, bool quiet);
/* Leaves only the finished rows on the terminal. */
void progress_free(struct progress *g);

/* An apply_event_fn; arg is the struct progress. */
void progress_event(void *arg, const struct step *s, enum apply_event ev, int64_t elapsed_ms);

/* Sets what a row waits for, why, and until when: struct ctx's waits; arg as above. */
void progress_waits(void *arg, const struct row *r, const char *what, const char *why,
                    int64_t until_ms);

/* "creating" and "created" and so on, for a step's action. */
const char *action_doing(enum action a);
const char *action_done(enum action a);

/* Lines about the pace appear above the live rows of g; NULL: there are none any more. */
void progress_pace(struct progress *g, struct pace *p);

#endif
