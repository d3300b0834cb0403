/* outputs.h: --output FORMAT=FILE, for a report in several formats from one run. */
#ifndef FIFOQ_OUTPUTS_H
#define FIFOQ_OUTPUTS_H

#include "commands/options.h"

#include <stdio.h>

/* The names of enum format; ends with NULL. */
extern const char *const format_names[];

typedef void output_fn(const void *report, int format, FILE *to);

/* The formats of standard output and of all --output, a set of 1 << format. ERR_USAGE. */
CHECKED int outputs_formats(const struct options *o, unsigned *set, struct err *e);
/* Prints the report on standard output in --format and in each --output to its file. ERR_IO. */
CHECKED int outputs_print(const struct options *o, output_fn *print, const void *report,
                          struct err *e);

#define OPTION_OUTPUT                                                                              \
    {                                                                                              \
        "output", 'o', OPTION_LIST, offsetof(struct options, outputs), "FORMAT=FILE", NULL,        \
            "also write this format to a file; may be repeated"                                    \
    }

#endif
