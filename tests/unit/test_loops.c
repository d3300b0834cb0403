/* test_loops.c: several batches in hand at a time: when, and what becomes of them (loops.h,
 * width.h, drain_world.h). */
#include "unit.h"

#include "clock.h"
#include "drain_world.h"
#include "mem.h"
#include "width.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define SETTINGS(most, groups)                                                                     \
    "\"max_messages\": " most ", \"rate_per_s\": 0, \"parallel_groups\": " groups                  \
    ", \"visibility_ms\": 90000, \"on_reject\": \"block\""

/* A destination that answers when requests of `wanted` groups have arrived. */
static struct gate {
    pthread_mutex_t lock;
    pthread_cond_t opened;
    size_t wanted, inside, most;
    bool open;
} gate = { .lock = PTHREAD_MUTEX_INITIALIZER, .opened = PTHREAD_COND_INITIALIZER };

static void gate_set(size_t wanted)
{
    gate.wanted = wanted;
    gate.inside = gate.most = 0;
    gate.open = false;
}

/* Without the others: after ten seconds, and the test fails. */
static int script_gate(struct world *w, const struct seen *s, const char **retry_after)
{
    struct timespec until;

    (void)w;
    (void)s;
    (void)retry_after;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    (void)pthread_mutex_lock(&gate.lock);
    gate.most = ++gate.inside > gate.most ? gate.inside : gate.most;
    gate.open = gate.open || gate.inside >= gate.wanted;
    (void)pthread_cond_broadcast(&gate.opened);
    while (!gate.open)
        if (pthread_cond_timedwait(&gate.opened, &gate.lock, &until) != 0)
            gate.open = true;
    gate.inside--;
    (void)pthread_mutex_unlock(&gate.lock);
    return 200;
}

/* n messages of each of these groups, one group after the other. */
static void put_groups(struct world *w, const char *groups, size_t n)
{
    for (size_t i = 0; groups[i]; i++)
        for (size_t k = 0; k < n; k++)
            world_put(w, i * n + k, (char[]){ groups[i], '\0' });
}

static void test_backlogs_are_delivered_in_parallel(void **state)
{
    static struct world w;
    (void)state;

    world_start(&w, 1, SETTINGS("1000", "4"), DESTINATION("first"));
    gate_set(4);
    w.script = script_gate;
    put_groups(&w, "abcdef", 30);
    assert_int_equal(world_run(&w, 600000, "delivered"), 180);
    assert_int_equal(gate.most, 4);
    assert_int_equal(w.n_seen, 180);
    assert_int_equal(fake_waiting(&w.fake.queue), 0);
    assert_in_range(fake_calls(&w.fake, "ReceiveMessage"), 19, 30);
    check_order(&w);
    world_end(&w);
}

static void test_more_messages_than_wanted_are_not_received(void **state)
{
    static struct world w;
    (void)state;

    world_start(&w, 1, SETTINGS("25", "4"), DESTINATION("first"));
    put_groups(&w, "abcd", 20);
    assert_int_equal(world_run(&w, 600000, "received"), 25);
    assert_int_equal(w.n_seen, 25);
    assert_int_equal(fake_waiting(&w.fake.queue), 55);
    assert_int_equal(fake_invisible(&w.fake.queue), 0);
    world_end(&w);
}

/* Each receive is billed. */
static void test_short_queues_need_no_more_receives(void **state)
{
    static const struct {
        const char *groups;
        size_t n;
        long receives, more; /* those that try for another batch in vain */
    } rows[] = {
        { "", 0, 1, 0 },    { "a", 1, 2, 0 },     { "abc", 3, 2, 0 },  { "a", 10, 2, 1 },
        { "ab", 10, 3, 2 }, { "abcde", 2, 2, 1 }, { "a", 200, 21, 5 }, /* after 1, 3, 7, 15 ... full
                                                                          receives */
    };
    (void)state;

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        static struct world w;

        world_start(&w, 1, SETTINGS("1000", "10"), DESTINATION("first"));
        w.script = script_gate;
        gate_set(1);
        put_groups(&w, rows[i].groups, rows[i].n);
        assert_int_equal(world_run(&w, 900000, "delivered"), strlen(rows[i].groups) * rows[i].n);
        assert_in_range(fake_calls(&w.fake, "ReceiveMessage"), rows[i].receives,
                        rows[i].receives + rows[i].more);
        world_end(&w);
    }
}

static int script_slow(struct world *w, const struct seen *s, const char **retry_after)
{
    int status = script_gate(w, s, retry_after);

    fake_clock_advance(4000);
    return status;
}

/* Several batches are in hand when the time is over. */
static void test_what_is_left_of_all_batches_goes_back(void **state)
{
    static struct world w;
    (void)state;

    world_start(&w, 1, SETTINGS("1000", "3"), DESTINATION("first"));
    gate_set(3);
    w.script = script_slow;
    put_groups(&w, "abc", 10);
    assert_int_equal(world_run(&w, 30000, "stopped"), 1);
    assert_int_equal(gate.most, 3);
    assert_in_range(w.n_seen, 3, 12);
    assert_int_equal(fake_waiting(&w.fake.queue), 30 - w.n_seen);
    assert_int_equal(fake_invisible(&w.fake.queue), 0);
    w.script = NULL;
    assert_int_equal(world_run(&w, 600000, "delivered"), 30 - w.n_seen);
    check_order(&w);
    world_end(&w);
}

static volatile sig_atomic_t asked_to_stop;

static int script_end_comes(struct world *w, const struct seen *s, const char **retry_after)
{
    int status = script_gate(w, s, retry_after);

    (void)pthread_mutex_lock(&gate.lock);
    if (!asked_to_stop) {
        asked_to_stop = 1;
        drain_give_back(&w->drain);
        w->step = (int)fake_invisible(&w->fake.queue);
    }
    (void)pthread_mutex_unlock(&gate.lock);
    return status;
}

/* SIGTERM: two batches are being delivered, and of the third one a group that was not started. That
 * group is visible at once, the others when the requests are answered. */
static void test_the_signal_finds_all_batches(void **state)
{
    static struct world w;
    (void)state;

    asked_to_stop = 0;
    world_start(&w, 1, SETTINGS("1000", "3"), DESTINATION("first"));
    gate_set(3);
    w.script = script_end_comes;
    w.drain.stop = &asked_to_stop;
    put_groups(&w, "ab", 10);
    for (size_t i = 20; i < 30; i++)
        world_put(&w, i, i < 25 ? "c" : "d");
    assert_int_equal(world_run(&w, 600000, "delivered"), 3);
    assert_int_equal(w.step, 25);
    assert_int_equal(fake_waiting(&w.fake.queue), 27);
    assert_int_equal(fake_invisible(&w.fake.queue), 0);
    asked_to_stop = 0;
    w.script = NULL;
    assert_int_equal(world_run(&w, 600000, "delivered"), 27);
    check_order(&w);
    world_end(&w);
}

/* The interval of the rate is longer than a lease that also covers the request: it is renewed while
 * the message waits. */
static void test_a_wait_that_is_too_long_for_the_lease(void **state)
{
    static struct world w;
    (void)state;

    world_start(&w, 1,
                "\"max_messages\": 40, \"rate_per_s\": 0.1, \"parallel_groups\": 4, "
                "\"visibility_ms\": 12000, \"on_reject\": \"block\"",
                DESTINATION("first"));
    put_groups(&w, "abcd", 10);
    assert_in_range(world_run(&w, 300000, "delivered"), 10, 40);
    assert_in_range(fake_calls(&w.fake, "ReceiveMessage"), 4, 12);
    check_order(&w);
    world_end(&w);
}

static void test_a_receive_that_fails_ends_the_run_after_what_is_in_hand(void **state)
{
    static struct world w;
    (void)state;

    world_start(&w, 1, SETTINGS("1000", "4"), DESTINATION("first"));
    w.fake.breaks = "ReceiveMessage";
    put_groups(&w, "ab", 10);
    assert_int_equal(world_run(&w, 600000, "received"), -1);
    w.fake.breaks = NULL;
    assert_int_equal(world_run(&w, 600000, "delivered"), 20);
    world_end(&w);
}

/* What a queue with `groups` full batches brings, one after the other. */
static void test_width(void **state)
{
    struct width w;
    (void)state;

    width_init(&w, 3);
    assert_int_equal(w.allowed, 1);
    for (size_t others = 0; others < 3; others++) {
        width_note(&w, others, WIDTH_FULL);
        assert_int_equal(w.allowed, others < 2 ? others + 2 : 3);
    }
    width_note(&w, 2, WIDTH_SOME); /* as wide as before */
    assert_int_equal(w.allowed, 3);
    width_note(&w, 2, WIDTH_NOTHING); /* the queue has less: one alone finds the rest */
    assert_int_equal(w.allowed, 1);
    width_note(&w, 0, WIDTH_SOME); /* not full */
    assert_int_equal(w.allowed, 1);
    width_note(&w, 0, WIDTH_FULL);
    assert_int_equal(w.allowed, 2);
    width_note(&w, 1, WIDTH_NOTHING); /* in vain: the next attempt after two more */
    assert_int_equal(w.allowed, 1);
    width_note(&w, 0, WIDTH_FULL);
    assert_int_equal(w.allowed, 1);
    width_note(&w, 0, WIDTH_FULL);
    assert_int_equal(w.allowed, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_backlogs_are_delivered_in_parallel),
        cmocka_unit_test(test_more_messages_than_wanted_are_not_received),
        cmocka_unit_test(test_short_queues_need_no_more_receives),
        cmocka_unit_test(test_what_is_left_of_all_batches_goes_back),
        cmocka_unit_test(test_the_signal_finds_all_batches),
        cmocka_unit_test(test_a_receive_that_fails_ends_the_run_after_what_is_in_hand),
        cmocka_unit_test(test_a_wait_that_is_too_long_for_the_lease),
        cmocka_unit_test(test_width),
    };

    mem_init();
    log_setup(LOG_JSON, LOG_FATAL, 2);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
