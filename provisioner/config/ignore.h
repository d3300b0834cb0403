/* ignore.h: fifoq.ignore.yaml, the known differences that may stay until a date. */
#ifndef FIFOQ_IGNORE_H
#define FIFOQ_IGNORE_H

#include "config/config.h"

/* Either an id, or a row and a property (with everything below it). */
struct ignore {
    char *id, *row, *property;
    char *reason;
    char *until; /* "2026-12-31": the last day (UTC) on which it is valid */
    int line;
    bool used, expired; /* set by the code that applies it */
};

struct ignores {
    char *file;
    struct ignore *list;
    size_t n;
};

/* 0 with *out filled, or -1 with every problem in *p and *e (ERR_CONFIG). A missing file is an
 * empty list unless needed. *out is the caller's in both cases. */
CHECKED int ignores_load(const char *file, bool needed, struct ignores *out, struct problems *p,
                         struct err *e);
/* The same from memory. */
CHECKED int ignores_parse(const char *text, size_t n, const char *file, struct ignores *out,
                          struct problems *p, struct err *e);
void ignores_done(struct ignores *list);

#endif
