/* wave.c: the order of sending, as a scan over a window of items. */
#include "wave.h"

#include "mem.h"

#include <jansson.h>
#include <stdlib.h>

enum state { WAITING, ON_ITS_WAY, ACKED };

struct item {
    enum state state;
    bool alone;
    int target, failures;
    size_t size, group;
    int64_t not_before_ms;
};

struct group {
    size_t scan; /* the last scan that met it */
    bool open;   /* in that scan: what was met of it is acked, or in the batch that is being made */
    bool stopped; /* nothing more of it is sent */
};

struct wave {
    struct item *items;
    size_t n;
    size_t lowest; /* all items below are acked */
    size_t limit;  /* no item from here on is sent */
    size_t on_the_way, scans;
    bool in_batches;
    struct group *groups;
    json_t *numbers; /* group -> its index */
};

struct wave *wave_new(size_t n, bool in_batches)
{
    struct wave *w = xcalloc(1, sizeof(*w));

    w->items = xcalloc(n, sizeof(*w->items));
    w->groups = xcalloc(n, sizeof(*w->groups));
    w->n = w->limit = n;
    w->in_batches = in_batches;
    w->numbers = json_object();
    for (size_t i = 0; i < n; i++)
        w->items[i].state = ACKED;
    return w;
}

void wave_free(struct wave *w)
{
    if (!w)
        return;
    json_decref(w->numbers);
    free(w->groups);
    free(w->items);
    free(w);
}

static size_t group_number(struct wave *w, const char *group)
{
    const json_t *known = json_object_get(w->numbers, group);
    size_t n = json_object_size(w->numbers);

    if (known)
        return (size_t)json_integer_value(known);
    json_object_set_new(w->numbers, group, json_integer((json_int_t)n));
    return n;
}

void wave_add(struct wave *w, size_t i, const char *group, size_t size, int target)
{
    w->items[i] = (struct item){
        .state = WAITING, .size = size, .target = target, .group = group_number(w, group)
    };
}

static bool fits(const struct wave_batch *b, const struct item *it, size_t bytes)
{
    if (b->n == 0)
        return true;
    return b->n < WAVE_BATCH && !it->alone && it->target == b->target && it->size <= WAVE_BYTES &&
           bytes <= WAVE_BYTES - it->size;
}

static size_t scan_end(struct wave *w)
{
    size_t end;

    while (w->lowest < w->n && w->items[w->lowest].state == ACKED)
        w->lowest++;
    end = w->lowest + WAVE_WINDOW;
    return end < w->limit ? end : w->limit;
}

size_t wave_groups(const struct wave *w)
{
    return json_object_size(w->numbers);
}

/* Whether everything of the item's group before it is acked, or in the batch that is being made. */
static bool is_next(const struct wave *w, const struct item *it)
{
    struct group *g = &w->groups[it->group];

    if (g->scan != w->scans)
        *g = (struct group){ .scan = w->scans, .open = !g->stopped, .stopped = g->stopped };
    return g->open && it->state == WAITING;
}

static void take(struct wave *w, size_t i, struct wave_batch *out)
{
    struct item *it = &w->items[i];

    out->target = it->target;
    out->items[out->n++] = i;
    it->state = ON_ITS_WAY;
    w->on_the_way++;
}

enum wave_next wave_next(struct wave *w, int64_t now_ms, struct wave_batch *out, int64_t *wait_ms)
{
    size_t end = scan_end(w), bytes = 0;
    int64_t due = INT64_MAX;
    bool full = false;

    *out = (struct wave_batch){ 0 };
    w->scans++;
    for (size_t i = w->lowest; i < end && !(out->more && (full || out->n == WAVE_BATCH)); i++) {
        struct item *it = &w->items[i];
        bool next, taken = false;

        if (it->state == ACKED)
            continue;
        next = is_next(w, it);
        if (next && it->not_before_ms > now_ms) {
            due = it->not_before_ms < due ? it->not_before_ms : due;
        } else if (next && (full || !fits(out, it, bytes))) {
            out->more = true;
        } else if (next) {
            take(w, i, out);
            bytes += it->size;
            full = it->alone;
            taken = true;
        }
        w->groups[it->group].open = taken && w->in_batches;
    }
    *wait_ms = due == INT64_MAX ? -1 : due - now_ms;
    if (out->n > 0)
        return WAVE_SEND;
    return due == INT64_MAX && w->on_the_way == 0 ? WAVE_END : WAVE_WAIT;
}

static struct item *answered(struct wave *w, size_t i, enum state state)
{
    struct item *it = &w->items[i];

    if (it->state == ON_ITS_WAY)
        w->on_the_way--;
    it->state = state;
    return it;
}

void wave_acked(struct wave *w, size_t i)
{
    (void)answered(w, i, ACKED);
}

void wave_again(struct wave *w, size_t i, int64_t not_before_ms, bool alone)
{
    struct item *it = answered(w, i, WAITING);

    it->not_before_ms = not_before_ms;
    it->alone = it->alone || alone;
    it->failures++;
}

void wave_elsewhere(struct wave *w, size_t i, size_t size, int target)
{
    struct item *it = answered(w, i, WAITING);

    it->size = size;
    it->target = target;
    it->not_before_ms = 0;
}

bool wave_overtook(const struct wave *w, size_t i)
{
    if (w->items[i].state != ACKED)
        return false;
    for (size_t k = w->lowest; k < i; k++)
        if (w->items[k].state != ACKED && w->items[k].group == w->items[i].group)
            return true;
    return false;
}

void wave_stop_group(struct wave *w, size_t i)
{
    w->groups[w->items[i].group].stopped = true;
}

void wave_block(struct wave *w, size_t i)
{
    (void)answered(w, i, WAITING);
    if (i < w->limit)
        w->limit = i;
}

void wave_stop(struct wave *w)
{
    w->limit = 0;
}

bool wave_is_acked(const struct wave *w, size_t i)
{
    return w->items[i].state == ACKED;
}

int wave_failures(const struct wave *w, size_t i)
{
    return w->items[i].failures;
}
