/* pace.c: slots in time, evenly spaced: no burst after a pause. */
#include "pace.h"

void pace_init(struct pace *p, double per_s)
{
    *p = (struct pace){ .interval_us = per_s > 0 ? (int64_t)(1e6 / per_s + 0.999) : 0 };
    (void)pthread_mutex_init(&p->lock, NULL);
}

void pace_done(struct pace *p)
{
    (void)pthread_mutex_destroy(&p->lock);
}

bool pace_take(struct pace *p, int64_t earliest_ms, int64_t latest_ms, int64_t *at_ms)
{
    int64_t slot_us = earliest_ms * 1000;
    bool taken;

    (void)pthread_mutex_lock(&p->lock);
    slot_us = p->interval_us && p->next_us > slot_us ? p->next_us : slot_us;
    taken = (slot_us + 999) / 1000 <= latest_ms;
    if (taken) {
        p->next_us = slot_us + p->interval_us;
        *at_ms = (slot_us + 999) / 1000;
    }
    (void)pthread_mutex_unlock(&p->lock);
    return taken;
}
