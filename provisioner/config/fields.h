/* fields.h: the one table of all fields of fifoq.yaml. */
#ifndef FIFOQ_FIELDS_H
#define FIFOQ_FIELDS_H

#include "buf.h"

#include <stdint.h>

enum field_type {
    FIELD_MAP,        /* pattern, allowed: of its keys when they are free; min, max: how many */
    FIELD_LIST,       /* min, max: how many */
    FIELD_STRING,     /* min, max: characters; pattern */
    FIELD_INTEGER,    /* min, max */
    FIELD_DURATION,   /* 90s, 6m, 12h, 14d; decoded into seconds; min, max in seconds */
    FIELD_DAYS,       /* a duration of whole days, one of choices; decoded into days */
    FIELD_RATE,       /* 5/s, 30/m, 100/h; decoded into a number per second */
    FIELD_ENUM,       /* one of choices */
    FIELD_KEY,        /* NAME[:S|N|B]; decoded into {name, type} */
    FIELD_SHORT,      /* one value, or a map that has it as the member `pattern`; decoded into the
                         map */
    FIELD_EXPRESSION, /* cron(...) or rate(...) */
    FIELD_TEXT,       /* a template that is one string */
    FIELD_TEMPLATE,   /* a template that is any JSON */
    FIELD_JSON,       /* any JSON, not a template */
    FIELD_STATUS,     /* 204, 200-299 or one of choices; decoded into [low, high] */
    FIELD_SOURCE,     /* env:VAR, file:PATH, prompt, existing:/path; decoded into {from, source} */
    FIELD_OVERLAY,    /* a part of the whole configuration */
};

enum {
    FIELD_REQUIRED = 1, /* its parent, when written, must have it */
    FIELD_NULLABLE = 2, /* null is a value */
    FIELD_EMPTY = 4,    /* a map for which null means {} */
    FIELD_WORDS = 8,    /* a FIELD_TEXT that may be a list of words, joined by spaces */
};

/* A `*` matches any key of a map, `[]` any element of a list. */
struct field {
    const char *path;
    enum field_type type;
    unsigned flags;
    const char *fallback; /* in YAML, as a user would write it; NULL: none, or it depends on others
                             and help says on which */
    int64_t min, max;
    const char *const *choices; /* ended by NULL */
    const char *pattern;        /* POSIX extended and ECMAScript */
    const char *allowed;        /* the pattern, or the values of a free type, in words */
    const char *help;
};

extern const struct field config_fields[];
extern const size_t n_config_fields;

/* NULL: no such row. */
const struct field *field_find(const char *path);
/* Is `child` a member of the map at `parent` ("" is the root)? Returns its last name, else NULL.
 * Elements are not members. */
const char *field_member(const struct field *child, const char *parent);
/* The row for a member: its own name, or `*`. NULL: unknown. */
const struct field *field_below(const char *parent, const char *name);
/* The allowed values, in words: "a duration from 60s to 14d". */
void field_allowed(const struct field *f, struct buf *out);
/* "6m", "14d": the largest unit that divides it. */
void field_duration(int64_t seconds, struct buf *out);

#endif
