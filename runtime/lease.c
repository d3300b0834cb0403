/*
 * lease.c: a received message is hidden from others for a while, and with it all messages behind it
 * in its group. Nothing is sent unless it stays hidden until after the answer.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
 */
#include "lease.h"

#include "clock.h"
#include "mem.h"
#include "parallel.h"
#include "taken.h"

enum {
    HIDE_ENTRIES_MAX = 10, /* as many as one receive brings */
    HIDE_MAX_S = 43200,
    DELETE_BACKOFF_MS = 100,
    DELETE_BACKOFF_MAX_MS = 2000,
};

struct message *group_current(const struct group *g)
{
    return g->messages[g->at];
}

/* Handles of all messages that we hold, from the last to the current one; their number. */
static size_t unsettled(const struct group *g, const char **handles)
{
    size_t n = 0;

    for (size_t i = g->n; i > g->at; i--)
        if (!g->messages[i - 1]->settled)
            handles[n++] = g->messages[i - 1]->handle;
    return n;
}

/* The message stays in the queue, and we no longer hold it. */
static void message_leave(struct drain *d, struct message *m)
{
    if (!m->settled)
        taken_remember(&d->taken, m);
    if (!m->settled && m->taken > m->recalled) /* this process knows that; another one does not */
        metrics_count(d->metrics, METRIC_DUPLICATE_POSSIBLE, METRICS_WHOLE);
    m->settled = true;
}

void group_abandon(struct group *g)
{
    for (size_t i = g->at; i < g->n; i++)
        message_leave(g->run->drain, g->messages[i]);
}

bool group_hold(struct group *g, int64_t until_ms)
{
    const char *handles[HIDE_ENTRIES_MAX];
    struct drain *d = g->run->drain;
    struct message *head = group_current(g);
    long seconds = d->settings->visibility_ms / 1000;
    int64_t now_ms = clock_mono_ms();
    struct err e;

    if (head->lease_until_ms >= until_ms)
        return true;
    if (queue_hide(&d->queue, handles, unsettled(g, handles), seconds, &e) < 0) {
        message_log(LOG_WARN, "group abandoned: its lease could not be renewed", head, e.msg);
        group_abandon(g);
        return false;
    }
    for (size_t i = g->at; i < g->n; i++)
        g->messages[i]->lease_until_ms = now_ms + seconds * 1000;
    if (head->lease_until_ms >= until_ms)
        return true;
    /* hidden for a while: another loop would receive it again at once */
    message_log(LOG_ERROR, "put back: the visibility timeout is too short for this wait", head,
                NULL);
    message_put_back(g->run, head, until_ms - head->lease_until_ms);
    return false;
}

void message_put_back(struct drain_run *r, struct message *m, int64_t delay_ms)
{
    int64_t seconds = (delay_ms + 999) / 1000;
    struct err e;

    seconds = seconds < 1 ? 1 : seconds > HIDE_MAX_S ? HIDE_MAX_S : seconds;
    /* on failure it stays hidden until its lease ends: later than intended, but in order */
    if (queue_hide(&r->drain->queue, &m->handle, 1, (long)seconds, &e) < 0)
        message_log(LOG_WARN, "not put back before its lease ends", m, e.msg);
    message_leave(r->drain, m);
}

static int give_back(const struct drain_run *r, const char *const *handles, size_t n, struct err *e)
{
    return queue_give_back(&r->drain->queue, handles, n, 0, run_give_back_until_ms(r), e);
}

void group_release(struct group *g)
{
    const char *handles[HIDE_ENTRIES_MAX];
    size_t n = g->at < g->n ? unsettled(g, handles) : 0;
    struct err e;

    if (n == 0)
        return;
    if (give_back(g->run, handles, n, &e) < 0)
        message_log(LOG_WARN, "not released before the lease ends", group_current(g), e.msg);
    group_abandon(g);
}

/* One call's messages. */
struct parcel {
    const struct drain_run *run;
    const char *handles[HIDE_ENTRIES_MAX];
    size_t n;
};

static void give_back_parcel(void *parcels, size_t i)
{
    const struct parcel *p = &((struct parcel *)parcels)[i];
    struct err e;

    if (give_back(p->run, p->handles, p->n, &e) < 0)
        log_event(LOG_WARN, "not released before the lease ends", "reason", e.msg, NULL);
}

/* A group's messages stay together: one call either gives all of them back or none. */
void groups_release(struct group *const *groups, size_t n)
{
    auto_free struct parcel *parcels = xcalloc(n + 1, sizeof(*parcels));
    const char *handles[HIDE_ENTRIES_MAX];
    size_t n_parcels = 0;

    for (size_t i = 0; i < n; i++) {
        size_t n_handles = unsettled(groups[i], handles);
        struct parcel *p = n_parcels ? &parcels[n_parcels - 1] : NULL;

        if (n_handles > 0 && (!p || p->n + n_handles > HIDE_ENTRIES_MAX))
            p = &parcels[n_parcels++];
        for (size_t k = 0; p && k < n_handles; k++)
            p->handles[p->n++] = handles[k];
        if (p)
            p->run = groups[i]->run;
        group_abandon(groups[i]);
    }
    parallel_each(n_parcels, n_parcels, give_back_parcel, parcels);
}

/* True when another try to delete, before last_ms, may still find the lease. */
static bool delete_again(int64_t last_ms, const struct err *e, int tries)
{
    int64_t delay_ms = (int64_t)DELETE_BACKOFF_MS << (tries < 5 ? tries : 5);

    delay_ms = delay_ms < DELETE_BACKOFF_MAX_MS ? delay_ms : DELETE_BACKOFF_MAX_MS;
    if (queue_failure(e) != QUEUE_AGAIN || clock_mono_ms() + delay_ms >= last_ms)
        return false;
    clock_sleep_ms(delay_ms);
    return true;
}

enum step group_delete(struct group *g)
{
    struct drain *d = g->run->drain;
    struct message *m = group_current(g);
    int64_t last_ms = g->run->deadline_ms - LAST_WORD_MS;
    struct err e;
    int tries = 0;

    last_ms = last_ms < m->lease_until_ms ? last_ms : m->lease_until_ms;
    while (queue_delete(&d->queue, m->handle, &e) < 0) {
        if (delete_again(last_ms, &e, tries++))
            continue;
        message_log(LOG_ERROR, "not deleted: a duplicate is possible", m, e.msg);
        message_leave(d, m);
        if (e.code == ERR_NOT_FOUND)
            group_abandon(g);
        return STEP_END;
    }
    m->settled = true;
    return STEP_NEXT;
}
