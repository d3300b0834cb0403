/*
 * lock_parameter.h: a pipeline's locks as SSM parameters, /P/fifoq/KEY. What is a parameter of the
 * configuration is /P/NAME: the lock is never among them.
 */
#ifndef FIFOQ_PIPELINE_LOCK_PARAMETER_H
#define FIFOQ_PIPELINE_LOCK_PARAMETER_H

#include "aws.h"
#include "engine/lock.h"
#include "json.h"

/* `to` of the store: nothing that it needs may be freed before the lock. */
struct lock_parameters {
    struct aws *aws; /* borrowed */
    const char *pipeline;
    const json_t *tags;    /* borrowed */
    bool (*stop)(void);    /* the client's when this was made: asked while a name rests */
    void (*resting)(void); /* told once that a name rests; NULL: nobody is */
};

/* Fills both; a has its account. tags: what the configuration puts on everything (an organisation
 * may allow no parameter to be made without); an empty object: none. */
void lock_parameters(struct lock_parameters *p, struct aws *a, const char *pipeline,
                     const json_t *tags, struct lock_store *out);

#endif
