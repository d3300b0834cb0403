/* cmd_help.c: `fifoq help`. */
#include "commands/help.h"
#include "commands/verb.h"

static int help_run(const struct options *o, struct err *e)
{
    const struct verb *v = NULL;

    if (o->markdown || o->man) {
        (o->man ? help_man : help_markdown)(stdout);
        return EXIT_DONE;
    }
    if (o->n_args == 0) {
        help_short(stdout);
        return EXIT_DONE;
    }

    v = verb_find(o->args[0]);
    if (!v)
        return verb_unknown(o->args[0], e);
    help_verb(v, stdout);
    return EXIT_DONE;
}

static const struct option_row help_options[] = {
    { "man", 0, OPTION_FLAG, offsetof(struct options, man), NULL, NULL,
      "the manual page, for man(1)" },
    { "markdown", 0, OPTION_FLAG, offsetof(struct options, markdown), NULL, NULL,
      "the manual page as Markdown" },
    OPTIONS_END,
};

const struct verb verb_help = {
    .name = "help",
    .summary = "show all commands, or one command with its options",
    .arguments = "[COMMAND]",
    .options = help_options,
    .max_args = 1,
    .run = help_run,
};
