/* tokens.h: the access tokens of destinations, kept in the process until shortly before they
 * expire. */
#ifndef FIFOQ_TOKENS_H
#define FIFOQ_TOKENS_H

#include "destination.h"

#include <pthread.h>

/* How requests are sent (drain.h). */
typedef int token_send_fn(void *arg, const struct http_request *q, struct http_response *r,
                          struct err *e);

struct token; /* of one destination */

struct tokens {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct token *list; /* by destination */
    size_t n;
};

void tokens_init(struct tokens *t, size_t n);
void tokens_done(struct tokens *t); /* cleanses; zeroed is fine */

struct token_ask {
    size_t destination;
    const struct destination *d;
    const json_t *parameters; /* NAME -> value, an exact tree */
    token_send_fn *send;
    void *arg;
};

struct token_copy {
    char *value;         /* the caller's (free_cleansed) */
    unsigned generation; /* counts from 1 */
};

void token_done(struct token_copy *c); /* cleanses; zeroed is fine */

/*
 * The cached token, or a new one. Of several threads one sends the request and the others share its
 * result, so that no thread waits longer than one request may take. ERR_CREDENTIALS: refused;
 * anything else: not now, and *retry_after_ms is what Retry-After says (-1: missing).
 */
CHECKED int tokens_get(struct tokens *t, const struct token_ask *ask, struct token_copy *out,
                       int64_t *retry_after_ms, struct err *e);

/* The destination refused (accepted) the token of that generation. True: try with a new one; false
 * when the last two were refused. */
bool tokens_refused(struct tokens *t, size_t destination, unsigned generation);
void tokens_accepted(struct tokens *t, size_t destination, unsigned generation);

#endif
