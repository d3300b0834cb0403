/*
 * loops.c: whoever has nothing to do takes the next group, or receives where that may bring
 * another one. Threads are started when there is more to do than one can take.
 */
#include "loops.h"

#include "clock.h"
#include "deliver.h"
#include "mem.h"
#include "parallel.h"
#include "width.h"

#include <stdlib.h>

/* All guarded by held->lock. */
struct loops {
    struct drain_run *run;
    struct held *held;
    long most;
    int64_t need_ms;
    struct width width;
    bool receiving; /* one call at a time */
    bool closed;    /* nothing more is received */
    bool late;      /* because time is short */
    bool over;      /* threads end */
    int rc;
    struct err why; /* of rc */

    size_t idle, called; /* threads that wait; of these, how many are to look for work */
    size_t n_threads, threads_max;
    pthread_t *threads;
};

static bool may_receive(struct loops *l)
{
    const struct held *h = l->held;

    if (l->closed || l->receiving || h->waiting > 0 || h->working > l->threads_max ||
        h->n_batches >= l->width.allowed)
        return false;
    l->late = clock_mono_ms() >= l->run->deadline_ms - l->need_ms;
    l->closed = l->late;
    return !l->closed;
}

/* A batch, empty when there are no messages; NULL: failed. Beside others it does not wait: what is
 * behind them in their groups cannot come before they are done. */
static struct batch *receive_batch(struct drain_run *r, long most, bool beside, struct err *e)
{
    struct drain *d = r->drain;
    const struct queue_ask ask = { .most = most < RECEIVE_MAX ? most : RECEIVE_MAX,
                                   .visibility_s = d->settings->visibility_ms / 1000,
                                   .no_wait = beside,
                                   .stop = d->stop };
    int64_t lease_until_ms = clock_mono_ms() + ask.visibility_s * 1000; /* from before the call */
    json_t *list;

    if (queue_receive(&d->queue, &ask, &list, e) < 0)
        return NULL;
    metrics_age(d->metrics, 0);
    return batch_new(r, list, lease_until_ms, e);
}

static void note_failure(struct loops *l, const struct err *e)
{
    l->closed = true;
    if (e->code == ERR_INTERRUPTED)
        run_set_stop(l->run, RUN_SIGNAL);
    else if (!l->rc)
        l->why = *e;
    l->rc = e->code == ERR_INTERRUPTED ? l->rc : -1;
}

/* `others` batches were in hand when the receive began: a group in hand hides what is behind it, so
 * only a receive without any tells that the queue is empty. */
static void note_batch(struct loops *l, struct batch *b, size_t others)
{
    size_t n = batch_size(b);

    width_note(&l->width, n ? l->held->n_batches : others,
               n == 0             ? WIDTH_NOTHING
               : n == RECEIVE_MAX ? WIDTH_FULL
                                  : WIDTH_SOME);
    l->run->counts.received += (long)n;
    l->closed = l->closed || (n == 0 && others == 0) || l->run->counts.received >= l->most;
    held_add(l->held, b);
}

static void *help(void *loops);

/* Wakes a thread, or starts one, for what may be done beside this thread's own work. */
static void call_help(struct loops *l)
{
    if (l->held->waiting == 0 && !may_receive(l))
        return;
    if (l->idle > 0) {
        l->idle--;
        l->called++;
        (void)pthread_cond_signal(&l->held->changed);
    } else if (l->n_threads < l->threads_max &&
               parallel_start(&l->threads[l->n_threads], help, l) == 0) {
        l->n_threads++;
    }
}

static void receive(struct loops *l)
{
    long most = l->most - l->run->counts.received;
    size_t others = l->held->n_batches;
    struct batch *b;
    struct err e;

    l->receiving = true;
    (void)pthread_mutex_unlock(&l->held->lock);
    b = receive_batch(l->run, most, others > 0, &e);
    (void)pthread_mutex_lock(&l->held->lock);
    l->receiving = false;
    if (b)
        note_batch(l, b, others);
    else
        note_failure(l, &e);
}

/* While the run continues, other runs can use what is left of a group; at a signal there is no time
 * to wait for the other groups. Otherwise what is left of all goes back together. */
static void deliver_group(struct loops *l, struct group *g)
{
    struct drain_run *r = l->run;
    bool leave;

    (void)pthread_mutex_unlock(&l->held->lock);
    while (g->at < g->n && deliver(g) == STEP_NEXT)
        g->at++;
    leave = run_is_stopped(r) && !run_is_signalled(r->drain);
    if (!leave)
        group_release(g);
    (void)pthread_mutex_lock(&l->held->lock);
    held_end(l->held, g, leave);
}

static void wait_for_work(struct loops *l)
{
    l->idle++;
    while (l->called == 0 && !l->over)
        (void)pthread_cond_wait(&l->held->changed, &l->held->lock);
    if (l->called > 0)
        l->called--;
}

/* What arrived after the signal goes back at once. */
static bool is_stopped(struct loops *l)
{
    if (!run_is_stopped(l->run))
        return false;
    l->closed = true;
    if (run_is_signalled(l->run->drain) && l->held->waiting > 0)
        held_release(l->held);
    return true;
}

/* One step of a thread, with the lock held. */
static void take_step(struct loops *l)
{
    bool stopped = is_stopped(l);
    struct group *g = stopped ? NULL : held_next(l->held);

    if (g) {
        call_help(l);
        deliver_group(l, g);
    } else if (may_receive(l)) {
        receive(l);
    } else if (l->closed && !l->receiving && (stopped || l->held->waiting == 0)) {
        l->over = true;
        (void)pthread_cond_broadcast(&l->held->changed);
    } else {
        wait_for_work(l);
    }
}

static void *help(void *loops)
{
    struct loops *l = loops;

    (void)pthread_mutex_lock(&l->held->lock);
    while (!l->over)
        take_step(l);
    (void)pthread_mutex_unlock(&l->held->lock);
    return NULL;
}

/* After `over` no thread is started. */
static void end_threads(struct loops *l)
{
    for (size_t i = 0; i < l->n_threads; i++)
        (void)pthread_join(l->threads[i], NULL);
    free(l->threads);
}

int loops_run(struct drain_run *r, long most, int64_t need_ms, struct err *e)
{
    size_t width = (size_t)r->drain->settings->parallel_groups;
    struct loops l = { .run = r,
                       .held = &r->drain->held,
                       .most = most,
                       .need_ms = need_ms,
                       .threads_max = width - 1 };

    width_init(&l.width, width);
    l.threads = xcalloc(width, sizeof(*l.threads));
    (void)help(&l);
    end_threads(&l);
    if (l.late)
        run_set_stop(r, RUN_TIME);
    drain_give_back(r->drain);
    if (l.rc)
        *e = l.why;
    return l.rc;
}
