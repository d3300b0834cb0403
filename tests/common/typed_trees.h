/* typed_trees.h: DynamoDB's typed attributes as plain JSON by trees: a second way, written before
 * the runtime's own (runtime/attributes.h) and independent of it, to compare with. */
#ifndef TYPED_TREES_H
#define TYPED_TREES_H

#include "err.h"

#include <jansson.h>

/* An image as an exact tree, the caller's; attributes aws:rep:* are left out. */
CHECKED int typed_image(const json_t *typed, json_t **out, struct err *e);

#endif
