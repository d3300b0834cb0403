/* build.h: makes struct config from the decoded tree, after all checks. */
#ifndef FIFOQ_BUILD_H
#define FIFOQ_BUILD_H

#include "config/config.h"

/* Fills all but file, environment, pipeline and positions. */
void build_config(const json_t *tree, struct config *out);

/* settings.c: the settings of one destination, and all of settings.json, from an otherwise complete
 * struct config. The caller's. */
json_t *settings_destination(const json_t *destination);
json_t *settings_build(const json_t *tree, const struct config *c);

#endif
