/* drain.c: receive, sort into groups, deliver the groups side by side; repeat until there is a
 * reason to stop. */
#include "drain.h"

#include "clock.h"
#include "deliver.h"
#include "drain_run.h"
#include "lease.h"
#include "mem.h"
#include "parallel.h"

#include <stdlib.h>
#include <string.h>

enum { RECEIVE_MAX = 10 };

int drain_init(struct drain *d, const struct settings *s, struct aws *aws, drain_send_fn *send,
               void *arg, struct err *e)
{
    *d = (struct drain){ .settings = &s->drain, .send = send, .arg = arg };
    (void)pthread_mutex_init(&d->held_lock, NULL);
    pace_init(&d->pace, s->drain.rate_per_s);
    turns_init(&d->turns, aws, s->drain.turn, &d->pace);
    taken_init(&d->taken);
    pauses_init(&d->pauses, aws, &s->drain);
    tokens_init(&d->tokens, s->drain.n_destinations);
    queue_init(&d->queue, aws, s->queue);
    if (s->dead_letters)
        queue_init(&d->dead, aws, s->dead_letters);
    return parameters_init(&d->parameters, aws, s, e);
}

void drain_done(struct drain *d)
{
    if (!d->settings)
        return;
    parameters_done(&d->parameters);
    tokens_done(&d->tokens);
    queue_done(&d->queue);
    queue_done(&d->dead);
    taken_done(&d->taken);
    pauses_done(&d->pauses);
    turns_done(&d->turns);
    pace_done(&d->pace);
    (void)pthread_mutex_destroy(&d->held_lock);
    *d = (struct drain){ 0 };
}

/* False: it was given back in the meantime. */
static bool group_begin(struct group *g)
{
    struct drain *d = g->run->drain;
    bool mine;

    (void)pthread_mutex_lock(&d->held_lock);
    mine = !g->begun;
    g->begun = true;
    (void)pthread_mutex_unlock(&d->held_lock);
    return mine;
}

/* While the run continues, other runs can use what is left of a group; at a signal there is no time
 * to wait for the other groups. Otherwise one call gives back what is left of all. */
static void group_end(struct group *g)
{
    struct drain *d = g->run->drain;

    if (!run_is_stopped(g->run) || run_is_signalled(d)) {
        group_release(g);
        return;
    }
    (void)pthread_mutex_lock(&d->held_lock);
    g->begun = false;
    (void)pthread_mutex_unlock(&d->held_lock);
}

static void deliver_group(void *groups, size_t i)
{
    struct group *g = &((struct group *)groups)[i];

    if (!group_begin(g))
        return;
    while (g->at < g->n && deliver(g) == STEP_NEXT)
        g->at++;
    group_end(g);
}

/* The group of that name, created when it is missing. */
static struct group *group_of(struct group *groups, size_t *n, const struct message *m)
{
    struct group *g;

    for (size_t i = 0; i < *n; i++)
        if (strcmp(groups[i].messages[0]->group, m->group) == 0)
            return &groups[i];
    g = &groups[(*n)++];
    g->messages = xcalloc(RECEIVE_MAX, sizeof(struct message *));
    return g;
}

static void hold(struct drain *d, struct group *groups, size_t n)
{
    (void)pthread_mutex_lock(&d->held_lock);
    d->held = groups;
    d->n_held = n;
    (void)pthread_mutex_unlock(&d->held_lock);
}

void drain_let_go(struct drain *d)
{
    (void)pthread_mutex_lock(&d->held_lock);
    groups_release(d->held, d->n_held);
    (void)pthread_mutex_unlock(&d->held_lock);
}

static void deliver_messages(struct drain_run *r, struct message *messages, size_t n)
{
    struct group groups[RECEIVE_MAX] = { 0 };
    size_t n_groups = 0;

    for (size_t i = 0; i < n; i++) {
        struct group *g = group_of(groups, &n_groups, &messages[i]);
        g->run = r;
        if (g->n > 0) /* never sent: only received with those before it */
            messages[i].receives = 1;
        g->messages[g->n++] = &messages[i];
    }
    hold(r->drain, groups, n_groups);
    if (run_is_stopped(r))
        drain_let_go(r->drain);
    parallel_each(n_groups, (size_t)r->drain->settings->parallel_groups, deliver_group, groups);
    drain_let_go(r->drain);
    hold(r->drain, NULL, 0);
    for (size_t i = 0; i < n_groups; i++)
        free(groups[i].messages);
}

/* The whole list; *n of them were read, also when one is invalid. That has never been seen: what
 * was received becomes visible when its lease ends. */
static int read_messages(struct drain_run *r, const json_t *list, int64_t lease_until_ms,
                         struct message *messages, size_t *n, struct err *e)
{
    const json_t *raw;
    size_t i;

    if (json_array_size(list) > RECEIVE_MAX)
        return err_set(e, ERR_PARSE, "sqs:ReceiveMessage: more messages than requested");
    json_array_foreach(list, i, raw) {
        struct message *m = &messages[*n];
        if (message_read(raw, m, e) < 0)
            return -1;
        ++*n;
        taken_recall(&r->drain->taken, m, r->drain->settings->n_destinations);
        if (m->sent_ms)
            metrics_age(r->drain->metrics, clock_wall_ms() - m->sent_ms);
        m->lease_until_ms = lease_until_ms;
    }
    return 0;
}

/* Received and delivered, as far as possible; *n is how many were received. */
static int receive_once(struct drain_run *r, long most, size_t *n, struct err *e)
{
    long seconds = r->drain->settings->visibility_ms / 1000;
    int64_t lease_until_ms = clock_mono_ms() + seconds * 1000; /* counted from before the call */
    struct message messages[RECEIVE_MAX] = { 0 };
    auto_json json_t *list = NULL;
    int rc;

    *n = 0;
    if (queue_receive(&r->drain->queue, (int)(most < RECEIVE_MAX ? most : RECEIVE_MAX), seconds,
                      r->drain->stop, &list, e) < 0) {
        if (e->code == ERR_INTERRUPTED)
            run_set_stop(r, RUN_SIGNAL);
        return e->code == ERR_INTERRUPTED ? 0 : -1;
    }
    metrics_age(r->drain->metrics, 0);
    rc = read_messages(r, list, lease_until_ms, messages, n, e);
    if (rc == 0) {
        r->counts.received += (long)*n;
        deliver_messages(r, messages, *n);
    }
    for (size_t i = 0; i < *n; i++)
        message_done(&messages[i]);
    return rc;
}

/* The time that must be left before a message is received: all its destinations, or at least the
 * slowest of them. */
static int needed_ms(const struct settings_drain *s, int64_t have_ms, int64_t *out, struct err *e)
{
    int64_t sum_ms = MARGIN_MS, most_ms = MARGIN_MS;

    for (size_t i = 0; i < s->n_destinations; i++) {
        int64_t one_ms = destination_needs_ms(&s->destinations[i]);
        sum_ms += one_ms;
        most_ms = one_ms + MARGIN_MS > most_ms ? one_ms + MARGIN_MS : most_ms;
    }
    *out = sum_ms <= have_ms ? sum_ms : most_ms;
    return *out <= have_ms
               ? 0
               : err_set(
                     e, ERR_CONFIG,
                     "a run has %lld ms, but a destination may take %lld: drain.timeout must be "
                     "longer than any destination's timeout (twice, with oauth2) and 2 s",
                     (long long)have_ms, (long long)(most_ms - MARGIN_MS));
}

static int wanted_messages(const struct drain *d, const json_t *event, long *out, struct err *e)
{
    const json_t *given = json_object_get(event, "max_messages");
    json_int_t n = json_is_integer(given) ? json_integer_value(given) : 0;

    *out = d->settings->max_messages;
    if (!given || json_is_null(given))
        return 0;
    if (n < 1 || n > INT32_MAX)
        return err_set(e, ERR_PARSE, "the event's max_messages: expected an integer of at least 1");
    *out = (long)n;
    return 0;
}

static int run_loop(struct drain_run *r, long most, int64_t need_ms, struct err *e)
{
    size_t n = 1;

    /* a destination with a long pause is not tried */
    if (pauses_any(&r->drain->pauses, IN_PLACE_MS))
        run_set_stop(r, RUN_PAUSED);
    while (n > 0 && r->counts.received < most && !run_is_stopped(r)) {
        if (clock_mono_ms() >= r->deadline_ms - need_ms)
            run_set_stop(r, RUN_TIME);
        else if (receive_once(r, most - r->counts.received, &n, e) < 0)
            return -1;
    }
    return 0;
}

static json_t *make_answer(const struct drain_run *r)
{
    static const char *const reasons[] = {
        [RUN_GOES] = NULL,         [RUN_TIME] = "time",     [RUN_PAUSED] = "paused",
        [RUN_REFUSED] = "refused", [RUN_SIGNAL] = "signal", [RUN_TURN] = "turn",
    };
    const struct run_counts *c = &r->counts;

    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:s*}", "received", (json_int_t)c->received,
                     "delivered", (json_int_t)c->delivered, "retried", (json_int_t)c->retried,
                     "rejected", (json_int_t)c->rejected, "left",
                     (json_int_t)(c->received - c->delivered - c->rejected), "stopped",
                     reasons[r->stop]);
}

/* What a run reads before it receives, side by side. */
struct beginning {
    struct drain *drain;
    int rc;
    struct err *e;
};

static void begin_part(void *arg, size_t i)
{
    struct beginning *b = arg;

    if (i == 0)
        b->rc = parameters_ensure(&b->drain->parameters, b->e);
    else
        pauses_read(&b->drain->pauses);
}

static int begin(struct drain *d, struct err *e)
{
    struct beginning b = { .drain = d, .e = e };

    parallel_each(2, 2, begin_part, &b);
    return b.rc;
}

/* Holds the turn from before pauses are read until they are written: the next holder knows them. */
static int run_in_turn(struct drain_run *r, long most, int64_t need_ms, struct err *e)
{
    struct drain *d = r->drain;
    bool mine;
    int rc;

    if (turns_take(&d->turns, r->deadline_ms, need_ms, d->stop, &mine, e) < 0)
        return -1;
    if (!mine) {
        run_set_stop(r, run_is_signalled(d) ? RUN_SIGNAL : RUN_TURN);
        return 0;
    }
    rc = begin(d, e) < 0 ? -1 : run_loop(r, most, need_ms, e);
    pauses_write(&d->pauses, IN_PLACE_MS);
    turns_give(&d->turns, run_give_back_until_ms(r));
    return rc;
}

static int run(struct drain *d, const json_t *event, int64_t deadline_ms, json_t **answer,
               struct err *e)
{
    int64_t have_ms = deadline_ms - clock_wall_ms(), need_ms;
    struct drain_run r = { .drain = d, .deadline_ms = clock_mono_ms() + have_ms };
    long most;
    int rc;

    d->queue.aws->deadline_ms = r.deadline_ms - LAST_WORD_MS;
    if (wanted_messages(d, event, &most, e) < 0 || needed_ms(d->settings, have_ms, &need_ms, e) < 0)
        return -1;
    (void)pthread_mutex_init(&r.lock, NULL);
    rc = run_in_turn(&r, most, need_ms, e);
    (void)pthread_mutex_destroy(&r.lock);
    if (rc && r.counts.received == 0)
        return -1;
    *answer = make_answer(&r);
    if (rc)
        log_event(LOG_ERROR, "ended early", "reason", e->msg, NULL);
    log_object(LOG_INFO, "drain", *answer);
    return 0;
}

int drain_run(struct drain *d, const json_t *event, int64_t deadline_ms, json_t **answer,
              struct err *e)
{
    int rc = run(d, event, deadline_ms, answer, e);

    metrics_write(d->metrics);
    return rc;
}
