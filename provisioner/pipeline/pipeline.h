/* pipeline.h: turns a configuration into rows in dependency order. */
#ifndef FIFOQ_PIPELINE_PIPELINE_H
#define FIFOQ_PIPELINE_PIPELINE_H

#include "config/config.h"
#include "kinds/kind.h"
#include "pipeline/role_names.h"

/* row.line: the line of the table that a row is made from. */
enum row_line {
    ROW_NONE,
    ROW_TABLE,
    ROW_DEAD_LETTERS,
    ROW_QUEUE,
    ROW_QUEUE_BEFORE,
    ROW_TURN,
    ROW_INGEST_FAILURES,
    ROW_PARAMETER,
    ROW_PARAMETER_LEFTOVERS,
    ROW_INGEST_LOGS,
    ROW_DRAIN_LOGS,
    ROW_INGEST_ROLE,
    ROW_DRAIN_ROLE,
    ROW_INGEST,
    ROW_DRAIN,
    ROW_DRAIN_ASYNC,
    ROW_INGEST_ASYNC_EXTRA,
    ROW_MAPPING,
    ROW_SCHEDULE,
    ROW_PERMISSION,
    ROW_SCHEDULE_LEFTOVERS,
    ROW_INGEST_PERMISSION_EXTRAS,
    ROW_DRAIN_PERMISSION_EXTRAS,
    ROW_LINES,
};

struct pipeline {
    struct row *rows; /* a row needs only rows above it */
    size_t n;
    json_t *tags; /* the configuration's and fifoq's own */
    json_t *kept; /* values that the rows' specs borrow */
};

/*
 * Makes all rows: those that the configuration asks for (PRESENT), those of a half that it omits
 * (ABSENT), and searches for what it no longer names (LEFTOVERS). Borrows c and roles. roles NULL:
 * the roles are P-ingest and P-drain.
 */
void pipeline_build(struct pipeline *p, const struct config *c, const struct role_names *roles);
void pipeline_done(struct pipeline *p);

/* The first row of the line, or NULL. */
const struct row *pipeline_row(const struct pipeline *p, enum row_line line);

#endif
