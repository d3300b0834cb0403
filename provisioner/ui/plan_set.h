/* plan_set.h: the plans of many pipelines as one document. */
#ifndef FIFOQ_PLAN_SET_H
#define FIFOQ_PLAN_SET_H

#include "ui/plan_print.h"

/* One pipeline, rendered. */
struct planned {
    char *name;             /* the pipeline, or the file and environment of one that failed early */
    char *account, *region; /* NULL: unknown */
    const char *result;     /* "none", "changes", "failed"; after up_many also "done" */
    char *why;              /* the totals, or the error */
    char *text;             /* NULL: nothing changes */
    json_t *json;
};

struct planned_set {
    struct planned *list;
    size_t n;
};

struct planned_set planned_set_new(size_t n);
void planned_set_done(struct planned_set *s);
/* The name until the pipeline's is known. environment may be NULL. */
void planned_name(struct planned *one, const char *file, const char *environment);
void planned_fill(struct planned *one, const struct plan *p, const struct config *c,
                  const struct aws *a);
/* The plan as it is printed, for the caller to free. */
char *planned_text(const struct plan *p);
void planned_fail(struct planned *one, const char *why);
void planned_print_text(const struct planned_set *s, FILE *to);
/* {"version", "result", "pipelines": [plan_json, or {"pipeline", "result", "error"}]} */
void planned_print_json(const struct planned_set *s, FILE *to);

#define auto_planned_set __attribute__((cleanup(planned_set_done))) struct planned_set

#endif
