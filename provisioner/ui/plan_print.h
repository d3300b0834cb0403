/* plan_print.h: prints a plan as text and as JSON. Secrets are masked in both. */
#ifndef FIFOQ_PLAN_PRINT_H
#define FIFOQ_PLAN_PRINT_H

#include "config/config.h"
#include "engine/plan.h"

#include <stdio.h>

/* Prints one line per changed row with its properties below, and the totals last. */
void plan_print_text(const struct plan *p, FILE *to);

/* "4 to create, 1 to change, 0 to delete, 12 unchanged", or "nothing to change: ..."; for the
 * caller to free. */
char *plan_totals(const struct plan *p);

/* One document: {"version", "pipeline", "account", "region", "result", counts, "steps": [...]}; for
 * the caller to free. */
json_t *plan_json(const struct plan *p, const struct config *c, const struct aws *a);

/* The same after plan_apply, with each step's outcome: "done", "failed" or "skipped" with the
 * reason. */
json_t *plan_outcome_json(const struct plan *p, const struct config *c, const struct aws *a);

/* Prints indented JSON and a line break. */
void json_print(const json_t *value, FILE *to);

#endif
