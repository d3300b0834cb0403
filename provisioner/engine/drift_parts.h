/* drift_parts.h: a finding is added; what drift.c and drift_split.c share. */
#ifndef FIFOQ_DRIFT_PARTS_H
#define FIFOQ_DRIFT_PARTS_H

#include "engine/drift.h"

/* Where findings of one step go. */
struct drifting {
    struct drift *drift;
    const struct step *step;
    const char *pipeline;
};

/* f without row and id; its strings and values are taken over. */
void drift_add(const struct drifting *of, struct finding f);

/* One finding for each thing that a change of a property is about. */
void drift_split(const struct drifting *of, const struct change *c);

#endif
