/* up_many.h: `up` for many pipelines: all plans, one question, then each under its own lock. */
#ifndef FIFOQ_UP_MANY_H
#define FIFOQ_UP_MANY_H

#include "commands/targets.h"

/* Returns the worst exit code (commands/many.h). */
CHECKED int up_many(const struct options *o, const struct targets *t, struct err *e);

#endif
