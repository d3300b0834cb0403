/*
 * ingest.h: a batch of stream records into the FIFO queue, in order, nothing lost, with
 * ReportBatchItemFailures.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 */
#ifndef FIFOQ_INGEST_H
#define FIFOQ_INGEST_H

#include "acked.h"
#include "entry.h"
#include "metrics.h"

/* Lives as long as the process. */
struct ingest {
    const struct settings *settings; /* borrowed */
    struct entry_plan plan;
    struct queue queue, dead; /* dead.url is NULL when there are no dead letters */
    struct acked *acked;
    json_t *unknown;         /* eventID -> when (wall clock) it was first sent without an answer */
    struct metrics *metrics; /* borrowed; may be NULL */
};

void ingest_init(struct ingest *in, const struct settings *s, struct aws *aws);
void ingest_done(struct ingest *in);

/*
 * Sends what the event, JSON text, holds until all is acknowledged or deadline_ms (wall clock) is
 * near. *answer is Lambda's answer, with the sequence number of the first record that has to come
 * again; the caller's. ERR_PARSE: the event is not one of a DynamoDB stream, and nothing was sent.
 */
CHECKED int ingest_run(struct ingest *in, const struct json_piece *event, int64_t deadline_ms,
                       json_t **answer, struct err *e);

#endif
