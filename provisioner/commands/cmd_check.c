/* cmd_check.c: `fifoq check`. */
#include "clock.h"
#include "commands/session.h"
#include "commands/verb.h"
#include "trial/trial_live.h"
#include "ui/check_print.h"
#include "ui/interrupt.h"
#include "ui/live_print.h"
#include "ui/plan_print.h"
#include "ui/preflight_print.h"
#include "ui/terminal.h"

#include <stdio.h>
#include <stdlib.h>

/* What `check` found. */
struct findings {
    struct preflight preflight;
    char *plan; /* one line; NULL: no request to AWS was made */
    struct live live;
};

/* Reads from AWS: the account, the table and its stream, the parameters, resources with our names.
 * Returns 1 with the reason in *e without credentials. */
static int ask_aws(struct session *s, struct findings *f, struct err *e)
{
    auto_plan p = { 0 };
    int result = 0;

    if (session_login(s, e) < 0)
        return e->code == ERR_CREDENTIALS || e->code == ERR_CONFIG ? 1 : -1;
    s->ask_limits = true;
    if (session_identify(s, true, e) < 0)
        return -1;

    result = session_plan(s, false, &p, e);
    session_preflight(s, &p, &f->preflight);
    f->plan = plan_totals(&p);
    return result;
}

/* The checks that need only the configuration. */
static void check_offline(const struct session *s, struct findings *f)
{
    struct pipeline rows = { 0 };
    struct preflight_facts facts = { .config = &s->config,
                                     .pipeline = &rows,
                                     .now_ms = clock_wall_ms() };

    pipeline_build(&rows, &s->config, NULL);
    preflight_look(&f->preflight, &facts);
    pipeline_done(&rows);
}

static void print_json(const struct session *s, const struct findings *f)
{
    auto_json json_t *document = check_json(&s->config, clock_wall_ms());

    (void)json_object_set_new(document, "preflight", preflight_json(&f->preflight));
    (void)json_object_set_new(document, "live",
                              s->options->live ? live_json(&f->live) : json_null());
    (void)json_object_set_new(document, "plan", f->plan ? json_string(f->plan) : json_null());
    json_print(document, stdout);
}

/* asked: values may be read from AWS, too. */
static int ask_live(struct session *s, bool asked, struct findings *f, struct err *e)
{
    const struct options *o = s->options;
    int rc;

    if (!o->live)
        return 0;
    rc = trial_live(&s->config, asked ? s->aws : NULL, interrupted, &f->live, e);
    if (o->format == FORMAT_TEXT && !o->quiet)
        live_print_text(&f->live, stdout);
    return rc;
}

static int check_all(struct session *s, struct findings *f, struct err *e)
{
    const struct options *o = s->options;
    bool failed;
    int asked = o->offline ? 1 : ask_aws(s, f, e);

    if (asked == 1)
        check_offline(s, f);
    if (o->format == FORMAT_TEXT && !o->quiet)
        preflight_print_text(&f->preflight, stdout);
    if (asked == 1 && !o->offline) {
        (void)err_wrap(e, "only the offline checks were done");
        terminal_say(stderr, e->msg);
    }
    if (asked < 0 || ask_live(s, asked == 0, f, e) < 0)
        return -1;
    failed = live_failed(&f->live);
    if (o->format == FORMAT_JSON) {
        print_json(s, f);
    } else {
        if (f->plan)
            (void)printf("%s\n", f->plan);
        (void)printf("%s\n", failed ? "failed" : "ok");
    }
    return failed ? EXIT_FAILED : EXIT_DONE;
}

static int check_run(const struct options *o, struct err *e)
{
    auto_session s = { 0 };
    struct findings f = { 0 };
    int result = 0;

    if (session_config(&s, o, e) < 0)
        return -1;
    if (o->format == FORMAT_TEXT && !o->quiet)
        check_print_text(&s.config, clock_wall_ms(), stdout);
    (void)fflush(stdout);

    result = check_all(&s, &f, e);
    preflight_done(&f.preflight);
    live_done(&f.live);
    free(f.plan);
    return result;
}

static const struct option_row check_options[] = {
    { "offline", 0, OPTION_FLAG, offsetof(struct options, offline), NULL, NULL,
      "send no request to AWS" },
    { "live", 0, OPTION_FLAG, offsetof(struct options, live), NULL, NULL,
      "also ask the destinations: a token, a connection, their 'check' request" },
    OPTIONS_END,
};

const struct verb verb_check = {
    .name = "check",
    .summary = "check the configuration and, with credentials, what it needs on AWS",
    .details =
        "Shows the names that will be used, the source of each parameter, and the next five times "
        "of each schedule. With credentials it also checks on AWS whether 'up' could start: the "
        "account, its concurrency quota, the table and its stream, the parameters' sources, "
        "whether the names are free or ours. Each check is ok, a warning, refused, or unknown when "
        "it could not be read; capacity is the maximum that the schedules can deliver. With --live "
        "it "
        "also tests the destinations with the code of drain: it gets a token where a destination "
        "needs one, connects with TLS and the client certificate, and sends the request that the "
        "destination's 'check' defines. Secrets are read from their variables and files, otherwise "
        "decrypted from the Parameter Store ('fifoq policy check --live'); none is shown. The exit "
        "code is 1 when one of these tests failed.",
    .options = check_options,
    .run = check_run,
};
