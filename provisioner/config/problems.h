/* problems.h: everything that is wrong in a configuration is collected, then shown in order. */
#ifndef FIFOQ_PROBLEMS_H
#define FIFOQ_PROBLEMS_H

#include "config/config.h"

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
/* The same, but it can work: "FILE:LINE:COLUMN: warning: PATH: text". */
void report_warn(struct report *r, struct place at, const char *path, const char *fmt, ...)
    PRINTF(4, 5);
/* Sorts by place; problems of one place stay in the order they were found. */
void report_sort(struct report *r);

#endif
