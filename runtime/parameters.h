/*
 * parameters.h: the values of ${param.NAME}, from the Parameter Store, kept for five minutes.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html
 */
#ifndef FIFOQ_PARAMETERS_H
#define FIFOQ_PARAMETERS_H

#include "aws.h"
#include "settings.h"

#include <pthread.h>

struct parameters {
    struct aws *aws;          /* borrowed */
    json_t *paths;            /* NAME -> path, only what a destination uses */
    pthread_mutex_t fetching; /* held for as long as a fetch takes */
    int64_t fetched_ms;       /* wall clock, which continues while the process is frozen */

    pthread_mutex_t lock; /* guards what follows; never held during a call of AWS */
    json_t *values;       /* NAME -> exact string; NULL: not fetched yet */
    unsigned generation;  /* how often they have been fetched */
};

/* ERR_CONFIG: a destination uses a parameter that has no path. */
CHECKED int parameters_init(struct parameters *p, struct aws *aws, const struct settings *s,
                            struct err *e);
void parameters_done(struct parameters *p);

/* Fetches the values when they are missing or too old. When the Parameter Store cannot be reached,
 * old values are used. */
CHECKED int parameters_ensure(struct parameters *p, struct err *e);
/* Fetches again, unless another thread did since the caller took its copy. */
CHECKED int parameters_refresh(struct parameters *p, unsigned seen, struct err *e);
/* A copy, the caller's, and its generation. */
json_t *parameters_copy(struct parameters *p, unsigned *generation);
unsigned parameters_generation(struct parameters *p);
bool parameters_any(const struct parameters *p);

#endif
