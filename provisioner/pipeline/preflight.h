/*
 * preflight.h: what is looked at before the first write: each check is a row that answers in one
 * sentence, with its numbers and the way out. What a configuration alone shows to be wrong is
 * refused earlier (config/check.h).
 */
#ifndef FIFOQ_PIPELINE_PREFLIGHT_H
#define FIFOQ_PIPELINE_PREFLIGHT_H

#include "engine/plan.h"
#include "kinds/account.h"
#include "pipeline/pipeline.h"

/* What checks look at. What is NULL is not known, and the checks that need it are left out. */
struct preflight_facts {
    const struct config *config;
    const struct pipeline *pipeline; /* its rows */
    const struct plan *plan;         /* as plan_make left it, also when it failed */
    const struct aws *aws;           /* with the account */
    const struct account_limits *limits;
    const struct err *limits_err; /* why limits are not known, when they were asked for */
    int64_t now_ms;               /* wall clock */
};

enum preflight_verdict {
    PREFLIGHT_NONE, /* nothing to say */
    PREFLIGHT_OK,
    PREFLIGHT_NOTE,    /* right, and worth knowing before `up` */
    PREFLIGHT_UNKNOWN, /* could not be checked; no reason to stop */
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
