/* cmd_whoami.c: `fifoq whoami`. */
#include "aws_identify.h"
#include "clock.h"
#include "commands/session.h"
#include "commands/verb.h"
#include "identity/identity.h"
#include "ui/plan_print.h"
#include "ui/whoami_print.h"

#include <stdio.h>
#include <string.h>

static void print(const struct session *s, const struct aws_caller *who)
{
    const char *given = s->options->profile ? s->options->profile : s->config.profile;
    const char *profile = identity_profile(given);
    struct whoami w = {
        .aws = s->aws,
        .profile = profile ? profile : "default",
        .region_from = s->region_from,
        .file = s->config.file,
        .arn = who->arn,
        .user_id = who->user_id,
        .now_ms = clock_wall_ms(),
    };

    if (s->options->format == FORMAT_JSON) {
        auto_json json_t *document = whoami_json(&w);
        json_print(document, stdout);
    } else {
        whoami_print_text(&w, stdout);
    }
    (void)fflush(stdout);
    if (s->config.account && s->aws->account && strcmp(s->config.account, s->aws->account) != 0)
        (void)fprintf(stderr, "note: '%s' allows only account '%s'\n", s->config.file,
                      s->config.account);
}

/* Prints the local facts even when the request to AWS failed. */
static int whoami_run(const struct options *o, struct err *e)
{
    auto_session s = { 0 };
    struct aws_caller who = { 0 };
    int result;

    if (session_config_if_any(&s, o, e) < 0)
        return -1;
    result = session_login(&s, e);
    if (result == 0)
        result = aws_caller_read(s.aws, &who, e);
    if (s.aws)
        print(&s, &who);
    aws_caller_done(&who);
    return result < 0 ? -1 : EXIT_DONE;
}

const struct verb verb_whoami = {
    .name = "whoami",
    .summary = "show which credentials, account, region and endpoints are used",
    .details = "Shows which provider found the credentials and when they expire, asks AWS for "
               "their owner, and shows the source of the region and the endpoint of each service. "
               "Needs no configuration; an existing one is read for its region. When AWS cannot be "
               "reached, the local facts are printed, and the exit code is 1. The one call it "
               "makes needs no permission.",
    .run = whoami_run,
};
