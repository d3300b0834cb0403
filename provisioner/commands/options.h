/* options.h: the command line. An option is a row that names the member it sets. Parsing, help and
 * the manual use the same rows.
 */
#ifndef FIFOQ_COMMANDS_OPTIONS_H
#define FIFOQ_COMMANDS_OPTIONS_H

#include "buf.h"
#include "err.h"
#include "ui/format.h"

#include <stdint.h>

enum { OPTION_LIST_MAX = 16 };
struct option_values {
    const char *list[OPTION_LIST_MAX];
    size_t n;
};

/* The parsed options; zero is the default of every member. Strings are borrowed from argv. */
struct options {
    const char *verb; /* its name */
    /* every verb */
    const char *file, *environment, *region, *profile, *endpoint_url;
    int ci;      /* enum ci: commands/init_ci.h */
    int format;  /* enum format */
    int verbose; /* number of times given */
    bool yes, no_color, quiet, help, version;
    /* some verbs */
    unsigned consents; /* a set of CONSENT_ (kinds/kind.h, kinds/consents.h) */
    const char *output, *bootstrap, *export_to;
    const char *faults, *account, *ignore, *fail_on;
    int64_t every_ms, for_ms, wait_ms, port, seed;
    struct option_values outputs; /* FORMAT=FILE */
    bool all_envs, canary, break_lock, offline, live, detailed_exitcode, latest, reference, schema,
        markdown, man, virtual_clock;
    /* arguments that are not options */
    char **args;
    int n_args;
};

enum option_type {
    OPTION_FLAG,     /* bool */
    OPTION_CONSENT,  /* a bit of consents */
    OPTION_COUNT,    /* int: number of times given */
    OPTION_TEXT,     /* const char * */
    OPTION_LIST,     /* struct option_values: may be repeated */
    OPTION_CHOICE,   /* int: index in choices */
    OPTION_DURATION, /* int64_t in ms: 500ms, 2s, 5m, 1h */
    OPTION_NUMBER,   /* int64_t, 0 or more */
};

struct option_row {
    const char *name;
    char letter; /* 0: no short form */
    enum option_type type;
    size_t offset;     /* of the member in struct options; OPTION_CONSENT: the bit */
    const char *value; /* the value's name in help; NULL for a flag */
    const char *const *choices;
    const char *help;
};

#define OPTIONS_END                                                                                \
    {                                                                                              \
        .name = NULL                                                                               \
    }

/* Options that every verb accepts, before or after its name; and options that are valid only before
 * it or accept more values there. The first row of a name wins. */
extern const struct option_row options_common[], options_first[];

/* Parses argv[1] and later with both tables (the second may be NULL). stop_at_word: stop at the
 * first word that is not an option; otherwise words and options may be mixed. Adds to *o; its args
 * are the remaining words. ERR_USAGE names the wrong option and the nearest known one.
 */
CHECKED int options_parse(int argc, char **argv, const struct option_row *a,
                          const struct option_row *b, bool stop_at_word, struct options *o,
                          struct err *e);

/* Parses "500ms", "2s", "5m", "1h" to ms. */
CHECKED int duration_parse(const char *text, int64_t *ms, struct err *e);

#endif
