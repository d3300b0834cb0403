/*
 * plan.h: what would change, as data. The engine knows kinds, never services.
 */
#ifndef FIFOQ_PLAN_H
#define FIFOQ_PLAN_H

#include "kinds/kind.h"

enum action { KEEP, CREATE, UPDATE, DROP };

/* One property that differs. from is NULL when it is not set now, to is NULL when it goes away.
 * Borrowed from the step's state. */
struct change {
    const struct prop *prop;
    json_t *from, *to;
};

struct step {
    const struct row *row;
    enum action action;
    struct state state;
    struct change *changes; /* UPDATE */
    size_t n_changes;
    struct change *kept; /* extras that differ and stay (CONSENT_EXTRAS), in no change */
    size_t n_kept;
    json_t *delta;      /* UPDATE: the members of want that differ */
    bool known;         /* it could be read */
    bool stays;         /* KEEP although nothing wants it: it holds data (a table on removal) */
    bool extra;         /* a LEFTOVERS row led to it; with KEEP: CONSENT_EXTRAS */
    struct err err;     /* code ERR_OK unless reading or applying this row failed */
    bool done, skipped; /* after apply; skipped: something it needs failed, or the user stopped */
    int64_t elapsed_ms; /* after apply: how long it took */
};

struct plan {
    struct step *steps; /* in the order of rows; apply for removal walks it upwards */
    size_t n;
    bool removal;
    struct row *found; /* rows that LEFTOVERS rows led to */
    size_t n_found;
    const struct row **found_by; /* for each of found: the LEFTOVERS row */
};

/*
 * Reads every row side by side and compares. removal: the plan that takes everything away. What
 * nothing wants and is not there (or not ours) has no step. ERR_REFUSED when something bears our
 * name without our tag or when a fixed property differs; any other failure wins over that. Each
 * step's err has its own, *e names them all, as far as they fit. *p must be freed by plan_done in
 * every case; rows and c->tags must live as long.
 */
CHECKED int plan_make(struct plan *p, const struct row *rows, size_t n, bool removal,
                      const struct ctx *c, struct err *e);
void plan_done(struct plan *p);
void step_done(struct step *s); /* what a step owns; its row stays */
size_t plan_count(const struct plan *p, enum action a);
/* The first step of a row of this line; NULL: it has none. */
const struct step *plan_step(const struct plan *p, int line);
/* Whether plan_apply has done what p said about the thing of this row, which may be another plan's.
 */
bool plan_did(const struct plan *p, const struct row *row);

/* Whether both do the same to the same rows. */
bool plan_same(const struct plan *a, const struct plan *b);

/* STOPPED: begun, and not all of it done when the user wanted out. */
enum apply_event { APPLY_START, APPLY_DONE, APPLY_FAILED, APPLY_SKIPPED, APPLY_STOPPED };
/* Called from several threads, one at a time; not for KEEP. */
typedef void apply_event_fn(void *arg, const struct step *s, enum apply_event ev,
                            int64_t elapsed_ms);

/*
 * Does what the plan says, nothing else. A row runs as soon as the rows it needs are done; what is
 * dropped goes as soon as the rows that need it are gone or no longer use it. A whole and its parts
 * (KIND_PART) run one at a time. After a failure no
 * row that needs the failed one runs; the others do. c->stop is asked before each row: once it says
 * true nothing new starts. -1 with the first failure, or ERR_INTERRUPTED when that left something
 * undone; each step holds its own. on may be NULL.
 */
CHECKED int plan_apply(struct plan *p, const struct ctx *c, apply_event_fn *on, void *arg,
                       struct err *e);

#endif
