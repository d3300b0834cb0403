/* cmd_dev.c: `fifoq dev`. */
#include "commands/session.h"
#include "commands/verb.h"
#include "dev/dev.h"
#include "kinds/stream_start.h"
#include "mem.h"
#include "ui/interrupt.h"
#include "ui/terminal.h"

#include <stdio.h>

/* The moment that the function on AWS has, or would get: "FIFOQ_START=...", the caller's; NULL:
 * none. */
static int ingest_start(struct session *s, char **out, struct err *e)
{
    const struct config_start *start = &s->config.ingest.start;
    auto_free char *name = xasprintf("%s-ingest", s->config.pipeline);
    auto_json json_t *ask = json_pack("{s:s}", "FunctionName", name);
    auto_json json_t *reply = NULL;
    auto_json json_t *variables = json_object();

    if (start_is_kept(start) && aws_call(&s->aws, &aws_lambda, "GetFunction", ask, &reply, e) < 0 &&
        e->code != ERR_NOT_FOUND)
        return err_wrap(e, "ingest.start is 'now', and when that was is not known");
    start_put(variables, START_VARIABLE, start_wanted(&s->ctx, start, start_kept(reply, NULL)));
    if (json_object_size(variables))
        *out = xasprintf("%s=%s", START_VARIABLE, jget_str(variables, START_VARIABLE));
    return 0;
}

static int dev_verb_run(const struct options *o, struct err *e)
{
    auto_session s = { .without_roles = true };
    auto_free char *start = NULL;

    if (session_open(&s, o, false, e) < 0 || ingest_start(&s, &start, e) < 0)
        return -1;
    s.aws.stop = NULL; /* what is under way ends in its own order */

    struct dev_options d = {
        .config = &s.config,
        .aws = &s.aws,
        .http = s.http,
        .every_ms = o->every_ms,
        .for_ms = o->for_ms,
        .from_latest = o->latest,
        .ingest_env = start,
        .quiet = o->quiet,
        .verbose = o->verbose > 0,
        .bootstrap = o->bootstrap,
        .stop = interrupted,
        .out = stdout,
        .color = terminal_color(stdout),
    };
    interrupt_second(dev_hurry);
    return dev_run(&d, e) < 0 ? -1 : EXIT_DONE;
}

#define MEMBER(m) offsetof(struct options, m)
static const struct option_row dev_verb_options[] = {
    { "every", 0, OPTION_DURATION, MEMBER(every_ms), "DURATION", NULL,
      "run drain on this period (2s), not on its schedules" },
    { "for", 0, OPTION_DURATION, MEMBER(for_ms), "DURATION", NULL,
      "end after this long (30s); else Ctrl-C ends it" },
    { "latest", 0, OPTION_FLAG, MEMBER(latest), NULL, NULL,
      "read the stream from now on, not from its beginning" },
    { "bootstrap", 0, OPTION_TEXT, MEMBER(bootstrap), "FILE", NULL,
      "run this executable, not the one inside fifoq" },
    OPTIONS_END,
};

const struct verb verb_dev = {
    .name = "dev",
    .summary = "run both functions here, against the table, queue and parameters",
    .details = "Reads the table's stream, runs ingest and drain with the bootstrap that 'up' "
               "uploads, and fires the "
               "schedules. Needs what 'up' made. The functions on AWS, where there are any, go on "
               "working beside it.",
    .options = dev_verb_options,
    .run = dev_verb_run,
};
