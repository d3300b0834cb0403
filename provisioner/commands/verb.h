/* verb.h: a verb is a row: its name, help texts, options and function. */
#ifndef FIFOQ_VERB_H
#define FIFOQ_VERB_H

#include "commands/exit_code.h"
#include "commands/options.h"

struct verb {
    const char *name, *summary;
    const char *arguments;            /* "[NAME]", or NULL: none */
    const char *details;              /* a paragraph for help and the manual; may be NULL */
    const struct option_row *options; /* in addition to the common ones; may be NULL */
    int max_args;
    /* Returns an exit code, or -1 with *e, which main prints. */
    int (*run)(const struct options *o, struct err *e);
};

/* In the order of help; the last is NULL. */
extern const struct verb *const verbs[];

extern const struct verb verb_init, verb_check, verb_plan, verb_up, verb_drift, verb_down,
    verb_list, verb_bootstrap, verb_dev, verb_sqs, verb_package, verb_policy, verb_config,
    verb_whoami, verb_version, verb_help;

/* NULL: unknown name. */
const struct verb *verb_find(const char *name);
/* Sets ERR_USAGE with the nearest verb. */
int verb_unknown(const char *name, struct err *e);

#endif
