/* pace.h: at most so many requests a second, evenly, shared by all threads. */
#ifndef FIFOQ_PACE_H
#define FIFOQ_PACE_H

#include "base.h"

#include <pthread.h>

struct pace {
    pthread_mutex_t lock;
    int64_t interval_us; /* 0: no limit */
    int64_t next_us;     /* the next free slot */
};

void pace_init(struct pace *p, double per_s);
void pace_done(struct pace *p);
/* Takes the first free slot from earliest_ms on; false, and takes none, when that is after
 * latest_ms. */
bool pace_take(struct pace *p, int64_t earliest_ms, int64_t latest_ms, int64_t *at_ms);

#endif
