/*
 * settle.c: see settle.h. A service may return an earlier state, or a deleted resource, for some
 * time: a minute in the worst documented case.
 */
#include "engine/settle.h"

#include "aws_memo.h"
#include "clock.h"
#include "engine/diff.h"
#include "engine/own.h"
#include "mem.h"
#include "parallel.h"
#include "retry.h"

#include <stdlib.h>

enum {
    WIDTH = 32,       /* rows read in parallel */
    SHOWS_MS = 90000, /* AWS documents "up to 60 seconds"; with a margin */
    GONE_LOOKS = 3,   /* a single read that finds nothing proves little */
    NAP_MS = 200,
};

struct look {
    const struct step *step;
    int gone; /* consecutive reads that did not find it */
    bool shown;
    struct err err; /* ERR_OK unless a kept resource is gone */
};

struct round {
    const struct ctx *ctx;
    struct look *looks;
};

/* Ignores secrets, whose values are not compared, and health, which was not written. */
static bool is_shown(const struct step *now)
{
    for (size_t i = 0; i < now->n_changes; i++) {
        if (!(now->changes[i].prop->flags & (PROP_SECRET | PROP_HEALTH | PROP_STATUS)))
            return false;
    }
    return true;
}

static bool has_secret(const struct kind *k)
{
    const struct prop *p = k->props;

    while (p->name && !(p->flags & PROP_SECRET))
        p++;
    return p->name != NULL;
}

/* Whether the resource exists as wanted. Recognising a secret's value is slow, so its earlier want
 * is reused. */
static bool compare(struct step *now, const struct step *done, const struct ctx *c)
{
    struct err unused = { 0 };

    if (!now->state.have)
        return false;
    if (has_secret(now->row->kind))
        now->state.want = json_incref(done->state.want);
    else if (now->row->kind->want(c, now->row, &now->state, &unused) < 0)
        return false;
    return diff_step(now, c, &unused) == 0 && is_shown(now);
}

/* A failed read ends the wait: AWS has already confirmed the change. */
static void look_once(void *arg, size_t i)
{
    const struct round *r = arg;
    struct look *l = &r->looks[i];
    struct step now = { .row = l->step->row };
    struct ctx look = *r->ctx;
    struct err e = { 0 };

    look.known = l->step->action != DROP;
    look.bare = l->step->action == CREATE;
    if (own_read(&look, now.row, &now.state, &e) < 0) {
        l->shown = e.code != ERR_INTERRUPTED;
    } else if (l->step->action == DROP) {
        l->gone = now.state.have ? 0 : l->gone + 1;
        l->shown = l->gone >= GONE_LOOKS;
    } else if (l->step->action == KEEP) {
        l->shown = true;
        if (!now.state.have)
            (void)err_set(&l->err, ERR_AWS,
                          "%s '%s' is gone: it was deleted shortly before this run",
                          now.row->kind->name, now.row->name);
    } else {
        l->shown = compare(&now, l->step, r->ctx);
    }
    step_done(&now);
}

static bool is_looked_at(const struct plan *p, const struct step *s)
{
    bool lingers = s->row->kind->flags & KIND_LINGERS;

    if (s->action == KEEP)
        return lingers && !p->removal && s->row->presence == PRESENT && s->state.have;
    return s->done && (s->action != DROP || lingers);
}

static size_t first_looks(const struct plan *p, struct look *looks)
{
    size_t n = 0;

    for (size_t i = 0; i < p->n; i++) {
        if (is_looked_at(p, &p->steps[i]))
            looks[n++] = (struct look){ .step = &p->steps[i] };
    }
    return n;
}

/* Keeps the looks that do not show yet and returns their number. *e: the first kept resource that
 * is gone. */
static size_t look_round(const struct ctx *c, struct look *looks, size_t n, struct err *e)
{
    struct ctx look = *c;
    struct round r = { &look, looks };
    size_t left = 0;

    look.memo = aws_memo_new();
    look.hasty = true;
    parallel_each(n, WIDTH, look_once, &r);
    aws_memo_free(look.memo);
    for (size_t i = 0; i < n; i++) {
        if (looks[i].err.code != ERR_OK && e->code == ERR_OK)
            *e = looks[i].err;
        if (!looks[i].shown)
            looks[left++] = looks[i];
    }
    return left;
}

static bool nap(const struct ctx *c, int64_t ms)
{
    for (; ms > 0 && !(c->stop && c->stop(c->stop_arg)); ms -= NAP_MS)
        clock_sleep_ms(ms < NAP_MS ? ms : NAP_MS);
    return ms <= 0;
}

/* Does not report deletions that were not found once and are only confirmed. */
static void tell(settle_event_fn *on, void *arg, const struct look *looks, size_t n,
                 int64_t left_ms)
{
    auto_free const struct step **steps = xcalloc(n + 1, sizeof(*steps));
    size_t told = 0;

    for (size_t i = 0; i < n; i++) {
        if (looks[i].gone == 0)
            steps[told++] = looks[i].step;
    }
    if (on && told > 0)
        on(arg, steps, told, left_ms);
}

int plan_settle(const struct plan *p, const struct ctx *c, settle_event_fn *on, void *arg,
                struct err *e)
{
    auto_free struct look *looks = xcalloc(p->n + 1, sizeof(*looks));
    int64_t end_ms = clock_mono_ms() + SHOWS_MS;
    size_t n = plan_count(p, KEEP) == p->n ? 0 : first_looks(p, looks);
    struct err gone = { 0 };

    for (int round = 0; n > 0; round++) {
        int64_t delay_ms = 0, left_ms = 0;
        bool over = false;

        n = look_round(c, looks, n, &gone);
        if (n == 0)
            break;
        delay_ms = retry_poll_delay_ms(round, SHOWS_MS);
        left_ms = end_ms - clock_mono_ms();
        over = delay_ms < 0 || left_ms <= 0;
        tell(on, arg, looks, n, over ? 0 : left_ms);
        if (over)
            break;
        if (!nap(c, delay_ms))
            return err_set(e, ERR_INTERRUPTED,
                           "everything was applied; AWS may show the old state for a while");
    }
    if (gone.code == ERR_OK)
        return 0;
    *e = gone;
    return -1;
}
