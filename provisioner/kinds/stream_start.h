/*
 * stream_start.h: the moment from which the records of a stream become messages (ingest.start).
 *
 * Lambda's starting positions are not sufficient: LATEST loses writes while the mapping is being
 * created, and AT_TIMESTAMP does not exist for DynamoDB. So a mapping always starts with the oldest
 * record, and ingest skips records created before the moment. Ingest reads it from an environment
 * variable; a tag of the mapping stores it, so that `now` is chosen once. If the two differ, the
 * earlier one counts: duplicates can be recognised, records that are not sent are lost.
 * https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
 */
#ifndef FIFOQ_STREAM_START_H
#define FIFOQ_STREAM_START_H

#include "config/config.h"
#include "kinds/kind.h"

#define START_TAG      "fifoq:start" /* of the mapping */
#define START_VARIABLE "FIFOQ_START" /* of the function; both as 2026-01-31T08:00:00Z */

/* Moments are seconds since 1970. */
enum { START_OF_STREAM = 0 }; /* no record is skipped */
#define START_NOT_KNOWN (-1)  /* no moment is stored */

/* Parses a tag or variable; START_NOT_KNOWN for NULL and for an invalid time. */
int64_t start_read(const char *text);
/* Whether the wanted moment depends on the stored one. */
bool start_is_kept(const struct config_start *s);
/* The stored moment: the earlier of the function's variable and its mapping's tag. A mapping
 * without either started with the oldest record. function: of GetFunction, or NULL; mappings: an
 * array with the tags of each mapping from a stream to it. */
int64_t start_kept(const json_t *function, const json_t *mappings);
/* The wanted moment. kept: of start_kept, used only if start_is_kept. */
int64_t start_wanted(const struct ctx *c, const struct config_start *s, int64_t kept);
/* Puts the moment under key, unless it is START_OF_STREAM. */
void start_put(json_t *o, const char *key, int64_t moment);

/* What a new mapping of this step would read. */
struct start_of_mapping {
    const char *stream;   /* the ARN; NULL: the stream is disabled and holds nothing */
    int64_t stream_on_ms; /* when it was enabled (wall clock); -1: unknown */
    bool again;           /* the function exists, so it may have had a mapping */
    int64_t moment;
};
void start_of_mapping(const struct state *s, struct start_of_mapping *out);

#endif
