/* sqs_fifo.c: message groups and their locks, visibility, deduplication, receive attempts. */
#include "sqs/sqs_fifo.h"

#include "macros.h"
#include "mem.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

/* A FIFO queue has at most this many messages in flight, and searches only this many for a free
 * group. */
enum { FIFO_LOOKAHEAD = 120000 };

/* The messages of a group in order; an empty group is freed. */
struct fifo_group {
    char *name;
    struct fifo_message *first, *last;
    struct fifo_group *next, *prev;
};

static int by_number(const void *a, const void *b)
{
    const struct fifo_message *x = a, *y = b;
    return (x->number > y->number) - (x->number < y->number);
}

static int by_name(const void *a, const void *b)
{
    const struct fifo_group *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static int by_key(const void *a, const void *b)
{
    const struct fifo_duplicate *x = a, *y = b;
    return strcmp(x->key, y->key);
}

static int by_id(const void *a, const void *b)
{
    const struct fifo_attempt *x = a, *y = b;
    return strcmp(x->id, y->id);
}

/* Out of memory aborts, like everywhere. */
static void *tree_put(const void *item, void **root, int (*order)(const void *, const void *))
{
    void *node = tsearch(item, root, order);
    if (!node)
        abort();
    return *(void **)node;
}

static void *tree_get(const void *item, void *const *root, int (*order)(const void *, const void *))
{
    void *node = tfind(item, root, order);
    return node ? *(void **)node : NULL;
}

static struct fifo_group *group_of(struct fifo *f, const char *name)
{
    struct fifo_group *g =
        tree_get(&(struct fifo_group){ .name = (char *)name }, &f->by_group, by_name);
    if (g)
        return g;
    g = xcalloc(1, sizeof(*g));
    g->name = xstrdup(name);
    g->next = f->groups;
    if (g->next)
        g->next->prev = g;
    f->groups = g;
    (void)tree_put(g, &f->by_group, by_name);
    return g;
}

static void group_free(struct fifo *f, struct fifo_group *g)
{
    (void)tdelete(g, &f->by_group, by_name);
    *(g->prev ? &g->prev->next : &f->groups) = g->next;
    if (g->next)
        g->next->prev = g->prev;
    free(g->name);
    free(g);
}

void fifo_message_free(struct fifo_message *m)
{
    if (!m)
        return;
    free(m->body);
    free(m->group);
    free(m->dedup);
    free(m->trace);
    free(m->source_arn);
    json_decref(m->attributes);
    free(m);
}

/* Dead letters of a standard queue keep their sent time, so they may be older than the queue's last
 * message. */
static void link_by_age(struct fifo *f, struct fifo_message *m)
{
    struct fifo_message *before = f->last;
    while (before && before->enqueued_ms > m->enqueued_ms)
        before = before->prev;
    m->prev = before;
    m->next = before ? before->next : f->first;
    *(m->prev ? &m->prev->next : &f->first) = m;
    *(m->next ? &m->next->prev : &f->last) = m;
}

void fifo_add(struct fifo *f, struct fifo_message *m, int64_t now)
{
    struct fifo_group *g = group_of(f, m->dedup ? m->group : m->id);
    link_by_age(f, m);
    m->home = g;
    m->next_member = NULL;
    m->prev_member = g->last;
    *(g->last ? &g->last->next_member : &g->first) = m;
    g->last = m;
    (void)tree_put(m, &f->by_number, by_number);
    f->n++;
    fifo_hide(f, m, m->visible_ms, now);
}

static void unhide(struct fifo *f, struct fifo_message *m)
{
    if (!m->hidden)
        return;
    *(m->prev_hidden ? &m->prev_hidden->next_hidden : &f->hidden) = m->next_hidden;
    if (m->next_hidden)
        m->next_hidden->prev_hidden = m->prev_hidden;
    m->next_hidden = m->prev_hidden = NULL;
    m->hidden = false;
    f->n_hidden--;
}

void fifo_hide(struct fifo *f, struct fifo_message *m, int64_t until_ms, int64_t now)
{
    m->visible_ms = until_ms;
    if (until_ms <= now) {
        unhide(f, m);
        m->taken = false;
        return;
    }
    if (m->hidden)
        return;
    m->next_hidden = f->hidden;
    if (m->next_hidden)
        m->next_hidden->prev_hidden = m;
    f->hidden = m;
    m->hidden = true;
    f->n_hidden++;
}

void fifo_remove(struct fifo *f, struct fifo_message *m)
{
    struct fifo_group *g = m->home;
    unhide(f, m);
    (void)tdelete(m, &f->by_number, by_number);
    *(m->prev ? &m->prev->next : &f->first) = m->next;
    *(m->next ? &m->next->prev : &f->last) = m->prev;
    *(m->prev_member ? &m->prev_member->next_member : &g->first) = m->next_member;
    *(m->next_member ? &m->next_member->prev_member : &g->last) = m->prev_member;
    m->next = m->prev = m->next_member = m->prev_member = NULL;
    m->home = NULL;
    m->taken = false;
    f->n--;
    if (!g->first)
        group_free(f, g);
}

struct fifo_message *fifo_find(const struct fifo *f, uint64_t number)
{
    return tree_get(&(struct fifo_message){ .number = number }, &f->by_number, by_number);
}

static void forget_duplicate(struct fifo *f)
{
    struct fifo_duplicate *d = f->duplicates;
    (void)tdelete(d, &f->by_key, by_key);
    f->duplicates = d->next;
    if (!f->duplicates)
        f->last_duplicate = NULL;
    free(d->key);
    free(d);
}

void fifo_forget(struct fifo *f)
{
    while (f->duplicates)
        forget_duplicate(f);
}

static void forget_attempt(struct fifo *f)
{
    struct fifo_attempt *a = f->attempts;
    /* a later attempt with the same id may have replaced it */
    if (tree_get(a, &f->by_attempt, by_id) == a)
        (void)tdelete(a, &f->by_attempt, by_id);
    f->attempts = a->next;
    if (!f->attempts)
        f->last_attempt = NULL;
    free(a->id);
    free(a);
}

void fifo_clear(struct fifo *f)
{
    while (f->first) {
        struct fifo_message *m = f->first;
        fifo_remove(f, m);
        fifo_message_free(m);
    }
    fifo_forget(f);
    while (f->attempts)
        forget_attempt(f);
}

void fifo_tick(struct fifo *f, int64_t retention_ms, int64_t now)
{
    for (struct fifo_message *m = f->hidden, *next = NULL; m; m = next) {
        next = m->next_hidden;
        if (m->visible_ms <= now)
            fifo_hide(f, m, m->visible_ms, now);
    }
    while (f->first && f->first->enqueued_ms + retention_ms <= now) {
        struct fifo_message *m = f->first;
        fifo_remove(f, m);
        fifo_message_free(m);
    }
    while (f->duplicates && f->duplicates->until_ms <= now)
        forget_duplicate(f);
    while (f->attempts && f->attempts->until_ms <= now)
        forget_attempt(f);
}

/* Messages from this number on are beyond FIFO_LOOKAHEAD. */
static uint64_t horizon(const struct fifo *f)
{
    const struct fifo_message *m = NULL;

    if (f->n <= FIFO_LOOKAHEAD)
        return UINT64_MAX;
    m = f->first;
    for (size_t i = 0; i < FIFO_LOOKAHEAD; i++)
        m = m->next;
    return m->number;
}

/* The groups with the oldest first messages, at most max, oldest first. */
static size_t oldest_groups(const struct fifo *f, int64_t now, size_t max,
                            const struct fifo_group **out)
{
    size_t n = 0;
    uint64_t end = horizon(f);
    for (const struct fifo_group *g = f->groups; g; g = g->next) {
        size_t at = 0;

        if (g->first->visible_ms > now || g->first->number >= end)
            continue;
        at = n < max ? n++ : max;
        while (at > 0 && out[at - 1]->first->number > g->first->number) {
            if (at < max)
                out[at] = out[at - 1];
            at--;
        }
        if (at < max)
            out[at] = g;
    }
    return n;
}

size_t fifo_ready(const struct fifo *f, int64_t now, size_t max, struct fifo_message **out)
{
    const struct fifo_group *groups[SQS_BATCH_MAX] = { NULL };
    size_t n_groups = oldest_groups(f, now, max < COUNTOF(groups) ? max : COUNTOF(groups), groups);
    size_t n = 0;
    for (size_t i = 0; i < n_groups; i++)
        for (struct fifo_message *m = groups[i]->first; m && m->visible_ms <= now && n < max;
             m = m->next_member)
            out[n++] = m;
    return n;
}

int64_t fifo_due_ms(const struct fifo *f, int64_t now)
{
    int64_t due = INT64_MAX;
    for (const struct fifo_message *m = f->hidden; m; m = m->next_hidden)
        if (m->visible_ms > now && m->visible_ms < due)
            due = m->visible_ms;
    return due;
}

const struct fifo_duplicate *fifo_duplicate(const struct fifo *f, const char *key)
{
    return tree_get(&(struct fifo_duplicate){ .key = (char *)key }, &f->by_key, by_key);
}

void fifo_remember(struct fifo *f, const char *key, const struct fifo_message *m, int64_t now)
{
    struct fifo_duplicate *d = xcalloc(1, sizeof(*d));
    d->key = xstrdup(key);
    memcpy(d->id, m->id, sizeof(d->id));
    d->number = m->number;
    d->until_ms = now + SQS_INTERVAL_MS;
    *(f->last_duplicate ? &f->last_duplicate->next : &f->duplicates) = d;
    f->last_duplicate = d;
    (void)tree_put(d, &f->by_key, by_key);
}

size_t fifo_replay(const struct fifo *f, const char *attempt, struct fifo_message **out)
{
    const struct fifo_attempt *a =
        tree_get(&(struct fifo_attempt){ .id = (char *)attempt }, &f->by_attempt, by_id);
    if (!a)
        return 0;
    for (size_t i = 0; i < a->n; i++) {
        out[i] = fifo_find(f, a->numbers[i]);
        if (!out[i] || !out[i]->taken || out[i]->nonce != a->nonces[i] || out[i]->changed)
            return 0;
    }
    return a->n;
}

void fifo_attempted(struct fifo *f, const char *attempt, struct fifo_message *const *messages,
                    size_t n, int64_t now)
{
    struct fifo_attempt *a = xcalloc(1, sizeof(*a));
    a->id = xstrdup(attempt);
    a->until_ms = now + SQS_INTERVAL_MS;
    a->n = n;
    for (size_t i = 0; i < n; i++) {
        a->numbers[i] = messages[i]->number;
        a->nonces[i] = messages[i]->nonce;
    }
    *(f->last_attempt ? &f->last_attempt->next : &f->attempts) = a;
    f->last_attempt = a;
    (void)tdelete(a, &f->by_attempt, by_id);
    (void)tree_put(a, &f->by_attempt, by_id);
}
