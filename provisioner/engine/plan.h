/* plan.h: what would change, as data. The engine knows kinds, never services. */
#ifndef FIFOQ_PLAN_H
#define FIFOQ_PLAN_H

#include "kinds/kind.h"

enum action { KEEP, CREATE, UPDATE, DROP };

/* One property that differs. from: NULL if it is not set now; to: NULL if it is removed. Both are
 * borrowed from the step's state. */
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
    struct change *kept; /* extras that differ and stay (CONSENT_EXTRAS); not in changes */
    size_t n_kept;
    json_t *delta;      /* UPDATE: the members of want that differ */
    bool known;         /* it could be read */
    bool unread;        /* CREATE: plan_again left the read to create() */
    bool stays;         /* KEEP although unwanted: it holds data (a table on removal) */
    bool extra;         /* found by a LEFTOVERS row; with KEEP: CONSENT_EXTRAS */
    struct err err;     /* code ERR_OK unless reading or applying this row failed */
    bool done, skipped; /* after apply; skipped: a row it needs failed, or interrupted */
    int64_t elapsed_ms; /* after apply: the duration */
};

struct plan {
    struct step *steps; /* in the order of rows */
    size_t n;
    bool removal;
    struct row *found; /* rows made for what LEFTOVERS rows found */
    size_t n_found;
    const struct row **found_by; /* for each of found: the LEFTOVERS row */
};

/*
 * Reads all rows in parallel and compares. removal: plans to delete everything. An unwanted
 * resource that does not exist, or is not ours, gets no step. ERR_REFUSED when a resource has our
 * name but not our tag, or a fixed property differs; any other failure takes precedence. Each step
 * holds its own err; *e names all refusals that fit. Call plan_done in every case; rows and c->tags
 * must outlive *p.
 */
CHECKED int plan_make(struct plan *p, const struct row *rows, size_t n, bool removal,
                      const struct ctx *c, struct err *e);
/*
 * The same under the lock, for the plan `before`. A first plan, in which all rows of ours are to be
 * created, is not read again: create() reports what exists by now (kind.exists), and plan_apply
 * reads a row of a kind that does not. Rows of others are read again, and every row of another
 * plan.
 */
CHECKED int plan_again(struct plan *p, const struct plan *before, const struct row *rows, size_t n,
                       const struct ctx *c, struct err *e);
void plan_done(struct plan *p);
void step_done(struct step *s); /* frees what a step owns, not its row */
size_t plan_count(const struct plan *p, enum action a);
/* The first step whose row has this line, or NULL. */
const struct step *plan_step(const struct plan *p, int line);
/* Whether plan_apply completed p's step for the resource of this row, which may be of another plan.
 */
bool plan_did(const struct plan *p, const struct row *row);

/* Whether both make the same changes to the same rows. */
bool plan_same(const struct plan *a, const struct plan *b);

/* STOPPED: started, then interrupted before it was complete. */
enum apply_event { APPLY_START, APPLY_DONE, APPLY_FAILED, APPLY_SKIPPED, APPLY_STOPPED };
/* Called by several threads, one at a time; not for KEEP. */
typedef void apply_event_fn(void *arg, const struct step *s, enum apply_event ev,
                            int64_t elapsed_ms);

/*
 * Applies exactly the plan. A row runs as soon as the rows it needs are done; a deletion runs as
 * soon as the rows that need it are deleted or no longer use it. A whole and its parts (KIND_PART)
 * run one at a time. Rows that need a failed row are skipped; the others run. Once c->stop returns
 * true, no further row starts. -1 with the first failure, or ERR_INTERRUPTED when stopping left
 * rows undone; each step holds its own error. on may be NULL.
 */
CHECKED int plan_apply(struct plan *p, const struct ctx *c, apply_event_fn *on, void *arg,
                       struct err *e);

#endif
