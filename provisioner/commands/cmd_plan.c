/* cmd_plan.c: `fifoq plan`. */
#include "commands/apply.h"
#include "commands/many.h"
#include "commands/verb.h"
#include "kinds/consents.h"
#include "ui/plan_set.h"
#include "ui/preflight_print.h"

#include <stdio.h>

/* Prints the plan, or fills *one, a part of many. */
static int show(struct session *s, struct planned *one, struct err *e)
{
    auto_plan p = { 0 };
    auto_preflight before = { 0 };
    bool differs;

    if (session_open_read_only(s, s->options, e) < 0)
        return -1;
    if (session_plan(s, false, &p, e) < 0)
        return -1;

    session_preflight(s, &p, &before);
    if (!s->options->quiet)
        preflight_print_warnings(&before, stderr);
    differs = plan_count(&p, KEEP) != p.n;
    if (one)
        planned_fill(one, &p, &s->config, s->aws);
    else if (s->options->format == FORMAT_JSON) {
        auto_json json_t *document = plan_json(&p, &s->config, s->aws);
        json_print(document, stdout);
    } else {
        plan_print_text(&p, stdout);
    }
    return s->options->detailed_exitcode && differs ? EXIT_DIFFERS : EXIT_DONE;
}

static int show_one(void *arg, struct session *s, size_t i, struct err *e)
{
    struct planned *one = (struct planned *)arg + i;
    int code = show(s, one, e);

    if (code < 0)
        planned_fail(one, e->msg);
    return code;
}

static int show_many(const struct options *o, const struct targets *t, struct err *e)
{
    struct many m = { .options = o, .targets = t, .doing = "planned", .run = show_one };
    auto_planned_set set = planned_set_new(t->n);
    int code;

    for (size_t i = 0; i < t->n; i++)
        planned_name(&set.list[i], t->list[i].file, t->list[i].environment);
    m.arg = set.list;
    code = many_run(&m);
    if (code == EXIT_INTERRUPTED)
        return err_set(e, ERR_INTERRUPTED, "interrupted: no plan was made");
    if (o->format == FORMAT_JSON)
        planned_print_json(&set, stdout);
    else
        planned_print_text(&set, stdout);
    return code;
}

static int plan_run(const struct options *o, struct err *e)
{
    auto_targets t = { 0 };
    auto_session s = { .options = o };

    if (targets_find(&t, o, e) < 0)
        return -1;
    if (t.many)
        return show_many(o, &t, e);
    s.file = t.list[0].file;
    s.environment = t.list[0].environment;
    return show(&s, NULL, e);
}

static const struct option_row plan_options[] = {
    OPTION_ALL_ENVS,
    { "detailed-exitcode", 0, OPTION_FLAG, offsetof(struct options, detailed_exitcode), NULL, NULL,
      "exit with 2 when something differs" },
    OPTION_KEEP_EXTRAS,
    OPTION_SWITCH_STREAM,
    OPTIONS_END,
};

const struct verb verb_plan = {
    .name = "plan",
    .summary = "show what 'up' would change, property by property",
    .arguments = TARGETS_ARGUMENTS,
    .details =
        "Reads the resources on AWS and compares them with the configuration. Changes "
        "nothing. A line begins with + for create, ~ for change, - for delete; resources "
        "that match the configuration are only counted. Secrets are never shown. " TARGETS_DETAILS,
    .options = plan_options,
    .max_args = TARGETS_MAX,
    .run = plan_run,
};
