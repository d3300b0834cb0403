/* plan_print.h: a plan as text for people and as JSON for programs. Secrets are masked in both. */
#ifndef FIFOQ_PLAN_PRINT_H
#define FIFOQ_PLAN_PRINT_H

#include "config/config.h"
#include "engine/plan.h"

#include <stdio.h>

/* One line for each row that changes, its properties below it, and the totals last. */
void plan_print_text(const struct plan *p, FILE *to);

/* "4 to create, 1 to change, 0 to delete, 12 unchanged", or that there is nothing to do; the
 * caller's. */
char *plan_totals(const struct plan *p);

/* One document: {"version", "pipeline", "account", "region", "result", counts, "steps": [...]}; the
 * caller's. */
json_t *plan_json(const struct plan *p, const struct config *c, const struct aws *a);

/* The same with each step's outcome after plan_apply: "done", "failed" or "skipped" with the
 * reason. */
json_t *plan_outcome_json(const struct plan *p, const struct config *c, const struct aws *a);

/* Indented, with a line break after it. */
void json_print(const json_t *value, FILE *to);

#endif
