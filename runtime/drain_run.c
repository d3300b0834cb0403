/* drain_run.c: why a run stops, what it counts, and how it waits. */
#include "drain_run.h"

#include "clock.h"

#include <stdio.h>

enum { SLICE_MS = 50, ANSWER_MS = 100, SHUTDOWN_MS = 400 };

void run_set_stop(struct drain_run *r, enum run_stop why)
{
    (void)pthread_mutex_lock(&r->lock);
    if (r->stop == RUN_GOES)
        r->stop = why;
    (void)pthread_mutex_unlock(&r->lock);
}

bool run_is_signalled(const struct drain *d)
{
    return d->stop && *d->stop;
}

bool run_is_stopped(struct drain_run *r)
{
    bool stopped;

    if (run_is_signalled(r->drain))
        run_set_stop(r, RUN_SIGNAL);
    (void)pthread_mutex_lock(&r->lock);
    stopped = r->stop != RUN_GOES;
    (void)pthread_mutex_unlock(&r->lock);
    return stopped;
}

int64_t run_give_back_until_ms(const struct drain_run *r)
{
    int64_t until_ms = r->deadline_ms - ANSWER_MS;
    int64_t shutdown_ms = clock_mono_ms() + SHUTDOWN_MS;

    return run_is_signalled(r->drain) && until_ms < shutdown_ms ? shutdown_ms : until_ms;
}

void run_count(struct drain_run *r, long *counter)
{
    (void)pthread_mutex_lock(&r->lock);
    ++*counter;
    (void)pthread_mutex_unlock(&r->lock);
}

void run_sleep_until(struct drain_run *r, int64_t until_ms)
{
    int64_t left_ms;

    while ((left_ms = until_ms - clock_mono_ms()) > 0 && !run_is_stopped(r))
        clock_sleep_ms(left_ms < SLICE_MS ? left_ms : SLICE_MS);
}

void message_log(enum log_level level, const char *what, const struct message *m,
                 const char *reason)
{
    char attempt[24];

    (void)snprintf(attempt, sizeof(attempt), "%ld", message_attempt(m));
    log_event(level, what, "reason", reason, "id", m->id, "group", m->group, "sequence",
              m->sequence, "attempt", attempt, NULL);
}
