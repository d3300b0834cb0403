/* drift_parts.h: what drift.c and drift_split.c share. */
#ifndef FIFOQ_DRIFT_PARTS_H
#define FIFOQ_DRIFT_PARTS_H

#include "engine/drift.h"

/* The step whose findings are added to `drift`. */
struct drifting {
    struct drift *drift;
    const struct step *step;
    const char *pipeline;
};

/* Sets f's row and id and takes ownership of its strings and values. */
void drift_add(const struct drifting *of, struct finding f);

/* Adds one finding for each member, element or statement that a changed property differs in. */
void drift_split(const struct drifting *of, const struct change *c);

#endif
