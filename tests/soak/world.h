/*
 * world.h: everything around the bootstrap, in virtual time and from one seed: the table's stream
 * and its event source mapping, Lambda's environments, the queue, the Parameter Store, the
 * destinations, and all their faults. Events happen one after the other, so a run is the same for
 * the same seed.
 */
#ifndef SOAK_WORLD_H
#define SOAK_WORLD_H

#include "dice.h"
#include "http.h"

#include <jansson.h>
#include <stdio.h>
#include <sys/types.h>

enum { DESTINATIONS_MAX = 3, GROUPS_MAX = 12, SHARDS_MAX = 2, ENVS_MAX = 512 };
enum { NOBODY = -1 };
#define NO_ITEM SIZE_MAX

struct world;
typedef void world_fn(struct world *w, void *arg);

/* Faults. */
enum fault {
    FAULT_QUEUE_THROTTLED,
    FAULT_QUEUE_UNAVAILABLE,
    FAULT_QUEUE_EMPTY_500,
    FAULT_QUEUE_RESET_BEFORE,
    FAULT_QUEUE_RESET_AFTER,
    FAULT_QUEUE_SLOW,
    FAULT_QUEUE_LATE,
    FAULT_QUEUE_PARTIAL,
    FAULT_QUEUE_PARTIAL_DONE,
    FAULT_QUEUE_GARBAGE,
    FAULT_QUEUE_EXPIRED,
    FAULT_QUEUE_BROKEN,
    FAULT_QUEUE_HANGS,
    FAULT_API_RESET,
    FAULT_API_SLOW,
    FAULT_API_LATE,
    FAULT_API_SILENT,
    FAULT_API_REFUSED,
    FAULT_API_ERROR,
    FAULT_API_ERROR_DONE,
    FAULT_API_BUSY,
    FAULT_API_BROKEN,
    FAULT_API_BROKEN_DONE,
    FAULT_API_NO,
    FAULT_API_KEY,
    FAULT_TOKEN_TROUBLE,
    FAULT_TOKEN_REVOKED,
    FAULT_STORE_TROUBLE,
    FAULT_BATCH_REPEATED,
    FAULT_BATCH_LATE,
    FAULT_KILLED_SENDING,
    FAULT_KILLED,
    FAULT_TIMED_OUT,
    FAULT_TERMINATED,
    FAULT_RECLAIMED,
    FAULT_FROZEN,
    FAULT_STALLED,
    FAULT_OVERLAP,
    FAULT_BESIDE,
    FAULT_KINDS
};
extern const char *const fault_names[FAULT_KINDS];

enum reject { REJECT_NEVER, REJECT_AT_INGEST, REJECT_AT_DRAIN };
enum policy { POLICY_BLOCK, POLICY_DEAD_LETTER, POLICY_DROP };

/* The properties of a seed. */
struct plan {
    int groups, shards, destinations;
    size_t items;
    bool large;      /* bodies up to SQS's limit */
    bool in_batches; /* ingest.order: batch */
    enum policy ingest_policy, drain_policy;
    long parallel_groups, max_messages, batch_size;
    int64_t rate_interval_ms; /* 0: no limit */
    int64_t drain_timeout_ms, request_timeout_ms, visibility_ms, tick_ms, storm_ms;
    unsigned odd; /* items that are rejected, per thousand, as the following */
    unsigned queue_trouble, api_trouble, kill, kill_sending, repeat, late, stall;
};

/* The delivery of one item to one destination. */
struct delivery {
    long commits;
    long denied;                      /* of these, answered with a rejection */
    struct env *env;                  /* that sent the last request that was accepted */
    bool heard;                       /* and it got the 2xx */
    uint64_t heard_by[ENVS_MAX / 64]; /* environments that got a 2xx */
};

struct item {
    char event_id[40], sequence[48], id[24];
    int shard, group;
    size_t before; /* the item before it in its group; NO_ITEM */
    enum reject reject;
    int64_t arrives_ms;
    json_t *record; /* as passed to ingest */
    char *expected; /* the message's text, written independently of the runtime */

    char *body;        /* the last message that arrived and was this item; NULL: nothing yet */
    long queued, dead; /* messages that its sends became */
    int64_t queued_ms; /* the last of them */
    bool overtook;     /* SQS took it, and not an earlier one of its group in the same call */
    bool delete_trouble, deleted;
    int held_by; /* environment that received it last and has not settled it; NOBODY: none */
    int64_t held_since_ms;
    uint64_t taken_by[ENVS_MAX / 64];   /* environments of ingest that got the answer that the queue
                                         * has it */
    uint64_t refused_by[ENVS_MAX / 64]; /* environments that got a 4xx for it */
    struct delivery delivery[DESTINATIONS_MAX];
};

#define TURN_QUEUE  "soak-turn.fifo"
#define STORE_PAUSE "/soak/fifoq/pause" /* the parameter that holds pauses */

struct event;

struct world {
    uint64_t seed;
    struct dice dice;
    struct plan plan;
    int64_t now_ms, storm_end_ms;
    bool calm; /* no more faults, and rejected messages are accepted */
    bool over;
    struct event *events;
    uint64_t events_made;

    struct item *items;
    size_t n_items;
    json_t *by_event_id; /* event id -> index */
    struct stream *stream;
    struct functions *functions;
    struct queues *queues;
    struct api *api;
    /* pauses requested from a run that has ended, and its end: all later runs know them */
    int64_t told_until_ms[DESTINATIONS_MAX], told_at_ms[DESTINATIONS_MAX];

    int64_t last_request_ms; /* of all processes, to any destination */
    long broken_heard; /* answers that an item overtook another one, to runs that ended well */

    char *dir; /* settings.json */
    FILE *log; /* output of the bootstraps */
    bool trace;
    long faults[FAULT_KINDS], messages, violations;
};

/* world.c */
void world_at(struct world *w, int64_t at_ms, world_fn *fn, void *arg);
void world_after(struct world *w, int64_t ms, world_fn *fn, void *arg);
void world_note(struct world *w, const char *fmt, ...) PRINTF(2, 3);
void world_violation(struct world *w, const char *fmt, ...) PRINTF(2, 3);
/* At random, unless it is calm; counts it. */
bool world_fault(struct world *w, enum fault kind, unsigned per_thousand);
void world_count(struct world *w, enum fault kind);
/* The whole run of one seed; the number of violations. */
long world_run(struct world *w, uint64_t seed, bool trace);
/* Ends the processes and deletes the folder. Memory is freed with the process: each seed has its
 * own. */
void world_done(struct world *w);
struct item *world_item(struct world *w, const char *event_id); /* NULL: none */

/* plan.c, items.c */
void plan_make(struct plan *p, struct dice *d);
void plan_settings(const struct world *w, const char *file);
void items_make(struct world *w);

static inline bool bit_has(const uint64_t *bits, int i)
{
    return bits[i / 64] >> (i % 64) & 1;
}

static inline void bit_add(uint64_t *bits, int i)
{
    bits[i / 64] |= UINT64_C(1) << (i % 64);
}

#endif
