/* targets.h: the configurations and environments that a command's arguments name. */
#ifndef FIFOQ_TARGETS_H
#define FIFOQ_TARGETS_H

#include "commands/options.h"

#include <limits.h>

struct target {
    char *file;
    char *environment; /* NULL: none */
};

/* many: the arguments may name several, so results are those of many even if they name one. */
struct targets {
    struct target *list;
    size_t n;
    bool many;
};

/*
 * PATH is a file, a folder with fifoq.yaml, or a pattern as in glob(7); without PATH: --file.
 * Matches of a pattern that are folders without fifoq.yaml are left out. Each target has --env, or
 * with --all-envs one of its file's environments, if there are any. ERR_USAGE, ERR_CONFIG.
 */
CHECKED int targets_find(struct targets *t, const struct options *o, struct err *e);
void targets_done(struct targets *t);

#define auto_targets __attribute__((cleanup(targets_done))) struct targets

/* For struct verb. */
enum { TARGETS_MAX = INT_MAX };
#define TARGETS_ARGUMENTS "[PATH...]"
#define TARGETS_DETAILS                                                                            \
    "PATH is a configuration, a folder with fifoq.yaml, or a quoted pattern such as "              \
    "'teams/*'. Several pipelines are one run; see docs/guides/many.md."

#define OPTION_ALL_ENVS                                                                            \
    {                                                                                              \
        "all-envs", 0, OPTION_FLAG, offsetof(struct options, all_envs), NULL, NULL,                \
            "every environment of each configuration"                                              \
    }

#endif
