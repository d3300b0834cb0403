/*
 * run_parameters.h: what the functions keep for themselves in the Parameter Store, below /P/fifoq.
 * No row of the pipeline: nothing in it is configured, and it may come and go at any time.
 */
#ifndef FIFOQ_PIPELINE_RUN_PARAMETERS_H
#define FIFOQ_PIPELINE_RUN_PARAMETERS_H

#include "aws.h"
#include "config/config.h"

/* Deletes it, for `down` once the functions are gone; that there is none is success. */
CHECKED int run_parameters_remove(struct aws *a, const struct config *c, struct err *e);

#endif
