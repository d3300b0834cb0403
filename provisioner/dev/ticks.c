/* ticks.c: the schedules of drain as due times. */
#include "dev/ticks.h"
#include "json.h"
#include "mem.h"

static char *input_make(const char *schedule, unsigned max_messages)
{
    auto_json json_t *input =
        json_pack("{s:s, s:i}", "schedule", schedule, "max_messages", (int)max_messages);
    return json_text(input);
}

void ticks_init(struct ticks *t, const struct config_drain *drain, int64_t every_ms, int64_t now_ms)
{
    t->n = every_ms > 0 ? 1 : drain->n_schedules;
    t->list = xcalloc(t->n + 1, sizeof(*t->list));
    if (every_ms > 0) {
        t->list[0] = (struct tick){ .period_ms = every_ms,
                                    .next_ms = now_ms,
                                    .input = input_make("every", drain->max_messages) };
        return;
    }
    for (size_t i = 0; i < t->n; i++) {
        const struct config_schedule *s = &drain->schedules[i];
        t->list[i] = (struct tick){ .when = &s->when,
                                    .period_ms = s->when.rate_ms,
                                    .next_ms = schedule_next(&s->when, now_ms),
                                    .input = input_make(s->name, s->max_messages) };
    }
}

void ticks_done(struct ticks *t)
{
    for (size_t i = 0; i < t->n; i++)
        free(t->list[i].input);
    free(t->list);
    *t = (struct ticks){ 0 };
}

/* Missed ticks do not shift a period. */
static int64_t next_after(const struct tick *k, int64_t now_ms)
{
    if (k->period_ms == 0)
        return schedule_next(k->when, now_ms);
    return k->next_ms + ((now_ms - k->next_ms) / k->period_ms + 1) * k->period_ms;
}

const char *ticks_take(struct ticks *t, int64_t now_ms)
{
    struct tick *due = NULL;
    for (size_t i = 0; i < t->n; i++) {
        struct tick *k = &t->list[i];
        if (k->next_ms >= 0 && k->next_ms <= now_ms && (!due || k->next_ms < due->next_ms))
            due = k;
    }
    if (!due)
        return NULL;
    due->next_ms = next_after(due, now_ms);
    return due->input;
}
