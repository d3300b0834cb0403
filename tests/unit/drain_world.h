/*
 * drain_world.h: drain between a queue that fails (fake_sqs.h) and destinations that answer at
 * random or by script. A destination counts a request that it accepted, whether or not its answer
 * arrived.
 */
#ifndef FIFOQ_DRAIN_WORLD_H
#define FIFOQ_DRAIN_WORLD_H

#include "drain.h"
#include "fake_sqs.h"

enum { SEEN_MAX = 4096 };

/* How a destination answers, out of a thousand; the rest is 200. */
struct manners {
    unsigned taken_unsaid; /* accepted, but the answer is lost */
    unsigned gone;         /* not accepted, no answer */
    unsigned busy;         /* 503 */
    unsigned wait;         /* 429 with Retry-After 1 to 60 */
    unsigned no;           /* 422, and always for that message */
};

struct seen {
    char id[40], group[40];
    size_t destination;
    int status; /* 0: the answer was lost */
    bool taken;
    int64_t at_ms;
    char auth[64];
};

struct world {
    struct fake fake;
    struct settings settings;
    struct drain drain;
    struct manners manners;
    /* The script, if any, decides instead of the random numbers: a status, 0 for none. */
    int (*script)(struct world *w, const struct seen *s, const char **retry_after);
    pthread_mutex_t lock;
    struct seen seen[SEEN_MAX];
    size_t n_seen;
    int64_t answer_ms; /* a destination's processing time */
    int step;          /* for scripts */
    bool early_delete;
};

#define DESTINATION(name)                                                                          \
    "{\"name\": \"" name "\", \"url\": \"https://" name ".example/x\", \"method\": \"POST\", "     \
    "\"headers\": {}, \"body\": null, \"auth\": {\"bearer\": \"${param.key}\"}, \"timeout_ms\": "  \
    "5000, \"success\": [[200, 299]], \"idempotency_header\": \"Idempotency-Key\"}"

#define PLAIN                                                                                      \
    "\"max_messages\": 100, \"rate_per_s\": 0, \"parallel_groups\": 1, \"visibility_ms\": 90000, " \
    "\"on_reject\": \"block\""

/* drain and destinations: their part of settings.json. */
void world_start(struct world *w, uint64_t seed, const char *drain, const char *destinations);
/* Fails the test if a message was deleted too early. */
void world_end(struct world *w);
void world_put(struct world *w, size_t n, const char *group);
/* One run; a number of its answer, -1 if it failed. "stopped": 1 or 0. */
long world_run(struct world *w, int64_t time_ms, const char *wanted);

bool has_taken(const struct world *w, const char *id, size_t destination);
size_t count_seen(const struct world *w, const char *id);
/* A destination receives a group's messages in the order of the queue; a message may be repeated,
 * but not after a later one. */
void check_order(const struct world *w);
void check_all_dealt_with(const struct world *w);

#endif
