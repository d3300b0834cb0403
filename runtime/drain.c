/* drain.c: one run of drain: what is read before, the loops that receive and deliver, and the
 * answer. */
#include "drain.h"

#include "clock.h"
#include "drain_run.h"
#include "loops.h"
#include "parallel.h"

#include <string.h>

static void note_root(void *arg, const char *root, const char *path)
{
    bool *reads_messages = arg;

    (void)path;
    *reads_messages = *reads_messages || strcmp(root, "message") == 0;
}

static void note_template(void *arg, const struct template *t)
{
    template_each_path(t, note_root, arg);
}

int drain_init(struct drain *d, const struct settings *s, struct aws *aws, drain_send_fn *send,
               void *arg, struct err *e)
{
    *d = (struct drain){ .all = s, .settings = &s->drain, .send = send, .arg = arg };
    for (size_t i = 0; i < s->drain.n_destinations; i++)
        destination_each_template(&s->drain.destinations[i], note_template, &d->reads_messages);
    held_init(&d->held);
    pace_init(&d->pace, s->drain.rate_per_s);
    taken_init(&d->taken);
    pauses_init(&d->pauses, aws, &s->drain);
    tokens_init(&d->tokens, s->drain.n_destinations);
    return parameters_init(&d->parameters, aws, s, e);
}

/* At the first run: their URLs contain the account. */
static void open_queues(struct drain *d)
{
    struct aws *aws = d->parameters.aws;

    if (d->queue.url)
        return;
    queue_init(&d->queue, aws, d->all->queue);
    turns_init(&d->turns, aws, d->settings->turn, &d->pace);
    if (d->all->dead_letters)
        queue_init(&d->dead, aws, d->all->dead_letters);
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
    held_done(&d->held);
    *d = (struct drain){ 0 };
}

void drain_give_back(struct drain *d)
{
    (void)pthread_mutex_lock(&d->held.lock);
    held_release(&d->held);
    (void)pthread_mutex_unlock(&d->held.lock);
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

/* A destination with a long pause is not tried. */
static int receive_and_deliver(struct drain_run *r, long most, int64_t need_ms, struct err *e)
{
    if (pauses_any(&r->drain->pauses, IN_PLACE_MS))
        run_set_stop(r, RUN_PAUSED);
    return loops_run(r, most, need_ms, e);
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
    rc = begin(d, e) < 0 ? -1 : receive_and_deliver(r, most, need_ms, e);
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

    open_queues(d);
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
