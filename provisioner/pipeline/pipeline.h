/* pipeline.h: THE table: a configuration as rows, in dependency order. */
#ifndef FIFOQ_PIPELINE_PIPELINE_H
#define FIFOQ_PIPELINE_PIPELINE_H

#include "config/config.h"
#include "kinds/kind.h"
#include "pipeline/role_names.h"

struct pipeline {
    struct row *rows; /* a row needs only rows above it */
    size_t n;
    json_t *tags; /* the configuration's and fifoq's own */
    json_t *kept; /* what rows' specs borrow from */
};

/*
 * All rows: those that the configuration asks for (PRESENT), those of the half that it leaves out
 * (ABSENT), and the places to look for what it no longer names (LEFTOVERS). Borrows c and roles;
 * without roles they are P-ingest and P-drain.
 */
void pipeline_build(struct pipeline *p, const struct config *c, const struct role_names *roles);
void pipeline_done(struct pipeline *p);

#endif
