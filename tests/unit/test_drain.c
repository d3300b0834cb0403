/* test_drain.c: how drain handles the answers of queue and destinations (drain_world.h). */
#include "unit.h"

#include "clock.h"
#include "drain_world.h"
#include "json.h"
#include "mem.h"

#include <stdio.h>
#include <string.h>

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
        world_put(&w, i, group);
    }
    for (int runs = 0; fake_waiting(&w.fake.queue) > 0; runs++) {
        assert_true(runs < 3000);
        (void)world_run(&w, 10000 + fake_roll(&w.fake, 60000), "received");
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

static void test_a_failing_head_holds_its_group_only(void **state)
{
    static struct world w;
    (void)state;

    world_start(&w, 1, PLAIN, DESTINATION("first"));
    w.script = script_bad_head;
    world_put(&w, 0, "a");
    world_put(&w, 1, "a");
    world_put(&w, 2, "b");
    world_put(&w, 3, "a");
    assert_int_equal(world_run(&w, 60000, "delivered"), 1);
    assert_true(count_seen(&w, "m0") > 1); /* retried within the run */
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
        world_put(&w, i, i % 2 ? "a" : "b");
    assert_int_equal(world_run(&w, 60000, "stopped"), 1);
    assert_int_equal(w.n_seen, 1);
    receives = fake_calls(&w.fake, "ReceiveMessage");
    fake_clock_advance(INT64_C(1700) * 1000);
    assert_int_equal(world_run(&w, 60000, "received"), 0);
    assert_int_equal(fake_calls(&w.fake, "ReceiveMessage"), receives);
    fake_clock_advance(INT64_C(120) * 1000);
    assert_int_equal(world_run(&w, 60000, "delivered"), 6);
    check_order(&w);
    world_end(&w);
}

/* drain.retry_after_max: half an hour is requested, ten minutes are granted. */
static void test_the_longest_pause(void **state)
{
    static struct world w;
    (void)state;

    world_start(&w, 1, PLAIN ", \"retry_after_max_ms\": 600000", DESTINATION("first"));
    w.script = script_retry_after;
    world_put(&w, 0, "a");
    assert_int_equal(world_run(&w, 60000, "left"), 1);
    fake_clock_advance(INT64_C(500) * 1000);
    assert_int_equal(world_run(&w, 60000, "received"), 0);
    fake_clock_advance(INT64_C(120) * 1000);
    assert_int_equal(world_run(&w, 60000, "delivered"), 1);
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
    world_put(&w, 0, "a");
    assert_int_equal(world_run(&w, 60000, "delivered"), 1);
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
    world_put(&w, 0, "a");
    world_put(&w, 1, "b");
    assert_int_equal(world_run(&w, 60000, "stopped"),
                     1); /* the new key is refused too: all messages are returned at once */
    assert_int_equal(w.n_seen, 2);
    assert_int_equal(fake_calls(&w.fake, "GetParameters"), 2);
    assert_int_equal(fake_invisible(&w.fake.queue), 0);
    json_object_set_new(w.fake.parameters, "/k", json_string("second"));
    assert_int_equal(world_run(&w, 60000, "delivered"), 2);
    assert_int_equal(fake_calls(&w.fake, "GetParameters"), 3);
    world_end(&w);
}

static void test_parameters(void **state)
{
    static struct world w;
    (void)state;

    world_start(&w, 1, PLAIN, DESTINATION("first"));
    world_put(&w, 0, "a");
    json_object_clear(w.fake.parameters);
    assert_int_equal(world_run(&w, 60000, "received"),
                     -1); /* nothing was received from the queue */
    assert_int_equal(fake_calls(&w.fake, "ReceiveMessage"), 0);
    json_object_set_new(w.fake.parameters, "/k", json_string("first"));
    assert_int_equal(world_run(&w, 60000, "delivered"), 1);
    assert_int_equal(world_run(&w, 60000, "delivered"), 0);
    assert_int_equal(fake_calls(&w.fake, "GetParameters"), 2);
    fake_clock_advance(INT64_C(400) * 1000);
    w.fake.breaks = "GetParameters"; /* older ones do */
    world_put(&w, 1, "a");
    assert_int_equal(world_run(&w, 60000, "delivered"), 1);
    assert_int_equal(fake_calls(&w.fake, "GetParameters"), 3);
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
            world_put(&w, k, "a");
        assert_int_equal(world_run(&w, 60000, "rejected"), 1);
        assert_int_equal(fake_waiting(&w.fake.queue), rows[i].left);
        assert_int_equal(w.fake.dead.n, rows[i].dead);
        if (rows[i].dead) {
            const json_t *a = w.fake.dead.messages[0].attributes;
            assert_string_equal(w.fake.dead.messages[0].dedup, w.fake.queue.messages[1].message_id);
            assert_string_equal(w.fake.dead.messages[0].group, "a");
            assert_string_equal(w.fake.dead.messages[0].body, "{\"n\":1}");
            assert_string_equal(jget_path_str(a, "fifoq-id.StringValue"), "m1");
            assert_string_equal(jget_path_str(a, "fifoq-status.StringValue"), "422");
            assert_string_equal(jget_path_str(a, "fifoq-destination.StringValue"), "first");
        }
        world_end(&w);
    }
}

/* Redriven and refused again within the five minutes of deduplication: it is a dead letter again.
 */
static void test_a_dead_letter_that_is_put_back_too_soon(void **state)
{
    static struct world w;
    (void)state;

    world_start(
        &w, 1,
        "\"max_messages\": 9, \"rate_per_s\": 0, \"parallel_groups\": 1, \"visibility_ms\": 90000, "
        "\"on_reject\": \"dead-letter\"",
        DESTINATION("first"));
    w.script = script_no;
    world_put(&w, 1, "a");
    for (size_t n = 1; n <= 3; n++) {
        assert_int_equal(world_run(&w, 30000, "rejected"), 1);
        assert_int_equal(fake_waiting(&w.fake.queue), 0);
        assert_int_equal(fake_waiting(&w.fake.dead), 1);
        assert_int_equal(w.fake.dead.n, n);
        fake_redrive(&w.fake);
        assert_int_equal(fake_waiting(&w.fake.queue), 1);
    }
    world_end(&w);
}

/* If the dead-letter queue cannot take it, it stays where it is. */
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
    world_put(&w, 1, "a");
    world_put(&w, 2, "a");
    (void)world_run(&w, 60000, "rejected");
    assert_int_equal(fake_waiting(&w.fake.queue), 2);
    assert_int_equal(count_seen(&w, "m2"), 0);
    world_end(&w);
}

static void check_bodies_that_are_no_messages(const char *destination)
{
    static const char *const bodies[] = { " ", "{", "not JSON", "{\"a\":}", "[[[[[" };
    static struct world w;
    auto_buf deep = BUF(BUF_SMALL);

    world_start(&w, 1,
                "\"max_messages\": 99, \"rate_per_s\": 0, \"parallel_groups\": 1, "
                "\"visibility_ms\": 90000, "
                "\"on_reject\": \"dead-letter\"",
                destination);
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
    world_put(&w, 1, "a");
    assert_int_equal(world_run(&w, 60000, "rejected"), COUNTOF(bodies) + 1);
    assert_int_equal(w.n_seen, 1);
    assert_int_equal(w.fake.dead.n, COUNTOF(bodies) + 1);
    world_end(&w);
}

/* Whether or not a template reads them. */
static void test_bodies_that_are_no_messages(void **state)
{
    (void)state;
    check_bodies_that_are_no_messages(DESTINATION("first"));
    check_bodies_that_are_no_messages(
        "{\"name\": \"first\", \"url\": \"https://first.example/${message.n}\", \"method\": "
        "\"POST\", \"headers\": {}, \"body\": null, \"auth\": null, \"timeout_ms\": 5000, "
        "\"success\": [[200, 299]], \"idempotency_header\": \"Idempotency-Key\"}");
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
        world_put(&w, i, "a");
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
        world_put(&w, i, "a");
    deadline_ms = clock_wall_ms() + 30000;
    assert_int_equal(world_run(&w, 30000, "stopped"), 1);
    assert_true(clock_wall_ms() <= deadline_ms);
    assert_true(w.n_seen >= 5 && w.n_seen < 20);
    assert_int_equal(fake_waiting(&w.fake.queue), 20 - w.n_seen);
    assert_int_equal(fake_invisible(&w.fake.queue), 0);
    assert_int_equal(world_run(&w, 5000, "received"), -1); /* shorter than a request may take */
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
        world_put(&w, i, i % 3 == 0 ? "a" : i % 3 == 1 ? "b" : "c");
    assert_int_equal(world_run(&w, 60000, "delivered"), 12);
    for (size_t i = 0; i < w.n_seen; i++) {
        size_t in_a_second = 0;
        for (size_t k = 0; k < w.n_seen; k++)
            in_a_second +=
                w.seen[k].at_ms >= w.seen[i].at_ms && w.seen[k].at_ms < w.seen[i].at_ms + 1000;
        assert_true(in_a_second <= 5); /* the first may have started a little after its slot */
    }
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_and_no_loss),
        cmocka_unit_test(test_a_failing_head_holds_its_group_only),
        cmocka_unit_test(test_retry_after_holds_for_all_groups),
        cmocka_unit_test(test_the_longest_pause),
        cmocka_unit_test(test_a_short_retry_after_is_waited_for),
        cmocka_unit_test(test_rotated_keys),
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_final_no),
        cmocka_unit_test(test_a_dead_letter_that_is_put_back_too_soon),
        cmocka_unit_test(test_dead_letters_that_are_down),
        cmocka_unit_test(test_bodies_that_are_no_messages),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_rate),
    };

    mem_init();
    log_setup(LOG_JSON, LOG_FATAL, 2);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
