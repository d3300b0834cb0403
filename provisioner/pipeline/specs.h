/* specs.h: what the table of rows fills in for each kind; private to the pipeline. */
#ifndef FIFOQ_PIPELINE_SPECS_H
#define FIFOQ_PIPELINE_SPECS_H

#include "pipeline/pipeline.h"

/* One row being made: of the table's line, for item i of the parameters or schedules where it is
 * one of many. */
struct making {
    const struct config *config;
    struct pipeline *pipeline;
    const struct role_names *roles; /* or NULL */
    size_t i;
};

/* A new spec for kinds/specs.h, or NULL. */
typedef void *spec_fn(const struct making *m);
spec_fn spec_table, spec_dead_letters, spec_queue, spec_queue_before, spec_turn, spec_failures,
    spec_parameter, spec_logs, spec_ingest_role, spec_drain_role, spec_ingest, spec_drain,
    spec_mapping, spec_schedule, spec_permission, spec_ingest_permission;

/* The queue's name: the configuration's or P.fifo; the caller's. */
char *queue_name(const struct config *c);
/* What a half's role is called; the caller's. */
char *role_name(const struct config *c, const struct role_names *roles, enum role_half half);

#endif
