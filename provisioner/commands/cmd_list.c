/* cmd_list.c: `fifoq list`. */
#include "aws_pages.h"
#include "commands/session.h"
#include "commands/verb.h"
#include "engine/own.h"
#include "ui/list_print.h"
#include "ui/plan_print.h"

static void report(const struct session *s, const json_t *mappings)
{
    __attribute__((cleanup(listing_done))) struct listing found = { 0 };

    listing_make(&found, mappings);
    if (s->options->format == FORMAT_JSON) {
        auto_json json_t *document = listing_json(&found, s->aws);

        json_print(document, stdout);
    } else {
        listing_print_text(&found, s->aws, stdout);
    }
}

static int list_run(const struct options *o, struct err *e)
{
    auto_session s = { 0 };
    auto_json json_t *ask =
        json_pack("{s:[{s:s}], s:i}", "TagFilters", "Key", OWNER_TAG, "ResourcesPerPage", 100);
    auto_json json_t *mappings = NULL;

    if (session_config_if_any(&s, o, e) < 0 || session_login(&s, e) < 0)
        return -1;
    s.aws->read_only = true;
    if (clients_identify(s.clients, s.client, e) < 0 ||
        aws_call_pages(s.aws, &aws_tagging, "GetResources", ask, "ResourceTagMappingList",
                       &mappings, e) < 0)
        return -1;
    report(&s, mappings);
    return EXIT_DONE;
}

const struct verb verb_list = {
    .name = "list",
    .summary = "list the pipelines of an account and region",
    .details =
        "Finds every pipeline by the tag 'fifoq:pipeline' of its resources; needs no "
        "configuration, an existing one is read for its region and profile. Counts the "
        "resources that AWS's tagging service knows, without roles, and the versions of fifoq "
        "that changed them last. The service shows changes after some minutes: a pipeline that "
        "was just created may be missing, one that was just deleted may still be listed.",
    .run = list_run,
};
