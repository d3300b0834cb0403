/* build.h: from the decoded tree, in which nothing is wrong any more, to struct config. */
#ifndef FIFOQ_BUILD_H
#define FIFOQ_BUILD_H

#include "config/config.h"

/* Fills all but file, environment, pipeline and positions. */
void build_config(const json_t *tree, struct config *out);

#endif
