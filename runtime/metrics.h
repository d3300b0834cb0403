/*
 * metrics.h: what one run did, as lines of CloudWatch's embedded metric format: needs no API
 * call and no permission.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
#ifndef FIFOQ_METRICS_H
#define FIFOQ_METRICS_H

#include "settings.h"

enum metric {
    METRIC_SENT,               /* ingest: messages that the queue has accepted */
    METRIC_BEFORE_START,       /* ingest: records from before ingest.start, which are left out */
    METRIC_DELIVERED,          /* of a destination: accepted; of the pipeline: by all of them */
    METRIC_RETRIED,            /* tries that have to be repeated, now or in a later run */
    METRIC_REJECTED,           /* messages and records that were rejected */
    METRIC_DEAD_LETTERED,      /* messages in the dead-letter queue */
    METRIC_BLOCKED,            /* refused messages that stay, and hold up what is behind them */
    METRIC_DUPLICATE_POSSIBLE, /* something may have been sent, or may be sent, a second time */
    METRIC_ORDER_BROKEN,       /* with ingest.order: batch: records that are in the queue before an
                                  earlier       one of their group */
    METRICS
};

/* In place of a destination's number: the pipeline as a whole. */
#define METRICS_WHOLE SIZE_MAX

/* For many threads. Every function takes NULL, and then does nothing. */
struct metrics;

/* drain: with destinations; else those of ingest. Borrows s. */
struct metrics *metrics_new(const struct settings *s, bool drain);
void metrics_free(struct metrics *m);

void metrics_count(struct metrics *m, enum metric what, size_t destination);
/* From the message's arrival in the queue to the destination's success. Per run and destination 100
 * values are kept, drawn at random, always with the largest. */
void metrics_latency(struct metrics *m, size_t destination, int64_t ms);
/* The queue returned a message of that age, or none (0). */
void metrics_age(struct metrics *m, int64_t ms);

/* The run is over: writes a line for the pipeline and one for each destination, and starts again.
 */
void metrics_write(struct metrics *m);

#endif
