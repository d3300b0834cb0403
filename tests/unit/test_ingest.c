/*
 * test_ingest.c: ingest with a queue that fails in every documented way, driven as Lambda's event
 * source mapping does: the batch is delivered again from the lowest record that was named.
 */
#include "unit.h"

#include "clock.h"
#include "emf.h"
#include "fake_sqs.h"
#include "ingest.h"
#include "json.h"
#include "mem.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int load(const char *more, struct settings *out)
{
    auto_free char *text = xasprintf(
        "{\"version\": 1, \"pipeline\": \"orders\", \"log_level\": \"fatal\", \"table\": "
        "\"orders\","
        "\"queue\": \"orders.fifo\", \"dead_letters\": \"orders-dead.fifo\", \"parameters\": {},"
        "\"drain\": null, \"ingest\": {\"events\": [\"INSERT\"], %s}}",
        more);
    struct err e = { 0 };

    if (settings_parse(text, strlen(text), out, &e) == 0)
        return 0;
    print_message("%s\n", e.msg);
    return -1;
}

#define BY_GROUP                                                                                   \
    "\"group\": \"${item.g}\", \"message\": {\"n\": \"${item.n}\", \"need\": \"${item.need}\"}"

static json_t *record(size_t n, const char *group, bool good)
{
    auto_free char *sequence = xasprintf("10000000000000000000%03zu", n); /* beyond 64 bits */
    auto_free char *number = xasprintf("%zu", n);
    auto_free char *id = xasprintf("%032zx", n + 1);

    return json_pack("{s:s, s:s, s:s, s:{s:s, s:{s:{s:s}, s:{s:s}, s:{s:s}}}}", "eventID", id,
                     "eventName", "INSERT", "eventSource", "aws:dynamodb", "dynamodb",
                     "SequenceNumber", sequence, "NewImage", "g", "S", group, "n", "N", number,
                     good ? "need" : "other", "S", "x");
}

static json_t *event_of(json_t *records)
{
    return json_pack("{s:o}", "Records", records);
}

/* The body's n; -1 if it has none. */
static long number_of(const struct fake_message *m)
{
    auto_json json_t *body = NULL;
    struct err e;

    if (json_parse(m->body, strlen(m->body), &body, &e) < 0)
        return -1;
    return (long)jget_int(body, "n", -1);
}

static int run_event(struct ingest *in, const json_t *event, int64_t time_ms, json_t **answer,
                     struct err *e)
{
    auto_free char *text = json_text(event);
    const struct json_piece all = { .s = text, .n = strlen(text) };

    return ingest_run(in, &all, clock_wall_ms() + time_ms, answer, e);
}

/* One attempt; the answer's first failure or "". The caller frees. */
static char *run(struct ingest *in, const json_t *event, int64_t time_ms)
{
    auto_json json_t *answer = NULL;
    struct err e = { 0 };
    const char *from;

    assert_int_equal(run_event(in, event, time_ms, &answer, &e), 0);
    assert_non_null(jget_array(answer, "batchItemFailures"));
    from =
        jget_str(json_array_get(json_object_get(answer, "batchItemFailures"), 0), "itemIdentifier");
    return xstrdup(from ? from : "");
}

static size_t index_of(const json_t *records, const char *sequence)
{
    const json_t *r;
    size_t i;

    json_array_foreach(records, i, r)
        if (strcmp(jget_path_str(r, "dynamodb.SequenceNumber"), sequence) == 0)
            return i;
    fail_msg("'%s' is no record of the batch", sequence);
    return 0;
}

struct world {
    struct fake fake;
    struct settings settings;
    struct ingest ingest;
};

static void world_start(struct world *w, uint64_t seed, const char *ingest)
{
    fake_start(&w->fake, seed);
    assert_int_equal(load(ingest, &w->settings), 0);
    ingest_init(&w->ingest, &w->settings, &w->fake.aws);
}

static void world_end(struct world *w)
{
    ingest_done(&w->ingest);
    settings_done(&w->settings);
    fake_end(&w->fake);
}

static json_t *random_records(struct fake *f, size_t n, unsigned groups)
{
    json_t *records = json_array();

    for (size_t i = 0; i < n; i++) {
        char group[16];
        (void)snprintf(group, sizeof(group), "g%u", fake_roll(f, groups));
        json_array_append_new(records, record(i, group, true));
    }
    return records;
}

static json_t *rest_of(const json_t *records, size_t from)
{
    json_t *rest = json_array();

    for (size_t i = from; i < json_array_size(records); i++)
        json_array_append(rest, json_array_get(records, i));
    return rest;
}

/* Every record exists once, and in every group in order. */
static void check_queue(const struct fake_queue *q, size_t n)
{
    bool *seen = xcalloc(n, sizeof(*seen));

    for (size_t i = 0; i < q->n; i++) {
        long number = number_of(&q->messages[i]);
        assert_in_range(number, 0, n - 1);
        assert_false(seen[number]);
        seen[number] = true;
        for (size_t k = 0; k < i; k++)
            if (strcmp(q->messages[k].group, q->messages[i].group) == 0)
                assert_true(number_of(&q->messages[k]) < number);
    }
    for (size_t i = 0; i < n; i++)
        assert_true(seen[i]);
    free(seen);
}

static void drive(struct world *w, const json_t *records)
{
    size_t from = 0;

    for (int tries = 0; tries < 1000; tries++) {
        auto_json json_t *event = event_of(rest_of(records, from));
        auto_free char *sequence = run(&w->ingest, event, 2000 + fake_roll(&w->fake, 20000));

        if (!*sequence)
            return;
        from = index_of(records, sequence);
        if (fake_roll(&w->fake, 4) == 0) { /* another environment, which remembers nothing */
            ingest_done(&w->ingest);
            ingest_init(&w->ingest, &w->settings, &w->fake.aws);
        }
    }
    fail_msg("no end");
}

static void test_order_and_no_loss(void **state)
{
    static const struct fake_faults tables[] = {
        { 0 },
        { .entry_fails = 200 },
        { .entry_lost = 200 },
        { .throttled = 300 },
        { .answer_lost = 300 },
        { .unreachable = 300 },
        { .entry_fails = 100,
          .entry_lost = 100,
          .throttled = 100,
          .answer_lost = 100,
          .unreachable = 50 },
        { .entry_fails = 50, .answer_lost = 100, .credentials = 30, .slow = 20 },
    };
    (void)state;

    for (uint64_t seed = 0; seed < 80; seed++) {
        struct world w;
        auto_json json_t *records = NULL;
        size_t n;

        world_start(&w, seed, BY_GROUP ", \"on_reject\": \"block\"");
        w.fake.faults = tables[seed % COUNTOF(tables)];
        n = 1 + fake_roll(&w.fake, 120);
        records = random_records(&w.fake, n, 1 + fake_roll(&w.fake, 30));
        drive(&w, records);
        check_queue(&w.fake.queue, n);
        world_end(&w);
    }
}

static void test_old_retries_in_a_warm_process(void **state)
{
    struct world w;
    (void)state;

    world_start(&w, 7, BY_GROUP ", \"on_reject\": \"block\"");
    auto_json json_t *event = event_of(random_records(&w.fake, 50, 5));
    for (int i = 0; i < 3; i++) {
        auto_free char *failed = run(&w.ingest, event, 60000);
        assert_string_equal(failed, "");
        fake_clock_advance(INT64_C(3600) * 1000); /* long after the queue has forgotten */
    }
    assert_int_equal(w.fake.queue.n, 50);
    world_end(&w);
}

/* One group: batches of one, or of ten in their order. Thirty groups: batches of ten. */
static void test_batches(void **state)
{
    static const struct {
        const char *order;
        unsigned groups;
        size_t n;
        long least, most;
    } rows[] = {
        { "strict", 1, 20, 20, 20 }, { "strict", 30, 30, 3, 3 }, { "strict", 5, 30, 6, 30 },
        { "batch", 1, 20, 2, 2 },    { "batch", 5, 30, 3, 3 },
    };
    (void)state;

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        auto_free char *ingest =
            xasprintf(BY_GROUP ", \"on_reject\": \"block\", \"order\": \"%s\"", rows[i].order);
        struct world w;
        json_t *records = json_array();

        world_start(&w, 1, ingest);
        for (size_t k = 0; k < rows[i].n; k++) {
            char group[16];
            (void)snprintf(group, sizeof(group), "g%zu", k % rows[i].groups);
            json_array_append_new(records, record(k, group, true));
        }
        auto_json json_t *event = event_of(records);
        auto_free char *failed = run(&w.ingest, event, 60000);
        assert_string_equal(failed, "");
        assert_in_range(fake_calls(&w.fake, "SendMessageBatch"), rows[i].least, rows[i].most);
        for (size_t k = rows[i].groups; k < rows[i].n; k++)
            if (rows[i].groups == 1)
                assert_int_equal(number_of(&w.fake.queue.messages[k]), k);
        world_end(&w);
    }
}

/* With "order": "batch" SQS accepts those behind a refused one: counted, and sent by nobody else.
 */
static void test_overtaking(void **state)
{
    static const char ingest[] = BY_GROUP ", \"on_reject\": \"block\", \"order\": \"batch\"";
    struct world w;
    json_t *records = json_array();
    (void)state;

    emf_start(LOG_FATAL);
    world_start(&w, 1, ingest);
    w.ingest.metrics = metrics_new(&w.settings, false);
    w.fake.refuses = "\"n\":3";
    for (size_t k = 0; k < 20; k++)
        json_array_append_new(records, record(k, "g", true));
    auto_json json_t *event = event_of(records);
    auto_free char *failed = run(&w.ingest, event, 60000);
    assert_string_equal(failed, "10000000000000000000003");
    assert_int_equal(w.fake.queue.n, 9); /* of the first ten; then 3 alone, which blocks */
    auto_json json_t *lines = emf_lines();
    assert_int_equal(emf_sum(lines, "OrderBroken", NULL), 6);
    metrics_free(w.ingest.metrics);
    world_end(&w);
    emf_end();
}

static json_t *with_bad_one(size_t n, size_t bad)
{
    json_t *records = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(records, record(i, "g", i != bad));
    return event_of(records);
}

static void test_reject(void **state)
{
    static const struct {
        const char *policy, *failed;
        size_t sent, dead;
    } rows[] = {
        { "block", "10000000000000000000002", 2, 0 },
        { "drop", "", 4, 0 },
        { "dead-letter", "", 4, 1 },
    };
    (void)state;

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        auto_free char *ingest = xasprintf(BY_GROUP ", \"on_reject\": \"%s\"", rows[i].policy);
        auto_json json_t *event = with_bad_one(5, 2);
        struct world w;

        world_start(&w, i, ingest);
        auto_free char *failed = run(&w.ingest, event, 60000);
        assert_string_equal(failed, rows[i].failed);
        assert_int_equal(w.fake.queue.n, rows[i].sent);
        assert_int_equal(w.fake.dead.n, rows[i].dead);
        world_end(&w);
    }
}

/* The dead letter is the whole record, in its group, with its origin. */
static void test_dead_letter(void **state)
{
    auto_json json_t *event = with_bad_one(1, 0);
    auto_json json_t *body = NULL;
    struct world w;
    struct err e;
    (void)state;

    world_start(&w, 3, BY_GROUP ", \"on_reject\": \"dead-letter\"");
    auto_free char *failed = run(&w.ingest, event, 60000);
    assert_string_equal(failed, "");
    const struct fake_message *m = w.fake.dead.messages;
    assert_int_equal(w.fake.dead.n, 1);
    assert_string_equal(m->group, "g");
    assert_string_equal(m->dedup, "00000000000000000000000000000001");
    assert_int_equal(json_parse(m->body, strlen(m->body), &body, &e), 0);
    assert_true(json_equal(body, json_array_get(json_object_get(event, "Records"), 0)));
    assert_string_equal(jget_path_str(m->attributes, "fifoq-id.StringValue"), m->dedup);
    assert_string_equal(jget_path_str(m->attributes, "fifoq-sequence.StringValue"),
                        "10000000000000000000000");
    assert_non_null(strstr(jget_path_str(m->attributes, "fifoq-reason.StringValue"), "item.need"));
    world_end(&w);
}

/* SQS itself refuses one message: the others are accepted, and those behind it follow the policy.
 */
static void test_refused_by_the_queue(void **state)
{
    static const struct {
        const char *policy, *failed;
        size_t dead;
    } rows[] = {
        { "block", "10000000000000000000003", 0 },
        { "drop", "", 0 },
        { "dead-letter", "", 1 },
    };
    (void)state;

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        auto_free char *ingest =
            xasprintf("\"group\": \"${item.g}\", \"on_reject\": \"%s\"", rows[i].policy);
        json_t *records = json_array();
        struct world w;

        world_start(&w, i, ingest);
        w.fake.refuses = "\"n\":3";
        for (size_t k = 0; k < 6; k++)
            json_array_append_new(records, record(k, k % 2 ? "odd" : "even", true));
        auto_json json_t *event = event_of(records);
        auto_free char *failed = run(&w.ingest, event, 60000);
        assert_string_equal(failed, rows[i].failed);
        assert_int_equal(w.fake.dead.n, rows[i].dead);
        for (size_t k = 0; k < w.fake.queue.n; k++)
            assert_true(*failed == '\0' || number_of(&w.fake.queue.messages[k]) != 5);
        world_end(&w);
    }
}

static void test_nothing_can_be_sent(void **state)
{
    auto_json json_t *event = with_bad_one(8, 99);
    struct world w;
    (void)state;

    world_start(&w, 1, BY_GROUP ", \"on_reject\": \"drop\"");
    w.fake.breaks = "SendMessageBatch";
    auto_free char *refused = run(&w.ingest, event, 60000);
    assert_string_equal(refused, "10000000000000000000000");
    assert_int_equal(fake_calls(&w.fake, "SendMessageBatch"), 1);
    w.fake.breaks = NULL;
    w.fake.faults.throttled = 1000;
    int64_t deadline_ms = clock_wall_ms() + 30000;
    auto_free char *throttled = run(&w.ingest, event, 30000);
    assert_string_equal(throttled, "10000000000000000000000");
    assert_true(clock_wall_ms() < deadline_ms);
    assert_true(clock_wall_ms() > deadline_ms - 10000); /* it did not give up early */
    world_end(&w);
}

static void test_events(void **state)
{
    struct world w;
    (void)state;

    world_start(&w, 1, BY_GROUP ", \"on_reject\": \"block\"");
    json_t *records = json_pack("[o, o]", record(0, "g", true), record(1, "g", true));
    json_object_set_new(json_array_get(records, 0), "eventName", json_string("REMOVE"));
    auto_json json_t *event = event_of(records);
    auto_free char *failed = run(&w.ingest, event, 60000);
    assert_string_equal(failed, "");
    assert_int_equal(w.fake.queue.n, 1);
    assert_int_equal(number_of(w.fake.queue.messages), 1);
    auto_json json_t *empty = event_of(json_array());
    auto_free char *none = run(&w.ingest, empty, 60000);
    assert_string_equal(none, "");
    world_end(&w);
}

static void test_events_that_are_not_ours(void **state)
{
    static const char *const texts[] = {
        "{}",
        "[]",
        "null",
        "{\"Records\": {}}",
        "{\"Records\": [1]}",
        "{\"Records\": [{\"eventSource\": \"aws:sqs\", \"body\": \"x\"}]}",
        "{\"Records\": [{\"eventSource\": \"aws:dynamodb\"}]}",
        ("{\"Records\": [{\"eventSource\": \"aws:dynamodb\", \"dynamodb\": {\"SequenceNumber\": "
         "\"x\"}}]}"),
    };
    struct world w;
    (void)state;

    world_start(&w, 1, BY_GROUP ", \"on_reject\": \"drop\"");
    for (size_t i = 0; i < COUNTOF(texts); i++) {
        auto_json json_t *event = NULL;
        json_t *answer = NULL;
        struct err e = { 0 };
        assert_int_equal(json_parse(texts[i], strlen(texts[i]), &event, &e), 0);
        assert_int_equal(run_event(&w.ingest, event, 9000, &answer, &e), -1);
        assert_int_equal(e.code, ERR_PARSE);
        assert_null(answer);
    }
    assert_int_equal(fake_calls(&w.fake, "SendMessageBatch"), 0);
    world_end(&w);
}

/* Records created before the start are skipped, counted, and block nothing. A record of the start's
 * second is not before it, and one without a time is sent. */
static void test_start(void **state)
{
    static const struct {
        double created_s;
        bool sent;
    } rows[] = {
        { 1700000000, false },  { 1700000099.9, false }, { 1700000100, true },
        { 1700000100.2, true }, { 1700000101, true },    { 0, true },
    };
    auto_json json_t *event = event_of(json_array());
    auto_json json_t *lines = NULL;
    auto_free char *from = NULL;
    size_t sent = 0;
    struct world w;
    (void)state;

    world_start(&w, 1, BY_GROUP ", \"on_reject\": \"block\"");
    w.settings.ingest.start_s = 1700000100;
    w.ingest.metrics = metrics_new(&w.settings, false);
    for (size_t n = 0; n < COUNTOF(rows); n++) {
        json_t *r = record(n, "g", rows[n].sent); /* a skipped record need not be valid */

        if (rows[n].created_s > 0)
            json_object_set_new(json_object_get(r, "dynamodb"), "ApproximateCreationDateTime",
                                json_real(rows[n].created_s));
        json_array_append_new(json_object_get(event, "Records"), r);
    }
    emf_start(LOG_FATAL);
    from = run(&w.ingest, event, 10000);
    lines = emf_lines();
    assert_string_equal(from, "");
    for (size_t n = 0; n < COUNTOF(rows); n++) {
        if (rows[n].sent)
            assert_int_equal(number_of(&w.fake.queue.messages[sent++]), n);
    }
    assert_int_equal(emf_sum(lines, "Sent", NULL), sent);
    assert_int_equal(emf_sum(lines, "BeforeStart", NULL), COUNTOF(rows) - sent);
    emf_end();
    metrics_free(w.ingest.metrics);
    world_end(&w);
}

/* Large messages share batches up to a megabyte. */
static void test_large_messages(void **state)
{
    auto_free char *large = xcalloc(1, 400001);
    json_t *records = json_array();
    struct world w;
    (void)state;

    memset(large, 'x', 400000);
    world_start(&w, 1, "\"group\": \"${item.g}\", \"on_reject\": \"block\"");
    for (size_t i = 0; i < 6; i++) {
        char group[16];
        (void)snprintf(group, sizeof(group), "g%zu", i);
        json_t *r = record(i, group, true);
        json_object_set_new(jget_path(r, "dynamodb.NewImage"), "blob",
                            json_pack("{s:s}", "S", large));
        json_array_append_new(records, r);
    }
    auto_json json_t *event = event_of(records);
    auto_free char *failed = run(&w.ingest, event, 60000);
    assert_string_equal(failed, "");
    check_queue(&w.fake.queue, 6);
    assert_int_equal(fake_calls(&w.fake, "SendMessageBatch"), 3);
    world_end(&w);
}

/* Calls of one message wait until four are under way; the first call, of many, is refused. */
struct gathering {
    struct fake *fake;
    int (*answer)(void *arg, const struct aws_service *s, const char *action, const json_t *params,
                  json_t **reply, struct err *e);
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t under_way, most;
    bool late; /* four did not come */
};

static int gather(void *arg, const struct aws_service *s, const char *action, const json_t *params,
                  json_t **reply, struct err *e)
{
    struct gathering *g = arg;
    bool many = json_array_size(json_object_get(params, "Entries")) > 1;
    struct timespec until;
    int rc;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 20;
    (void)pthread_mutex_lock(&g->lock);
    g->fake->refuses = many ? "need" : NULL;
    g->under_way += !many;
    g->most = g->under_way > g->most ? g->under_way : g->most;
    (void)pthread_cond_broadcast(&g->changed);
    while (!many && g->most < 4 && !g->late)
        g->late = pthread_cond_timedwait(&g->changed, &g->lock, &until) != 0;
    rc = g->answer(g->fake, s, action, params, reply, e);
    g->under_way -= !many;
    (void)pthread_mutex_unlock(&g->lock);
    return rc;
}

/* After a batch was refused, each of its messages is sent by itself: work for all senders, of which
 * all but one have been waiting. */
static void test_waiting_senders_are_woken(void **state)
{
    struct gathering g = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };
    json_t *records = json_array();
    auto_json json_t *event = event_of(records);
    auto_free char *from = NULL;
    struct world w;
    (void)state;

    world_start(&w, 1, BY_GROUP ", \"on_reject\": \"block\"");
    for (size_t i = 0; i < 10; i++) {
        auto_free char *group = xasprintf("g%zu", i);
        json_array_append_new(records, record(i, group, true));
    }
    g.fake = &w.fake;
    g.answer = w.fake.aws.fake;
    w.fake.aws.fake = gather;
    w.fake.aws.arg = &g;
    from = run(&w.ingest, event, 60000);
    assert_string_equal(from, "");
    check_queue(&w.fake.queue, 10);
    assert_int_equal(g.most, 4);
    world_end(&w);
}

/* The metric lines of two attempts at one batch: the first with faults, the second, that much
 * later, without. */
static void check_counts(const struct fake_faults *faults, int64_t pause_ms, const char *names,
                         const long *first, const long *second)
{
    struct world w = { 0 };
    auto_json json_t *event = event_of(json_array());

    world_start(&w, 1, BY_GROUP ", \"on_reject\": \"block\"");
    w.ingest.metrics = metrics_new(&w.settings, false);
    for (size_t i = 0; i < 3; i++)
        json_array_append_new(json_object_get(event, "Records"), record(i, "g", true));
    emf_start(LOG_FATAL);
    for (int n = 0; n < 2; n++) {
        auto_free char *copy = xstrdup(names);
        char *rest = copy, *from = NULL;
        auto_json json_t *lines = NULL;

        w.fake.faults = n ? (struct fake_faults){ 0 } : *faults;
        from = run(&w.ingest, event, 10000);
        free(from);
        lines = emf_lines();
        assert_int_equal(json_array_size(lines), 1);
        for (const long *want = n ? second : first; rest; want++) {
            const char *name = strsep(&rest, " ");
            long have = emf_sum(lines, name, NULL);
            if (*want >= 0 ? have != *want : have < 1)
                fail_msg("%s is %ld, not %ld", name, have, *want);
        }
        fake_clock_advance(pause_ms);
    }
    emf_end();
    metrics_free(w.ingest.metrics);
    world_end(&w);
}

#define COUNTS "Sent Rejected DeadLettered Blocked DuplicatePossible Retried"

/* A lost answer: after more than five minutes the queue has forgotten that it accepted the message.
 * -1: some. */
static void test_metrics(void **state)
{
    static const long nothing[] = { 0, 0, 0, 0, 0, -1 }, all[] = { 3, 0, 0, 0, 0, 0 };
    static const long twice[] = { 3, 0, 0, 0, 1, 0 };
    const struct fake_faults none = { 0 }, lost = { .answer_lost = 1000 };
    const struct fake_faults throttled = { .throttled = 1000 };
    (void)state;

    check_counts(&none, 0, COUNTS, all, (const long[]){ 0, 0, 0, 0, 0, 0 });
    check_counts(&lost, 60 * 1000, COUNTS, nothing, all);
    check_counts(&lost, 6 * 60 * 1000, COUNTS, nothing, twice);
    check_counts(&throttled, 6 * 60 * 1000, COUNTS, nothing, all);
}

static void test_metrics_of_rejects(void **state)
{
    static const struct {
        const char *policy;
        long sent, rejected, dead, blocked;
    } rows[] = { { "block", 1, 1, 0, 1 }, { "drop", 2, 1, 0, 0 }, { "dead-letter", 2, 1, 1, 0 } };
    (void)state;

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        auto_free char *ingest = xasprintf(BY_GROUP ", \"on_reject\": \"%s\"", rows[i].policy);
        struct world w = { 0 };
        auto_json json_t *event = event_of(json_array());
        auto_json json_t *lines = NULL;
        auto_free char *from = NULL;

        world_start(&w, 1, ingest);
        w.ingest.metrics = metrics_new(&w.settings, false);
        for (size_t n = 0; n < 3; n++)
            json_array_append_new(json_object_get(event, "Records"), record(n, "g", n != 1));
        emf_start(LOG_FATAL);
        from = run(&w.ingest, event, 10000);
        lines = emf_lines();
        assert_int_equal(emf_sum(lines, "Sent", NULL), rows[i].sent);
        assert_int_equal(emf_sum(lines, "Rejected", NULL), rows[i].rejected);
        assert_int_equal(emf_sum(lines, "DeadLettered", NULL), rows[i].dead);
        assert_int_equal(emf_sum(lines, "Blocked", NULL), rows[i].blocked);
        emf_end();
        metrics_free(w.ingest.metrics);
        world_end(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_and_no_loss),
        cmocka_unit_test(test_old_retries_in_a_warm_process),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_overtaking),
        cmocka_unit_test(test_reject),
        cmocka_unit_test(test_dead_letter),
        cmocka_unit_test(test_refused_by_the_queue),
        cmocka_unit_test(test_nothing_can_be_sent),
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_events_that_are_not_ours),
        cmocka_unit_test(test_start),
        cmocka_unit_test(test_large_messages),
        cmocka_unit_test(test_waiting_senders_are_woken),
        cmocka_unit_test(test_metrics),
        cmocka_unit_test(test_metrics_of_rejects),
    };

    mem_init();
    log_setup(LOG_JSON, LOG_FATAL, 2);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
