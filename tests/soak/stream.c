/* stream.c: the table's stream and the mapping that invokes ingest with batches of it; and the rule
 * that invokes drain.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html */
#include "parts.h"

#include "json.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

enum { POLL_MS = 250, RETRY_MS = 1000, INGEST_TIMEOUT_MS = 60000 };
enum { LATE_LEAST_MS = 5 * 60000 + 1000, LATE_MAX_MS = 9 * 60000 };

struct shard {
    struct world *world;
    size_t *items; /* in the order of the stream */
    size_t n, done;
    size_t batch;    /* being processed by ingest; 0: none */
    size_t bisected; /* the maximum after a failure; 0: no limit */
    bool repeat;     /* the last batch is delivered once more although it succeeded */
};

struct stream {
    struct shard shards[SHARDS_MAX];
    long drains;
};

static void poll(struct world *w, void *arg);

bool stream_is_done(const struct world *w)
{
    for (int s = 0; s < w->plan.shards; s++)
        if (w->stream->shards[s].done < w->stream->shards[s].n || w->stream->shards[s].batch)
            return false;
    return true;
}

/* How many of the n records are done: those before the lowest that is named. */
static size_t records_done(const struct world *w, const struct shard *s, const json_t *body)
{
    const json_t *failures = json_object_get(body, "batchItemFailures"), *f;
    size_t k, least = s->batch;

    if (!json_is_array(failures) && !json_is_null(failures) && json_object_size(body) > 0)
        return 0;
    json_array_foreach(failures, k, f) {
        const char *id = jget_str(f, "itemIdentifier");
        size_t i = 0;
        while (i < s->batch && (!id || strcmp(w->items[s->items[s->done + i]].sequence, id) != 0))
            i++;
        if (i == s->batch)
            return 0;
        least = i < least ? i : least;
    }
    return least;
}

static void try_again(struct world *w, struct shard *s)
{
    bool late = world_fault(w, FAULT_BATCH_LATE, w->plan.late);

    s->batch = 0;
    world_after(w, late ? dice_between(&w->dice, LATE_LEAST_MS, LATE_MAX_MS) : RETRY_MS, poll, s);
}

static void on_answer(struct world *w, void *arg, struct env *env, enum outcome outcome,
                      const json_t *body)
{
    struct shard *s = arg;
    size_t n = s->batch, done;

    (void)env;
    if (outcome != OUTCOME_OK) {
        s->bisected = dice_chance(&w->dice, 500) && n > 1 ? n / 2 : 0;
        try_again(w, s);
        return;
    }
    done = records_done(w, s, body);
    ledger_acknowledged(w, s->items + s->done, done);
    s->bisected = 0;
    if (done == n && !s->repeat && world_fault(w, FAULT_BATCH_REPEATED, w->plan.repeat)) {
        s->repeat = true;
        s->bisected = n; /* the same batch */
        try_again(w, s);
        return;
    }
    s->repeat = false;
    s->done += done;
    if (done < n) {
        try_again(w, s);
        return;
    }
    s->batch = 0;
    world_after(w, POLL_MS, poll, s);
}

static char *event_text(const struct world *w, const struct shard *s)
{
    auto_json json_t *event = json_object();
    json_t *records = json_array();

    for (size_t i = 0; i < s->batch; i++)
        json_array_append(records, w->items[s->items[s->done + i]].record);
    json_object_set_new(event, "Records", records);
    return json_text(event);
}

/* An invocation has at most six megabytes: a record's message may become seven times its text. */
static size_t batch_of(const struct world *w, const struct shard *s)
{
    size_t most = s->bisected ? s->bisected : (size_t)w->plan.batch_size, n = 0;

    if (w->plan.large && most > 5)
        most = 5;
    while (n < most && s->done + n < s->n &&
           w->items[s->items[s->done + n]].arrives_ms <= w->now_ms)
        n++;
    return n;
}

static void poll(struct world *w, void *arg)
{
    struct shard *s = arg;
    struct invocation *call;

    if (s->done == s->n || s->batch)
        return;
    s->batch = batch_of(w, s);
    if (s->batch == 0) {
        world_at(w, w->items[s->items[s->done]].arrives_ms, poll, s);
        return;
    }
    world_note(w, "batch of %zu from %s", s->batch, w->items[s->items[s->done]].id);
    call = xcalloc(1, sizeof(*call));
    *call = (struct invocation){
        .event = event_text(w, s), .deadline_ms = INGEST_TIMEOUT_MS, .done = on_answer, .arg = s
    };
    functions_invoke(w, true, call);
}

static void on_drained(struct world *w, void *arg, struct env *env, enum outcome outcome,
                       const json_t *body)
{
    (void)arg;
    (void)env;
    if (outcome == OUTCOME_OK)
        world_note(w, "drained: %lld received, %lld delivered, stopped: %s",
                   (long long)jget_int(body, "received", 0),
                   (long long)jget_int(body, "delivered", 0),
                   jget_str(body, "stopped") ? jget_str(body, "stopped") : "-");
    w->stream->drains--;
}

/* Now and then the rule fires while the previous run is still running. */
static void tick(struct world *w, void *unused)
{
    struct invocation *call;

    (void)unused;
    world_after(w, w->plan.tick_ms, tick, NULL);
    if (w->stream->drains > 0 && (w->stream->drains > 1 || !world_fault(w, FAULT_OVERLAP, 500)))
        return;
    w->stream->drains++;
    call = xcalloc(1, sizeof(*call));
    *call = (struct invocation){ .event = xstrdup("{\"schedule\":\"soak\"}"),
                                 .deadline_ms = w->plan.drain_timeout_ms,
                                 .done = on_drained };
    functions_invoke(w, false, call);
}

void stream_start(struct world *w)
{
    w->stream = xcalloc(1, sizeof(*w->stream));
    for (int k = 0; k < w->plan.shards; k++) {
        struct shard *s = &w->stream->shards[k];
        s->world = w;
        s->items = xcalloc(w->n_items, sizeof(*s->items));
        for (size_t i = 0; i < w->n_items; i++)
            if (w->items[i].shard == k)
                s->items[s->n++] = i;
        world_after(w, POLL_MS, poll, s);
    }
    world_after(w, dice_roll(&w->dice, w->plan.tick_ms), tick, NULL);
}
