/* tokens.c: one token a destination, requested by one thread at a time. */
#include "tokens.h"

#include "clock.h"
#include "mem.h"
#include "oauth2.h"

#include <stdlib.h>

enum { EARLY_MS = 60000, EARLY_PART = 10 };

struct token {
    char *value;              /* NULL: none */
    int64_t got_ms, until_ms; /* wall clock, which continues while the process is frozen */
    unsigned generation;      /* how often one was received */
    bool asking;
    unsigned rounds;        /* how often it was requested, with any outcome */
    int refusals;           /* tokens in a row that the destination did not take */
    struct err why;         /* the last failure */
    int64_t retry_after_ms; /* of the last failure */
};

void tokens_init(struct tokens *t, size_t n)
{
    *t = (struct tokens){ .list = xcalloc(n, sizeof(*t->list)), .n = n };
    (void)pthread_mutex_init(&t->lock, NULL);
    (void)pthread_cond_init(&t->changed, NULL);
}

void tokens_done(struct tokens *t)
{
    if (!t->list)
        return;
    for (size_t i = 0; i < t->n; i++)
        free_cleansed(t->list[i].value);
    free(t->list);
    (void)pthread_cond_destroy(&t->changed);
    (void)pthread_mutex_destroy(&t->lock);
    *t = (struct tokens){ 0 };
}

void token_done(struct token_copy *c)
{
    free_cleansed(c->value);
    *c = (struct token_copy){ 0 };
}

static void token_drop(struct token *k)
{
    free_cleansed(k->value);
    k->value = NULL;
}

static bool token_lasts(const struct token *k)
{
    int64_t now_ms = clock_wall_ms();

    return k->value && k->got_ms <= now_ms && now_ms < k->until_ms;
}

static int ask_endpoint(const struct token_ask *ask, struct oauth2_token *out,
                        int64_t *retry_after_ms, struct err *e)
{
    __attribute__((cleanup(oauth2_request_done))) struct oauth2_request q = { 0 };
    auto_json json_t *values = json_pack("{s:O}", "param", ask->parameters);
    auto_response r = { 0 };

    *retry_after_ms = -1;
    if (oauth2_request(ask->d, values, &q, e) < 0)
        return err_wrap(e, "auth.oauth2");
    if (ask->send(ask->arg, &q.http, &r, e)) {
        if (e->code == ERR_PARSE) /* the answer has no end */
            e->code = ERR_CREDENTIALS;
        return err_wrap(e, "token_url");
    }
    *retry_after_ms = http_retry_after_ms(&r, clock_wall_ms());
    return oauth2_answer(&r, out, e);
}

/* With the lock held, which it releases while it waits. */
static void token_ask(struct tokens *t, struct token *k, const struct token_ask *ask)
{
    struct oauth2_token got = { 0 };
    int64_t began_ms = clock_wall_ms(), early_ms, retry_after_ms;
    struct err e = { 0 };
    int rc;

    k->asking = true;
    (void)pthread_mutex_unlock(&t->lock);
    rc = ask_endpoint(ask, &got, &retry_after_ms, &e);
    (void)pthread_mutex_lock(&t->lock);
    k->asking = false;
    k->rounds++;
    token_drop(k);
    k->why = rc ? e : (struct err){ 0 };
    k->retry_after_ms = retry_after_ms;
    if (rc == 0) {
        early_ms = got.lasts_ms / EARLY_PART < EARLY_MS ? got.lasts_ms / EARLY_PART : EARLY_MS;
        k->value = got.value;
        k->got_ms = began_ms;
        k->until_ms = began_ms + got.lasts_ms - early_ms;
        k->generation++;
    }
    (void)pthread_cond_broadcast(&t->changed);
}

int tokens_get(struct tokens *t, const struct token_ask *ask, struct token_copy *out,
               int64_t *retry_after_ms, struct err *e)
{
    struct token *k = &t->list[ask->destination];
    bool shared = false;
    unsigned round;

    (void)pthread_mutex_lock(&t->lock);
    for (round = k->rounds; k->asking && k->rounds == round; shared = true)
        (void)pthread_cond_wait(&t->changed, &t->lock);
    if (!shared && !token_lasts(k))
        token_ask(t, k, ask);
    if (k->value) {
        out->value = xstrdup(k->value);
        out->generation = k->generation;
    } else {
        *e = k->why;
        *retry_after_ms = k->retry_after_ms;
        if (e->code == ERR_OK) /* received, and already refused */
            (void)err_set(e, ERR_NET, "the token was refused in the meantime");
    }
    (void)pthread_mutex_unlock(&t->lock);
    return out->value ? 0 : -1;
}

bool tokens_refused(struct tokens *t, size_t destination, unsigned generation)
{
    struct token *k = &t->list[destination];
    bool again = true;

    (void)pthread_mutex_lock(&t->lock);
    if (k->value && k->generation == generation) {
        token_drop(k);
        again = ++k->refusals < 2;
    }
    (void)pthread_mutex_unlock(&t->lock);
    return again;
}

void tokens_accepted(struct tokens *t, size_t destination, unsigned generation)
{
    struct token *k = &t->list[destination];

    (void)pthread_mutex_lock(&t->lock);
    if (k->generation == generation)
        k->refusals = 0;
    (void)pthread_mutex_unlock(&t->lock);
}
