/* shards.h: the shards of a stream, and which of them may be read now: parents before children; no
 * I/O. */
#ifndef FIFOQ_DEV_SHARDS_H
#define FIFOQ_DEV_SHARDS_H

#include "dev/say.h"

#include <jansson.h>

enum shard_start { SHARD_OLDEST, SHARD_LATEST };

/* One shard and its read position. Only the poller uses the members below `done`. */
struct shard {
    char *id, *parent; /* parent: NULL: none */
    enum shard_start start;
    bool done; /* read to its end, and all of it delivered */
    bool seen; /* in the last description */

    char *iterator;    /* NULL: to be requested */
    char *sequence;    /* of the last record fetched; NULL: none yet */
    bool closed;       /* no more records */
    json_t *pending;   /* array: fetched, matching, not yet delivered */
    int64_t due_ms;    /* monotonic clock: do not read earlier */
    unsigned failures; /* in a row */
    struct say_repeat troubles;
};

struct shards {
    struct shard **list; /* stable addresses */
    size_t n;
    bool described; /* at least once */
};

/* Updates the list from the Shards of a complete DescribeStream. `start` applies to the shards of
 * the first description (with SHARD_LATEST, already closed shards are skipped); later ones are read
 * from their oldest record. Removes shards that are done and no longer described.
 */
void shards_update(struct shards *s, const json_t *described, enum shard_start start);

/* True if the shard is not done, and its parent is done or no longer exists. */
bool shard_ready(const struct shards *s, const struct shard *which);

void shards_done(struct shards *s);

#endif
