/* problems.h: all problems of a configuration are collected, then shown in order. */
#ifndef FIFOQ_PROBLEMS_H
#define FIFOQ_PROBLEMS_H

#include "config/config.h"

#include <stdarg.h>

struct place {
    int line, column; /* from 1 */
};

struct report {
    const char *file; /* its name in messages */
    struct problems found;
};

/* Adds "FILE:LINE:COLUMN: PATH: text" (no PATH when it is ""). Always one line; the same problem at
 * the same place is kept once. */
void report_add(struct report *r, struct place at, const char *path, const char *fmt, ...)
    PRINTF(4, 5);
/* The same at the value of path, or at the nearest parent in the file. warning: it can work:
 * "FILE:LINE:COLUMN: warning: PATH: text". positions: of struct config. */
void report_field(struct report *r, const json_t *positions, bool warning, const char *path,
                  const char *fmt, va_list ap) PRINTF(5, 0);
/* Sorts by place; problems at one place keep their order. */
void report_sort(struct report *r);

/* The place of path's key or value, or of the nearest parent; {0, 0}: none. */
struct place place_find(const json_t *positions, const char *path, bool key);

#endif
