/*
 * trial.h: can this ever work? Asks the runtime's own code (runtime/try.h) about every destination,
 * with the secrets that are at hand, and looks at these for what people get wrong with them. No
 * network here.
 */
#ifndef FIFOQ_TRIAL_TRIAL_H
#define FIFOQ_TRIAL_TRIAL_H

#include "config/config.h"

/*
 * Adds what can never work, and what hardly is meant, to *p, each at its field; never a value.
 * Values come from variables and files; nobody is asked for one. -1: a source is broken, as
 * secret_get says.
 */
CHECKED int trial_config(const struct config *c, struct problems *p, struct err *e);

/* values: NAME -> value of each parameter, or null where its source has none. -1: as above. */
CHECKED int trial_read(const struct config *c, json_t *values, struct err *e);

#endif
