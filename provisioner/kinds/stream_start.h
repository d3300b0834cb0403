/*
 * stream_start.h: from which moment on the records of a stream become messages (ingest.start).
 *
 * Lambda's own choices do not do: LATEST loses what is written while the mapping is being made, and
 * AT_TIMESTAMP is not for DynamoDB. So a mapping always begins with the oldest record, and ingest
 * leaves out what was created before the moment. Ingest is told by a variable of its environment;
 * a tag of the mapping keeps the moment, so that `now` is chosen once. Where the two differ the
 * earlier one counts: what is sent twice can be told, what is not sent is lost.
 * https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
 */
#ifndef FIFOQ_STREAM_START_H
#define FIFOQ_STREAM_START_H

#include "config/config.h"
#include "kinds/kind.h"

#define START_TAG      "fifoq:start" /* of the mapping */
#define START_VARIABLE "FIFOQ_START" /* of the function; both as 2026-01-31T08:00:00Z */

/* Moments are seconds since 1970. */
#define START_OF_STREAM 0    /* nothing is left out */
#define START_NOT_KNOWN (-1) /* nothing is kept */

/* What a tag or a variable says; START_NOT_KNOWN for NULL and for what is not a time. */
int64_t start_read(const char *text);
/* Whether the wanted moment depends on what is kept. */
bool start_is_kept(const struct config_start *s);
/* What AWS keeps: the moment of the function's variable, or of its mapping's tag, the earlier one;
 * a mapping without any has begun with the oldest record. function: the answer of GetFunction, or
 * NULL; mappings: the tags of each mapping of a stream to it (an array). */
int64_t start_kept(const json_t *function, const json_t *mappings);
/* The moment that is wanted. kept: of start_kept; looked at only where start_is_kept. */
int64_t start_wanted(const struct ctx *c, const struct config_start *s, int64_t kept);
/* Puts the moment under key, unless it is START_OF_STREAM. */
void start_put(json_t *o, const char *key, int64_t moment);

/* Of a mapping's step: what its creation would read. */
struct start_of_mapping {
    const char *stream;   /* the ARN; NULL: the stream is off, so it holds nothing yet */
    int64_t stream_on_ms; /* when it was switched on (wall clock); -1: not known */
    bool again;           /* the function is there already, so there may have been a mapping */
    int64_t moment;
};
void start_of_mapping(const struct state *s, struct start_of_mapping *out);

#endif
