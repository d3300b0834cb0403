/*
 * drift.h: drift as data: a plan's changes, split into single findings, and what the kinds report
 * about health. Nothing is compared here that the plan did not compare.
 */
#ifndef FIFOQ_DRIFT_H
#define FIFOQ_DRIFT_H

#include "config/ignore.h"
#include "engine/plan.h"

enum drift_what {
    DRIFT_CHANGED,   /* has another value */
    DRIFT_MISSING,   /* wanted, but does not exist */
    DRIFT_EXTRA,     /* exists, but is not wanted */
    DRIFT_CODE,      /* has other code */
    DRIFT_BUILD,     /* has the code of another build of fifoq, unchanged since its 'up' */
    DRIFT_UNHEALTHY, /* as configured, but it does not work */
};
/* Their names, such as "changed"; ends with NULL. */
extern const char *const drift_words[];

enum { DRIFT_ID = 17 };

struct finding {
    /* 16 hex digits that depend only on pipeline, row, property and what, not on values */
    char id[DRIFT_ID];
    const struct row *row; /* borrowed from the plan */
    enum drift_what what;
    char *property;               /* "VisibilityTimeout", "Targets.other"; NULL: the row itself */
    json_t *want, *have;          /* NULL: not set; secrets are replaced by words */
    char *note;                   /* a sentence with details, or NULL */
    const struct ignore *ignored; /* the entry that lists it, borrowed; NULL: none */
    bool counts;                  /* set by drift_count */
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
 * an ordinary finding; it must outlive *d. pipeline: P, for the ids.
 */
void drift_make(struct drift *d, const struct plan *p, const char *pipeline);
void drift_done(struct drift *d);

/* Sets `ignored` of each finding that an unexpired entry lists (today: "2026-01-31"), and `used`
 * and `expired` of each entry. */
void drift_ignore(struct drift *d, struct ignores *list, const char *today);
/* Sets `counts` of findings that are not ignored and whose what is in fail_on, a set of 1 << what.
 * Returns their number. */
size_t drift_count(struct drift *d, unsigned fail_on);

#endif
