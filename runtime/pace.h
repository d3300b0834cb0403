/* pace.h: an even rate of requests, shared by all threads: between two of them
 * there is never less than the interval (to the millisecond), whatever delayed one of them. */
#ifndef FIFOQ_PACE_H
#define FIFOQ_PACE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct pace {
    pthread_mutex_t lock;
    int64_t interval_us; /* 0: no limit */
    int64_t next_us;     /* monotonic clock */
};

void pace_init(struct pace *p, double per_s);
void pace_done(struct pace *p);
/* When the next request may leave, unless another thread is faster; in the past: now. */
int64_t pace_next_ms(struct pace *p);
int64_t pace_interval_ms(const struct pace *p); /* rounded up; 0: no limit */
/* Another process may have sent until now: the next request leaves an interval later. */
void pace_rest(struct pace *p, int64_t now_ms);
/* Right before a request leaves. False: not yet, another thread was faster. */
bool pace_take(struct pace *p, int64_t now_ms);

#endif
