/* own.h: which pipeline a resource belongs to, and reading a row's state. */
#ifndef FIFOQ_OWN_H
#define FIFOQ_OWN_H

#include "engine/plan.h"

/* The tag with the name of the pipeline that a resource belongs to. */
#define OWNER_TAG "fifoq:pipeline"
/* Which fifoq last wrote a resource: for information, never a reason for a change. */
#define VERSION_TAG "fifoq:version"
/* On a function: the build that its code is from, and the hash of what was written. */
#define CODE_TAG      "fifoq:code"
#define CODE_HASH_TAG "fifoq:code-sha256"

bool has_our_tag(const struct step *s, const struct ctx *c);
/* Reads with the kind and removes the tags that the configuration ignores. */
CHECKED int own_read(const struct ctx *c, const struct row *r, struct state *s, struct err *e);
void state_done(struct state *s); /* frees the contents; *s is empty again */

#endif
