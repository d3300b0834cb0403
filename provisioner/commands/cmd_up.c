/* cmd_up.c: `fifoq up`. */
#include "commands/apply.h"
#include "commands/up_many.h"
#include "commands/verb.h"
#include "kinds/consents.h"

#include <stdio.h>

/* Suggests the next command. On AWS itself the functions run already. */
static void next_step(const struct session *s)
{
    if (s->options->quiet || s->options->format != FORMAT_TEXT)
        return;
    if (s->aws->endpoints.rest)
        (void)printf(
            "next: 'fifoq dev' runs both functions here; 'fifoq drift' shows later changes\n");
    else if (s->config.has_ingest)
        (void)printf("next: put an item into table '%s'; 'fifoq drift' shows later changes\n",
                     s->config.table.name);
    else
        (void)printf("next: 'fifoq drift' shows later changes\n");
}

static int up_run(const struct options *o, struct err *e)
{
    auto_targets t = { 0 };
    auto_session s = { .options = o };
    bool changed;

    if (targets_find(&t, o, e) < 0)
        return -1;
    if (t.many)
        return up_many(o, &t, e);
    s.file = t.list[0].file;
    s.environment = t.list[0].environment;
    s.ask_limits = true;
    if (session_open(&s, o, true, e) < 0 || up_apply(&s, "up", &changed, e) < 0)
        return -1;
    if (changed)
        next_step(&s);
    return EXIT_DONE;
}

static const struct option_row up_options[] = {
    { "adopt", 0, OPTION_CONSENT, CONSENT_ADOPT, NULL, NULL,
      "take over resources with our names but without our tag: they are changed to fit, and "
      "tagged" },
    OPTION_KEEP_EXTRAS,
    OPTION_SWITCH_STREAM,
    OPTION_BREAK_LOCK,
    OPTION_ALL_ENVS,
    OPTIONS_END,
};

const struct verb verb_up = {
    .name = "up",
    .summary = "create or change the pipeline; run it again after a failure",
    .arguments = TARGETS_ARGUMENTS,
    .details = "Shows the plan, asks, and applies it. Resources with our names but without our tag "
               "are never changed: nothing is done and the exit code is 4, unless --adopt takes "
               "them over. Additions to our resources (policies, targets, mappings, statements, "
               "and our own rows that left the configuration) are listed in the plan and deleted, "
               "unless --keep-extras keeps them. " TARGETS_DETAILS,
    .options = up_options,
    .max_args = TARGETS_MAX,
    .run = up_run,
};
