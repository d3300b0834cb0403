/* test_plan_first.c: the engine with what does not exist yet: creations in two halves, and the plan
 * under the lock. */
#include "mem.h"
#include "plan_world.h"

#include <string.h>

static int finish(const struct ctx *ctx, const struct row *r, struct state *s, struct err *e)
{
    struct row half = *r;
    char name[] = "?/finished";

    name[0] = r->name[0];
    half.name = name;
    return fake_create(ctx, &half, s, e);
}

static struct kind halved, upsert;

static int make_kinds(void **state)
{
    (void)state;
    halved = upsert = tagged;
    halved.finish = finish;
    upsert.exists = NULL;
    return 0;
}

/* a cannot be finished before b is created, nor b created before d. */
static void what_needs_it_does_not_wait_for_the_second_half(void **state)
{
    struct row rows[] = { ROW("a", halved), ROW("b", tagged), ROW("c", part), ROW("d", halved) };
    NEEDS(1, &rows[0]);
    NEEDS(2, &rows[1], &rows[0]);
    NEEDS(3, &rows[1]);

    (void)state;
    json_object_set_new(w.gates, "create a/finished", json_string("create b"));
    json_object_set_new(w.gates, "create b", json_string("create d"));
    up(rows, COUNTOF(rows));
    assert_true(place("create a/finished") < place("create c"));
    assert_true(place("create b") < place("create d/finished"));
}

static void a_failed_half_skips_what_waits_for_it(void **state)
{
    struct row rows[] = { ROW("a", halved), ROW("b", tagged), ROW("c", part) };
    NEEDS(1, &rows[0]);
    NEEDS(2, &rows[1], &rows[0]);
    struct plan p;
    struct err e = { 0 };

    (void)state;
    json_object_set_new(w.fails, "create a/finished", json_string("no"));
    plan_up(&p, rows, COUNTOF(rows));
    assert_int_equal(plan_apply(&p, &c, NULL, NULL, &e), -1);
    assert_string_equal(e.msg, "cannot create box 'a': no");
    assert_true(!step(&p, "a")->done && step(&p, "b")->done && step(&p, "c")->skipped);
    plan_done(&p);
    json_object_clear(w.fails);
    json_object_set_new(w.fails, "create a", json_string("no"));
    json_object_clear(w.things);
    plan_up(&p, rows, COUNTOF(rows));
    assert_int_equal(plan_apply(&p, &c, NULL, NULL, &e), -1);
    assert_true(step(&p, "b")->skipped && step(&p, "c")->skipped);
    plan_done(&p);
}

/* The row still waits, so it is neither done nor failed. */
static void what_is_half_made_when_its_need_fails_is_left(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", halved) };
    NEEDS(1, &rows[0]);
    struct plan p;
    struct err e = { 0 };

    (void)state;
    json_object_set_new(w.fails, "create a", json_string("no"));
    json_object_set_new(w.gates, "create a", json_string("create b"));
    plan_up(&p, rows, COUNTOF(rows));
    assert_int_equal(plan_apply(&p, &c, NULL, NULL, &e), -1);
    assert_true(step(&p, "b")->skipped && !step(&p, "b")->done);
    assert_non_null(json_object_get(w.things, "b"));
    assert_null(json_object_get(w.things, "b/finished"));
    plan_done(&p);
}

static void what_was_taken_over_has_no_second_half(void **state)
{
    struct row rows[] = { ROW("a", halved) };

    (void)state;
    json_object_set_new(w.appears, "a", ours("2"));
    up(rows, 1);
    assert_true(in(w.journal, "update a") && !in(w.begun, "create a/finished"));
}

/* Makes the plan under the lock, and returns how many rows it read. */
static int again(struct plan *now, const struct plan *before, const struct row *rows, size_t n)
{
    struct err e = { 0 };
    int read = w.reads_begun;

    if (plan_again(now, before, rows, n, &c, &e) < 0)
        fail_msg("%s", e.msg);
    return w.reads_begun - read;
}

static void a_first_plan_is_not_read_again(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", tagged), ROW("c", others) };
    struct plan before, now;
    struct err e = { 0 };

    (void)state;
    json_object_set_new(w.things, "c", ours("1"));
    rows[1].presence = ABSENT;
    plan_up(&before, rows, COUNTOF(rows));
    assert_int_equal(again(&now, &before, rows, COUNTOF(rows)), 1); /* c, somebody else's */
    assert_true(plan_same(&before, &now));
    plan_done(&before);
    assert_int_equal(plan_apply(&now, &c, NULL, NULL, &e), 0);
    assert_true(json_equal(json_object_get(w.things, "a"), json_object_get(w.wishes, "a")));
    plan_done(&now);
}

static void a_plan_with_something_of_ours_is_read_again(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", tagged) };
    struct plan before, now;

    (void)state;
    json_object_set_new(w.things, "a", ours("1"));
    plan_up(&before, rows, 2);
    json_object_set_new(w.things, "b", ours("2"));
    assert_int_equal(again(&now, &before, rows, 2), 2);
    assert_false(plan_same(&before, &now));
    assert_int_equal(step(&now, "b")->action, UPDATE);
    plan_done(&before);
    plan_done(&now);
}

/* Both came into being between the plans. a's creation says so, and b is read before. */
static void what_a_first_plan_did_not_see_is_compared_when_it_is_created(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", upsert) };
    struct plan before, now;
    struct err e = { 0 };

    (void)state;
    plan_up(&before, rows, 2);
    assert_int_equal(again(&now, &before, rows, 2), 0);
    plan_done(&before);
    json_object_set_new(w.appears, "a", ours("2"));
    json_object_set_new(w.things, "b", ours("2"));
    assert_int_equal(plan_apply(&now, &c, NULL, NULL, &e), 0);
    assert_true(in(w.journal, "update a") && in(w.journal, "update b"));
    assert_false(in(w.begun, "create b"));
    plan_done(&now);
}

static void what_somebody_else_made_after_the_plan_is_refused(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", upsert) };
    struct plan before, now;
    struct err e = { 0 };

    (void)state;
    plan_up(&before, rows, 2);
    assert_int_equal(again(&now, &before, rows, 2), 0);
    plan_done(&before);
    json_object_set_new(w.things, "b", json_pack("{s:s, s:{}}", "Size", "9", "Tags"));
    assert_int_equal(plan_apply(&now, &c, NULL, NULL, &e), -1);
    assert_non_null(strstr(e.msg, "somebody else created it"));
    assert_string_equal(jget_str(json_object_get(w.things, "b"), "Size"), "9");
    plan_done(&now);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_needs_it_does_not_wait_for_the_second_half),
        TEST(a_failed_half_skips_what_waits_for_it),
        TEST(what_is_half_made_when_its_need_fails_is_left),
        TEST(what_was_taken_over_has_no_second_half),
        TEST(a_first_plan_is_not_read_again),
        TEST(a_plan_with_something_of_ours_is_read_again),
        TEST(what_a_first_plan_did_not_see_is_compared_when_it_is_created),
        TEST(what_somebody_else_made_after_the_plan_is_refused),
    };

    mem_init();
    return cmocka_run_group_tests_name("plan_first", tests, make_kinds, NULL);
}
