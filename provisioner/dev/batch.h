/*
 * batch.h: stream records as a function gets them, and what its answer says about them; pure.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html and
 * services-ddb-batchfailurereporting.html
 */
#ifndef FIFOQ_DEV_BATCH_H
#define FIFOQ_DEV_BATCH_H

#include <jansson.h>
#include <stddef.h>

/* A record of GetRecords in the form of Lambda's event; a new value, which shares the images with
 * raw. */
json_t *batch_record(const json_t *raw, const char *region, const char *stream_arn);

/* "" when the record has none. Borrowed. */
const char *batch_sequence(const json_t *record);

/* Sequence numbers have up to 40 digits: below, at or above 0 as a comes before, with or after b.
 */
int batch_sequence_compare(const char *a, const char *b);

/*
 * {"Records": [...]} as text from the first of `records` (the form of batch_record): at most
 * `most`, and no more than fit into an invocation (but always one). *n is how many; the text is the
 * caller's.
 */
char *batch_event(const json_t *records, size_t most, size_t *n);

/*
 * What a function that may report item failures says: how many of the first n records are done. n:
 * all; 0: the whole batch again (also when the answer names an unknown record, or is not of the
 * documented form).
 */
size_t batch_done(const char *answer, size_t len, const json_t *records, size_t n);

#endif
