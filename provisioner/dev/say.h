/* say.h: the output of `fifoq dev`: one line per event with a UTC time, and the sums for the last
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
    SAY_NOTHING, /* a check without a result: only with -v, dim */
    SAY_WARNING, /* a problem; also with -q */
    SAY_FRAME,   /* the start and the end; also with -q */
};

struct say {
    FILE *out;
    bool color, quiet, verbose;
    pthread_mutex_t lock; /* protects out and all sums */
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

/* Prints a line that a function wrote, as text: records of level warn and above and lines that are
 * not records; others only with -v. Also only with -v: what the Runtime API reports, too, which is
 * an error (a record with a `type`) and an invocation's summary (its message is the function's
 * name), and recent repetitions (*last). False: not printed.
 */
bool say_log(struct say *s, struct say_repeat *last, const char *who, const char *line);
/* The same line as text, for the caller to free. */
char *say_log_words(const char *line);

/* Suppresses repetitions. True if the first n bytes of `text` differ from the last text, or 30 s
 * have passed. */
struct say_repeat {
    char *text;
    int64_t at_ms;
};
bool say_is_news(struct say_repeat *r, const char *text, size_t n);
void say_repeat_done(struct say_repeat *r);

/* "1 record", "3 records", into out. */
enum { SAY_COUNT = 48 };
const char *say_count(uint64_t n, const char *what, char out[static SAY_COUNT]);

#endif
