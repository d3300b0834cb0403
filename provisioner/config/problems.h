/* problems.h: everything that is wrong in a configuration is collected, then shown in order. */
#ifndef FIFOQ_PROBLEMS_H
#define FIFOQ_PROBLEMS_H

#include "config/config.h"

#include <stdarg.h>

struct place {
    int line, column; /* from 1 */
};

struct report {
    const char *file; /* as it shall be named */
    struct problems found;
};

/* Adds "FILE:LINE:COLUMN: PATH: text" (no PATH when it is ""). One line, whatever the values in it;
 * the same problem at the same place is kept once. */
void report_add(struct report *r, struct place at, const char *path, const char *fmt, ...)
    PRINTF(4, 5);
/* The same at the value of path, or at the nearest thing above that is written. warning: it can
 * work: "FILE:LINE:COLUMN: warning: PATH: text". positions: of struct config. */
void report_field(struct report *r, const json_t *positions, bool warning, const char *path,
                  const char *fmt, va_list ap) PRINTF(5, 0);
/* Sorts by place; problems of one place stay in the order they were found. */
void report_sort(struct report *r);

/* Where the key or the value of path is written, or the nearest thing above; {0, 0}: nowhere. */
struct place place_find(const json_t *positions, const char *path, bool key);

#endif
