/* plan.c: the properties of a seed, and the settings.json that configures the bootstrap
 * accordingly. */
#include "world.h"

#include "json.h"
#include "mem.h"

#include <stdlib.h>

static const char *const policies[] = {
    [POLICY_BLOCK] = "block",
    [POLICY_DEAD_LETTER] = "dead-letter",
    [POLICY_DROP] = "drop",
};

/* One run in four is nearly quiet: any failure there is fifoq's own. */
static void plan_troubles(struct plan *p, struct dice *d)
{
    bool quiet = dice_chance(d, 250);

    p->odd = (unsigned)dice_between(d, 0, 200);
    p->queue_trouble = quiet ? 5 : (unsigned)dice_between(d, 10, dice_chance(d, 200) ? 600 : 250);
    p->api_trouble = quiet ? 5 : (unsigned)dice_between(d, 10, 300);
    p->kill = dice_chance(d, 600) ? (unsigned)dice_between(d, 5, 400) : 0;
    p->kill_sending = dice_chance(d, 600) ? (unsigned)dice_between(d, 1, 30) : 0;
    p->repeat = (unsigned)dice_between(d, 0, 80);
    p->late = (unsigned)dice_between(d, 0, 200);
    p->stall = dice_chance(d, 300) ? (unsigned)dice_between(d, 1, 100) : 0;
}

/* Groups with more messages than one receive brings, and runs that take many: several batches are
 * in hand at a time. */
static void plan_backlog(struct plan *p, struct dice *d)
{
    p->large = false;
    p->groups = (int)dice_between(d, 2, 8);
    p->items = (size_t)dice_between(d, 80, 300);
    p->parallel_groups = dice_between(d, 2, 8);
    p->max_messages = dice_between(d, 15, 300);
    if (p->rate_interval_ms > 500) /* it would last for days */
        p->rate_interval_ms = 500;
    p->tick_ms = dice_between(d, 60, 300) * 1000;
}

void plan_make(struct plan *p, struct dice *d)
{
    static const unsigned policy_weights[] = { 2, 3, 1 };
    static const int64_t timeouts_ms[] = { 15000, 30000, 60000, 300000 };
    static const int64_t intervals_ms[] = { 0, 0, 50, 500, 5000 };
    static const long batches[] = { 1, 10, 100, 100 };

    *p = (struct plan){ .groups = (int)dice_between(d, 1, GROUPS_MAX),
                        .shards = (int)dice_between(d, 1, SHARDS_MAX),
                        .destinations = (int)dice_between(d, 1, DESTINATIONS_MAX),
                        .items = (size_t)dice_between(d, 5, 120),
                        .large = dice_chance(d, 60) };
    p->items = p->large ? p->items / 6 + 3 : p->items;
    p->ingest_policy = (enum policy)dice_pick(d, policy_weights, 3);
    p->drain_policy = (enum policy)dice_pick(d, policy_weights, 3);
    p->parallel_groups = dice_between(d, 1, 5);
    p->max_messages = dice_chance(d, 200) ? 1 : dice_between(d, 2, 60);
    p->batch_size = batches[dice_roll(d, 4)];
    p->rate_interval_ms = intervals_ms[dice_roll(d, (int64_t)COUNTOF(intervals_ms))];
    p->drain_timeout_ms = timeouts_ms[dice_roll(d, 4)];
    p->request_timeout_ms =
        dice_between(d, 500, p->drain_timeout_ms / (p->destinations + 1) - 3000);
    if (p->request_timeout_ms > 30000)
        p->request_timeout_ms = 30000;
    /* the configuration's minimum is 30 s more than a run; an existing queue may have less, and
     * then leases must be renewed; a token may take as long as a request */
    p->visibility_ms = p->drain_timeout_ms + 30000;
    if (dice_chance(d, 300))
        p->visibility_ms = 2 * p->request_timeout_ms + 4000 + dice_roll(d, 30) * 1000;
    p->visibility_ms -= p->visibility_ms % 1000;
    p->tick_ms = dice_chance(d, 500) ? 60000 : dice_between(d, 5, 200) * 1000;
    p->storm_ms = dice_between(d, 5, 40) * 60000;
    p->in_batches = dice_chance(d, 300);
    if (dice_chance(d, 300))
        plan_backlog(p, d);
    plan_troubles(p, d);
}

static json_t *ingest_settings(const struct plan *p)
{
    return json_pack("{s:[s], s:s, s:{s:s, s:s, s:s}, s:s, s:s}", "events", "INSERT", "group",
                     "${item.group}", "message", "id", "${item.id}", "n", "${item.n}", "data",
                     "${item.data}", "on_reject", policies[p->ingest_policy], "order",
                     p->in_batches ? "batch" : "strict");
}

/* The first has a key in the Parameter Store that rotates, the second one that does not, and the
 * third exchanges them for a token. */
static json_t *destination_settings(const struct plan *p, int i)
{
    auto_free char *url = xasprintf("https://d%d.example/v1/items/${message.id}", i);
    json_t *auth = json_null();

    if (i == 0)
        auth = json_pack("{s:s}", "bearer", "${param.key0}");
    if (i == 1)
        auth = json_pack("{s:{s:s, s:s}}", "header", "name", "X-Key", "value", "${param.key1}");
    if (i == 2)
        auth = json_pack("{s:{s:s, s:s, s:s}}", "oauth2", "token_url", "https://auth.example/token",
                         "client_id", "${param.key0}", "client_secret", "${param.key1}");
    return json_pack("{s:o, s:s, s:s, s:o, s:I, s:[[i, i]], s:s}", "name", json_sprintf("d%d", i),
                     "url", url, "method", "POST", "auth", auth, "timeout_ms",
                     (json_int_t)p->request_timeout_ms, "success", 200, 299, "idempotency_header",
                     "Idempotency-Key");
}

static json_t *drain_settings(const struct plan *p)
{
    json_t *list = json_array();
    double rate = p->rate_interval_ms ? 1000.0 / (double)p->rate_interval_ms : 0;

    for (int i = 0; i < p->destinations; i++)
        json_array_append_new(list, destination_settings(p, i));
    return json_pack("{s:I, s:f, s:I, s:I, s:I, s:s, s:s, s:s*, s:o}", "max_messages",
                     (json_int_t)p->max_messages, "rate_per_s", rate, "parallel_groups",
                     (json_int_t)p->parallel_groups, "timeout_ms", (json_int_t)p->drain_timeout_ms,
                     "visibility_ms", (json_int_t)p->visibility_ms, "on_reject",
                     policies[p->drain_policy], "pause", STORE_PAUSE, "turn",
                     rate > 0 ? TURN_QUEUE : NULL, "destinations", list);
}

void plan_settings(const struct world *w, const char *file)
{
    auto_json json_t *settings = json_pack(
        "{s:i, s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s}, s:o, s:o}", "version", 1, "pipeline", "soak",
        "log_level", "info", "table", "things", "queue", "soak.fifo", "dead_letters",
        "soak-dead.fifo", "parameters", "key0", "/soak/key0", "key1", "/soak/key1", "ingest",
        ingest_settings(&w->plan), "drain", drain_settings(&w->plan));

    if (!settings || json_dump_file(settings, file, 0))
        abort();
}
