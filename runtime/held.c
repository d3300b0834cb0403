/* held.c: see held.h. */
#include "held.h"

#include "clock.h"
#include "lease.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

enum group_state {
    GROUP_WAITS,
    GROUP_WORKS, /* a thread delivers it */
    GROUP_LEFT,  /* it was started; the rest is to be given back */
    GROUP_OVER,
};

struct batch {
    struct batch *next;
    json_t *list; /* the messages borrow from it */
    struct message messages[RECEIVE_MAX];
    struct group groups[RECEIVE_MAX];
    enum group_state states[RECEIVE_MAX];
    size_t n, n_groups;
};

void held_init(struct held *h)
{
    *h = (struct held){ 0 };
    (void)pthread_mutex_init(&h->lock, NULL);
    (void)pthread_cond_init(&h->changed, NULL);
}

void held_done(struct held *h)
{
    (void)pthread_cond_destroy(&h->changed);
    (void)pthread_mutex_destroy(&h->lock);
}

static void batch_free(struct batch *b)
{
    for (size_t i = 0; i < b->n; i++)
        message_done(&b->messages[i]);
    json_decref(b->list);
    free(b);
}

static bool is_named(const struct group *g, const char *name)
{
    return strcmp(g->messages[0]->group, name) == 0;
}

/* The group of that name, created when it is missing. */
static struct group *group_of(struct batch *b, const struct message *m)
{
    for (size_t i = 0; i < b->n_groups; i++)
        if (is_named(&b->groups[i], m->group))
            return &b->groups[i];
    return &b->groups[b->n_groups++];
}

static void add_message(struct batch *b, struct drain_run *r, struct message *m)
{
    struct group *g = group_of(b, m);

    g->run = r;
    if (g->n > 0) /* never sent: only received with those before it */
        m->receives = 1;
    g->messages[g->n++] = m;
}

static int read_messages(struct batch *b, struct drain_run *r, int64_t lease_until_ms,
                         struct err *e)
{
    const json_t *raw;
    size_t i;

    if (json_array_size(b->list) > RECEIVE_MAX)
        return err_set(e, ERR_PARSE, "sqs:ReceiveMessage: more messages than requested");
    json_array_foreach(b->list, i, raw) {
        struct message *m = &b->messages[i];
        if (message_read(raw, r->drain->reads_messages, m, e) < 0)
            return -1;
        b->n++;
        if (m->sent_ms)
            metrics_age(r->drain->metrics, clock_wall_ms() - m->sent_ms);
        m->lease_until_ms = lease_until_ms;
        add_message(b, r, m);
    }
    return 0;
}

struct batch *batch_new(struct drain_run *r, json_t *list, int64_t lease_until_ms, struct err *e)
{
    struct batch *b = xcalloc(1, sizeof(*b));

    b->list = list;
    if (read_messages(b, r, lease_until_ms, e) == 0)
        return b;
    batch_free(b);
    return NULL;
}

size_t batch_size(const struct batch *b)
{
    return b->n;
}

void held_add(struct held *h, struct batch *b)
{
    struct batch **at = &h->batches;

    if (b->n == 0) {
        batch_free(b);
        return;
    }
    while (*at)
        at = &(*at)->next;
    *at = b;
    h->n_batches++;
    h->waiting += b->n_groups;
}

static bool is_over(const struct batch *b)
{
    for (size_t i = 0; i < b->n_groups; i++)
        if (b->states[i] != GROUP_OVER)
            return false;
    return true;
}

static void free_those_over(struct held *h)
{
    struct batch **at = &h->batches;

    while (*at) {
        struct batch *b = *at;
        if (!is_over(b)) {
            at = &b->next;
            continue;
        }
        *at = b->next;
        h->n_batches--;
        batch_free(b);
    }
}

static bool is_worked_on(const struct held *h, const char *name)
{
    for (const struct batch *b = h->batches; b; b = b->next)
        for (size_t i = 0; i < b->n_groups; i++)
            if (b->states[i] == GROUP_WORKS && is_named(&b->groups[i], name))
                return true;
    return false;
}

/* Only now is it known what another batch's messages of that group have become. */
static void recall(const struct group *g)
{
    struct drain *d = g->run->drain;

    for (size_t i = 0; i < g->n; i++)
        taken_recall(&d->taken, g->messages[i], d->settings->n_destinations);
}

struct group *held_next(struct held *h)
{
    for (struct batch *b = h->waiting ? h->batches : NULL; b; b = b->next)
        for (size_t i = 0; i < b->n_groups; i++) {
            struct group *g = &b->groups[i];
            if (b->states[i] != GROUP_WAITS || is_worked_on(h, g->messages[0]->group))
                continue;
            b->states[i] = GROUP_WORKS;
            h->waiting--;
            h->working++;
            recall(g);
            return g;
        }
    return NULL;
}

static enum group_state *state_of(const struct held *h, const struct group *g)
{
    for (struct batch *b = h->batches; b; b = b->next)
        if (g >= b->groups && g < b->groups + RECEIVE_MAX)
            return &b->states[g - b->groups];
    return NULL;
}

/* Those that wait or are left, with that name (NULL: any); they count as over. Their number. */
static size_t take_idle(struct held *h, const char *name, struct group **out)
{
    size_t n = 0;

    for (struct batch *b = h->batches; b; b = b->next)
        for (size_t i = 0; i < b->n_groups; i++) {
            if ((b->states[i] != GROUP_WAITS && b->states[i] != GROUP_LEFT) ||
                (name && !is_named(&b->groups[i], name)))
                continue;
            h->waiting -= b->states[i] == GROUP_WAITS;
            b->states[i] = GROUP_OVER;
            out[n++] = &b->groups[i];
        }
    return n;
}

static void release(struct held *h, const char *name)
{
    auto_free struct group **groups = xcalloc(h->n_batches * RECEIVE_MAX + 1, sizeof(*groups));
    size_t n = take_idle(h, name, groups);

    groups_release(groups, n);
    free_those_over(h);
}

void held_release(struct held *h)
{
    release(h, NULL);
}

void held_end(struct held *h, struct group *g, bool leave)
{
    h->working--;
    if (g->at < g->n && h->waiting > 0)
        release(h, g->messages[0]->group);
    *state_of(h, g) = leave ? GROUP_LEFT : GROUP_OVER;
    free_those_over(h);
}
