/* apply.c: what `up` and `down` share. */
#include "commands/apply.h"

#include "clock.h"
#include "commands/hold.h"
#include "engine/settle.h"
#include "mem.h"
#include "parallel.h"
#include "ui/interrupt.h"
#include "ui/plan_print.h"
#include "ui/preflight_print.h"
#include "ui/progress.h"
#include "ui/terminal.h"

#include <string.h>

int apply_confirm(const struct options *o, const char *question, struct err *e)
{
    if (o->yes)
        return 0;
    if (!terminal_asks())
        return err_set(e, ERR_USAGE,
                       "nothing was changed: no terminal for confirmation; use --yes");
    if (!terminal_confirm(question) || interrupted())
        return err_set(e, ERR_INTERRUPTED, "nothing was changed");
    return 0;
}

int apply_ask(const struct session *s, const char *question, struct err *e)
{
    if (!s->options->yes && !s->own_clients) /* one of many, in a thread */
        return err_set(e, ERR_REFUSED,
                       "nothing was changed: the plan differs from the one that was shown");
    return apply_confirm(s->options, question, e);
}

/* The secrets typed so far, until they are applied. secret_get lets only one thread ask at a time.
 */
static struct answer {
    struct answer *next;
    char *name, *value;
} * answers;

char *apply_secret(const char *name)
{
    struct answer *a = answers;
    auto_secret char *value = NULL;

    while (a && strcmp(a->name, name) != 0)
        a = a->next;
    if (a)
        return xstrdup(a->value);
    value = terminal_secret(name);
    if (!value)
        return NULL;
    a = xmalloc(sizeof(*a));
    *a = (struct answer){ answers, xstrdup(name), xstrdup(value) };
    answers = a;
    return steal(value);
}

static void forget_answers(void)
{
    while (answers) {
        struct answer *a = answers;

        answers = a->next;
        free(a->name);
        free_cleansed(a->value);
        free(a);
    }
}

char *apply_done_text(const struct plan *p)
{
    size_t count[DROP + 1] = { 0 };
    auto_buf text = BUF(BUF_SMALL);

    for (size_t i = 0; i < p->n; i++)
        count[p->steps[i].action] += p->steps[i].done;
    for (enum action a = CREATE; a <= DROP; a++)
        if (count[a])
            buf_printf(&text, "%s%zu %s", text.len ? ", " : "", count[a], action_done(a));
    return text.len ? buf_steal(&text) : xstrdup("nothing done");
}

static size_t count_left(const struct plan *p)
{
    size_t n = 0;

    for (size_t i = 0; i < p->n; i++)
        n += p->steps[i].action != KEEP && !p->steps[i].done;
    return n;
}

static void print_failures(const struct session *s, const struct plan *p)
{
    for (size_t i = 0; i < p->n; i++) {
        auto_free char *words = xasprintf("%s%s%s", s->own_clients ? "" : s->config.pipeline,
                                          s->own_clients ? "" : ": ", p->steps[i].err.msg);

        if (p->steps[i].err.code != ERR_OK && !p->steps[i].skipped)
            terminal_say(stderr, words);
    }
}

static int report_failure(const struct session *s, const struct plan *p, const char *verb,
                          struct err *e)
{
    enum err_code code = interrupted() ? ERR_INTERRUPTED : e->code;
    auto_free char *done = apply_done_text(p);

    print_failures(s, p);
    if (code != ERR_INTERRUPTED)
        return err_set(e, code, "%s, %zu left; run 'fifoq %s' again to continue", done,
                       count_left(p), verb);
    if (hold_lost(s))
        return err_set(e, ERR_REFUSED, "stopped because another run took the lock: %s, %zu left",
                       done, count_left(p));
    return err_set(e, code, "stopped: %s, %zu left; run 'fifoq %s' to continue", done,
                   count_left(p), verb);
}

static void print_outcome(const struct session *s, const struct plan *p, int64_t took_ms,
                          bool failed)
{
    if (!s->own_clients) /* a row of the table of many */
        return;
    if (s->options->format == FORMAT_JSON) {
        auto_json json_t *outcome = plan_outcome_json(p, &s->config, s->aws);
        json_print(outcome, stdout);
    } else if (!failed && plan_count(p, KEEP) != p->n) {
        auto_free char *done = apply_done_text(p);
        char took[ELAPSED_TEXT];
        elapsed_text(took_ms, took);
        (void)printf("done in %s: %s\n", took, done);
    }
}

int apply_first_plan(const struct session *s, bool removal, const char *verb, struct plan *p,
                     struct err *e)
{
    struct err held;

    if (session_plan(s, removal, p, e) == 0)
        return 0;
    if (e->code == ERR_REFUSED && hold_check(s, verb, &held) < 0 && held.code == ERR_REFUSED)
        *e = held;
    return -1;
}

/* Reads again under the lock what another run may have changed. */
static int refresh(const struct session *s, struct plan *p, const struct apply_work *work,
                   struct err *e)
{
    auto_plan now = { 0 };
    bool same = false;

    if (session_plan_again(s, p, &now, e) < 0)
        return -1;
    if (work->guard && work->guard(s, &now, e) < 0)
        return -1;
    same = plan_same(p, &now);
    plan_done(p);
    *p = now;
    now = (struct plan){ 0 };
    if (same)
        return 0;
    (void)fprintf(stderr, "something changed in the meantime; the plan is now:\n");
    plan_print_text(p, stderr);
    return plan_count(p, KEEP) == p->n ? 0 : apply_ask(s, work->question, e);
}

/* Of the run's only session: requests end, too, once its lock is lost. */
static const struct session *sole;

static bool sole_stop(void)
{
    return interrupted() || hold_lost(sole);
}

static int apply_held(const struct session *s, struct plan *p, const struct apply_work *work,
                      struct err *e)
{
    struct ctx ctx = s->ctx;
    int64_t start_ms = 0;
    struct progress *g = NULL;
    int result = 0;
    bool (*stop)(void) = ctx.aws->stop;
    bool alone = s->own_clients;

    if (refresh(s, p, work, e) < 0)
        return -1;
    start_ms = clock_mono_ms();
    g = progress_new(p, s->options->quiet || !alone);
    ctx.waits = progress_waits;
    ctx.waits_arg = g;
    ctx.stop = hold_stop;
    ctx.stop_arg = (void *)s;
    if (alone) {
        sole = s;
        ctx.aws->stop = sole_stop;
        progress_pace(g, ctx.aws->paced_arg);
    }
    result = plan_apply(p, &ctx, progress_event, g, e);
    if (alone) {
        ctx.aws->stop = stop;
        progress_pace(NULL, ctx.aws->paced_arg);
    }
    progress_free(g);
    print_outcome(s, p, clock_mono_ms() - start_ms, result < 0);
    return result < 0 ? report_failure(s, p, work->verb, e) : 0;
}

/* How often a wait is reported again. */
enum { REMIND_MS = 10000 };

struct waiting {
    bool quiet;
    int64_t told_ms; /* 0: not yet */
};

static void report_waiting(void *arg, const struct step *const *steps, size_t n, int64_t left_ms)
{
    struct waiting *w = arg;
    int64_t now_ms = clock_mono_ms();
    auto_buf rows = BUF(BUF_SMALL);

    if (w->quiet || (left_ms > 0 && w->told_ms && now_ms - w->told_ms < REMIND_MS))
        return;
    w->told_ms = now_ms;
    for (size_t i = 0; i < n; i++)
        buf_printf(&rows, "%s%s", i ? ", " : "", steps[i]->row->id);
    if (left_ms > 0)
        (void)fprintf(stderr, "waiting up to %lld s for AWS to show the changes: %s\n",
                      (long long)(left_ms / 1000), buf_str(&rows));
    else
        (void)fprintf(
            stderr,
            "AWS does not show all changes yet; 'fifoq drift' may report them for a while: %s\n",
            buf_str(&rows));
}

/* The two last tasks of a run, done in parallel. */
struct ending {
    const struct session *s;
    const struct plan *p; /* NULL: the apply failed */
    int result;
    struct err err;
};

static void finish_one(void *arg, size_t i)
{
    struct ending *end = arg;
    struct waiting w = { .quiet = end->s->options->quiet || !end->s->own_clients };

    if (i == 0)
        hold_release(end->s);
    else if (end->p)
        end->result = plan_settle(end->p, &end->s->ctx, report_waiting, &w, &end->err);
}

int apply_plan(const struct session *s, struct plan *p, const struct apply_work *work,
               struct err *e)
{
    int result = 0;
    struct ending end = { 0 };

    if (plan_count(p, KEEP) == p->n) {
        print_outcome(s, p, 0, false);
        hold_remove_stale(s, work->verb);
        return 0;
    }
    if (interrupted())
        return err_set(e, ERR_INTERRUPTED, "nothing was changed");
    if (hold_acquire(s, work->verb, e) < 0)
        return -1;
    result = apply_held(s, p, work, e);
    end = (struct ending){ .s = s, .p = result < 0 ? NULL : p };
    parallel_each(2, 2, finish_one, &end);
    forget_answers();
    if (end.result < 0) {
        bool again = end.err.code == ERR_AWS;
        return err_set(e, end.err.code, "%s%s%s%s", end.err.msg, again ? "; run 'fifoq " : "",
                       again ? work->verb : "", again ? "' again" : "");
    }
    return result;
}

int up_apply(struct session *s, const char *verb, bool *changed, struct err *e)
{
    const struct apply_work work = { .verb = verb, .question = "apply?" };
    auto_plan p = { 0 };
    auto_preflight before = { 0 };

    s->ctx.ask_secret = terminal_asks() ? apply_secret : NULL;
    if (apply_first_plan(s, false, verb, &p, e) < 0)
        return -1;

    session_preflight(s, &p, &before);
    if (!s->options->quiet)
        preflight_print_warnings(&before, stderr);

    *changed = plan_count(&p, KEEP) != p.n;
    if (s->options->format == FORMAT_TEXT)
        plan_print_text(&p, stdout);
    else if (!s->options->yes)
        plan_print_text(&p, stderr);
    (void)fflush(stdout);
    if (*changed && apply_ask(s, work.question, e) < 0)
        return -1;
    return apply_plan(s, &p, &work, e);
}
