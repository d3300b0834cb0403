/* diff.h: compares the state of one row with the wanted state. */
#ifndef FIFOQ_DIFF_H
#define FIFOQ_DIFF_H

#include "engine/plan.h"

/* Replaces the step's changes, kept and delta, from its state (have and want both set). -1 with
 * ERR_REFUSED when a fixed property differs; the message names each with its advice. */
CHECKED int diff_step(struct step *s, const struct ctx *c, struct err *e);

#endif
