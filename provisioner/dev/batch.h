/* batch.h: converts stream records to Lambda events and reads the function's response; no I/O.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html and
 * services-ddb-batchfailurereporting.html
 */
#ifndef FIFOQ_DEV_BATCH_H
#define FIFOQ_DEV_BATCH_H

#include <jansson.h>
#include <stddef.h>

/* Converts a record of GetRecords to the form of Lambda's event: a new value that shares the images
 * with raw. */
json_t *batch_record(const json_t *raw, const char *region, const char *stream_arn);

/* The record's sequence number, "" if it has none. Borrowed. */
const char *batch_sequence(const json_t *record);

/* {"Records": [...]} as text, from the first of `records` (in the form of batch_record): at most
 * `most`, and at most what fits into one invocation (but always one). *n: their number. The caller
 * frees the text.
 */
char *batch_event(const json_t *records, size_t most, size_t *n);

/* Reads the response of a function that may report item failures: how many of the first n records
 * are done. n: all; 0: repeat the whole batch (also if the response names an unknown record or has
 * an undocumented form).
 */
size_t batch_done(const char *answer, size_t len, const json_t *records, size_t n);

#endif
