/* deliver.c: one message to its destinations, one after the other, each until it accepts. */
#include "deliver.h"

#include "clock.h"
#include "reject.h"
#include "verdict.h"

#include <stdio.h>

enum { LATE_MS = 500 };

struct answer {
    enum verdict verdict;
    int status;             /* 0: no answer */
    int64_t retry_after_ms; /* -1: not asked for */
    bool unknown;           /* no answer, but the request may have arrived */
    unsigned generation;    /* of the parameters that were sent */
    unsigned token;         /* generation of the token that was sent; 0: none */
    char reason[256];
};

enum after_try {
    MESSAGE_CONTINUES, /* continue with this message: its next destination, or the same again */
    MESSAGE_DONE,      /* the message is done */
    GROUP_ENDS,        /* its group ends here */
};

/* The current message of a group, on its way to one destination. */
struct delivery {
    struct group *group;
    struct drain_run *run;
    struct drain *drain;
    struct message *message;
    const struct destination *to;
    size_t index; /* the destination's, in the settings */
};

static enum after_try after_step(enum step step)
{
    return step == STEP_NEXT ? MESSAGE_DONE : GROUP_ENDS;
}

static int64_t paused_until_ms(const struct delivery *x)
{
    return clock_mono_ms() + pauses_until_ms(&x->drain->pauses, x->index) - clock_wall_ms();
}

/* The longest wait, now, after which a lease still covers a request that needs need_ms. */
static int64_t longest_wait_ms(const struct delivery *x, int64_t need_ms)
{
    int64_t lease_ms = x->drain->settings->visibility_ms / 1000 * 1000;

    return lease_ms > need_ms ? lease_ms - need_ms : 0;
}

static int64_t later(int64_t a_ms, int64_t b_ms)
{
    return a_ms > b_ms ? a_ms : b_ms;
}

/* Waits until a request that may take request_ms can be sent. False: not in this run. */
static bool wait_to_send(const struct delivery *x, int64_t request_ms)
{
    struct drain_run *r = x->run;
    struct pace *pace = &x->drain->pace;
    int64_t need_ms = request_ms + MARGIN_MS;

    for (;;) {
        int64_t now_ms = clock_mono_ms(), latest_ms = r->deadline_ms - need_ms;
        int64_t at_ms = paused_until_ms(x);

        if (at_ms - now_ms > IN_PLACE_MS) {
            message_put_back(r, x->message, at_ms - now_ms);
            run_set_stop(r, RUN_PAUSED);
            return false;
        }
        if (run_is_stopped(r))
            return false;
        at_ms = later(later(at_ms, pace_next_ms(pace)), now_ms);
        if (at_ms > latest_ms) {
            run_set_stop(r, RUN_TIME);
            return false;
        }
        if (at_ms - now_ms > longest_wait_ms(x, need_ms)) /* then the lease is renewed */
            at_ms = now_ms + longest_wait_ms(x, need_ms);
        if (!group_hold(x->group, at_ms + need_ms))
            return false;
        run_sleep_until(r, at_ms);
        now_ms = clock_mono_ms(); /* everything may have changed during the sleep */
        if (now_ms <= at_ms + LATE_MS && paused_until_ms(x) <= now_ms && !run_is_stopped(r) &&
            pace_take(pace, now_ms))
            return true;
    }
}

static void read_answer(const struct destination *d, const struct http_response *r,
                        struct answer *a)
{
    a->status = r->status;
    a->retry_after_ms = http_retry_after_ms(r, clock_wall_ms());
    a->verdict = verdict_of(d, r->status, a->retry_after_ms);
    (void)snprintf(a->reason, sizeof(a->reason), "destination '%.80s' answered %d", d->name,
                   r->status);
}

/* Nothing was sent, or no answer was received. */
static void set_no_answer(const struct err *why, struct answer *a)
{
    a->verdict = why->code == ERR_CREDENTIALS ? VERDICT_AUTH : VERDICT_AGAIN;
    a->status = why->status;
    (void)snprintf(a->reason, sizeof(a->reason), "%.255s", why->msg);
}

/* A token, where the destination wants one. -1: failed, *a says why. *waited: it was requested
 * now. */
static int get_token(const struct delivery *x, struct token_copy *out, struct answer *a,
                     bool *waited)
{
    struct drain *d = x->drain;
    auto_json json_t *values = parameters_copy(&d->parameters, &a->generation);
    struct token_ask ask = {
        .destination = x->index, .d = x->to, .parameters = values, .send = d->send, .arg = d->arg
    };
    int64_t began_ms = clock_mono_ms();
    struct err why = { 0 };

    *waited = false;
    if (!auth_wants_token(&x->to->auth))
        return 0;
    if (tokens_get(&d->tokens, &ask, out, &a->retry_after_ms, &why) < 0) {
        (void)err_wrap(&why, "destination '%.80s'", x->to->name);
        set_no_answer(&why, a);
        return -1;
    }
    a->token = out->generation;
    *waited = clock_mono_ms() > began_ms;
    return 0;
}

/* Fails only when the message cannot become a request. */
static int send_message(const struct delivery *x, const struct token_copy *token, struct answer *a,
                        struct err *e)
{
    struct drain *d = x->drain;
    const struct message *m = x->message;
    auto_json json_t *values = parameters_copy(&d->parameters, &a->generation);
    struct outgoing out = { .id = m->id,
                            .group = m->group,
                            .sequence = m->sequence,
                            .attempt = message_attempt(m),
                            .text = m->text,
                            .text_len = m->text_len,
                            .message = m->value,
                            .parameters = values,
                            .token = token->value,
                            .now_ms = clock_wall_ms(),
                            .keys = d->parameters.aws->keys,
                            .creds = &d->parameters.aws->creds,
                            .region = d->parameters.aws->region };
    __attribute__((cleanup(destination_request_done))) struct destination_request q = { 0 };
    auto_response response = { 0 };
    struct err why = { 0 };

    if (destination_request(x->to, &out, &q, &why) < 0) {
        *e = why;
        if (why.code != ERR_CREDENTIALS)
            return -1;
        set_no_answer(&why, a);
    } else if (d->send(d->arg, &q.http, &response, &why)) {
        (void)err_wrap(&why, "destination '%.80s'", x->to->name);
        set_no_answer(&why, a);
        a->unknown = why.unknown || why.code == ERR_TIMEOUT;
    } else {
        read_answer(x->to, &response, a);
    }
    return 0;
}

static enum after_try try_later(const struct delivery *x, const struct answer *a)
{
    struct drain_run *r = x->run;
    struct message *m = x->message;
    int64_t delay_ms = verdict_backoff_ms(message_attempt(m)), now_ms = clock_mono_ms();
    int64_t most_ms = x->drain->settings->retry_after_max_ms;
    int64_t asked_ms = a->retry_after_ms < most_ms ? a->retry_after_ms : most_ms;
    int64_t need_ms = destination_needs_ms(x->to) + MARGIN_MS;

    if (verdict_pauses(a->status) && asked_ms > 0)
        pauses_ask(&x->drain->pauses, x->index, asked_ms);
    if (asked_ms > delay_ms)
        delay_ms = asked_ms;
    if (delay_ms > IN_PLACE_MS || now_ms + delay_ms > r->deadline_ms - need_ms ||
        run_is_stopped(r)) {
        message_log(LOG_WARN, "put back", m, a->reason);
        message_put_back(r, m, delay_ms);
        return GROUP_ENDS;
    }
    message_log(LOG_INFO, "once more", m, a->reason);
    run_sleep_until(r, now_ms + delay_ms);
    if (run_is_stopped(r)) {
        /* not visible before the wait is over */
        message_put_back(r, m, now_ms + delay_ms - clock_mono_ms());
        return GROUP_ENDS;
    }
    m->retries++;
    run_count(r, &r->counts.retried);
    return MESSAGE_CONTINUES;
}

/* Keys may have been rotated: the parameters are fetched again, once in a run. */
static bool fresh_parameters(struct drain_run *r, unsigned seen)
{
    struct parameters *p = &r->drain->parameters;
    bool first;
    struct err e;

    if (!parameters_any(p))
        return false;
    (void)pthread_mutex_lock(&r->lock);
    first = !r->refreshed;
    r->refreshed = true;
    (void)pthread_mutex_unlock(&r->lock);
    if (!first && parameters_generation(p) == seen)
        return false;
    if (parameters_refresh(p, seen, &e) == 0)
        return true;
    log_event(LOG_WARN, "the parameters could not be fetched again", "reason", e.msg, NULL);
    return false;
}

static enum after_try retry_unauthorized(const struct delivery *x, const struct answer *a)
{
    struct message *m = x->message;
    const char *with = a->token && tokens_refused(&x->drain->tokens, x->index, a->token)
                           ? "once more, with a new token"
                       : fresh_parameters(x->run, a->generation)
                           ? "once more, with parameters fetched again"
                           : NULL;

    if (with) {
        message_log(LOG_WARN, with, m, a->reason);
        m->retries++;
        run_count(x->run, &x->run->counts.retried);
        return MESSAGE_CONTINUES;
    }
    message_log(LOG_ERROR,
                a->status ? "stopped: the destination refuses our credentials"
                          : "stopped: our credentials cannot be used",
                m, a->reason);
    run_set_stop(x->run, RUN_REFUSED);
    return GROUP_ENDS;
}

static void count_answer(const struct delivery *x, const struct answer *a)
{
    struct metrics *metrics = x->drain->metrics;

    if (a->unknown)
        metrics_count(metrics, METRIC_DUPLICATE_POSSIBLE, METRICS_WHOLE);
    if (a->verdict == VERDICT_AGAIN || a->verdict == VERDICT_AUTH)
        metrics_count(metrics, METRIC_RETRIED, x->index);
    if (a->verdict != VERDICT_TAKEN)
        return;
    metrics_count(metrics, METRIC_DELIVERED, x->index);
    if (x->message->sent_ms)
        metrics_latency(metrics, x->index, clock_wall_ms() - x->message->sent_ms);
}

static enum after_try act_on_answer(const struct delivery *x, const struct answer *a)
{
    const struct refusal why = { x->to->name, a->status, a->reason };

    if (a->token && a->status && a->verdict != VERDICT_AUTH)
        tokens_accepted(&x->drain->tokens, x->index, a->token);
    count_answer(x, a);
    switch (a->verdict) {
    case VERDICT_AGAIN: return try_later(x, a);
    case VERDICT_AUTH: return retry_unauthorized(x, a);
    case VERDICT_REFUSED: return after_step(reject(x->group, &why));
    case VERDICT_TAKEN: break;
    }
    x->message->taken++;
    return MESSAGE_CONTINUES;
}

/* A request for a token uses up the slot of the rate: the message waits for another one. */
static enum after_try try_destination(const struct delivery *x)
{
    __attribute__((cleanup(token_done))) struct token_copy token = { 0 };
    struct answer a = { .retry_after_ms = -1 };
    struct err e;
    bool waited;

    if (!wait_to_send(x, destination_needs_ms(x->to)))
        return GROUP_ENDS;
    if (get_token(x, &token, &a, &waited))
        return act_on_answer(x, &a);
    if (waited && !wait_to_send(x, x->to->timeout_ms))
        return GROUP_ENDS;
    if (send_message(x, &token, &a, &e) < 0)
        return after_step(reject(x->group, &(struct refusal){ x->to->name, 0, e.msg }));
    return act_on_answer(x, &a);
}

/* To the next destination that does not have it. */
static enum after_try try_next_destination(struct group *g)
{
    struct drain *d = g->run->drain;
    struct message *m = group_current(g);

    return try_destination(&(struct delivery){ .group = g,
                                               .run = g->run,
                                               .drain = d,
                                               .message = m,
                                               .to = &d->settings->destinations[m->taken],
                                               .index = m->taken });
}

/* For what asks no destination. The others check in wait_to_send. */
static bool may_begin(struct drain_run *r)
{
    if (clock_mono_ms() >= r->deadline_ms - MARGIN_MS)
        run_set_stop(r, RUN_TIME);
    return !run_is_stopped(r);
}

enum step deliver(struct group *g)
{
    struct drain *d = g->run->drain;
    struct message *m = group_current(g);
    size_t n = d->settings->n_destinations;
    bool before = m->taken == n; /* delivered before, but not deleted */
    enum after_try then = MESSAGE_CONTINUES;

    if (m->problem && !before)
        return may_begin(g->run) ? reject(g, &(struct refusal){ .reason = m->problem }) : STEP_END;
    while (m->taken < n && then == MESSAGE_CONTINUES)
        then = try_next_destination(g);
    if (then != MESSAGE_CONTINUES)
        return then == MESSAGE_DONE ? STEP_NEXT : STEP_END;
    run_count(g->run, &g->run->counts.delivered);
    if (!before)
        metrics_count(d->metrics, METRIC_DELIVERED, METRICS_WHOLE);
    message_log(LOG_INFO,
                before ? "not sent again: it was delivered in an earlier run" : "delivered", m,
                NULL);
    return group_delete(g);
}
