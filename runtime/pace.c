/* pace.c: the earliest moment of the next request, moved on by each one that leaves. */
#include "pace.h"

enum { TICK_US = 1000 };

void pace_init(struct pace *p, double per_s)
{
    *p = (struct pace){ .interval_us = per_s > 0 ? (int64_t)(1e6 / per_s + 0.999) : 0 };
    (void)pthread_mutex_init(&p->lock, NULL);
}

void pace_done(struct pace *p)
{
    (void)pthread_mutex_destroy(&p->lock);
}

int64_t pace_next_ms(struct pace *p)
{
    int64_t next_us;

    (void)pthread_mutex_lock(&p->lock);
    next_us = p->next_us;
    (void)pthread_mutex_unlock(&p->lock);
    return (next_us + TICK_US - 1) / TICK_US;
}

int64_t pace_interval_ms(const struct pace *p)
{
    return (p->interval_us + TICK_US - 1) / TICK_US;
}

void pace_rest(struct pace *p, int64_t now_ms)
{
    int64_t next_us = now_ms * TICK_US + p->interval_us;

    (void)pthread_mutex_lock(&p->lock);
    if (p->next_us < next_us)
        p->next_us = next_us;
    (void)pthread_mutex_unlock(&p->lock);
}

/* Continues from the exact time when only the clock, which counts in milliseconds, is late.
 */
bool pace_take(struct pace *p, int64_t now_ms)
{
    int64_t now_us = now_ms * TICK_US;
    bool taken;

    (void)pthread_mutex_lock(&p->lock);
    taken = p->interval_us == 0 || now_us >= p->next_us;
    if (taken)
        p->next_us = (now_us - p->next_us < TICK_US ? p->next_us : now_us) + p->interval_us;
    (void)pthread_mutex_unlock(&p->lock);
    return taken;
}
