/* own.h: whose a thing is, and what a row's state holds. */
#ifndef FIFOQ_OWN_H
#define FIFOQ_OWN_H

#include "engine/plan.h"

/* The tag whose value names the pipeline that a thing belongs to. */
#define OWNER_TAG "fifoq:pipeline"

bool has_our_tag(const struct step *s, const struct ctx *c);
void state_done(struct state *s); /* empty again */

#endif
