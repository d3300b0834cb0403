/* drain_world.c: see drain_world.h. */
#include "drain_world.h"

#include "clock.h"
#include "json.h"
#include "mem.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *header(const struct http_request *q, const char *name)
{
    for (size_t i = 0; i < q->n_headers; i++)
        if (strcasecmp(q->headers[i].name, name) == 0)
            return q->headers[i].value;
    return "";
}

/* A share of the messages is always rejected: by number, so that every attempt gets the same
 * answer. */
static bool always_no(const struct world *w, const char *id)
{
    return w->manners.no && (unsigned)(strtoul(id + 1, NULL, 10) * 7919 % 1000) < w->manners.no;
}

static int by_dice(struct world *w, struct seen *s, const char **retry_after)
{
    static const char *const waits[] = { "1", "2", "7", "60" };
    unsigned r = fake_roll(&w->fake, 1000);

    s->taken = false;
    if (always_no(w, s->id))
        return 422;
    if (r < w->manners.gone)
        return 0;
    r -= w->manners.gone;
    if (r < w->manners.busy)
        return 503;
    r -= w->manners.busy;
    if (r < w->manners.wait) {
        *retry_after = waits[fake_roll(&w->fake, COUNTOF(waits))];
        return 429;
    }
    r -= w->manners.wait;
    s->taken = true;
    return r < w->manners.taken_unsaid ? 0 : 200;
}

static void add_header(struct http_response *r, const char *name, const char *value)
{
    r->headers = xcalloc(1, sizeof(*r->headers));
    r->headers[0] = (struct http_header){ xstrdup(name), xstrdup(value) };
    r->n_headers = 1;
}

static int send_request(void *arg, const struct http_request *q, struct http_response *r,
                        struct err *e)
{
    struct world *w = arg;
    const char *retry_after = NULL;
    struct seen s = { .destination = strstr(q->url, "second") != NULL, .at_ms = clock_mono_ms() };

    (void)snprintf(s.id, sizeof(s.id), "%s", header(q, "Idempotency-Key"));
    (void)snprintf(s.group, sizeof(s.group), "%s", header(q, "X-Fifoq-Group"));
    (void)snprintf(s.auth, sizeof(s.auth), "%s", header(q, "Authorization"));
    fake_clock_advance(w->answer_ms);
    s.status = w->script ? w->script(w, &s, &retry_after) : by_dice(w, &s, &retry_after);
    s.taken = s.taken || s.status == 200;
    (void)pthread_mutex_lock(&w->lock);
    assert_true(w->n_seen < SEEN_MAX);
    w->seen[w->n_seen++] = s;
    (void)pthread_mutex_unlock(&w->lock);
    if (s.status == 0)
        return err_set(e, ERR_TIMEOUT, "no answer");
    *r = (struct http_response){ .status = s.status, .body = xstrdup("") };
    if (retry_after)
        add_header(r, "retry-after", retry_after);
    return 0;
}

bool has_taken(const struct world *w, const char *id, size_t destination)
{
    for (size_t i = 0; i < w->n_seen; i++)
        if (w->seen[i].taken && w->seen[i].destination == destination &&
            strcmp(w->seen[i].id, id) == 0)
            return true;
    return false;
}

static bool is_dead(const struct world *w, const char *id)
{
    for (size_t i = 0; i < w->fake.dead.n; i++)
        if (strcmp(jget_path_str(w->fake.dead.messages[i].attributes, "fifoq-id.StringValue"),
                   id) == 0)
            return true;
    return false;
}

/* The record's id, which a dead letter keeps in an attribute. */
static const char *id_of(const struct fake_message *m)
{
    const char *original = jget_path_str(m->attributes, "fifoq-id.StringValue");

    return original ? original : m->dedup;
}

/* A message may be deleted only when every destination has it, or the dead-letter queue does. */
static void check_delete(void *arg, const struct fake_message *m)
{
    struct world *w = arg;
    const char *id = id_of(m);
    bool all = true;

    (void)pthread_mutex_lock(&w->lock);
    for (size_t d = 0; d < w->settings.drain.n_destinations; d++)
        all = all && has_taken(w, id, d);
    if (!all && !is_dead(w, id) && w->settings.drain.on_reject != REJECT_DROP)
        w->early_delete = true;
    (void)pthread_mutex_unlock(&w->lock);
}

void world_start(struct world *w, uint64_t seed, const char *drain, const char *destinations)
{
    auto_free char *text = xasprintf(
        "{\"version\": 1, \"pipeline\": \"orders\", \"log_level\": \"fatal\", \"table\": "
        "\"orders\","
        "\"queue\": \"orders.fifo\", \"dead_letters\": \"orders-dead.fifo\", \"parameters\": "
        "{\"key\": \"/k\"},"
        "\"ingest\": null, \"drain\": {\"timeout_ms\": 60000, %s, \"destinations\": [%s]}}",
        drain, destinations);
    struct err e = { 0 };

    memset(w, 0, sizeof(*w));
    (void)pthread_mutex_init(&w->lock, NULL);
    fake_start(&w->fake, seed);
    json_object_set_new(w->fake.parameters, "/k", json_string("first"));
    w->fake.on_delete = check_delete;
    w->fake.arg = w;
    w->answer_ms = 20;
    if (settings_parse(text, strlen(text), &w->settings, &e) < 0)
        fail_msg("%s", e.msg);
    assert_int_equal(drain_init(&w->drain, &w->settings, &w->fake.aws, send_request, w, &e), 0);
}

void world_end(struct world *w)
{
    assert_false(w->early_delete);
    drain_done(&w->drain);
    settings_done(&w->settings);
    fake_end(&w->fake);
    (void)pthread_mutex_destroy(&w->lock);
}

void world_put(struct world *w, size_t n, const char *group)
{
    char id[16], body[32];

    (void)snprintf(id, sizeof(id), "m%zu", n);
    (void)snprintf(body, sizeof(body), "{\"n\":%zu}", n);
    fake_put(&w->fake.queue, group, id, body);
}

long world_run(struct world *w, int64_t time_ms, const char *wanted)
{
    auto_json json_t *event = json_pack("{s:s}", "schedule", "night");
    auto_json json_t *answer = NULL;
    struct err e = { 0 };
    int64_t deadline_ms = clock_wall_ms() + time_ms;

    if (drain_run(&w->drain, event, deadline_ms, &answer, &e) < 0)
        return -1;
    assert_int_equal(jget_int(answer, "received", -1), jget_int(answer, "delivered", -1) +
                                                           jget_int(answer, "rejected", -1) +
                                                           jget_int(answer, "left", -1));
    if (strcmp(wanted, "stopped") == 0)
        return jget_str(answer, "stopped") ? 1 : 0;
    return (long)jget_int(answer, wanted, -1);
}

static size_t position(const struct fake_queue *q, const char *id)
{
    for (size_t i = 0; i < q->n; i++)
        if (strcmp(q->messages[i].dedup, id) == 0)
            return i;
    fail_msg("'%s' was never in the queue", id);
    return 0;
}

void check_order(const struct world *w)
{
    for (size_t i = 0; i < w->n_seen; i++)
        for (size_t k = 0; w->seen[i].taken && k < i; k++)
            if (w->seen[k].taken && w->seen[k].destination == w->seen[i].destination &&
                strcmp(w->seen[k].group, w->seen[i].group) == 0)
                assert_true(position(&w->fake.queue, w->seen[k].id) <=
                            position(&w->fake.queue, w->seen[i].id));
}

void check_all_dealt_with(const struct world *w)
{
    for (size_t i = 0; i < w->fake.queue.n; i++) {
        const char *id = id_of(&w->fake.queue.messages[i]);
        for (size_t d = 0; d < w->settings.drain.n_destinations; d++)
            assert_true(has_taken(w, id, d) || is_dead(w, id));
    }
}

size_t count_seen(const struct world *w, const char *id)
{
    size_t n = 0;

    for (size_t i = 0; i < w->n_seen; i++)
        n += strcmp(w->seen[i].id, id) == 0;
    return n;
}
