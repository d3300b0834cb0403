/* cmd_check.c: `fifoq check`. */
#include "clock.h"
#include "commands/session.h"
#include "commands/verb.h"
#include "ui/check_print.h"
#include "ui/plan_print.h"

#include <stdio.h>

/* What AWS can say without a change: who we are, the table and its stream, the parameters, what
 * bears our names. 1 with the reason in *e: there are no credentials, so it was not asked. */
static int preflight(struct session *s, char **found, struct err *e)
{
    auto_plan p = { 0 };

    if (session_login(s, e) < 0)
        return e->code == ERR_CREDENTIALS || e->code == ERR_CONFIG ? 1 : -1;
    if (session_identify(s, true, e) < 0 || session_plan(s, false, &p, e) < 0)
        return -1;

    auto_free char *totals = plan_totals(&p);
    *found = xasprintf("account %s, region %s: %s", s->aws.account, s->aws.region, totals);
    return 0;
}

static int check_run(const struct options *o, struct err *e)
{
    auto_session s = { 0 };
    auto_free char *found = NULL;

    if (session_config(&s, o, e) < 0)
        return -1;
    if (o->format == FORMAT_TEXT && !o->quiet)
        check_print_text(&s.config, clock_wall_ms(), stdout);
    (void)fflush(stdout);

    int asked = o->offline ? 1 : preflight(&s, &found, e);
    if (asked < 0)
        return -1;
    if (o->format == FORMAT_JSON) {
        auto_json json_t *document = check_json(&s.config, clock_wall_ms());
        (void)json_object_set_new(document, "aws", found ? json_string(found) : json_null());
        json_print(document, stdout);
        return EXIT_DONE;
    }
    if (asked == 1 && !o->offline)
        (void)fprintf(stderr, "only what can be known offline was checked: %s\n", e->msg);
    if (found)
        (void)printf("%s\n", found);
    (void)printf("ok\n");
    return EXIT_DONE;
}

static const struct option_row check_options[] = {
    { "offline", 0, OPTION_FLAG, offsetof(struct options, offline), NULL, NULL, "ask AWS nothing" },
    OPTIONS_END,
};

const struct verb verb_check = {
    .name = "check",
    .summary = "check the configuration; with credentials, what it needs on AWS too",
    .details = "Shows the names that will be used, where each parameter comes from, and the next "
               "five times of each schedule. "
               "With credentials it also asks AWS whether 'up' could begin: the account, the table "
               "and its stream, "
               "the parameters' sources, whether the names are free or ours.",
    .options = check_options,
    .run = check_run,
};
