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

/* A fresh look at everything, for the last lines. */
static int print_status(const struct session *s, const struct canary *k, struct err *e)
{
    auto_plan p = { 0 };

    if (session_plan(s, false, &p, e) < 0)
        return err_wrap(e, "all is made, but its status cannot be read");
    if (s->options->format == FORMAT_TEXT) {
        status_print_text(&p, &s->config, clock_wall_ms(), stdout);
        return 0;
    }
    auto_json json_t *document = status_json(&p, &s->config, clock_wall_ms());
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
    if (o->canary && canary_make(k, &s->config, &s->aws, file, e) < 0)
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
        return err_set(e, ERR_USAGE, "'%s' is one word too many: an item goes with --canary",
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
      "put an item into the table and wait until it has gone through" },
    { "wait", 0, OPTION_DURATION, offsetof(struct options, wait_ms), "DURATION", NULL,
      "how long the canary may take (what the next scheduled run needs, 15m at most)" },
    { "adopt", 0, OPTION_FLAG, offsetof(struct options, adopt), NULL, NULL,
      "take over what bears our names without our tag, as 'up' does" },
    OPTION_BREAK_LOCK,
    OPTIONS_END,
};

const struct verb verb_bootstrap = {
    .name = "bootstrap",
    .summary = "a new environment in one go: check, up, a canary, status",
    .arguments = "[ITEM.json]",
    .details = "Checks the configuration, makes the table (with table.create) and all the rest as "
               "'up' does, asks for parameters where there is a terminal, and ends with a short "
               "status. --canary puts an item through the pipeline, a real one with a real request "
               "at its end: the one in ITEM.json, or one that has nothing but the table's keys; it "
               "stays in the table. Run again, it changes nothing that is as it should be. With "
               "--format json there are two documents: what was done, and the status.",
    .options = bootstrap_options,
    .max_args = 1,
    .run = bootstrap_run,
};
