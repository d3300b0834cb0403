/* test_drain_again.c: messages that are received again, and leases: what is returned, when, and
 * what is not sent twice (drain_world.h). */
#include "unit.h"

#include "clock.h"
#include "drain_world.h"
#include "json.h"
#include "mem.h"

#include <stdio.h>
#include <string.h>

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
    world_put(&w, 0, "a");
    assert_int_equal(world_run(&w, 60000, "delivered"), 1);
    assert_int_equal(w.n_seen, 3);
    assert_int_equal(
        w.seen[0].destination + w.seen[1].destination * 2u + w.seen[2].destination * 4u, 6);
    world_end(&w);
}

/* The lease is shorter than the work: it is renewed, and if it cannot be, nothing more is sent. */
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
        world_put(&w, i, "a");
    assert_int_equal(world_run(&w, 120000, "delivered"), 6);
    assert_true(fake_calls(&w.fake, "ChangeMessageVisibilityBatch") >= 2);
    for (size_t i = 6; i < 12; i++)
        world_put(&w, i, "a");
    w.fake.breaks = "ChangeMessageVisibilityBatch";
    w.n_seen = 0;
    assert_int_equal(world_run(&w, 30000, "delivered"), 2); /* as many as fit into one lease */
    assert_int_equal(count_seen(&w, "m6"), 1);
    assert_int_equal(count_seen(&w, "m7"), 1);
    assert_int_equal(w.n_seen, 2);
    world_end(&w);
}

static int script_outage(struct world *w, const struct seen *s, const char **retry_after)
{
    (void)retry_after;
    if (w->step == 0)
        return 503;
    return strcmp(s->id, "m1") == 0 && w->step++ == 1 ? 503 : 200;
}

/* The queue counts receives, also of messages behind one that is not accepted: those are not
 * attempts, and the back-off starts from the beginning. */
static void test_only_its_own_tries_count(void **state)
{
    static struct world w;
    (void)state;

    world_start(&w, 1, PLAIN, DESTINATION("first"));
    w.script = script_outage;
    world_put(&w, 0, "a");
    world_put(&w, 1, "a");
    for (int i = 0; i < 20; i++) {
        assert_int_equal(world_run(&w, 60000, "delivered"), 0);
        fake_clock_advance(15 * 60000);
    }
    w.step = 1;
    assert_int_equal(world_run(&w, 60000, "delivered"), 2);
    assert_int_equal(count_seen(&w, "m1"), 2);
    world_end(&w);
}

/* A message that was delivered but not deleted is received again; nothing of its group may be sent
 * before that. */
static void test_a_delete_that_fails_ends_the_group(void **state)
{
    static struct world w;
    (void)state;

    world_start(&w, 1, PLAIN, DESTINATION("first"));
    w.fake.breaks = "DeleteMessage";
    world_put(&w, 0, "a");
    world_put(&w, 1, "a");
    world_put(&w, 2, "b");
    assert_int_equal(world_run(&w, 60000, "delivered"), 2);
    assert_int_equal(count_seen(&w, "m1"), 0);
    w.fake.breaks = NULL;
    fake_clock_advance(100000);
    assert_int_equal(world_run(&w, 60000, "delivered"), 3);
    assert_int_equal(w.n_seen, 3); /* m0 and m2 were only deleted */
    check_order(&w);
    assert_int_equal(fake_waiting(&w.fake.queue), 0);
    world_end(&w);
}

static size_t count_seen_at(const struct world *w, const char *id, size_t destination)
{
    size_t n = 0;

    for (size_t i = 0; i < w->n_seen; i++)
        n += w->seen[i].destination == destination && strcmp(w->seen[i].id, id) == 0;
    return n;
}

static int script_second_is_down(struct world *w, const struct seen *s, const char **retry_after)
{
    (void)retry_after;
    return s->destination == 1 && w->step == 0 ? 503 : 200;
}

/* A later run does not send again to the first destination, whatever was left in between. Another
 * process does not know, and the idempotency key prevents duplicates. */
static void test_later_runs_do_not_repeat_those_that_have_it(void **state)
{
    static struct world w;
    (void)state;

    world_start(&w, 1, PLAIN, DESTINATION("first") "," DESTINATION("second"));
    w.script = script_second_is_down;
    world_put(&w, 0, "a");
    world_put(&w, 1, "a");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(world_run(&w, 30000, "delivered"), 0);
        fake_clock_advance(INT64_C(16) * 60 * 1000);
    }
    assert_int_equal(count_seen_at(&w, "m0", 0), 1);
    assert_true(count_seen_at(&w, "m0", 1) >= 3);
    w.step = 1;
    assert_int_equal(world_run(&w, 30000, "delivered"), 2);
    assert_int_equal(count_seen_at(&w, "m0", 0), 1);
    assert_int_equal(count_seen_at(&w, "m1", 0), 1);
    assert_int_equal(fake_waiting(&w.fake.queue), 0);
    check_order(&w);
    world_end(&w);
}

static int script_second_refuses(struct world *w, const struct seen *s, const char **retry_after)
{
    (void)retry_after;
    return s->destination == 1 && w->step == 0 ? 422 : 200;
}

/* A redriven dead letter must be sent, and a repeated deduplication id may belong to another
 * message: both are new to every destination. */
static void test_what_only_looks_the_same_is_sent(void **state)
{
    static struct world w;
    (void)state;

    world_start(&w, 1,
                "\"max_messages\": 9, \"rate_per_s\": 0, \"parallel_groups\": 1, "
                "\"visibility_ms\": 90000, \"on_reject\": \"dead-letter\"",
                DESTINATION("first") "," DESTINATION("second"));
    w.script = script_second_refuses;
    w.fake.breaks = "DeleteMessage"; /* so that it is remembered, too */
    world_put(&w, 0, "a");
    assert_int_equal(world_run(&w, 30000, "rejected"), 1);
    w.fake.breaks = NULL;
    fake_clock_advance(100000);
    assert_int_equal(world_run(&w, 30000, "rejected"), 1);
    assert_int_equal(count_seen_at(&w, "m0", 0), 1);
    assert_int_equal(fake_waiting(&w.fake.queue), 0);
    w.step = 1;
    fake_redrive(&w.fake);
    assert_int_equal(world_run(&w, 30000, "delivered"), 1);
    assert_int_equal(count_seen_at(&w, "m0", 0), 2);
    fake_clock_advance(INT64_C(5) * 60 * 1000); /* the queue has forgotten the id */
    world_put(&w, 0, "a");
    assert_int_equal(world_run(&w, 30000, "delivered"), 1);
    assert_int_equal(count_seen_at(&w, "m0", 0), 3);
    world_end(&w);
}

/* A lease that is lost between two destinations: confirmed deliveries stay confirmed. */
static int script_lease_is_lost(struct world *w, const struct seen *s, const char **retry_after)
{
    (void)retry_after;
    if (s->destination == 0 && w->step++ == 0)
        fake_clock_advance(100000);
    return 200;
}

static void test_a_lease_that_is_lost(void **state)
{
    static struct world w;
    (void)state;

    world_start(&w, 1, PLAIN, DESTINATION("first") "," DESTINATION("second"));
    w.script = script_lease_is_lost;
    world_put(&w, 0, "a");
    world_put(&w, 1, "a");
    assert_int_equal(world_run(&w, 300000, "delivered"), 2);
    assert_int_equal(w.n_seen, 4);
    assert_int_equal(fake_waiting(&w.fake.queue), 0);
    check_order(&w);
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
    drain_give_back(&w->drain);
    w->step = (int)fake_invisible(&w->fake.queue);
    return w->step == 2 ? 503 : 200;
}

/* SIGTERM during a request: messages that were not started are visible to others at once. The
 * message in progress, and those behind it, are not; it is returned with its back-off if its answer
 * still arrives. */
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
        world_put(&w, i, (char[]){ groups[i], '\0' });
    drain_give_back(&w.drain); /* with no message in hand: nothing */
    assert_int_equal(world_run(&w, 60000, "left"), 5);
    assert_int_equal(w.step, 2);
    assert_int_equal(w.n_seen, 1);
    assert_int_equal(fake_calls(&w.fake, "ChangeMessageVisibilityBatch"), 3);
    assert_int_equal(fake_invisible(&w.fake.queue), 1);
    asked_to_stop = 0;
    fake_clock_advance(2000);
    w.script = NULL;
    assert_int_equal(world_run(&w, 60000, "delivered"), 5);
    check_order(&w);
    world_end(&w);
}

static int script_let_go(struct world *w, const struct seen *s, const char **retry_after)
{
    (void)s;
    (void)retry_after;
    drain_give_back(&w->drain);
    return 200;
}

/* Returned messages stay returned, whether or not anything else stops. */
static void test_what_was_given_back_is_not_sent(void **state)
{
    static struct world w;
    (void)state;

    world_start(&w, 1,
                "\"max_messages\": 3, \"rate_per_s\": 0, \"parallel_groups\": 1, "
                "\"visibility_ms\": 90000, \"on_reject\": \"block\"",
                DESTINATION("first"));
    w.script = script_let_go;
    for (size_t i = 0; i < 3; i++)
        world_put(&w, i, i < 2 ? "a" : "b");
    assert_int_equal(world_run(&w, 60000, "delivered"), 2);
    assert_int_equal(w.n_seen, 2);
    assert_int_equal(fake_invisible(&w.fake.queue), 0);
    world_end(&w);
}

static void stop_now(void)
{
    asked_to_stop = 1;
}

static int script_busy(struct world *w, const struct seen *s, const char **retry_after)
{
    (void)w;
    (void)s;
    *retry_after = "4";
    return 503;
}

/* The run ends while a message waits for its next attempt: no other run may try it sooner. */
static void test_stop_in_a_wait(void **state)
{
    static struct world w;
    (void)state;

    asked_to_stop = 0;
    world_start(&w, 1, PLAIN, DESTINATION("first"));
    w.drain.stop = &asked_to_stop;
    w.script = script_busy;
    world_put(&w, 0, "a");
    world_put(&w, 1, "a");
    fake_clock_on_sleep(stop_now);
    assert_int_equal(world_run(&w, 60000, "retried"), 0);
    assert_int_equal(w.n_seen, 1);
    assert_int_equal(fake_invisible(&w.fake.queue), 1);
    fake_clock_advance(2000);
    assert_int_equal(fake_invisible(&w.fake.queue), 1);
    fake_clock_advance(3000);
    assert_int_equal(fake_invisible(&w.fake.queue), 0);
    asked_to_stop = 0;
    world_end(&w);
}

static void stop_at_delete(void *world, const struct fake_message *m)
{
    (void)world;
    (void)m;
    asked_to_stop = 1;
}

/* Messages without a request also end in the middle of a group. */
static void test_stop_between_rejects(void **state)
{
    static struct world w;
    (void)state;

    asked_to_stop = 0;
    world_start(&w, 1,
                "\"max_messages\": 9, \"rate_per_s\": 0, \"parallel_groups\": 1, "
                "\"visibility_ms\": 90000, \"on_reject\": \"dead-letter\"",
                DESTINATION("first"));
    w.drain.stop = &asked_to_stop;
    w.fake.on_delete = stop_at_delete;
    for (size_t i = 0; i < 3; i++)
        fake_put(&w.fake.queue, "a", i == 0 ? "m0" : i == 1 ? "m1" : "m2", "{");
    assert_int_equal(world_run(&w, 60000, "rejected"), 1);
    assert_int_equal(w.fake.dead.n, 1);
    assert_int_equal(fake_waiting(&w.fake.queue), 2);
    assert_int_equal(fake_invisible(&w.fake.queue), 0);
    asked_to_stop = 0;
    world_end(&w);
}

static void end_comes(void *world)
{
    (void)world;
    asked_to_stop = 1;
}

/* SIGTERM while the queue answers: all received messages are returned, in one call, and nothing is
 * sent. */
static void test_what_comes_too_late_is_given_back(void **state)
{
    static struct world w;
    (void)state;

    asked_to_stop = 0;
    world_start(&w, 1, PLAIN, DESTINATION("first"));
    w.drain.stop = &asked_to_stop;
    w.fake.on_receive = end_comes;
    for (size_t i = 0; i < 6; i++)
        world_put(&w, i, (char[]){ (char)('a' + i % 3), '\0' });
    assert_int_equal(world_run(&w, 60000, "left"), 6);
    assert_int_equal(w.n_seen, 0);
    assert_int_equal(fake_calls(&w.fake, "ChangeMessageVisibilityBatch"), 1);
    assert_int_equal(fake_invisible(&w.fake.queue), 0);
    asked_to_stop = 0;
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
        world_put(&w, i, "a");
    assert_int_equal(world_run(&w, 60000, "delivered"), 2);
    assert_int_equal(fake_waiting(&w.fake.queue), 3);
    assert_int_equal(fake_invisible(&w.fake.queue), 0);
    asked_to_stop = 0;
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_retry_does_not_repeat_those_that_have_it),
        cmocka_unit_test(test_leases),
        cmocka_unit_test(test_only_its_own_tries_count),
        cmocka_unit_test(test_a_delete_that_fails_ends_the_group),
        cmocka_unit_test(test_what_is_not_begun_is_given_back_at_once),
        cmocka_unit_test(test_later_runs_do_not_repeat_those_that_have_it),
        cmocka_unit_test(test_what_only_looks_the_same_is_sent),
        cmocka_unit_test(test_a_lease_that_is_lost),
        cmocka_unit_test(test_what_comes_too_late_is_given_back),
        cmocka_unit_test(test_stop_between_rejects),
        cmocka_unit_test(test_stop_in_a_wait),
        cmocka_unit_test(test_what_was_given_back_is_not_sent),
        cmocka_unit_test(test_stop),
    };

    mem_init();
    log_setup(LOG_JSON, LOG_FATAL, 2);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
