/* world.c: time, events, and the course of a run. */
#include "mem.h"
#include "parts.h"

#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#define START_MS INT64_C(1790000000000)
#define CALM_MAX (INT64_C(24) * 3600 * 1000) /* without faults, nothing may be left after it */
enum {
    STEPS_MAX = 400000,
    LOOK_MS = 4817, /* not a divisor of regular intervals */
};

struct event {
    int64_t at_ms;
    uint64_t number;
    world_fn *fn;
    void *arg;
    struct event *next;
};

const char *const fault_names[FAULT_KINDS] = {
    [FAULT_QUEUE_THROTTLED] = "queue throttled",
    [FAULT_QUEUE_UNAVAILABLE] = "queue 503",
    [FAULT_QUEUE_EMPTY_500] = "queue empty 500",
    [FAULT_QUEUE_RESET_BEFORE] = "queue reset before",
    [FAULT_QUEUE_RESET_AFTER] = "queue reset after",
    [FAULT_QUEUE_SLOW] = "queue slow",
    [FAULT_QUEUE_LATE] = "queue acts late",
    [FAULT_QUEUE_PARTIAL] = "entries failed",
    [FAULT_QUEUE_PARTIAL_DONE] = "entries failed but done",
    [FAULT_QUEUE_GARBAGE] = "queue garbage",
    [FAULT_QUEUE_EXPIRED] = "queue token expired",
    [FAULT_QUEUE_HANGS] = "queue hangs for minutes",
    [FAULT_QUEUE_BROKEN] = "queue broken answer",
    [FAULT_API_RESET] = "API 2xx then reset",
    [FAULT_API_SLOW] = "API timeout that commits",
    [FAULT_API_LATE] = "API commits after the timeout",
    [FAULT_API_SILENT] = "API timeout",
    [FAULT_API_REFUSED] = "API unreachable",
    [FAULT_API_ERROR] = "API 5xx, 408, 409, 425",
    [FAULT_API_ERROR_DONE] = "API 5xx that commits",
    [FAULT_API_BUSY] = "API Retry-After",
    [FAULT_API_BROKEN] = "API broken answer",
    [FAULT_API_BROKEN_DONE] = "API broken answer that commits",
    [FAULT_API_NO] = "API 4xx",
    [FAULT_API_KEY] = "API 401 until rotation",
    [FAULT_TOKEN_TROUBLE] = "token endpoint trouble",
    [FAULT_TOKEN_REVOKED] = "token revoked",
    [FAULT_STORE_TROUBLE] = "Parameter Store trouble",
    [FAULT_BATCH_REPEATED] = "batch delivered twice",
    [FAULT_BATCH_LATE] = "batch retried after 5 minutes",
    [FAULT_KILLED_SENDING] = "killed while sending",
    [FAULT_KILLED] = "killed",
    [FAULT_TIMED_OUT] = "timed out",
    [FAULT_TERMINATED] = "terminated",
    [FAULT_RECLAIMED] = "reclaimed while idle",
    [FAULT_FROZEN] = "frozen between invocations",
    [FAULT_STALLED] = "stalled at work",
    [FAULT_OVERLAP] = "two drains at once",
    [FAULT_BESIDE] = "received while others are sent",
};

/* Sorted by time; of two at the same time the one that was added first is first. */
void world_at(struct world *w, int64_t at_ms, world_fn *fn, void *arg)
{
    struct event *e = xcalloc(1, sizeof(*e)), **place = &w->events;

    *e = (struct event){ .at_ms = at_ms < w->now_ms ? w->now_ms : at_ms,
                         .number = w->events_made++,
                         .fn = fn,
                         .arg = arg };
    while (*place && (*place)->at_ms <= e->at_ms)
        place = &(*place)->next;
    e->next = *place;
    *place = e;
}

void world_after(struct world *w, int64_t ms, world_fn *fn, void *arg)
{
    world_at(w, w->now_ms + ms, fn, arg);
}

static void say(const struct world *w, const char *what, const char *fmt, va_list ap)
{
    char text[512];

    (void)vsnprintf(text, sizeof(text), fmt, ap);
    (void)printf("seed %llu  %10.3f  %s%s\n", (unsigned long long)w->seed,
                 (double)(w->now_ms - START_MS) / 1000, what, text);
}

void world_note(struct world *w, const char *fmt, ...)
{
    va_list ap;

    if (!w->trace)
        return;
    va_start(ap, fmt);
    say(w, "", fmt, ap);
    va_end(ap);
}

void world_violation(struct world *w, const char *fmt, ...)
{
    va_list ap;

    w->violations++;
    va_start(ap, fmt);
    say(w, "VIOLATION: ", fmt, ap);
    va_end(ap);
}

void world_count(struct world *w, enum fault kind)
{
    w->faults[kind]++;
    world_note(w, "fault: %s", fault_names[kind]);
}

bool world_fault(struct world *w, enum fault kind, unsigned per_thousand)
{
    if (w->calm || !dice_chance(&w->dice, per_thousand))
        return false;
    world_count(w, kind);
    return true;
}

struct item *world_item(struct world *w, const char *event_id)
{
    const json_t *i = event_id ? json_object_get(w->by_event_id, event_id) : NULL;

    return i ? &w->items[json_integer_value(i)] : NULL;
}

static void look(struct world *w, void *unused)
{
    (void)unused;
    if (w->now_ms > w->storm_end_ms && !w->calm) {
        w->calm = true;
        world_note(w, "calm");
    }
    w->over = w->calm && stream_is_done(w) && queues_waiting(w) == 0 && !functions_busy(w, false);
    if (w->over)
        return;
    if (w->now_ms > w->storm_end_ms + CALM_MAX) {
        world_violation(w, "after %lld h of peace %zu messages are left",
                        (long long)(CALM_MAX / 3600000), queues_waiting(w));
        w->over = true;
    }
    world_after(w, w->calm ? LOOK_MS * 12 : LOOK_MS, look, NULL);
}

static void make_dir(struct world *w)
{
    const char *tmp = getenv("TMPDIR");

    w->dir = xasprintf("%s/fifoq-soak-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(w->dir))
        abort();
    auto_free char *file = xasprintf("%s/settings.json", w->dir);
    plan_settings(w, file);
    w->log = tmpfile();
    if (!w->log)
        abort();
}

long world_run(struct world *w, uint64_t seed, bool trace)
{
    *w = (struct world){ .seed = seed, .now_ms = START_MS, .trace = trace };
    dice_init(&w->dice, seed);
    plan_make(&w->plan, &w->dice);
    w->storm_end_ms = START_MS + w->plan.storm_ms;
    items_make(w);
    make_dir(w);
    queues_start(w);
    api_start(w);
    functions_start(w);
    stream_start(w);
    world_after(w, LOOK_MS, look, NULL);
    for (long steps = 0; !w->over && w->violations < 5 && w->events; steps++) {
        if (steps > STEPS_MAX)
            world_violation(w, "it does not come to an end");
        struct event *e = w->events;
        w->events = e->next;
        w->now_ms = e->at_ms;
        e->fn(w, e->arg);
        free(e);
    }
    if (w->violations == 0)
        ledger_end(w);
    return w->violations;
}

void world_done(struct world *w)
{
    auto_free char *file = xasprintf("%s/settings.json", w->dir);

    functions_end(w);
    (void)unlink(file);
    (void)rmdir(w->dir);
}
