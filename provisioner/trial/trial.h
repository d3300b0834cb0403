/*
 * trial.h: finds destinations that can never work, without network. It runs the runtime's own code
 * (runtime/try.h) with the secrets that are available and checks these for common mistakes.
 */
#ifndef FIFOQ_TRIAL_TRIAL_H
#define FIFOQ_TRIAL_TRIAL_H

#include "config/config.h"

/*
 * Adds errors and warnings to *p, each at its field; never a value. Values are read from variables
 * and files; nothing is prompted for. -1: a source is broken, as secret_get says.
 */
CHECKED int trial_config(const struct config *c, struct problems *p, struct err *e);

/* values: NAME -> value of each parameter, or null where its source has none. -1: as above. */
CHECKED int trial_read(const struct config *c, json_t *values, struct err *e);

#endif
