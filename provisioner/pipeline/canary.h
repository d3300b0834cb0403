/*
 * canary.h: one item of our own through the deployed pipeline: made ready and judged before
 * anything is changed, put into the table, and watched until the queue has let go of it.
 */
#ifndef FIFOQ_PIPELINE_CANARY_H
#define FIFOQ_PIPELINE_CANARY_H

#include "config/config.h"
#include "kinds/kind.h"
#include "pipeline/pipeline.h"

struct canary {
    json_t *item; /* as DynamoDB writes it: {"id": {"S": "..."}} */
    char *key;    /* the name of the table's key */
    bool found;   /* an item with this key was there: nothing was put */
};

/*
 * The item of a file (a JSON object; plain values become DynamoDB's types), or one that has nothing
 * but the table's keys when file is NULL. Asks AWS for the keys of a table that the configuration
 * does not create. ERR_CONFIG when ingest would not let it through: not an event or filtered out,
 * or a template finds less in it than it needs. canary_done in every case.
 */
CHECKED int canary_make(struct canary *k, const struct config *c, struct aws *a, const char *file,
                        struct err *e);
void canary_done(struct canary *k);

/* Puts the item where none with its key is, and looks at the queues until it has gone through, or
 * until wait_ms (0: as long as the next scheduled run needs) are over: ERR_TIMEOUT with where it
 * was seen last. ERR_AWS when it is given up. say is told each thing that is new; may be NULL. */
CHECKED int canary_run(struct canary *k, const struct config *c, const struct pipeline *p,
                       const struct ctx *ctx, int64_t wait_ms, void (*say)(const char *text),
                       struct err *e);

#endif
