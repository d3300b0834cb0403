/* cmd_dev.c: `fifoq dev`. */
#include "aws_call.h"
#include "commands/session.h"
#include "commands/verb.h"
#include "dev/dev.h"
#include "kinds/stream_start.h"
#include "mem.h"
#include "ui/interrupt.h"
#include "ui/terminal.h"

#include <stdio.h>

/* *out: the start time that the function on AWS has or would get, "FIFOQ_START=...", for the caller
 * to free; NULL: none. */
static int ingest_start(struct session *s, char **out, struct err *e)
{
    const struct config_start *start = &s->config.ingest.start;
    auto_free char *name = xasprintf("%s-ingest", s->config.pipeline);
    auto_json json_t *ask = json_pack("{s:s}", "FunctionName", name);
    auto_json json_t *reply = NULL;
    auto_json json_t *variables = json_object();

    if (start_is_kept(start) && aws_call(s->aws, &aws_lambda, "GetFunction", ask, &reply, e) < 0 &&
        e->code != ERR_NOT_FOUND)
        return err_wrap(e, "ingest.start is 'now', but its time could not be read");
    start_put(variables, START_VARIABLE, start_wanted(&s->ctx, start, start_kept(reply, NULL)));
    if (json_object_size(variables))
        *out = xasprintf("%s=%s", START_VARIABLE, jget_str(variables, START_VARIABLE));
    return 0;
}

static int dev_verb_run(const struct options *o, struct err *e)
{
    auto_session s = { .without_roles = true };
    auto_free char *start = NULL;
    struct dev_options d = { 0 };

    if (session_open(&s, o, false, e) < 0 || ingest_start(&s, &start, e) < 0)
        return -1;
    s.aws->stop = NULL; /* dev finishes what is running itself */
    d = (struct dev_options){
        .config = &s.config,
        .aws = s.aws,
        .http = s.client->http,
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
      "run drain at this interval (2s), not on its schedules" },
    { "for", 0, OPTION_DURATION, MEMBER(for_ms), "DURATION", NULL,
      "stop after this time (30s); otherwise at Ctrl-C" },
    { "latest", 0, OPTION_FLAG, MEMBER(latest), NULL, NULL,
      "read the stream from now on, not from its oldest record" },
    { "bootstrap", 0, OPTION_TEXT, MEMBER(bootstrap), "FILE", NULL,
      "run this executable, not the one inside fifoq" },
    OPTIONS_END,
};

const struct verb verb_dev = {
    .name = "dev",
    .summary = "run both functions here with the real table, queue and parameters",
    .details = "Reads the table's stream, runs ingest and drain with the bootstrap that 'up' "
               "uploads, and fires the schedules. Needs the resources that 'up' created. Functions "
               "on AWS, if any, keep running at the same time.",
    .options = dev_verb_options,
    .run = dev_verb_run,
};
