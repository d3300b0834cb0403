/* cmd_up.c: `fifoq up`. */
#include "commands/apply.h"
#include "commands/verb.h"
#include "ui/plan_print.h"
#include "ui/terminal.h"

#include <stdio.h>

/* What to do now, in verbs that there are. Against AWS itself the functions run there already. */
static void next_step(const struct session *s)
{
    if (s->options->quiet || s->options->format != FORMAT_TEXT)
        return;
    if (s->aws.endpoint_url)
        (void)printf(
            "next: 'fifoq dev' runs both functions here; 'fifoq plan' says what differs\n");
    else if (s->config.has_ingest)
        (void)printf("next: put an item into table '%s'; 'fifoq plan' says what differs\n",
                     s->config.table.name);
    else
        (void)printf("next: 'fifoq plan' says what differs\n");
}

static int up_run(const struct options *o, struct err *e)
{
    auto_session s = { 0 };
    auto_plan p = { 0 };

    if (session_open(&s, o, true, e) < 0)
        return -1;
    s.ctx.ask_secret = terminal_asks() ? apply_secret : NULL;
    s.ctx.adopt = o->adopt;
    if (apply_first_plan(&s, false, "up", &p, e) < 0)
        return -1;

    bool differs = plan_count(&p, KEEP) != p.n;
    if (o->format == FORMAT_TEXT)
        plan_print_text(&p, stdout);
    else if (!o->yes)
        plan_print_text(&p, stderr);
    (void)fflush(stdout);
    static const struct apply_work work = { .verb = "up", .question = "apply?" };
    if (differs && apply_ask(&s, work.question, e) < 0)
        return -1;
    if (apply_plan(&s, &p, &work, e) < 0)
        return -1;
    if (differs)
        next_step(&s);
    return EXIT_DONE;
}

static const struct option_row up_options[] = {
    { "adopt", 0, OPTION_FLAG, offsetof(struct options, adopt), NULL, NULL,
      "take over what bears our names without our tag: it is changed to fit, and tagged" },
    OPTION_BREAK_LOCK,
    OPTIONS_END,
};

const struct verb verb_up = {
    .name = "up",
    .summary = "make it so; run again after a failure, it goes on where it stopped",
    .details = "Shows the plan, asks, and does what it says. What bears our names without our tag "
               "is never changed: then nothing is done and the exit code is 4, unless --adopt "
               "takes it over.",
    .options = up_options,
    .run = up_run,
};
