/*
 * canary.h: sends a test item through the deployed pipeline. The item is prepared and checked
 * before anything is changed, put into the table, and watched until it has left the queue.
 */
#ifndef FIFOQ_PIPELINE_CANARY_H
#define FIFOQ_PIPELINE_CANARY_H

#include "config/config.h"
#include "kinds/kind.h"
#include "pipeline/pipeline.h"

struct canary {
    json_t *item; /* as DynamoDB writes it: {"id": {"S": "..."}} */
    char *key;    /* the name of the table's key */
    bool found;   /* an item with this key exists already: nothing was put */
};

/*
 * Makes the item from a file (a JSON object; plain values become DynamoDB's types), or with only
 * the table's keys if file is NULL. Reads the keys of an existing table from AWS. ERR_CONFIG when
 * ingest would not send it: not an event, filtered out, or a template misses a value in it. Call
 * canary_done in every case.
 */
CHECKED int canary_make(struct canary *k, const struct config *c, struct aws *a, const char *file,
                        struct err *e);
void canary_done(struct canary *k);

/* Puts the item unless one with its key exists, and reads the queues until it has been delivered.
 * ERR_TIMEOUT after wait_ms (0: until the next scheduled run), with where it was last seen. ERR_AWS
 * when the item was given up. say: called with each piece of progress; may be NULL. */
CHECKED int canary_run(struct canary *k, const struct config *c, const struct pipeline *p,
                       const struct ctx *ctx, int64_t wait_ms, void (*say)(const char *text),
                       struct err *e);

#endif
