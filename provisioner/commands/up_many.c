/* up_many.c: see up_many.h. */
#include "commands/up_many.h"

#include "commands/apply.h"
#include "commands/exit_code.h"
#include "commands/many.h"
#include "mem.h"
#include "ui/plan_set.h"
#include "ui/preflight_print.h"

#include <stdlib.h>
#include <string.h>

static int open_and_plan(struct session *s, struct plan *p, struct err *e)
{
    s->ask_limits = true;
    if (session_open(s, s->options, true, e) < 0)
        return -1;
    s->ctx.ask_secret = NULL; /* a prompt would not say whose parameter it is */
    return apply_first_plan(s, false, "up", p, e);
}

static int plan_one(void *arg, struct session *s, size_t i, struct err *e)
{
    struct planned *one = (struct planned *)arg + i;
    auto_plan p = { 0 };
    auto_preflight before = { 0 };

    if (open_and_plan(s, &p, e) < 0) {
        planned_fail(one, e->msg);
        return -1;
    }
    session_preflight(s, &p, &before);
    if (!s->options->quiet)
        preflight_print_warnings(&before, stderr);
    planned_fill(one, &p, &s->config, s->aws);
    return EXIT_DONE;
}

static void set_result(struct planned *one, const char *result, char *why)
{
    free(one->why);
    free(one->text);
    one->text = NULL;
    one->result = result;
    one->why = why;
}

/* Applies what was shown, or with --yes whatever differs now. */
static int apply_shown(struct session *s, struct planned *one, struct plan *p, struct err *e)
{
    static const struct apply_work work = { .verb = "up" };
    auto_free char *now = NULL;
    int rc;

    if (open_and_plan(s, p, e) < 0)
        return -1;
    now = planned_text(p);
    if (!s->options->yes && strcmp(now, one->text) != 0)
        return apply_ask(s, NULL, e);
    rc = apply_plan(s, p, &work, e);
    json_decref(one->json);
    one->json = plan_outcome_json(p, &s->config, s->aws);
    return rc;
}

static int apply_one(void *arg, struct session *s, size_t i, struct err *e)
{
    struct planned *one = (struct planned *)arg + i;
    auto_plan p = { 0 };

    if (strcmp(one->result, "changes") != 0)
        return EXIT_DONE;
    if (apply_shown(s, one, &p, e) < 0) {
        set_result(one, "failed", xstrdup(e->msg));
        return -1;
    }
    set_result(one, "done", apply_done_text(&p));
    return EXIT_DONE;
}

static size_t count_changes(const struct planned_set *set)
{
    size_t n = 0;

    for (size_t i = 0; i < set->n; i++)
        n += set->list[i].result && strcmp(set->list[i].result, "changes") == 0;
    return n;
}

/* One question for all plans. */
static int ask(const struct options *o, size_t n, struct err *e)
{
    auto_free char *question = xasprintf("apply %zu plan%s?", n, n == 1 ? "" : "s");

    return apply_confirm(o, question, e);
}

static void print(const struct options *o, const struct planned_set *set)
{
    if (o->format == FORMAT_JSON)
        planned_print_json(set, stdout);
    else
        planned_print_text(set, stdout);
    (void)fflush(stdout);
}

/* Both passes; the second asks AWS itself, because the lists of the first are old. */
static int plan_and_apply(struct many *m, const struct planned_set *set, struct err *e)
{
    const struct options *o = m->options;
    int code;
    size_t n;

    m->run = plan_one;
    m->doing = "planned";
    code = many_run(m);
    if (code == EXIT_INTERRUPTED)
        return err_set(e, ERR_INTERRUPTED, "interrupted: nothing was changed");
    n = count_changes(set);
    if (n && (o->format == FORMAT_TEXT || !o->yes))
        planned_print_text(set, o->format == FORMAT_TEXT ? stdout : stderr);
    (void)fflush(stdout);
    if (n && ask(o, n, e) < 0)
        return -1;
    clients_stop_sharing(m->clients);
    m->run = apply_one;
    m->doing = "done";
    code = n ? many_worse(code, many_run(m)) : code;
    print(o, set);
    return code;
}

int up_many(const struct options *o, const struct targets *t, struct err *e)
{
    auto_planned_set set = planned_set_new(t->n);
    struct many m = { .options = o, .targets = t, .arg = set.list };
    int code;

    for (size_t i = 0; i < t->n; i++)
        planned_name(&set.list[i], t->list[i].file, t->list[i].environment);
    m.clients = clients_new(true);
    code = plan_and_apply(&m, &set, e);
    clients_free(m.clients);
    return code;
}
