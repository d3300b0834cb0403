/* cmd_plan.c: `fifoq plan`. */
#include "commands/apply.h"
#include "commands/session.h"
#include "commands/verb.h"
#include "kinds/consents.h"
#include "ui/plan_print.h"
#include "ui/preflight_print.h"

#include <stdio.h>

static int plan_run(const struct options *o, struct err *e)
{
    auto_session s = { 0 };
    auto_plan p = { 0 };
    auto_preflight before = { 0 };

    if (session_open_read_only(&s, o, e) < 0)
        return -1;
    if (session_plan(&s, false, &p, e) < 0)
        return -1;

    session_preflight(&s, &p, &before);
    if (!o->quiet)
        preflight_print_warnings(&before, stderr);
    if (o->format == FORMAT_JSON) {
        auto_json json_t *document = plan_json(&p, &s.config, &s.aws);
        json_print(document, stdout);
    } else {
        plan_print_text(&p, stdout);
    }
    return o->detailed_exitcode && plan_count(&p, KEEP) != p.n ? EXIT_DIFFERS : EXIT_DONE;
}

static const struct option_row plan_options[] = {
    { "detailed-exitcode", 0, OPTION_FLAG, offsetof(struct options, detailed_exitcode), NULL, NULL,
      "exit with 2 when something differs" },
    OPTION_KEEP_EXTRAS,
    OPTION_SWITCH_STREAM,
    OPTIONS_END,
};

const struct verb verb_plan = {
    .name = "plan",
    .summary = "show what 'up' would change, property by property",
    .details = "Reads the resources on AWS and compares them with the configuration. Changes "
               "nothing. A line begins with + for create, ~ for change, - for delete; resources "
               "that match the configuration are only counted. Secrets are never shown.",
    .options = plan_options,
    .run = plan_run,
};
