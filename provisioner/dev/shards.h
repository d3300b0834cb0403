/* shards.h: which shards of a stream there are and which may be read now: parents before children;
 * pure. */
#ifndef FIFOQ_DEV_SHARDS_H
#define FIFOQ_DEV_SHARDS_H

#include "dev/say.h"

#include <jansson.h>

enum shard_start { SHARD_OLDEST, SHARD_LATEST };

/* One shard and how far it is read. The poller owns the members below `done`. */
struct shard {
    char *id, *parent; /* parent: NULL when it has none */
    enum shard_start start;
    bool done; /* read to its end, and all of it delivered */
    bool seen; /* in the last description */

    char *iterator;    /* NULL: to be had */
    char *sequence;    /* of the last record fetched; NULL: none yet */
    bool closed;       /* nothing more will come from it */
    json_t *pending;   /* array: fetched, wanted, not delivered yet */
    int64_t due_ms;    /* monotonic clock: not to be looked at before */
    unsigned failures; /* in a row */
    struct say_repeat troubles;
};

struct shards {
    struct shard **list; /* their addresses stay */
    size_t n;
    bool described; /* at least once */
};

/*
 * Takes the Shards of a complete DescribeStream. In the first description `start` holds for each
 * shard (with SHARD_LATEST, a shard that is closed already has nothing for us); what appears later
 * is read from its oldest record. Shards that are done and no longer described are forgotten.
 */
void shards_update(struct shards *s, const json_t *described, enum shard_start start);

/* A shard may be read when its parent is done, or is not there (any more). */
bool shard_ready(const struct shards *s, const struct shard *which);

void shards_done(struct shards *s);

#endif
