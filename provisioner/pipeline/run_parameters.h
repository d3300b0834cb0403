/*
 * run_parameters.h: what the functions store for themselves in the Parameter Store, below /P/fifoq.
 * It is not a row of the pipeline: nothing in it is configured, and it may change at any time.
 */
#ifndef FIFOQ_PIPELINE_RUN_PARAMETERS_H
#define FIFOQ_PIPELINE_RUN_PARAMETERS_H

#include "aws.h"
#include "config/config.h"

/* Deletes it, for `down` after the functions are deleted. A missing parameter is success. */
CHECKED int run_parameters_remove(struct aws *a, const struct config *c, struct err *e);

#endif
