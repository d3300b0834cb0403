/* preflight_capacity.c: how much the schedules deliver, and whether the queue waits that long. */
#include "pipeline/preflight_parts.h"

#include "kinds/messages.h"

enum {
    LOOK_DAYS = 28,  /* runs are counted over four weeks */
    GAP_RUNS = 3000, /* runs whose distances are compared */
};

static double runs_a_day(const struct schedule *when, int64_t now_ms)
{
    int64_t at = now_ms, end = now_ms + LOOK_DAYS * DAY_MS;
    double runs = 0;

    if (when->rate_ms)
        return (double)DAY_MS / (double)when->rate_ms;
    while ((at = schedule_next(when, at)) >= 0 && at <= end)
        runs++;
    return runs / LOOK_DAYS;
}

/* The maximum that one run delivers, limited by max_messages and by the rate within its timeout. */
static double messages_a_run(const struct config_drain *d, const struct config_schedule *s)
{
    double most = s->max_messages, paced = d->rate_per_s * d->timeout_s;

    return d->rate_per_s > 0 && paced < most ? paced : most;
}

static double messages_a_day(const struct preflight_facts *f)
{
    const struct config_drain *d = &f->config->drain;
    double sum = 0, paced = d->rate_per_s * (double)DAY_MS / 1000;

    for (size_t i = 0; i < d->n_schedules; i++)
        sum += runs_a_day(&d->schedules[i].when, f->now_ms) * messages_a_run(d, &d->schedules[i]);
    /* with a rate, only one run at a time delivers */
    return d->rate_per_s > 0 && sum > paced ? paced : sum;
}

/* The longest time between two runs, in ms. */
static int64_t longest_gap(const struct preflight_facts *f)
{
    const struct config_drain *d = &f->config->drain;
    int64_t at = f->now_ms, longest = 0;

    for (int run = 0; run < GAP_RUNS; run++) {
        int64_t next = INT64_MAX;

        for (size_t i = 0; i < d->n_schedules; i++) {
            int64_t one = schedule_next(&d->schedules[i].when, at);
            next = one >= 0 && one < next ? one : next;
        }
        if (next == INT64_MAX)
            break;
        longest = next - at > longest ? next - at : longest;
        at = next;
    }
    return longest;
}

static long long waiting_now(const struct preflight_facts *f)
{
    struct depth d = depth_of(preflight_have(f, ROW_QUEUE));

    return depth_total(&d);
}

static void put_at_most(struct buf *out, double a_day)
{
    bool rare = a_day < 1;
    long long n = (long long)(rare ? a_day * LOOK_DAYS : a_day);

    buf_puts(out, "at most ");
    put_count(out, n);
    buf_printf(out, " message%s %s at this schedule", n == 1 ? "" : "s",
               rare ? "in 28 days" : "a day");
}

enum preflight_verdict preflight_capacity(const struct preflight_facts *f, struct buf *out)
{
    const struct config *c = f->config;
    double a_day = c->has_drain ? messages_a_day(f) : 0, gap_s, backlog_s;
    long long waiting = waiting_now(f), keep_s = preflight_retention_s(f);

    if (a_day <= 0)
        return PREFLIGHT_NONE; /* check_schedules reports this */
    put_at_most(out, a_day);
    backlog_s = (double)waiting / a_day * 86400;
    gap_s = (double)longest_gap(f) / 1000;
    if (waiting > 0) {
        buf_puts(out, "; ");
        put_count(out, waiting);
        buf_puts(out, " waiting now, which takes ");
        put_span(out, backlog_s);
    }
    if (keep_s < 0 || (backlog_s <= (double)keep_s && gap_s <= (double)keep_s))
        return PREFLIGHT_OK;
    if (gap_s > (double)keep_s) {
        buf_puts(out, "; a message may wait ");
        put_span(out, gap_s);
        buf_puts(out, " for a run");
    }
    buf_puts(out, "; but the queue keeps a message only for ");
    put_span(out, (double)keep_s);
    buf_puts(out,
             "; raise queue.retention (up to 14d), or run drain more often or with more messages");
    return PREFLIGHT_WARNING;
}
