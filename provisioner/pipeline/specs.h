/* specs.h: makes the spec of each row for its kind; private to pipeline/. */
#ifndef FIFOQ_PIPELINE_SPECS_H
#define FIFOQ_PIPELINE_SPECS_H

#include "pipeline/pipeline.h"

/* The row being made. i: the parameter or schedule that it is for, on lines with several rows. */
struct making {
    const struct config *config;
    struct pipeline *pipeline;
    const struct role_names *roles; /* or NULL */
    size_t i;
};

/* Returns a new struct of kinds/kinds.h, or NULL. */
typedef void *spec_fn(const struct making *m);
spec_fn spec_table, spec_dead_letters, spec_queue, spec_queue_before, spec_turn, spec_failures,
    spec_parameter, spec_logs, spec_ingest_role, spec_drain_role, spec_ingest, spec_drain,
    spec_mapping, spec_schedule, spec_permission, spec_ingest_permission;

/* The queue's name: the configured one or P.fifo. The caller frees it. */
char *queue_name(const struct config *c);
/* The name of a half's role. The caller frees it. */
char *role_name(const struct config *c, const struct role_names *roles, enum role_half half);

#endif
