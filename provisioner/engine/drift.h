/*
 * drift.h: what has moved, as data: a plan's changes, each taken apart into single findings, and
 * what the kinds say of health. Nothing is compared here that the plan did not compare.
 */
#ifndef FIFOQ_DRIFT_H
#define FIFOQ_DRIFT_H

#include "config/ignore.h"
#include "engine/plan.h"

enum drift_what {
    DRIFT_CHANGED,   /* has another value */
    DRIFT_MISSING,   /* shall be there and is not */
    DRIFT_EXTRA,     /* is there and nothing asks for it */
    DRIFT_CODE,      /* other code */
    DRIFT_BUILD,     /* code of another build of fifoq, as its 'up' wrote it */
    DRIFT_UNHEALTHY, /* as configured, but it does not work */
};
/* Their names by number: "changed"; ended by NULL. */
extern const char *const drift_words[];

#define DRIFT_ID 17

struct finding {
    /* 16 hex digits: the same for the same pipeline, row, property and what, on every machine;
     * values do not count */
    char id[DRIFT_ID];
    const struct row *row; /* borrowed from the plan */
    enum drift_what what;
    char *property;               /* "VisibilityTimeout", "Targets.other"; NULL: the row itself */
    json_t *want, *have;          /* NULL: not set; words in place of secrets */
    char *note;                   /* more about it in words, or NULL */
    const struct ignore *ignored; /* the entry that says so, borrowed; NULL: none */
    bool counts;                  /* neither ignored nor left out by drift_count */
};

struct unreadable {
    const struct row *row;
    char *why;
};

struct drift {
    struct finding *findings; /* in the order of rows and properties */
    size_t n;
    struct unreadable *unreadable;
    size_t n_unreadable;
    const struct row **checked; /* the rows that were compared */
    size_t n_checked;
};

/*
 * p: from plan_make (failed or not, but not interrupted) with CONSENT_ADOPT, so that a lost tag is
 * a finding like any other; it must live as long as *d. pipeline: P, for the ids.
 */
void drift_make(struct drift *d, const struct plan *p, const char *pipeline);
void drift_done(struct drift *d);

/* Marks what an entry that is still valid on `today` ("2026-01-31") lists, and in each entry
 * whether it was used. */
void drift_ignore(struct drift *d, struct ignores *list, const char *today);
/* Sets counts: fail_on is a set of 1 << what. Answers how many do. */
size_t drift_count(struct drift *d, unsigned fail_on);

#endif
