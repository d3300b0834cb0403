/* say.h: what `fifoq dev` prints: one calm line an event, stamped in UTC; and the sums for the last
 * line. */
#ifndef FIFOQ_DEV_SAY_H
#define FIFOQ_DEV_SAY_H

#include "macros.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum say_kind {
    SAY_EVENT,   /* something was done */
    SAY_NOTHING, /* something was looked at: only with -v, dim */
    SAY_WARNING, /* something is wrong; also with -q */
    SAY_FRAME,   /* the start and the end; also with -q */
};

struct say {
    FILE *out;
    bool color, quiet, verbose;
    pthread_mutex_t lock; /* of out and of all sums */
    uint64_t records, filtered, batches, ingest_failures;
    uint64_t runs, received, delivered, drain_failures;
};

void say_init(struct say *s, FILE *out, bool color, bool quiet, bool verbose);
void say_done(struct say *s);

/* "12:00:01  ingest  text". took_ms below 0: not shown. Line breaks in the text become spaces. */
void say(struct say *s, enum say_kind kind, const char *who, int64_t took_ms, const char *fmt, ...)
    PRINTF(5, 6);

/* Adds to one of the sums above. */
void say_sum(struct say *s, uint64_t *sum, uint64_t n);

struct say_repeat;

/*
 * A line that a function wrote: records of level warn and above, and what is no record, as words;
 * the rest with -v. So too what comes through the Runtime API as well: an error (a record with a
 * `type`) and the sum of an invocation (its message is the function's name); and what was said a
 * moment ago (*last). False when it was not printed.
 */
bool say_log(struct say *s, struct say_repeat *last, const char *who, const char *line);
/* The same line in words, a new string. */
char *say_log_words(const char *line);

/* A trouble that may go on: whether the first n bytes of `text` are something else than before, or
 * the same after a while. */
struct say_repeat {
    char *text;
    int64_t at_ms;
};
bool say_is_news(struct say_repeat *r, const char *text, size_t n);
void say_repeat_done(struct say_repeat *r);

/* "1 record", "3 records", into out. */
#define SAY_COUNT 48
const char *say_count(uint64_t n, const char *what, char out[static SAY_COUNT]);

#endif
