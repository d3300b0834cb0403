/*
 * apply.c: applies a plan. A few workers take whichever row is ready. One lock guards the progress
 * of every step; kinds run outside it. A resource and its parts are changed one row at a time:
 * services refuse or lose concurrent changes of the same resource.
 */
#include "aws_memo.h"
#include "clock.h"
#include "engine/diff.h"
#include "engine/own.h"
#include "engine/plan.h"
#include "mem.h"
#include "parallel.h"
#include "retry.h"

#include <pthread.h>
#include <string.h>

/* Rows applied in parallel; the threads mostly wait for responses. */
enum { APPLY_WIDTH = 32 };

enum { SEEN_MS = 15000 }; /* how long to wait for a read to show an existing resource */

/* MADE: created, and finish() is still to come. */
enum progress { WAITING, RUNNING, MADE, OVER };

struct run {
    struct plan *plan;
    const struct ctx *ctx;
    apply_event_fn *on;
    void *arg;
    enum progress *progress; /* of each step */
    bool *waits;             /* [i * n + j]: step i waits for step j */
    bool *made;              /* create() is done */
    struct aws_memo *looks;  /* of look_before */
    bool stopped;
    const struct step *first_failed;
    pthread_mutex_t lock;
    pthread_cond_t moved;
};

/* Whether `row` is `need` itself or was found by it (a LEFTOVERS row). */
static bool is_row_of(const struct plan *p, const struct row *row, const struct row *need)
{
    if (row == need)
        return true;
    return p->n_found && row >= p->found && row < p->found + p->n_found &&
           p->found_by[row - p->found] == need;
}

static bool is_in_rows(const struct plan *p, const struct row *row, const struct row **list,
                       size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (is_row_of(p, row, list[i]))
            return true;
    }
    return false;
}

static bool needs(const struct plan *p, const struct step *s, const struct step *other)
{
    return is_in_rows(p, other->row, s->row->needs, s->row->n_needs);
}

/* A row waits for the rows it needs. A deleted row waits for those that need it and those it
 * outlives. */
static bool must_wait(const struct plan *p, const struct step *s, const struct step *other)
{
    if (s->action == DROP)
        return needs(p, other, s) ||
               (other->action == DROP &&
                is_in_rows(p, other->row, s->row->outlives, s->row->n_outlives));
    return other->action != DROP && needs(p, s, other);
}

static bool *wait_table(const struct plan *p)
{
    bool *waits = xcalloc(p->n * p->n + 1, sizeof(*waits));

    for (size_t i = 0; i < p->n; i++) {
        for (size_t j = 0; j < p->n; j++)
            waits[i * p->n + j] = i != j && must_wait(p, &p->steps[i], &p->steps[j]);
    }
    return waits;
}

static bool has_halves(const struct step *s)
{
    return s->action == CREATE && s->row->kind->finish;
}

/* Under the lock: whether step i still waits for step j. *blocked: j has failed. */
static bool is_awaited(const struct run *r, size_t i, size_t j, bool *blocked)
{
    const struct step *s = &r->plan->steps[i], *other = &r->plan->steps[j];

    *blocked = false;
    if (!r->waits[i * r->plan->n + j] || (has_halves(s) && r->progress[i] == WAITING))
        return false;
    if (has_halves(other) && r->made[j] && !(s->row->kind->flags & KIND_PART) && !has_halves(s))
        return false;
    *blocked = r->progress[j] == OVER && !other->done;
    return r->progress[j] != OVER;
}

/* The resource that a row changes: a part's whole, otherwise the row itself. */
static const struct row *whole_of(const struct row *row)
{
    return (row->kind->flags & KIND_PART) && row->n_needs ? row->needs[0] : row;
}

/* Under the lock: whether another step is changing the same resource. */
static bool is_busy(const struct run *r, size_t i)
{
    const struct row *whole = whole_of(r->plan->steps[i].row);

    for (size_t j = 0; j < r->plan->n; j++) {
        if (r->progress[j] == RUNNING && whole_of(r->plan->steps[j].row) == whole)
            return true;
    }
    return false;
}

static void tell(const struct run *r, const struct step *s, enum apply_event ev)
{
    if (r->on && s->action != KEEP)
        r->on(r->arg, s, ev, s->elapsed_ms);
}

/* Under the lock. */
static void finish(struct run *r, size_t i, enum apply_event ev)
{
    struct step *s = &r->plan->steps[i];

    r->progress[i] = OVER;
    s->done = ev == APPLY_DONE;
    s->skipped = ev == APPLY_SKIPPED || ev == APPLY_STOPPED;
    if (ev == APPLY_FAILED && !r->first_failed)
        r->first_failed = s;
    tell(r, s, ev);
    (void)pthread_cond_broadcast(&r->moved);
}

/* because: the step that failed; -1: none, the run stops. */
static void skip(struct run *r, size_t i, ptrdiff_t because)
{
    struct step *s = &r->plan->steps[i];

    if (because >= 0)
        (void)err_set(&s->err, ERR_REFUSED, "skipped because '%s' failed",
                      r->plan->steps[because].row->id);
    else
        (void)err_set(&s->err, ERR_INTERRUPTED, "not started: interrupted");
    finish(r, i, r->progress[i] == MADE ? APPLY_STOPPED : APPLY_SKIPPED);
}

/* Under the lock: whether a step waits for nothing but its turn. *blocker: a step that it needs and
 * that failed; or -1. */
static bool is_ready(const struct run *r, size_t i, ptrdiff_t *blocker)
{
    bool blocked, ready = r->progress[i] == WAITING || r->progress[i] == MADE;

    *blocker = -1;
    for (size_t j = 0; ready && j < r->plan->n; j++) {
        ready = !is_awaited(r, i, j, &blocked);
        if (blocked)
            *blocker = (ptrdiff_t)j;
    }
    return ready;
}

/* Under the lock: the next step to run, or -1 when none is ready. Finishes steps that cannot run or
 * have nothing to do. *left: false once every step is over. */
static ptrdiff_t next_step(struct run *r, bool *left)
{
    *left = false;
    for (size_t i = 0; i < r->plan->n; i++) {
        bool keep = r->plan->steps[i].action == KEEP;
        ptrdiff_t blocker;

        *left = *left || r->progress[i] != OVER;
        if (!is_ready(r, i, &blocker))
            continue;
        if (blocker < 0 && !keep && !r->stopped) {
            if (is_busy(r, i))
                continue;
            return (ptrdiff_t)i;
        }
        if (blocker >= 0 || !keep)
            skip(r, i, blocker);
        else
            finish(r, i, APPLY_DONE);
        return next_step(r, left);
    }
    return -1;
}

/* For a resource that exists already, with want filled in: updates it if it is ours. */
static int take_over(struct step *s, const struct ctx *c, struct err *e)
{
    const struct kind *k = s->row->kind;

    if ((k->flags & KIND_TAGGED) && !has_our_tag(s, c))
        return err_set(e, ERR_REFUSED, "somebody else created it in the meantime");
    if (diff_step(s, c, e) < 0)
        return -1;
    return s->n_changes ? k->update(c, s->row, &s->state, s->delta, e) : 0;
}

static bool is_word_of(const char *word, const char *words)
{
    size_t n = strlen(word);

    for (const char *at = words; n && at && (at = strstr(at, word)); at += n) {
        if ((at == words || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
            return true;
    }
    return false;
}

static bool wait_a_little(const struct ctx *c, int look)
{
    int64_t delay_ms = retry_poll_delay_ms(look, SEEN_MS);

    if (delay_ms < 0 || (c->stop && c->stop(c->stop_arg)))
        return false;
    clock_sleep_ms(delay_ms);
    return true;
}

/* Whether this run created what the row is a part of, so that nobody can have made the part. */
static bool is_of_new_whole(const struct run *r, const struct step *s)
{
    const struct row *whole = whole_of(s->row);

    for (size_t i = 0; i < r->plan->n; i++) {
        const struct step *other = &r->plan->steps[i];

        if (other->row == whole && other != s)
            return other->action == CREATE && !other->state.have;
    }
    return false;
}

/* A kind whose create() does not report what exists is read before, unless the plan has done so. */
static int look_before(const struct run *r, struct step *s, struct err *e)
{
    const struct kind *k = s->row->kind;
    struct ctx look = *r->ctx;

    if (!s->unread || k->exists || is_of_new_whole(r, s))
        return 0;
    state_done(&s->state);
    look.memo = r->looks;
    return own_read(&look, s->row, &s->state, e) < 0 ? -1 : k->want(&look, s->row, &s->state, e);
}

/* create() reports an existing resource when the response to an earlier attempt was lost, or when
 * the plan's read came too early to show it. Until read() shows it too, one of the two lags
 * behind; if that lasts, *e is create()'s error. */
static int create(const struct run *r, struct step *s, struct err *e)
{
    const struct ctx *c = r->ctx;
    const struct kind *k = s->row->kind;

    if (look_before(r, s, e) < 0)
        return -1;
    if (s->state.have)
        return take_over(s, c, e);
    for (int look = 0;; look++) {
        struct err said;

        if (k->create(c, s->row, &s->state, e) == 0)
            return 0;
        if (!is_word_of(e->aws_code, k->exists))
            return -1;
        said = *e;
        state_done(&s->state);
        if (own_read(c, s->row, &s->state, e) < 0 || (!s->state.have && !wait_a_little(c, look))) {
            *e = said;
            return -1;
        }
        if (k->want(c, s->row, &s->state, e) < 0)
            return -1;
        if (s->state.have)
            return take_over(s, c, e);
    }
}

/* again: create() is done. */
static int run_step(const struct run *r, struct step *s, bool again, struct err *e)
{
    static const char *const verbs[] = { "keep", "create", "change", "delete" };
    const struct ctx *c = r->ctx;
    const struct kind *k = s->row->kind;
    int rc = 0;

    switch (s->action) {
    case KEEP: return 0;
    case CREATE: rc = again ? k->finish(c, s->row, &s->state, e) : create(r, s, e); break;
    case UPDATE: rc = k->update(c, s->row, &s->state, s->delta, e); break;
    case DROP: rc = k->drop(c, s->row, &s->state, e); break;
    }
    return rc < 0 ? err_wrap(e, "cannot %s %s '%s'", verbs[s->action], k->name, s->row->name) : 0;
}

static enum apply_event end_of(int rc, const struct err *e)
{
    if (rc == 0)
        return APPLY_DONE;
    return e->code == ERR_INTERRUPTED ? APPLY_STOPPED : APPLY_FAILED;
}

static void work(struct run *r, size_t i)
{
    struct step *s = &r->plan->steps[i];
    int64_t began = clock_mono_ms();
    bool again = r->progress[i] == MADE;
    struct err e = { 0 };
    int rc;

    r->progress[i] = RUNNING;
    if (!again)
        tell(r, s, APPLY_START);
    (void)pthread_mutex_unlock(&r->lock);
    rc = run_step(r, s, again, &e);
    (void)pthread_mutex_lock(&r->lock);
    s->elapsed_ms += clock_mono_ms() - began;
    r->made[i] = again || rc == 0;
    if (rc == 0 && !again && has_halves(s) && !s->state.have) {
        r->progress[i] = MADE;
        (void)pthread_cond_broadcast(&r->moved);
        return;
    }
    if (rc < 0)
        s->err = e;
    finish(r, i, end_of(rc, &e));
}

static void worker(void *arg, size_t unused)
{
    struct run *r = arg;
    bool left = true;

    (void)unused;
    (void)pthread_mutex_lock(&r->lock);
    while (left) {
        ptrdiff_t i;

        r->stopped = r->stopped || (r->ctx->stop && r->ctx->stop(r->ctx->stop_arg));
        i = next_step(r, &left);

        if (i >= 0)
            work(r, (size_t)i);
        else if (left)
            (void)pthread_cond_wait(&r->moved, &r->lock);
    }
    (void)pthread_mutex_unlock(&r->lock);
}

static int outcome(const struct run *r, struct err *e)
{
    size_t done = 0, left = 0;

    for (size_t i = 0; i < r->plan->n; i++) {
        const struct step *s = &r->plan->steps[i];

        done += s->action != KEEP && s->done;
        left += s->action != KEEP && !s->done;
    }
    if (r->stopped && left)
        return err_set(e, ERR_INTERRUPTED,
                       "interrupted: %zu done, %zu left; run it again to continue", done, left);
    if (r->first_failed) {
        *e = r->first_failed->err;
        return -1;
    }
    return 0;
}

int plan_apply(struct plan *p, const struct ctx *c, apply_event_fn *on, void *arg, struct err *e)
{
    struct ctx ctx = *c;
    auto_free enum progress *progress = xcalloc(p->n + 1, sizeof(*progress));
    auto_free bool *waits = wait_table(p), *made = xcalloc(p->n + 1, sizeof(*made));
    struct run r = {
        .plan = p,
        .ctx = &ctx,
        .on = on,
        .arg = arg,
        .progress = progress,
        .waits = waits,
        .made = made,
        .looks = aws_memo_new(),
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .moved = PTHREAD_COND_INITIALIZER,
    };

    ctx.made = aws_memo_new();
    parallel_each(p->n < APPLY_WIDTH ? p->n : APPLY_WIDTH, APPLY_WIDTH, worker, &r);
    aws_memo_free(ctx.made);
    aws_memo_free(r.looks);
    (void)pthread_cond_destroy(&r.moved);
    (void)pthread_mutex_destroy(&r.lock);
    return outcome(&r, e);
}
