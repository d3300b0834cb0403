/* cmd_config.c: `fifoq config`. */
#include "commands/verb.h"
#include "config/config.h"
#include "ui/plan_print.h"

#include <stdio.h>

static int config_run(const struct options *o, struct err *e)
{
    auto_buf page = BUF(BUF_LARGE);

    if (o->reference == o->schema)
        return err_set(e, ERR_USAGE, "use either --reference or --schema");
    if (o->schema) {
        auto_json json_t *schema = config_schema();
        json_print(schema, stdout);
        return EXIT_DONE;
    }

    config_reference(&page);
    (void)fputs(buf_str(&page), stdout);
    return EXIT_DONE;
}

static const struct option_row config_options[] = {
    { "reference", 0, OPTION_FLAG, offsetof(struct options, reference), NULL, NULL,
      "every field, with its default and limits, as Markdown" },
    { "schema", 0, OPTION_FLAG, offsetof(struct options, schema), NULL, NULL,
      "a JSON Schema for editors" },
    OPTIONS_END,
};

const struct verb verb_config = {
    .name = "config",
    .summary = "describe fifoq.yaml: --reference for people, --schema for editors",
    .options = config_options,
    .run = config_run,
};
