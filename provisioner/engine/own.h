/* own.h: whose a thing is, and what a row's state holds. */
#ifndef FIFOQ_OWN_H
#define FIFOQ_OWN_H

#include "engine/plan.h"

/* The tag whose value names the pipeline that a thing belongs to. */
#define OWNER_TAG "fifoq:pipeline"
/* Which fifoq wrote a thing last: informs, and is no reason to change anything. */
#define VERSION_TAG "fifoq:version"
/* On what runs our code: which build it is of, and the hash of exactly what was written. */
#define CODE_TAG      "fifoq:code"
#define CODE_HASH_TAG "fifoq:code-sha256"

bool has_our_tag(const struct step *s, const struct ctx *c);
/* The kind's read, without the tags that the configuration leaves to others. */
CHECKED int own_read(const struct ctx *c, const struct row *r, struct state *s, struct err *e);
void state_done(struct state *s); /* empty again */

#endif
