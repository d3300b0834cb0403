/*
 * preflight.h: the checks before the first write. Each check is a row that returns one sentence
 * with its numbers and what to do. Errors of the configuration itself are refused earlier
 * (config/check.h).
 */
#ifndef FIFOQ_PIPELINE_PREFLIGHT_H
#define FIFOQ_PIPELINE_PREFLIGHT_H

#include "engine/plan.h"
#include "kinds/account.h"
#include "pipeline/pipeline.h"

/* The input of the checks. A NULL member is unknown; checks that need it are skipped. */
struct preflight_facts {
    const struct config *config;
    const struct pipeline *pipeline; /* its rows */
    const struct plan *plan;         /* from plan_make, even if it failed */
    const struct aws *aws;           /* with the account */
    const struct account_limits *limits;
    const struct err *limits_err; /* why limits could not be read */
    int64_t now_ms;               /* wall clock */
};

enum preflight_verdict {
    PREFLIGHT_NONE, /* does not apply */
    PREFLIGHT_OK,
    PREFLIGHT_NOTE,    /* correct, and worth knowing before `up` */
    PREFLIGHT_UNKNOWN, /* could not be checked; does not stop `up` */
    PREFLIGHT_WARNING,
    PREFLIGHT_REFUSAL, /* `up` would fail or be refused */
};

struct preflight_finding {
    const char *check; /* "capacity" */
    enum preflight_verdict verdict;
    char *text;
};

struct preflight {
    struct preflight_finding *list; /* in the order of the table */
    size_t n;
};

void preflight_look(struct preflight *p, const struct preflight_facts *f);
void preflight_done(struct preflight *p);

/* "ok", "note", "unknown", "warning", "refused" */
const char *preflight_word(enum preflight_verdict v);

#endif
