/*
 * test_drain.c: drain between a queue that fails (fake_fifo.h) and destinations that answer by dice
 * or by script. What a destination has taken is what it has seen, whether or not its answer
 * arrived.
 */
#include "unit.h"

#include "clock.h"
#include "drain.h"
#include "fake_fifo.h"
#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SEEN_MOST = 4096 };

/* How a destination answers, out of a thousand; what is left is 200. */
struct manners {
    unsigned taken_unsaid; /* taken, but the answer never comes */
    unsigned gone;         /* not taken, no answer */
    unsigned busy;         /* 503 */
    unsigned wait;         /* 429 with Retry-After 1 to 60 */
    unsigned no;           /* 422, and for that message always */
};

struct seen {
    char id[40], group[40];
    size_t destination;
    int status; /* 0: the answer was lost */
    bool taken;
    int64_t at_ms;
    char auth[64];
};

struct world {
    struct fake fake;
    struct settings settings;
    struct drain drain;
    struct manners manners;
    /* The script, if any, decides instead of the dice: a status, 0 for none. */
    int (*script)(struct world *w, const struct seen *s, const char **retry_after);
    pthread_mutex_t lock;
    struct seen seen[SEEN_MOST];
    size_t n_seen;
    int64_t answer_ms; /* how long a destination thinks */
    int step;          /* for scripts */
    bool early_delete;
};

static const char *header(const struct http_request *q, const char *name)
{
    for (size_t i = 0; i < q->n_headers; i++)
        if (strcasecmp(q->headers[i].name, name) == 0)
            return q->headers[i].value;
    return "";
}

/* One in some messages is a final no for good: by its number, so that every try says the same. */
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

static int send_request(void *to, const struct http_request *q, struct http_response *r,
                        struct err *e)
{
    struct world *w = to;
    const char *retry_after = NULL;
    struct seen s = { .destination = strstr(q->url, "second") != NULL, .at_ms = clock_mono_ms() };

    (void)snprintf(s.id, sizeof(s.id), "%s", header(q, "Idempotency-Key"));
    (void)snprintf(s.group, sizeof(s.group), "%s", header(q, "X-Fifoq-Group"));
    (void)snprintf(s.auth, sizeof(s.auth), "%s", header(q, "Authorization"));
    fake_clock_advance(w->answer_ms);
    s.status = w->script ? w->script(w, &s, &retry_after) : by_dice(w, &s, &retry_after);
    s.taken = s.taken || s.status == 200;
    (void)pthread_mutex_lock(&w->lock);
    assert_true(w->n_seen < SEEN_MOST);
    w->seen[w->n_seen++] = s;
    (void)pthread_mutex_unlock(&w->lock);
    if (s.status == 0)
        return err_set(e, ERR_TIMEOUT, "no answer");
    *r = (struct http_response){ .status = s.status, .body = xstrdup("") };
    if (retry_after)
        add_header(r, "retry-after", retry_after);
    return 0;
}

static bool has_taken(const struct world *w, const char *id, size_t destination)
{
    for (size_t i = 0; i < w->n_seen; i++)
        if (w->seen[i].taken && w->seen[i].destination == destination &&
            strcmp(w->seen[i].id, id) == 0)
            return true;
    return false;
}

static bool is_dead(const struct world *w, const char *dedup)
{
    for (size_t i = 0; i < w->fake.dead.n; i++)
        if (strcmp(w->fake.dead.messages[i].dedup, dedup) == 0)
            return true;
    return false;
}

/* A message may go only when every destination has it, or the dead letters do. */
static void check_delete(void *arg, const struct fake_message *m)
{
    struct world *w = arg;
    bool all = true;

    (void)pthread_mutex_lock(&w->lock);
    for (size_t d = 0; d < w->settings.drain.n_destinations; d++)
        all = all && has_taken(w, m->dedup, d);
    if (!all && !is_dead(w, m->dedup) && w->settings.drain.on_reject != REJECT_DROP)
        w->early_delete = true;
    (void)pthread_mutex_unlock(&w->lock);
}

#define DESTINATION(name)                                                                          \
    "{\"name\": \"" name "\", \"url\": \"https://" name ".example/x\", \"method\": \"POST\", "     \
    "\"headers\": {}, \"body\": null, \"auth\": {\"bearer\": \"${param.key}\"}, \"timeout_ms\": "  \
    "5000, \"success\": [[200, 299]], \"idempotency_header\": \"Idempotency-Key\"}"

static void world_start(struct world *w, uint64_t seed, const char *drain, const char *destinations)
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
    if (settings_parse(text, strlen(text), &w->settings, &e))
        fail_msg("%s", e.msg);
    assert_int_equal(drain_init(&w->drain, &w->settings, &w->fake.aws, send_request, w, &e), 0);
}

static void world_end(struct world *w)
{
    assert_false(w->early_delete);
    drain_done(&w->drain);
    settings_done(&w->settings);
    fake_end(&w->fake);
    (void)pthread_mutex_destroy(&w->lock);
}

#define PLAIN                                                                                      \
    "\"max_messages\": 100, \"rate_per_s\": 0, \"parallel_groups\": 1, \"visibility_ms\": 90000, " \
    "\"on_reject\": \"block\""

static void put(struct world *w, size_t n, const char *group)
{
    char id[16], body[32];

    (void)snprintf(id, sizeof(id), "m%zu", n);
    (void)snprintf(body, sizeof(body), "{\"n\":%zu}", n);
    fake_put(&w->fake.queue, group, id, body);
}

/* One run; a number of its answer, -1 when it failed. */
static long run(struct world *w, int64_t time_ms, const char *wanted)
{
    auto_json json_t *event = json_pack("{s:s}", "schedule", "night");
    auto_json json_t *answer = NULL;
    struct err e = { 0 };
    int64_t deadline_ms = clock_wall_ms() + time_ms;

    if (drain_run(&w->drain, event, deadline_ms, &answer, &e))
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

/* Whatever a destination takes of a group comes in the order of the queue; a message may come
 * again, but not after a later one. */
static void check_order(const struct world *w)
{
    for (size_t i = 0; i < w->n_seen; i++)
        for (size_t k = 0; w->seen[i].taken && k < i; k++)
            if (w->seen[k].taken && w->seen[k].destination == w->seen[i].destination &&
                strcmp(w->seen[k].group, w->seen[i].group) == 0)
                assert_true(position(&w->fake.queue, w->seen[k].id) <=
                            position(&w->fake.queue, w->seen[i].id));
}

static void check_all_dealt_with(const struct world *w)
{
    for (size_t i = 0; i < w->fake.queue.n; i++) {
        const char *id = w->fake.queue.messages[i].dedup;
        for (size_t d = 0; d < w->settings.drain.n_destinations; d++)
            assert_true(has_taken(w, id, d) || is_dead(w, id));
    }
}

static void check_all_runs(const char *drain, const char *destinations,
                           const struct fake_faults *faults, const struct manners *manners,
                           uint64_t seed)
{
    static struct world w;
    size_t n;

    world_start(&w, seed, drain, destinations);
    w.manners = *manners;
    w.fake.faults = *faults;
    n = 1 + fake_roll(&w.fake, 60);
    for (size_t i = 0; i < n; i++) {
        char group[16];
        (void)snprintf(group, sizeof(group), "g%u", fake_roll(&w.fake, 6));
        put(&w, i, group);
    }
    for (int runs = 0; fake_waiting(&w.fake.queue) > 0; runs++) {
        assert_true(runs < 3000);
        (void)run(&w, 10000 + fake_roll(&w.fake, 60000), "received");
        fake_clock_advance(fake_roll(&w.fake, 120000));
    }
    check_order(&w);
    check_all_dealt_with(&w);
    world_end(&w);
}

static void test_order_and_no_loss(void **state)
{
    static const struct fake_faults faults[] = {
        { 0 },
        { .throttled = 150, .unreachable = 100 },
        { .answer_lost = 200 },
        { .entry_fails = 300 },
        { .slow = 150, .answer_lost = 50 },
        { .throttled = 50, .answer_lost = 50, .entry_fails = 50, .unreachable = 50, .slow = 30 },
    };
    static const struct manners manners[] = {
        { 0 },
        { .busy = 300 },
        { .taken_unsaid = 250, .gone = 100 },
        { .wait = 150, .busy = 50 },
        { .taken_unsaid = 80, .gone = 80, .busy = 80, .wait = 40 },
    };
    (void)state;

    for (uint64_t seed = 0; seed < 90; seed++) {
        bool two = seed % 2;
        auto_free char *drain =
            xasprintf("\"max_messages\": %llu, \"rate_per_s\": %s, \"parallel_groups\": %llu, "
                      "\"visibility_ms\": %s, "
                      "\"on_reject\": \"dead-letter\"",
                      (unsigned long long)(1 + seed % 23), seed % 4 == 3 ? "5" : "0",
                      (unsigned long long)(1 + seed % 3), seed % 5 == 4 ? "15000" : "90000");
        struct manners m = manners[seed % COUNTOF(manners)];

        m.no = seed % 7 == 0 ? 100 : 0;
        check_all_runs(drain,
                       two ? DESTINATION("first") "," DESTINATION("second") : DESTINATION("first"),
                       &faults[seed % COUNTOF(faults)], &m, seed);
    }
}

static int script_bad_head(struct world *w, const struct seen *s, const char **retry_after)
{
    (void)w;
    (void)retry_after;
    return strcmp(s->id, "m0") == 0 ? 500 : 200;
}

static size_t count_seen(const struct world *w, const char *id)
{
    size_t n = 0;

    for (size_t i = 0; i < w->n_seen; i++)
        n += strcmp(w->seen[i].id, id) == 0;
    return n;
}

static void test_a_failing_head_holds_its_group_only(void **state)
{
    static struct world w;
    (void)state;

    world_start(&w, 1, PLAIN, DESTINATION("first"));
    w.script = script_bad_head;
    put(&w, 0, "a");
    put(&w, 1, "a");
    put(&w, 2, "b");
    put(&w, 3, "a");
    assert_int_equal(run(&w, 60000, "delivered"), 1);
    assert_true(count_seen(&w, "m0") > 1); /* tried again in place */
    assert_int_equal(count_seen(&w, "m1") + count_seen(&w, "m3"), 0);
    assert_int_equal(count_seen(&w, "m2"), 1);
    assert_int_equal(fake_waiting(&w.fake.queue), 3);
    assert_int_equal(fake_invisible(&w.fake.queue),
                     1); /* the head; the others are hidden behind it */
    world_end(&w);
}

static int script_retry_after(struct world *w, const struct seen *s, const char **retry_after)
{
    (void)s;
    *retry_after = "1800";
    return w->step++ ? 200 : 429;
}

static void test_retry_after_holds_for_all_groups(void **state)
{
    static struct world w;
    long receives;
    (void)state;

    world_start(&w, 1, PLAIN, DESTINATION("first"));
    w.script = script_retry_after;
    for (size_t i = 0; i < 6; i++)
        put(&w, i, i % 2 ? "a" : "b");
    assert_int_equal(run(&w, 60000, "stopped"), 1);
    assert_int_equal(w.n_seen, 1);
    receives = fake_calls(&w.fake, "ReceiveMessage");
    fake_clock_advance(INT64_C(1700) * 1000);
    assert_int_equal(run(&w, 60000, "received"), 0);
    assert_int_equal(fake_calls(&w.fake, "ReceiveMessage"), receives);
    fake_clock_advance(INT64_C(120) * 1000);
    assert_int_equal(run(&w, 60000, "delivered"), 6);
    check_order(&w);
    world_end(&w);
}

static int script_short_wait(struct world *w, const struct seen *s, const char **retry_after)
{
    (void)s;
    *retry_after = "3";
    return w->step++ ? 200 : 503;
}

static void test_a_short_retry_after_is_waited_for(void **state)
{
    static struct world w;
    (void)state;

    world_start(&w, 1, PLAIN, DESTINATION("first"));
    w.script = script_short_wait;
    put(&w, 0, "a");
    assert_int_equal(run(&w, 60000, "delivered"), 1);
    assert_int_equal(w.n_seen, 2);
    assert_true(w.seen[1].at_ms - w.seen[0].at_ms >= 3000);
    world_end(&w);
}

static int script_needs_new_key(struct world *w, const struct seen *s, const char **retry_after)
{
    (void)w;
    (void)retry_after;
    return strcmp(s->auth, "Bearer second") == 0 ? 200 : 401;
}

static void test_rotated_keys(void **state)
{
    static struct world w;
    (void)state;

    world_start(&w, 1, PLAIN, DESTINATION("first"));
    w.script = script_needs_new_key;
    put(&w, 0, "a");
    put(&w, 1, "b");
    assert_int_equal(run(&w, 60000, "stopped"),
                     1); /* the new key is no better: all goes back at once */
    assert_int_equal(w.n_seen, 2);
    assert_int_equal(fake_calls(&w.fake, "GetParameters"), 2);
    assert_int_equal(fake_invisible(&w.fake.queue), 0);
    json_object_set_new(w.fake.parameters, "/k", json_string("second"));
    assert_int_equal(run(&w, 60000, "delivered"), 2);
    assert_int_equal(fake_calls(&w.fake, "GetParameters"), 3);
    world_end(&w);
}

static void test_parameters(void **state)
{
    static struct world w;
    (void)state;

    world_start(&w, 1, PLAIN, DESTINATION("first"));
    put(&w, 0, "a");
    json_object_clear(w.fake.parameters);
    assert_int_equal(run(&w, 60000, "received"), -1); /* nothing was taken from the queue */
    assert_int_equal(fake_calls(&w.fake, "ReceiveMessage"), 0);
    json_object_set_new(w.fake.parameters, "/k", json_string("first"));
    assert_int_equal(run(&w, 60000, "delivered"), 1);
    assert_int_equal(run(&w, 60000, "delivered"), 0);
    assert_int_equal(fake_calls(&w.fake, "GetParameters"), 2);
    fake_clock_advance(INT64_C(400) * 1000);
    w.fake.breaks = "GetParameters"; /* older ones do */
    put(&w, 1, "a");
    assert_int_equal(run(&w, 60000, "delivered"), 1);
    assert_int_equal(fake_calls(&w.fake, "GetParameters"), 3);
    world_end(&w);
}

static int script_second_fails_first(struct world *w, const struct seen *s,
                                     const char **retry_after)
{
    (void)retry_after;
    return s->destination == 1 && w->step++ == 0 ? 500 : 200;
}

static void test_a_retry_does_not_repeat_those_that_have_it(void **state)
{
    static struct world w;
    (void)state;

    world_start(&w, 1, PLAIN, DESTINATION("first") "," DESTINATION("second"));
    w.script = script_second_fails_first;
    put(&w, 0, "a");
    assert_int_equal(run(&w, 60000, "delivered"), 1);
    assert_int_equal(w.n_seen, 3);
    assert_int_equal(
        w.seen[0].destination + w.seen[1].destination * 2u + w.seen[2].destination * 4u, 6);
    world_end(&w);
}

static int script_no(struct world *w, const struct seen *s, const char **retry_after)
{
    (void)w;
    (void)retry_after;
    return strcmp(s->id, "m1") == 0 ? 422 : 200;
}

static void test_final_no(void **state)
{
    static const struct {
        const char *policy;
        size_t left, dead;
    } rows[] = { { "block", 2, 0 }, { "dead-letter", 0, 1 }, { "drop", 0, 0 } };
    (void)state;

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        static struct world w;
        auto_free char *drain =
            xasprintf("\"max_messages\": 9, \"rate_per_s\": 0, \"parallel_groups\": 1, "
                      "\"visibility_ms\": 90000, \"on_reject\": \"%s\"",
                      rows[i].policy);

        world_start(&w, 1, drain, DESTINATION("first"));
        w.script = script_no;
        for (size_t k = 0; k < 3; k++)
            put(&w, k, "a");
        assert_int_equal(run(&w, 60000, "rejected"), 1);
        assert_int_equal(fake_waiting(&w.fake.queue), rows[i].left);
        assert_int_equal(w.fake.dead.n, rows[i].dead);
        if (rows[i].dead) {
            const json_t *a = w.fake.dead.messages[0].attributes;
            assert_string_equal(w.fake.dead.messages[0].dedup, "m1");
            assert_string_equal(w.fake.dead.messages[0].group, "a");
            assert_string_equal(w.fake.dead.messages[0].body, "{\"n\":1}");
            assert_string_equal(jget_path_str(a, "fifoq-id.StringValue"), "m1");
            assert_string_equal(jget_path_str(a, "fifoq-status.StringValue"), "422");
            assert_string_equal(jget_path_str(a, "fifoq-destination.StringValue"), "first");
        }
        world_end(&w);
    }
}

/* When the dead letters cannot take it, it stays where it is. */
static void test_dead_letters_that_are_down(void **state)
{
    static struct world w;
    (void)state;

    world_start(
        &w, 1,
        "\"max_messages\": 9, \"rate_per_s\": 0, \"parallel_groups\": 1, \"visibility_ms\": 90000, "
        "\"on_reject\": \"dead-letter\"",
        DESTINATION("first"));
    w.script = script_no;
    w.fake.breaks = "SendMessageBatch";
    put(&w, 1, "a");
    put(&w, 2, "a");
    (void)run(&w, 60000, "rejected");
    assert_int_equal(fake_waiting(&w.fake.queue), 2);
    assert_int_equal(count_seen(&w, "m2"), 0);
    world_end(&w);
}

static void test_bodies_that_are_no_messages(void **state)
{
    static const char *const bodies[] = { "", "{", "not JSON", "{\"a\":}", "[[[[[" };
    static struct world w;
    auto_buf deep = BUF(BUF_SMALL);
    (void)state;

    world_start(&w, 1,
                "\"max_messages\": 99, \"rate_per_s\": 0, \"parallel_groups\": 1, "
                "\"visibility_ms\": 90000, "
                "\"on_reject\": \"dead-letter\"",
                DESTINATION("first"));
    for (size_t i = 0; i < COUNTOF(bodies); i++) {
        char id[16];
        (void)snprintf(id, sizeof(id), "bad%zu", i);
        fake_put(&w.fake.queue, "a", id, bodies[i]);
    }
    for (int i = 0; i < 200; i++)
        buf_putc(&deep, '[');
    for (int i = 0; i < 200; i++)
        buf_putc(&deep, ']');
    fake_put(&w.fake.queue, "a", "deep", buf_str(&deep));
    put(&w, 1, "a");
    assert_int_equal(run(&w, 60000, "rejected"), COUNTOF(bodies) + 1);
    assert_int_equal(w.n_seen, 1);
    assert_int_equal(w.fake.dead.n, COUNTOF(bodies) + 1);
    world_end(&w);
}

static void test_numbers(void **state)
{
    static struct world w;
    auto_json json_t *event = json_pack("{s:i}", "max_messages", 3);
    auto_json json_t *bad = json_pack("{s:s}", "max_messages", "all");
    auto_json json_t *answer = NULL;
    struct err e = { 0 };
    (void)state;

    world_start(&w, 1, PLAIN, DESTINATION("first"));
    for (size_t i = 0; i < 5; i++)
        put(&w, i, "a");
    assert_int_equal(drain_run(&w.drain, event, clock_wall_ms() + 60000, &answer, &e), 0);
    assert_int_equal(w.n_seen, 3);
    assert_int_equal(fake_waiting(&w.fake.queue), 2);
    assert_int_equal(fake_invisible(&w.fake.queue), 0);
    assert_int_equal(drain_run(&w.drain, bad, clock_wall_ms() + 60000, &answer, &e), -1);
    assert_int_equal(e.code, ERR_PARSE);
    world_end(&w);
}

static void test_deadline(void **state)
{
    static struct world w;
    int64_t deadline_ms;
    (void)state;

    world_start(&w, 1, PLAIN, DESTINATION("first"));
    w.answer_ms = 3000;
    for (size_t i = 0; i < 20; i++)
        put(&w, i, "a");
    deadline_ms = clock_wall_ms() + 30000;
    assert_int_equal(run(&w, 30000, "stopped"), 1);
    assert_true(clock_wall_ms() <= deadline_ms);
    assert_true(w.n_seen >= 5 && w.n_seen < 20);
    assert_int_equal(fake_waiting(&w.fake.queue), 20 - w.n_seen);
    assert_int_equal(fake_invisible(&w.fake.queue), 0);
    assert_int_equal(run(&w, 5000, "received"), -1); /* shorter than one request may take */
    world_end(&w);
}

/* The lease is shorter than the work: it is renewed, and when it cannot be, nothing more is sent.
 */
static void test_leases(void **state)
{
    static struct world w;
    (void)state;

    world_start(&w, 1,
                "\"max_messages\": 99, \"rate_per_s\": 0, \"parallel_groups\": 1, "
                "\"visibility_ms\": 12000, "
                "\"on_reject\": \"block\"",
                DESTINATION("first"));
    w.answer_ms = 4000;
    for (size_t i = 0; i < 6; i++)
        put(&w, i, "a");
    assert_int_equal(run(&w, 120000, "delivered"), 6);
    assert_true(fake_calls(&w.fake, "ChangeMessageVisibilityBatch") >= 2);
    for (size_t i = 6; i < 12; i++)
        put(&w, i, "a");
    w.fake.breaks = "ChangeMessageVisibilityBatch";
    w.n_seen = 0;
    assert_int_equal(run(&w, 30000, "delivered"), 2); /* as many as fit into one lease */
    assert_int_equal(count_seen(&w, "m6"), 1);
    assert_int_equal(count_seen(&w, "m7"), 1);
    assert_int_equal(w.n_seen, 2);
    world_end(&w);
}

/* What was delivered but not deleted comes again; nothing of its group may go out before that. */
static void test_a_delete_that_fails_ends_the_group(void **state)
{
    static struct world w;
    (void)state;

    world_start(&w, 1, PLAIN, DESTINATION("first"));
    w.fake.breaks = "DeleteMessage";
    put(&w, 0, "a");
    put(&w, 1, "a");
    put(&w, 2, "b");
    assert_int_equal(run(&w, 60000, "delivered"), 2);
    assert_int_equal(count_seen(&w, "m1"), 0);
    w.fake.breaks = NULL;
    fake_clock_advance(100000);
    assert_int_equal(run(&w, 60000, "delivered"), 3);
    check_order(&w);
    assert_int_equal(fake_waiting(&w.fake.queue), 0);
    world_end(&w);
}

static void test_rate(void **state)
{
    static struct world w;
    (void)state;

    world_start(&w, 1,
                "\"max_messages\": 12, \"rate_per_s\": 4, \"parallel_groups\": 1, "
                "\"visibility_ms\": 90000, "
                "\"on_reject\": \"block\"",
                DESTINATION("first"));
    w.answer_ms = 1;
    for (size_t i = 0; i < 12; i++)
        put(&w, i, i % 3 == 0 ? "a" : i % 3 == 1 ? "b" : "c");
    assert_int_equal(run(&w, 60000, "delivered"), 12);
    for (size_t i = 0; i < w.n_seen; i++) {
        size_t in_a_second = 0;
        for (size_t k = 0; k < w.n_seen; k++)
            in_a_second +=
                w.seen[k].at_ms >= w.seen[i].at_ms && w.seen[k].at_ms < w.seen[i].at_ms + 1000;
        assert_true(in_a_second <= 5); /* the first may have started a little after its slot */
    }
    world_end(&w);
}

static volatile sig_atomic_t asked_to_stop;

static int script_stop_at_second(struct world *w, const struct seen *s, const char **retry_after)
{
    (void)s;
    (void)retry_after;
    if (++w->step == 2)
        asked_to_stop = 1;
    return 200;
}

static int script_end_comes(struct world *w, const struct seen *s, const char **retry_after)
{
    (void)s;
    (void)retry_after;
    asked_to_stop = 1;
    drain_let_go(&w->drain);
    w->step = (int)fake_invisible(&w->fake.queue);
    return w->step == 2 ? 503 : 200;
}

/* SIGTERM while a request is on its way: what was not begun is visible to others at once; the
 * message on its way, and so what is behind it, is not, and is put back with its back-off when its
 * answer still comes. */
static void test_what_is_not_begun_is_given_back_at_once(void **state)
{
    static const char groups[] = "aabcb";
    static struct world w;
    (void)state;

    asked_to_stop = 0;
    world_start(&w, 1, PLAIN, DESTINATION("first"));
    w.script = script_end_comes;
    w.drain.stop = &asked_to_stop;
    for (size_t i = 0; groups[i]; i++)
        put(&w, i, (char[]){ groups[i], '\0' });
    drain_let_go(&w.drain); /* with nothing in hand: nothing */
    assert_int_equal(run(&w, 60000, "left"), 5);
    assert_int_equal(w.step, 2);
    assert_int_equal(w.n_seen, 1);
    assert_int_equal(fake_calls(&w.fake, "ChangeMessageVisibilityBatch"), 3);
    assert_int_equal(fake_invisible(&w.fake.queue), 1);
    asked_to_stop = 0;
    fake_clock_advance(2000);
    w.script = NULL;
    assert_int_equal(run(&w, 60000, "delivered"), 5);
    check_order(&w);
    world_end(&w);
}

static void test_stop(void **state)
{
    static struct world w;
    (void)state;

    world_start(&w, 1, PLAIN, DESTINATION("first"));
    w.script = script_stop_at_second;
    w.drain.stop = &asked_to_stop;
    for (size_t i = 0; i < 5; i++)
        put(&w, i, "a");
    assert_int_equal(run(&w, 60000, "delivered"), 2);
    assert_int_equal(fake_waiting(&w.fake.queue), 3);
    assert_int_equal(fake_invisible(&w.fake.queue), 0);
    asked_to_stop = 0;
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_failing_head_holds_its_group_only),
        cmocka_unit_test(test_retry_after_holds_for_all_groups),
        cmocka_unit_test(test_a_short_retry_after_is_waited_for),
        cmocka_unit_test(test_rotated_keys),
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_a_retry_does_not_repeat_those_that_have_it),
        cmocka_unit_test(test_final_no),
        cmocka_unit_test(test_dead_letters_that_are_down),
        cmocka_unit_test(test_bodies_that_are_no_messages),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_leases),
        cmocka_unit_test(test_a_delete_that_fails_ends_the_group),
        cmocka_unit_test(test_rate),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_what_is_not_begun_is_given_back_at_once),
        cmocka_unit_test(test_order_and_no_loss),
    };

    base_init();
    log_setup(LOG_JSON, LOG_FATAL, 2);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
