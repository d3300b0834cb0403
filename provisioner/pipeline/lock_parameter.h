/*
 * lock_parameter.h: stores a pipeline's locks as SSM parameters, /P/fifoq/KEY. Parameters of the
 * configuration are /P/NAME, so a lock is never one of them.
 */
#ifndef FIFOQ_PIPELINE_LOCK_PARAMETER_H
#define FIFOQ_PIPELINE_LOCK_PARAMETER_H

#include "aws.h"
#include "engine/lock.h"
#include "json.h"

/* `to` of the store. Everything it borrows must outlive the lock. */
struct lock_parameters {
    struct aws *aws; /* borrowed */
    const char *pipeline;
    const json_t *tags;    /* borrowed */
    bool (*stop)(void);    /* the client's; checked while waiting for a name */
    void (*resting)(void); /* called once if a name is not free yet; or NULL */
};

/* Fills *p and *out. a: its account is known. tags: the configuration's tags, because an
 * organisation may require them on every new parameter; may be empty. */
void lock_parameters(struct lock_parameters *p, struct aws *a, const char *pipeline,
                     const json_t *tags, struct lock_store *out);

#endif
