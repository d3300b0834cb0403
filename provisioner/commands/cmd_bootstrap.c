/* cmd_bootstrap.c: `fifoq bootstrap`. */
#include "clock.h"
#include "commands/apply.h"
#include "commands/verb.h"
#include "pipeline/canary.h"
#include "ui/check_print.h"
#include "ui/plan_print.h"
#include "ui/status_print.h"

#include <stdio.h>

static void say(const char *text)
{
    (void)fprintf(stderr, "%s\n", text);
}

/* Reads everything again for the final status. */
static int print_status(const struct session *s, const struct canary *k, struct err *e)
{
    auto_plan p = { 0 };
    auto_json json_t *document = NULL;

    if (session_plan(s, false, &p, e) < 0)
        return err_wrap(e, "everything was created, but its status cannot be read");
    if (s->options->format == FORMAT_TEXT) {
        status_print_text(&p, &s->config, clock_wall_ms(), stdout);
        return 0;
    }
    document = status_json(&p, &s->config, clock_wall_ms());
    json_object_set_new(document, "canary",
                        !k->item ? json_null() : json_string(k->found ? "not put" : "through"));
    json_print(document, stdout);
    return 0;
}

static int bring_up(struct session *s, struct canary *k, struct err *e)
{
    const struct options *o = s->options;
    const char *file = o->n_args ? o->args[0] : NULL;
    bool changed;

    if (session_login(s, e) < 0 || session_identify(s, true, e) < 0)
        return -1;
    if (o->canary && canary_make(k, &s->config, s->aws, file, e) < 0)
        return err_wrap(e, "nothing was changed");
    if (up_apply(s, "bootstrap", &changed, e) < 0)
        return -1;
    if (o->canary &&
        canary_run(k, &s->config, &s->pipeline, &s->ctx, o->wait_ms, o->quiet ? NULL : say, e) < 0)
        return -1;
    return print_status(s, k, e);
}

static int bootstrap_run(const struct options *o, struct err *e)
{
    auto_session s = { 0 };
    struct canary k = { 0 };
    int rc;

    if (o->n_args && !o->canary)
        return err_set(e, ERR_USAGE, "unexpected argument '%s'; an item needs --canary",
                       o->args[0]);
    s.ask_limits = true;
    if (session_config(&s, o, e) < 0)
        return -1;
    if (o->format == FORMAT_TEXT && !o->quiet)
        check_print_text(&s.config, clock_wall_ms(), stdout);
    (void)fflush(stdout);
    rc = bring_up(&s, &k, e);
    canary_done(&k);
    return rc < 0 ? -1 : EXIT_DONE;
}

static const struct option_row bootstrap_options[] = {
    { "canary", 0, OPTION_FLAG, offsetof(struct options, canary), NULL, NULL,
      "put an item into the table and wait until it is delivered" },
    { "wait", 0, OPTION_DURATION, offsetof(struct options, wait_ms), "DURATION", NULL,
      "time limit of the canary (until the next scheduled run, at most 15m)" },
    { "adopt", 0, OPTION_CONSENT, CONSENT_ADOPT, NULL, NULL,
      "take over resources with our names but without our tag, like 'up'" },
    OPTION_BREAK_LOCK,
    OPTIONS_END,
};

const struct verb verb_bootstrap = {
    .name = "bootstrap",
    .summary = "create an environment in one step: check, up, a canary, status",
    .arguments = "[ITEM.json]",
    .details =
        "Checks the configuration, creates the table (with table.create) and everything else like "
        "'up', prompts for parameters on a terminal, and prints a short status. --canary sends a "
        "real item through the pipeline, up to a real request: the one in ITEM.json, or one with "
        "only the table's keys; it stays in the table. Another run changes nothing that is already "
        "as configured. --format json prints two documents: what was done, and the status.",
    .options = bootstrap_options,
    .max_args = 1,
    .run = bootstrap_run,
};
