/* diff.h: one row's reality against its wish. */
#ifndef FIFOQ_DIFF_H
#define FIFOQ_DIFF_H

#include "engine/plan.h"

/* Fills the step's changes, kept and delta from its state (have and want both there), dropping
 * earlier ones. -1 with ERR_REFUSED when a fixed property differs; the message names each of them
 * with the way out. */
CHECKED int diff_step(struct step *s, const struct ctx *c, struct err *e);

#endif
