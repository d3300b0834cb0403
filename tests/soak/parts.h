/* parts.h: the parts of the world, and their interfaces. */
#ifndef SOAK_PARTS_H
#define SOAK_PARTS_H

#include "world.h"

#include <jansson.h>

enum outcome { OUTCOME_OK, OUTCOME_ERROR, OUTCOME_GONE };

/* One event for a function. done is called once. */
struct invocation {
    char id[40];
    char *event;
    int64_t deadline_ms;
    struct env *env; /* NULL: it still waits for one */
    bool over;
    void (*done)(struct world *w, void *arg, struct env *env, enum outcome outcome,
                 const json_t *body);
    void *arg;
    struct invocation *next;
};

/* An execution environment: one process. It stays in the list after its end. */
struct env {
    int number;
    bool ingest;
    pid_t pid;
    int fd;
    bool gone, extension, terminated;
    uint64_t wakes;       /* only the last wake-up counts */
    struct request *next; /* its GET /next, while there is nothing to do */
    struct invocation *now;
    int64_t idle_since_ms;
    int64_t stalled_until_ms;
    int64_t paused_until_ms[DESTINATIONS_MAX], paused_at_ms[DESTINATIONS_MAX]; /* Retry-After */
    int64_t run_began_ms;
    long broken;             /* in this run: answers that an item overtook another one */
    bool store_trouble;      /* in this run: it may neither know nor have written a pause */
    bool queue_trouble;      /* in this run: a call of the queue failed, or seemed to */
    long received;           /* messages in this run */
    int sending[GROUPS_MAX]; /* requests in flight */
    int64_t sending_until_ms[GROUPS_MAX]; /* when the last of them times out */
    struct env *list;
};

/* An HTTP request that an environment has sent. Freed after it was answered and has no references.
 */
struct request {
    struct env *env;
    int64_t number, timeout_ms;
    int64_t began_ms, sent_ms; /* the process intended to send it, and did */
    char *method, *url, *body;
    size_t body_len;
    json_t *headers; /* names in lower case */
    int refs;
    bool answered, after_signal;
    /* The answer arrived: 0 if there was none. May be NULL. */
    void (*heard)(struct world *w, struct request *r, int status);
    json_t *said; /* the answer of SendMessageBatch */
    size_t item;  /* of a destination's request, as the following */
    int destination;
    bool committed;
    int64_t pause_ms, pause_until_ms; /* requested by the answer: one of them, or 0 */
};

struct answer {
    enum err_code code; /* ERR_OK: an HTTP answer */
    bool unreachable;   /* there was no connection, so nothing can have been done */
    bool broken;        /* the bytes are not a valid answer */
    int status;
    char *head, *body; /* head: lines that end with CR LF; either may be NULL */
    size_t body_len;
};

/* envs.c: processes */
struct env *env_start(struct world *w, bool ingest, int number); /* then env_listen */
void env_listen(struct world *w, struct env *env);
void env_kill(struct world *w, struct env *env);
/* As Lambda does before it kills: the process may exit, or continue for a while. */
void env_terminate(struct world *w, struct env *env);
const char *sent_header(const struct request *r, const char *name); /* "" when absent */
void request_release(struct request *r);
/* The answer, after this many ms; the request's own timeout comes first. Takes over the texts. */
void request_answer(struct world *w, struct request *r, int64_t after_ms, struct answer a);
struct answer answer_status(int status);
struct answer answer_error(enum err_code code);
struct answer answer_json(int status, json_t *body); /* takes over body */

/* bytes.c: the bytes of answers. */
void answer_bytes(struct dice *d, const struct answer *a, struct buf *out);

/* functions.c: Lambda */
void functions_start(struct world *w);
void functions_end(struct world *w);
void functions_invoke(struct world *w, bool ingest, struct invocation *call);
void functions_request(struct world *w, struct request *r); /* the Runtime API */
void functions_env_gone(struct world *w, struct env *env);
struct env *functions_envs(struct world *w);
bool functions_busy(struct world *w, bool ingest);

/* stream.c: the table's stream, its mapping, and the ticks of drain */
void stream_start(struct world *w);
bool stream_is_done(const struct world *w);

/* queue.c: SQS and the Parameter Store */
void queues_start(struct world *w);
void queues_request(struct world *w, struct request *r);
void store_request(struct world *w, struct request *r);
size_t queues_waiting(struct world *w); /* messages in the queue */

/* api.c: destinations */
void api_start(struct world *w);
void api_request(struct world *w, struct request *r);
void token_request(struct world *w, struct request *r);
const char *api_key(struct world *w, int destination); /* what the Parameter Store says */

/* ledger.c: the guarantees, checked as events happen */
void ledger_sends(struct world *w, const struct env *env, const char *event_id);
void ledger_queued(struct world *w, struct item *it);
/* The environment got the answer that the queue has it. */
void ledger_taken(struct world *w, struct env *env, const char *event_id);
void ledger_dead(struct world *w, struct item *it, const json_t *attributes);
void ledger_sent(struct world *w, struct request *r, struct item *it);
void ledger_committed(struct world *w, struct request *r, struct item *it);
void ledger_heard(struct world *w, struct request *r, int status);
void ledger_run_ends(struct world *w, const struct invocation *call);
/* The parameter STORE_PAUSE has this value now. */
void ledger_pauses(struct world *w, const char *text);
void ledger_deleted(struct world *w, struct env *env, struct item *it);
void ledger_received(struct world *w, const struct request *r, struct item *it);
/* The environment asks to hide the message for another time, or to delete it. */
void ledger_settles(const struct env *env, struct item *it);
/* Ingest answered that all of items from..to-1 of the shard are in the queue. */
void ledger_acknowledged(struct world *w, const size_t *items, size_t n);
void ledger_end(struct world *w);

#endif
