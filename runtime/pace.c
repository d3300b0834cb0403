/* pace.c: the earliest moment of the next request, moved on by each one that leaves. */
#include "pace.h"

void pace_init(struct pace *p, double per_s)
{
    *p = (struct pace){ .interval_ms = per_s > 0 ? (int64_t)(1e3 / per_s + 0.999) : 0 };
    (void)pthread_mutex_init(&p->lock, NULL);
}

void pace_done(struct pace *p)
{
    (void)pthread_mutex_destroy(&p->lock);
}

int64_t pace_next_ms(struct pace *p)
{
    int64_t next_ms;

    (void)pthread_mutex_lock(&p->lock);
    next_ms = p->next_ms;
    (void)pthread_mutex_unlock(&p->lock);
    return next_ms;
}

bool pace_take(struct pace *p, int64_t now_ms)
{
    bool taken;

    (void)pthread_mutex_lock(&p->lock);
    taken = p->interval_ms == 0 || now_ms >= p->next_ms;
    if (taken)
        p->next_ms = now_ms + p->interval_ms;
    (void)pthread_mutex_unlock(&p->lock);
    return taken;
}
