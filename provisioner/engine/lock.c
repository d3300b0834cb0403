/* lock.c: takes, renews, breaks and releases the lock of a pipeline. */
#include "engine/lock.h"

#include "buf.h"
#include "clock.h"
#include "encode.h"
#include "json.h"
#include "mem.h"
#include "random.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    TERM_MS = 900000, /* three times the largest difference expected between clocks */
    BREAK_MS = 60000, /* the right to break a lock lasts for a few requests */
    RENEWALS = 3,     /* per term */
    ATTEMPTS = 5,     /* to release, or to take in a store without rest() */
    PATIENT = 7, /* to release while credentials cannot be renewed: 6 s, then renewal is retried */
    MAX_NESTED = 2, /* a lock, the right to break it, and the right to break that */
    FRESH_MS = 5000,
    PAUSE_MS = 100, /* before the next attempt to release; doubled each time */
    MARK_HEX = 16,
};

static const char main_key[] = "lock";

struct lock {
    struct lock_store store;
    struct lock_owner owner;
    int64_t term_ms, since_ms;
    char token[2 * 16 + 1];
    char *broke;
    pthread_t thread;
    pthread_mutex_t mutex; /* over everything below */
    pthread_cond_t ended;
    int64_t until_ms;
    bool threaded, end, lost;
};

/* A parsed lock text; its strings belong to the record. */
struct record {
    json_t *all; /* NULL: not written by fifoq */
    const char *token, *who, *process, *command, *since, *until;
    long long pid;
};

static void record_done(struct record *r)
{
    json_decref(r->all);
}

#define auto_record __attribute__((cleanup(record_done))) struct record

static const char *word(const json_t *o, const char *key)
{
    const char *text = jget_str(o, key);

    return text ? text : "";
}

static struct record record_of(const char *text)
{
    json_t *all = json_loads(text, 0, NULL);

    return (struct record){
        .all = all,
        .token = word(all, "token"),
        .who = word(all, "who"),
        .process = word(all, "process"),
        .command = word(all, "command"),
        .since = word(all, "since"),
        .until = word(all, "until"),
        .pid = jget_int(all, "pid", 0),
    };
}

/* In whole seconds, the format that clock_parse_date reads. */
static void time_text(int64_t ms, char *out)
{
    char fine[CLOCK_TEXT];

    clock_rfc3339(ms, fine);
    (void)snprintf(out, CLOCK_TEXT, "%.19sZ", fine);
}

/* The text of our lock. The caller frees it. */
static char *own_text(const struct lock *l, int64_t until_ms)
{
    char since[CLOCK_TEXT], until[CLOCK_TEXT];
    auto_json json_t *o = json_object();

    time_text(l->since_ms, since);
    time_text(until_ms, until);
    (void)json_object_update_new(
        o, json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:s}", "token", l->token, "who", l->owner.who,
                     "command", l->owner.command, "pid", (json_int_t)l->owner.pid, "process",
                     l->owner.process, "since", since, "until", until));
    return json_text(o);
}

static bool is_own(const struct lock *l, const char *text)
{
    auto_record r = record_of(text);

    return strcmp(r.token, l->token) == 0;
}

/* Why a lock may be broken; NULL: it may not. A text that fifoq did not write is broken only with
 * --break-lock. */
static const char *why_over(const struct lock *l, const struct record *r)
{
    int64_t until_ms = clock_parse_date(r->until);

    if (until_ms >= 0 && until_ms <= l->store.now_ms(l->store.arg))
        return "it had expired";
    if (*r->process && l->owner.ended && l->owner.ended(r->process))
        return "its process has exited";
    return NULL;
}

static int refuse(const struct lock *l, const char *text, struct err *e)
{
    auto_record r = record_of(text);

    if (!r.all)
        return err_set(e, ERR_REFUSED,
                       "the lock was not written by fifoq; if no run is in progress, run 'fifoq %s "
                       "--break-lock'",
                       l->owner.command);
    return err_set(
        e, ERR_REFUSED,
        "'fifoq %s' is running on this pipeline: %s, process %lld, since %s. Wait for it to "
        "finish; if it crashed, the lock expires at %s, or run 'fifoq %s --break-lock' now",
        r.command, r.who, r.pid, r.since, r.until, l->owner.command);
}

static int acquire(struct lock *l, const char *key, int64_t term_ms, bool force, int depth,
                   struct err *e);

/* Removes the lock only if it is still ours. A fresh one is ours without a read: nobody has had a
 * reason to break it. */
static int give_back(const struct lock *l, const char *key, struct err *e)
{
    bool fresh = l->store.now_ms(l->store.arg) - l->since_ms < FRESH_MS;

    for (int i = 0;; i++) {
        auto_free char *text = NULL;
        bool look = i > 0 || !fresh;
        int rc = look ? l->store.read(l->store.arg, key, &text, e) : 0;

        if (rc < 0 && e->code != ERR_CREDENTIALS)
            return -1;
        if (rc == 0 && look && (!text || !is_own(l, text)))
            return 0;
        if (rc == 0 && l->store.remove(l->store.arg, key, e) == 0)
            return 0;
        if (i + 1 >= (e->code == ERR_CREDENTIALS ? PATIENT : ATTEMPTS))
            return -1;
        clock_sleep_ms((int64_t)PAUSE_MS << i);
    }
}

/* Removes exactly this text. The caller holds the right to break it, so nobody else does. */
static int replace(struct lock *l, const char *key, const char *text, struct err *e)
{
    auto_free char *now = NULL;

    if (l->store.read(l->store.arg, key, &now, e) < 0)
        return -1;
    if (!now || strcmp(now, text) != 0)
        return 0; /* another run holds it now: the caller looks again */
    return l->store.remove(l->store.arg, key, e);
}

static int break_it(struct lock *l, const char *key, const char *text, int depth, struct err *e)
{
    char hash[65];
    auto_free char *right = NULL;
    struct err unused = { 0 };
    int rc = 0;

    sha256_hex(text, strlen(text), hash);
    right = xasprintf("break-%.*s", MARK_HEX, hash);
    if (acquire(l, right, BREAK_MS, false, depth + 1, e) < 0)
        return -1;
    rc = replace(l, key, text, e);
    if (give_back(l, right, rc < 0 ? &unused : e) < 0)
        return -1;
    return rc;
}

static void remember_broken(struct lock *l, const char *text, const char *why)
{
    auto_record r = record_of(text);

    free(l->broke);
    l->broke = xasprintf("'fifoq %s' by %s, process %lld, since %s (%s)", r.command, r.who, r.pid,
                         r.since, why);
}

/* Returns 1 to try again, 0 when the lock is ours, -1 on failure. */
static int try_once(struct lock *l, const char *key, int64_t term_ms, bool force, int depth,
                    struct err *e)
{
    int64_t until_ms = l->store.now_ms(l->store.arg) + term_ms;
    auto_free char *mine = own_text(l, until_ms), *text = NULL;
    bool there = false;
    const char *why = NULL;
    auto_record r = { 0 };

    if (l->store.create(l->store.arg, key, mine, &there, e) < 0)
        return -1;
    if (there && l->store.read(l->store.arg, key, &text, e) < 0)
        return -1;
    if (there && !text)
        return 1;
    if (!there || is_own(l, text)) { /* ours already: the response to the first attempt was lost */
        if (depth == 0)
            l->until_ms = until_ms;
        return 0;
    }

    r = record_of(text);
    why = force ? "--break-lock" : why_over(l, &r);
    if (!why || depth == MAX_NESTED)
        return refuse(l, text, e);
    if (break_it(l, key, text, depth, e) < 0)
        return -1;
    if (depth == 0)
        remember_broken(l, text, why);
    return 1;
}

static int acquire(struct lock *l, const char *key, int64_t term_ms, bool force, int depth,
                   struct err *e)
{
    int rc;

    for (int look = 0;; look++) {
        rc = try_once(l, key, term_ms, force, depth, e);
        if (rc != 1)
            return rc;
        if (l->store.rest ? !l->store.rest(l->store.arg, look) : look + 1 >= ATTEMPTS)
            return err_set(e, ERR_REFUSED,
                           "the lock can neither be created nor read, or other runs keep taking "
                           "it; try again in a minute");
    }
}

/* Under the mutex, which is released during the requests. */
static void renew(struct lock *l)
{
    int64_t until_ms = l->store.now_ms(l->store.arg) + l->term_ms;
    auto_free char *mine = own_text(l, until_ms), *text = NULL;
    struct err e = { 0 };
    bool lost = false, done = false;

    (void)pthread_mutex_unlock(&l->mutex);
    if (l->store.read(l->store.arg, main_key, &text, &e) == 0) {
        lost = !text || !is_own(l, text);
        done = !lost && l->store.write(l->store.arg, main_key, mine, &e) == 0;
    }
    (void)pthread_mutex_lock(&l->mutex);
    if (done)
        l->until_ms = until_ms;
    /* others may have broken it as soon as it expired */
    l->lost = l->lost || lost || l->store.now_ms(l->store.arg) >= l->until_ms;
}

static void *renewer(void *arg)
{
    struct lock *l = arg;

    (void)pthread_mutex_lock(&l->mutex);
    while (!l->end && !l->lost) {
        struct timespec until;
        int64_t ms = l->term_ms / RENEWALS;

        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += ms / 1000;
        until.tv_nsec += ms % 1000 * 1000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        while (!l->end && pthread_cond_timedwait(&l->ended, &l->mutex, &until) == 0)
            continue;
        if (!l->end)
            renew(l);
    }
    (void)pthread_mutex_unlock(&l->mutex);
    return NULL;
}

static struct lock *lock_new(const struct lock_store *store, const struct lock_owner *o,
                             int64_t term_ms)
{
    struct lock *l = xcalloc(1, sizeof(*l));
    unsigned char token[sizeof(l->token) / 2];
    pthread_condattr_t monotonic;

    *l = (struct lock){ .store = *store, .owner = *o, .term_ms = term_ms ? term_ms : TERM_MS };
    l->since_ms = store->now_ms(store->arg);
    random_bytes(token, sizeof(token));
    hex_encode(token, sizeof(token), l->token);
    (void)pthread_mutex_init(&l->mutex, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&l->ended, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    return l;
}

static void lock_free(struct lock *l)
{
    (void)pthread_cond_destroy(&l->ended);
    (void)pthread_mutex_destroy(&l->mutex);
    free(l->broke);
    free(l);
}

int lock_take(struct lock **l, const struct lock_store *store, const struct lock_owner *o,
              bool force, int64_t term_ms, struct err *e)
{
    struct lock *mine = lock_new(store, o, term_ms);

    *l = NULL;
    if (acquire(mine, main_key, mine->term_ms, force, 0, e) < 0) {
        lock_free(mine);
        return -1;
    }
    /* without a thread the lock expires after one term */
    mine->threaded = pthread_create(&mine->thread, NULL, renewer, mine) == 0;
    *l = mine;
    return 0;
}

int lock_look(const struct lock_store *store, const struct lock_owner *o, bool *over, struct err *e)
{
    const struct lock l = { .store = *store, .owner = *o };
    auto_free char *text = NULL;
    auto_record r = { 0 };

    if (store->read(store->arg, main_key, &text, e) < 0)
        return -1;
    r = record_of(text ? text : "");
    *over = text && why_over(&l, &r);
    return !text || *over ? 0 : refuse(&l, text, e);
}

const char *lock_broke(const struct lock *l)
{
    return l->broke;
}

bool lock_lost(struct lock *l)
{
    bool lost;

    (void)pthread_mutex_lock(&l->mutex);
    lost = l->lost;
    (void)pthread_mutex_unlock(&l->mutex);
    return lost;
}

int64_t lock_until_ms(struct lock *l)
{
    int64_t until_ms;

    (void)pthread_mutex_lock(&l->mutex);
    until_ms = l->until_ms;
    (void)pthread_mutex_unlock(&l->mutex);
    return until_ms;
}

int lock_release(struct lock *l, struct err *e)
{
    int rc;

    if (!l)
        return 0;
    (void)pthread_mutex_lock(&l->mutex);
    l->end = true;
    (void)pthread_cond_signal(&l->ended);
    (void)pthread_mutex_unlock(&l->mutex);
    if (l->threaded)
        (void)pthread_join(l->thread, NULL);
    rc = give_back(l, main_key, e);
    lock_free(l);
    return rc;
}
