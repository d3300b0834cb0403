/* trial_values.h: finds common mistakes in the values of secrets; private to trial.c. */
#ifndef FIFOQ_TRIAL_TRIAL_VALUES_H
#define FIFOQ_TRIAL_TRIAL_VALUES_H

#include "config/config.h"

/*
 * Checks each parameter's value by the fields that use it. values: NAME -> value, or null; a value
 * that cannot work is reported at the parameter and becomes null.
 */
void trial_values(const struct config *c, json_t *values, struct problems *p);

/* Calls fn for the fields of a destination's settings whose templates hold parameters, with each
 * field's path ("auth.bearer") and the parameters' names (an object). */
typedef void trial_field_fn(void *arg, const char *path, const char *text, const json_t *names);
void trial_fields(const json_t *destination, trial_field_fn *fn, void *arg);

/* True when the only placeholders are parameters, so that it can be sent without a message. */
bool trial_same_for_all(const char *text);

#endif
