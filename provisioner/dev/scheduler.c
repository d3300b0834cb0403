/* scheduler.c: invokes drain on its schedule and prints the result. */
#include "dev/scheduler.h"
#include "clock.h"
#include "dev/ticks.h"
#include "json.h"

#include <string.h>

enum { NAP_MS = 50 };

static void add_part(struct buf *text, const json_t *result, const char *member, const char *words)
{
    json_int_t n = jget_int(result, member, 0);
    if (n > 0)
        buf_printf(text, ", %lld %s", (long long)n, words);
}

static void run_succeeded(const struct scheduler_options *o, const struct invoke_result *r)
{
    struct err ignored = { 0 };
    auto_json json_t *result = NULL;
    json_int_t received = 0;
    json_int_t delivered = 0;
    json_int_t retried = 0;
    json_int_t rejected = 0;
    auto_buf text = BUF(BUF_SMALL);
    enum say_kind kind;

    if (json_parse(r->body, r->len, &result, &ignored) < 0)
        result = json_object();
    received = jget_int(result, "received", 0);
    delivered = jget_int(result, "delivered", 0);
    retried = jget_int(result, "retried", 0);
    rejected = jget_int(result, "rejected", 0);
    buf_printf(&text, "%lld received, %lld delivered", (long long)received, (long long)delivered);
    add_part(&text, result, "retried", "to retry");
    add_part(&text, result, "rejected", "rejected");
    say_sum(o->say, &o->say->received, (uint64_t)received);
    say_sum(o->say, &o->say->delivered, (uint64_t)delivered);
    kind = retried + rejected > 0 ? SAY_WARNING : received > 0 ? SAY_EVENT : SAY_NOTHING;
    say(o->say, kind, "drain", r->took_ms, "%s", buf_str(&text));
}

static void run_one(const struct scheduler_options *o, const char *input,
                    struct say_repeat *troubles)
{
    auto_result r = { 0 };
    o->invoke(o->function, input, &r);
    say_sum(o->say, &o->say->runs, 1);
    if (r.outcome == INVOKE_OK) {
        run_succeeded(o, &r);
        say_repeat_done(troubles);
    } else if (r.outcome != INVOKE_CUT) {
        /* (tried 3 times in 2 s) */
        bool news = say_is_news(troubles, r.body, strcspn(r.body, "("));

        say_sum(o->say, &o->say->drain_failures, 1);
        say(o->say, news ? SAY_WARNING : SAY_NOTHING, "drain", -1, "failed: %s", r.body);
    }
}

void scheduler_run(const struct scheduler_options *o)
{
    struct ticks ticks;
    struct say_repeat troubles = { 0 };
    ticks_init(&ticks, o->drain, o->every_ms, clock_wall_ms());
    while (!atomic_load(o->ending)) {
        const char *input = ticks_take(&ticks, clock_wall_ms());
        if (input)
            run_one(o, input, &troubles);
        else
            clock_sleep_ms(NAP_MS);
    }
    ticks_done(&ticks);
    say_repeat_done(&troubles);
}
