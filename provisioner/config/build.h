/* build.h: from the decoded tree, in which nothing is wrong any more, to struct config. */
#ifndef FIFOQ_BUILD_H
#define FIFOQ_BUILD_H

#include "config/config.h"

/* Fills all but file, environment, pipeline and positions. */
void build_config(const json_t *tree, struct config *out);

/* settings.c: what settings.json says of one destination, and all of it, of a struct config that
 * is filled otherwise. The caller's. */
json_t *settings_destination(const json_t *destination);
json_t *settings_build(const json_t *tree, const struct config *c);

#endif
