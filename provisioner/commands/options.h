/*
 * options.h: the command line. An option is a row that names the member it sets; parsing, help and
 * the manual all walk the rows. getopt_long does the splitting.
 */
#ifndef FIFOQ_COMMANDS_OPTIONS_H
#define FIFOQ_COMMANDS_OPTIONS_H

#include "buf.h"
#include "err.h"

#include <stdint.h>

/* All verbs print the first two; the others are drift's. */
enum format {
    FORMAT_TEXT,
    FORMAT_JSON,
    FORMAT_JUNIT,
    FORMAT_SARIF,
    FORMAT_GITHUB,
    FORMAT_MARKDOWN
};

/* What was asked for; zero is each member's default. Strings are argv's own. */
struct options {
    const char *verb; /* its name */
    /* every verb */
    const char *file, *environment, *region, *profile, *endpoint_url;
    int ci;      /* enum ci: commands/init_ci.h */
    int format;  /* enum format */
    int verbose; /* how often it was given */
    bool yes, no_color, quiet, help, version;
    /* some verbs */
    const char *output, *bootstrap, *export_to;
    const char *faults, *account, *ignore, *fail_on;
    int64_t every_ms, for_ms, wait_ms, port, seed;
    bool canary, adopt, keep_extras, switch_stream, break_lock, offline, live, detailed_exitcode,
        drop_messages, delete_table, latest, reference, schema, markdown, man, virtual_clock;
    /* what is left over */
    char **args;
    int n_args;
};

enum option_type {
    OPTION_FLAG,     /* bool */
    OPTION_COUNT,    /* int: how often it was given */
    OPTION_TEXT,     /* const char * */
    OPTION_CHOICE,   /* int: the place of the word in choices */
    OPTION_DURATION, /* int64_t in ms: 500ms, 2s, 5m, 1h */
    OPTION_NUMBER,   /* int64_t, 0 or more */
};

struct option_row {
    const char *name;
    char letter; /* 0: no short form */
    enum option_type type;
    size_t offset;     /* of the member in struct options */
    const char *value; /* what help calls the value; NULL for a flag */
    const char *const *choices;
    const char *help;
};

#define OPTIONS_END                                                                                \
    {                                                                                              \
        .name = NULL                                                                               \
    }

/* Those that every verb takes, before or after its name; and those that stand only before it, or
 * mean more there. A row wins over a later one of the same name. */
extern const struct option_row options_common[], options_first[];

/*
 * Reads options of both tables (the second may be NULL) from argv[1] on. stop_at_word: leave
 * everything from the first word that is no option; else words may stand anywhere. *o is added to;
 * its args are what was left. ERR_USAGE says which option is wrong, with the nearest that there is.
 */
CHECKED int options_parse(int argc, char **argv, const struct option_row *a,
                          const struct option_row *b, bool stop_at_word, struct options *o,
                          struct err *e);

/* "500ms", "2s", "5m", "1h" as ms. */
CHECKED int duration_parse(const char *text, int64_t *ms, struct err *e);

#endif
