/* pipeline.h: THE table: a configuration as rows, in dependency order. */
#ifndef FIFOQ_PIPELINE_H
#define FIFOQ_PIPELINE_H

#include "config/config.h"
#include "kinds/kind.h"

struct pipeline {
    struct row *rows; /* a row needs only rows above it */
    size_t n;
    json_t *tags; /* the configuration's and fifoq's own */
};

/* package may be NULL for commands that only read or remove. Borrows c and package. */
void pipeline_build(struct pipeline *p, const struct config *c);
void pipeline_done(struct pipeline *p);

#endif
