/* stream.h: reads a table's stream and invokes a function with batches of its records, like an
 * event source mapping: every shard in order, parents before children, without gaps.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
 */
#ifndef FIFOQ_DEV_STREAM_H
#define FIFOQ_DEV_STREAM_H

#include "aws.h"
#include "config/config.h"
#include "dev/function.h"
#include "dev/shards.h"

#include <stdatomic.h>

struct stream_options {
    struct aws *aws; /* borrowed, like everything here */
    const char *arn; /* the stream's */
    const char *table;
    const struct config_ingest *ingest; /* events, filter, batch_size */
    enum shard_start start;
    /* function_invoke, or a test's substitute */
    void (*invoke)(struct function *f, const char *event, struct invoke_result *r);
    struct function *function;
    struct say *say;
    const atomic_bool *ending;
};

/* Runs until *ending; finishes the running invocation. -1: the stream was deleted or the
 * credentials are refused; other failures are reported and retried. */
CHECKED int stream_run(const struct stream_options *o, struct err *e);

#endif
