/* shards.c: the lineage of a stream's shards. */
#include "dev/shards.h"
#include "json.h"
#include "mem.h"

#include <string.h>

static struct shard *find(const struct shards *s, const char *id)
{
    for (size_t i = 0; id && i < s->n; i++)
        if (strcmp(s->list[i]->id, id) == 0)
            return s->list[i];
    return NULL;
}

static void release(struct shard *x)
{
    free(x->id);
    free(x->parent);
    free(x->iterator);
    free(x->sequence);
    json_decref(x->pending);
    say_repeat_done(&x->troubles);
    free(x);
}

static void add(struct shards *s, const json_t *described, enum shard_start start)
{
    struct shard *x = xcalloc(1, sizeof(*x));
    const char *parent = jget_str(described, "ParentShardId");
    x->id = xstrdup(jget_str(described, "ShardId"));
    x->parent = parent ? xstrdup(parent) : NULL;
    x->start = start;
    x->pending = json_array();
    x->seen = true;
    x->done = start == SHARD_LATEST &&
              jget_path_str(described, "SequenceNumberRange.EndingSequenceNumber") != NULL;
    s->list = xrealloc(s->list, (s->n + 1) * sizeof(struct shard *));
    s->list[s->n++] = x;
}

static void forget(struct shards *s)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->n; i++) {
        struct shard *x = s->list[i];
        if (x->done && !x->seen)
            release(x);
        else
            s->list[kept++] = x;
    }
    s->n = kept;
}

void shards_update(struct shards *s, const json_t *described, enum shard_start start)
{
    size_t i = 0;
    json_t *d = NULL;

    for (i = 0; i < s->n; i++)
        s->list[i]->seen = false;
    json_array_foreach(described, i, d) {
        const char *id = jget_str(d, "ShardId");
        struct shard *known = find(s, id);
        if (known)
            known->seen = true;
        else if (id)
            add(s, d, s->described ? SHARD_OLDEST : start);
    }
    s->described = true;
    forget(s);
}

bool shard_ready(const struct shards *s, const struct shard *which)
{
    const struct shard *parent = NULL;

    if (which->done)
        return false;
    parent = find(s, which->parent);
    return !parent || parent->done;
}

void shards_done(struct shards *s)
{
    for (size_t i = 0; i < s->n; i++)
        release(s->list[i]);
    free(s->list);
    *s = (struct shards){ 0 };
}
