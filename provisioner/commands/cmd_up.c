/* cmd_up.c: `fifoq up`. */
#include "commands/apply.h"
#include "commands/verb.h"

#include <stdio.h>

/* What to do now, in verbs that there are. Against AWS itself the functions run there already. */
static void next_step(const struct session *s)
{
    if (s->options->quiet || s->options->format != FORMAT_TEXT)
        return;
    if (s->aws.endpoints.rest)
        (void)printf("next: 'fifoq dev' runs both functions here; 'fifoq drift' says what has "
                     "moved since\n");
    else if (s->config.has_ingest)
        (void)printf("next: put an item into table '%s'; 'fifoq drift' says what has moved since\n",
                     s->config.table.name);
    else
        (void)printf("next: 'fifoq drift' says what has moved since\n");
}

static int up_run(const struct options *o, struct err *e)
{
    auto_session s = { 0 };
    bool changed;

    s.ask_limits = true;
    if (session_open(&s, o, true, e) < 0 || up_apply(&s, "up", &changed, e) < 0)
        return -1;
    if (changed)
        next_step(&s);
    return EXIT_DONE;
}

static const struct option_row up_options[] = {
    { "adopt", 0, OPTION_FLAG, offsetof(struct options, adopt), NULL, NULL,
      "take over what bears our names without our tag: it is changed to fit, and tagged" },
    { "keep-extras", 0, OPTION_FLAG, offsetof(struct options, keep_extras), NULL, NULL,
      "leave what others added: it is named, and not taken away" },
    { "switch-stream", 0, OPTION_FLAG, offsetof(struct options, switch_stream), NULL, NULL,
      "give up the table's stream for another one where it has to be, read from its oldest "
      "record" },
    OPTION_BREAK_LOCK,
    OPTIONS_END,
};

const struct verb verb_up = {
    .name = "up",
    .summary = "make it so; run again after a failure, it goes on where it stopped",
    .details = "Shows the plan, asks, and does what it says. What bears our names without our tag "
               "is never changed: then nothing is done and the exit code is 4, unless --adopt "
               "takes it over. What others added to what is ours (policies, targets, mappings, "
               "statements, rows of ours that left the configuration) is named in the plan and "
               "taken away, unless --keep-extras leaves it.",
    .options = up_options,
    .run = up_run,
};
