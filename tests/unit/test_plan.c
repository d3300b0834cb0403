/* test_plan.c: the engine with kinds that are a JSON object: readiness, refusals, removal,
 * stopping. */
#include "mem.h"
#include "plan_world.h"

#include <stdlib.h>
#include <string.h>

static void reads_run_side_by_side(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", tagged), ROW("c", tagged) };
    struct plan p;

    (void)state;
    w.reads_expected = 3;
    plan_up(&p, rows, 3);
    assert_int_equal(plan_count(&p, CREATE), 3);
    assert_int_equal(json_array_size(w.journal), 0);
    plan_done(&p);
}

static void rows_begin_once_their_needs_are_done(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", tagged), ROW("c", tagged), ROW("d", tagged) };
    NEEDS(2, &rows[0]);
    NEEDS(3, &rows[1], &rows[2]);

    (void)state;
    /* b is running until c is done: c, which needs only a, must not wait for it */
    json_object_set_new(w.gates, "create b", json_string("create c"));
    up(rows, 4);
    assert_true(place("create a") < place("create c"));
    assert_true(place("create c") < place("create b"));
    assert_true(place("create b") < place("create d"));
}

static void second_plan_has_nothing_to_do(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", tagged) };
    struct plan p;

    (void)state;
    up(rows, 2);
    plan_up(&p, rows, 2);
    assert_int_equal(plan_count(&p, KEEP), 2);
    plan_done(&p);
}

static void one_property_outside_is_one_change(void **state)
{
    struct row rows[] = { ROW("a", tagged) };
    struct plan p;

    (void)state;
    json_object_set_new(w.things, "a", ours("2"));
    plan_up(&p, rows, 1);
    assert_int_equal(p.steps[0].action, UPDATE);
    assert_int_equal(p.steps[0].n_changes, 1);
    assert_string_equal(p.steps[0].changes[0].prop->name, "Size");
    assert_string_equal(json_string_value(p.steps[0].changes[0].from), "2");
    assert_string_equal(json_string_value(p.steps[0].changes[0].to), "1");
    assert_int_equal(json_object_size(p.steps[0].delta), 1);
    plan_done(&p);
}

static void null_means_not_set_and_sets_have_no_order(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", tagged) };
    struct plan p;

    (void)state;
    json_object_set_new(w.things, "a", ours("1"));
    json_object_set_new(json_object_get(w.things, "a"), "Names", json_pack("[s,s]", "x", "y"));
    json_object_set_new(json_object_get(w.wishes, "a"), "Names", json_pack("[s,s]", "y", "x"));
    json_object_set_new(w.things, "b", ours("1"));
    json_object_set_new(json_object_get(w.wishes, "b"), "Size", json_null());
    plan_up(&p, rows, 2);
    assert_int_equal(p.steps[0].action, KEEP);
    assert_int_equal(p.steps[1].action, UPDATE);
    assert_null(p.steps[1].changes[0].to);
    plan_done(&p);
}

static void set_tag(const char *world_name, json_t *world, const char *tag, const char *value)
{
    json_object_set_new(json_object_get(json_object_get(world, world_name), "Tags"), tag,
                        json_string(value));
}

static void version_tag_travels_along_only(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", tagged) };
    struct plan p;

    (void)state;
    json_object_set_new(w.things, "a", ours("1"));
    json_object_set_new(w.things, "b", ours("2"));
    for (const char *name = "a\0b\0"; *name; name += 2) {
        set_tag(name, w.things, "fifoq:version", "0");
        set_tag(name, w.wishes, "fifoq:version", "1");
    }
    plan_up(&p, rows, 2);
    assert_int_equal(p.steps[0].action, KEEP);
    assert_int_equal(p.steps[1].n_changes, 1);
    assert_non_null(json_object_get(p.steps[1].delta, "Tags"));
    plan_done(&p);
}

struct seen {
    int start, done, failed, skipped;
    bool inside;
};

static void see(void *arg, const struct step *s, enum apply_event ev, int64_t elapsed_ms)
{
    struct seen *seen = arg;

    assert_false(seen->inside); /* one at a time */
    seen->inside = true;
    assert_int_not_equal(s->action, KEEP);
    assert_true(elapsed_ms >= 0);
    seen->start += ev == APPLY_START;
    seen->done += ev == APPLY_DONE;
    seen->failed += ev == APPLY_FAILED;
    seen->skipped += ev == APPLY_SKIPPED;
    seen->inside = false;
}

static void failure_skips_what_needs_it_and_nothing_else(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", tagged), ROW("c", tagged), ROW("d", tagged) };
    NEEDS(1, &rows[0]);
    NEEDS(2, &rows[1]);
    struct seen seen = { 0 };
    struct plan p;
    struct err e = { 0 };

    (void)state;
    json_object_set_new(w.fails, "create a", json_string("no"));
    plan_up(&p, rows, 4);
    assert_int_equal(plan_apply(&p, &c, see, &seen, &e), -1);
    assert_int_equal(e.code, ERR_AWS);
    assert_string_equal(e.msg, "cannot create box 'a': no");
    assert_true(step(&p, "b")->skipped && step(&p, "c")->skipped && step(&p, "d")->done);
    assert_non_null(strstr(step(&p, "c")->err.msg, "'b'"));
    assert_int_equal(seen.start, 2);
    assert_int_equal(seen.done, 1);
    assert_int_equal(seen.failed, 1);
    assert_int_equal(seen.skipped, 2);
    plan_done(&p);
    json_object_clear(w.fails);
    up(rows, 4); /* continues where it stopped */
    assert_int_equal(json_object_size(w.things), 4);
}

/* How many of a, b, c, d are running, and the maximum at once. */
struct overlap {
    int now, most;
};

static void count_overlap(void *arg, const struct step *s, enum apply_event ev, int64_t ms)
{
    struct overlap *o = arg;

    (void)ms;
    if (strcmp(s->row->id, "e") == 0)
        return;
    o->now += ev == APPLY_START ? 1 : -1;
    o->most = o->now > o->most ? o->now : o->most;
}

/* b waits for e, which is after c and d in the plan: in parallel all three would be running. */
static void a_thing_and_its_parts_change_one_at_a_time(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", part), ROW("c", part), ROW("d", part),
                          ROW("e", tagged) };
    NEEDS(1, &rows[0]);
    NEEDS(2, &rows[0]);
    NEEDS(3, &rows[0]);
    struct overlap o = { 0 };
    struct plan p;
    struct err e = { 0 };

    (void)state;
    json_object_set_new(w.gates, "create b", json_string("create e"));
    plan_up(&p, rows, COUNTOF(rows));
    assert_int_equal(plan_apply(&p, &c, count_overlap, &o, &e), 0);
    plan_done(&p);
    assert_int_equal(o.most, 1);

    json_object_set_new(w.gates, "drop b", json_string("drop e"));
    assert_int_equal(plan_make(&p, rows, COUNTOF(rows), true, &c, &e), 0);
    assert_int_equal(plan_apply(&p, &c, count_overlap, &o, &e), 0);
    plan_done(&p);
    assert_int_equal(o.most, 1);
    assert_int_equal(json_object_size(w.things), 0);
}

static void removal_goes_upwards(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", tagged), ROW("c", tagged), ROW("d", tagged) };
    NEEDS(1, &rows[0]);
    NEEDS(2, &rows[1]);
    NEEDS(3, &rows[0]);
    struct plan p;
    struct err e = { 0 };

    (void)state;
    up(rows, 4);
    json_array_clear(w.journal);
    assert_int_equal(plan_make(&p, rows, 4, true, &c, &e), 0);
    assert_int_equal(plan_count(&p, DROP), 4);
    assert_int_equal(plan_apply(&p, &c, NULL, NULL, &e), 0);
    assert_true(place("drop c") < place("drop b"));
    assert_true(place("drop b") < place("drop a"));
    assert_true(place("drop d") < place("drop a"));
    plan_done(&p);
    assert_int_equal(plan_make(&p, rows, 4, true, &c, &e), 0);
    assert_int_equal(p.n, 0); /* nothing to remove is success */
    assert_int_equal(plan_apply(&p, &c, NULL, NULL, &e), 0);
    plan_done(&p);
}

static void removal_keeps_what_is_needed_by_what_could_not_go(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", tagged) };
    NEEDS(1, &rows[0]);
    struct plan p;
    struct err e = { 0 };

    (void)state;
    up(rows, 2);
    json_object_set_new(w.fails, "drop b", json_string("in use"));
    assert_int_equal(plan_make(&p, rows, 2, true, &c, &e), 0);
    assert_int_equal(plan_apply(&p, &c, NULL, NULL, &e), -1);
    assert_non_null(json_object_get(w.things, "a"));
    assert_true(step(&p, "a")->skipped);
    plan_done(&p);
}

static void what_outlives_another_waits_only_on_removal(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", tagged) };
    const struct row *other[] = { &rows[1] };
    struct plan p;
    struct err e = { 0 };

    (void)state;
    rows[0].outlives = other;
    rows[0].n_outlives = 1;
    json_object_set_new(w.gates, "create b", json_string("create a"));
    up(rows, 2);
    json_object_set_new(w.fails, "drop b", json_string("in use"));
    assert_int_equal(plan_make(&p, rows, 2, true, &c, &e), 0);
    assert_int_equal(plan_apply(&p, &c, NULL, NULL, &e), -1);
    assert_true(step(&p, "a")->skipped);
    assert_false(plan_did(&p, &rows[0]));
    plan_done(&p);
    json_object_clear(w.fails);
    assert_int_equal(plan_make(&p, rows, 2, true, &c, &e), 0);
    assert_int_equal(plan_apply(&p, &c, NULL, NULL, &e), 0);
    assert_true(place("drop b") < place("drop a"));
    assert_true(plan_did(&p, &rows[0]));
    plan_done(&p);
}

static void what_is_not_ours_is_refused(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", tagged), ROW("c", tagged) };
    struct plan p;
    struct err e = { 0 };

    (void)state;
    json_object_set_new(w.things, "a", json_pack("{s:s}", "Size", "1"));
    json_object_set_new(w.things, "c", ours("1"));
    set_tag("c", w.things, "fifoq:pipeline", "p-staging");
    for (int removal = 0; removal < 2; removal++) {
        assert_int_equal(plan_make(&p, rows, 3, removal, &c, &e), -1);
        assert_int_equal(e.code, ERR_REFUSED);
        assert_non_null(strstr(e.msg, "box 'a', box 'c'"));
        assert_non_null(strstr(e.msg, "fifoq:pipeline=p "));
        assert_int_equal(p.steps[0].err.code, ERR_REFUSED);
        plan_done(&p);
    }
    assert_int_equal(json_array_size(w.journal), 0);
}

static void adopting_takes_over_what_is_asked_for(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", tagged) };
    struct plan p;
    struct err e = { 0 };

    (void)state;
    rows[1].presence = ABSENT;
    json_object_set_new(w.things, "a", json_pack("{s:s, s:s}", "Size", "1", "Shape", "square"));
    json_object_set_new(w.things, "b", json_object());
    c.consents = CONSENT_ADOPT;
    plan_up(&p, rows, 2);
    assert_int_equal(p.n, 1);
    assert_int_equal(p.steps[0].n_changes, 1);
    assert_string_equal(p.steps[0].changes[0].prop->name, "Tags");
    assert_int_equal(plan_apply(&p, &c, NULL, NULL, &e), 0);
    plan_done(&p);
    c.consents = 0;
    plan_up(&p, rows, 1);
    assert_int_equal(plan_count(&p, KEEP), 1);
    plan_done(&p);
    json_object_set_new(w.things, "a", json_object());
    c.consents = CONSENT_ADOPT; /* and never to delete it */
    assert_int_equal(plan_make(&p, rows, 2, true, &c, &e), -1);
    assert_int_equal(e.code, ERR_REFUSED);
    plan_done(&p);
    c.consents = 0;
}

static void fixed_property_is_refused_with_the_way_out(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", tagged) };
    struct plan p;
    struct err e = { 0 };

    (void)state;
    json_object_set_new(w.things, "a", ours("1"));
    json_object_set_new(json_object_get(w.things, "a"), "Shape", json_string("round"));
    assert_int_equal(plan_make(&p, rows, 2, false, &c, &e), -1);
    assert_int_equal(e.code, ERR_REFUSED);
    assert_string_equal(e.msg, "box 'a': Shape is \"round\" and cannot be changed to \"square\" "
                               "(break it and make another)");
    plan_done(&p);
    /* unreadable rows are reported first */
    json_object_set_new(w.fails, "read b", json_string("no network"));
    assert_int_equal(plan_make(&p, rows, 2, false, &c, &e), -1);
    assert_int_equal(e.code, ERR_NET);
    assert_string_equal(e.msg, "cannot read box 'b': no network");
    plan_done(&p);
}

static void a_part_is_as_much_ours_as_the_whole(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", part) };
    NEEDS(1, &rows[0]);
    struct plan p;
    struct err e = { 0 };

    (void)state;
    rows[0].presence = rows[1].presence = ABSENT;
    json_object_set_new(w.things, "a", json_object());
    json_object_set_new(w.things, "b", json_object());
    assert_int_equal(plan_make(&p, rows, 2, false, &c, &e), 0);
    assert_int_equal(p.n, 0); /* not the pipeline's: ignored */
    plan_done(&p);
    json_object_set_new(w.things, "a", ours("1"));
    plan_up(&p, rows, 2);
    assert_int_equal(plan_count(&p, DROP), 2);
    plan_done(&p);
}

static void others_are_checked_but_never_removed(void **state)
{
    struct row rows[] = { ROW("a", others), ROW("b", tagged) };
    NEEDS(1, &rows[0]);
    struct plan p;
    struct err e = { 0 };

    (void)state;
    json_object_set_new(w.things, "a", json_pack("{s:s, s:s}", "Size", "1", "Shape", "square"));
    json_object_del(json_object_get(w.wishes, "a"), "Tags");
    up(rows, 2);
    json_array_clear(w.begun);
    assert_int_equal(plan_make(&p, rows, 2, true, &c, &e), 0);
    assert_int_equal(p.n, 1);
    assert_int_equal(plan_apply(&p, &c, NULL, NULL, &e), 0);
    assert_false(in(w.begun, "read a"));
    assert_non_null(json_object_get(w.things, "a"));
    plan_done(&p);
}

static void data_outlives_its_place_in_the_configuration(void **state)
{
    struct row rows[] = { ROW("a", data) };
    struct plan p;
    struct err e = { 0 };

    (void)state;
    json_object_set_new(w.things, "a", ours("1"));
    rows[0].presence = ABSENT;
    plan_up(&p, rows, 1);
    assert_true(p.n == 1 && p.steps[0].stays && p.steps[0].action == KEEP);
    plan_done(&p);
    assert_int_equal(plan_make(&p, rows, 1, true, &c, &e), 0);
    assert_int_equal(plan_count(&p, DROP), 1);
    plan_done(&p);
}

static void leftovers_of_ours_go(void **state)
{
    struct row rows[] = { ROW("x-", tagged), ROW("x-1", tagged), ROW("c", tagged) };
    NEEDS(2, &rows[0]);
    struct plan p;
    struct err e = { 0 };

    (void)state;
    rows[0].id = "box/*!";
    rows[0].presence = LEFTOVERS;
    json_object_set_new(w.things, "x-1", ours("1"));
    json_object_set_new(w.wishes, "x-1", ours("1"));
    json_object_set_new(w.things, "x-old", ours("1"));
    json_object_set_new(w.things, "x-y-1", ours("1"));
    set_tag("x-y-1", w.things, "fifoq:pipeline", "x-y");
    json_object_set_new(w.things, "c", ours("2"));
    plan_up(&p, rows, 3);
    assert_int_equal(p.n, 3);
    assert_int_equal(step(&p, "x-1")->action, KEEP);
    assert_int_equal(step(&p, "box/old!")->action, DROP);
    assert_int_equal(plan_apply(&p, &c, NULL, NULL, &e), 0);
    /* c used it until it was changed */
    assert_true(place("update c") < place("drop x-old"));
    plan_done(&p);
    assert_non_null(json_object_get(w.things, "x-y-1"));
    assert_non_null(json_object_get(w.things, "x-1"));
}

static void what_became_theirs_is_no_leftover(void **state)
{
    struct row rows[] = { ROW("x-", tagged), ROW("x-1", others) };
    struct plan p;

    (void)state;
    rows[0].presence = LEFTOVERS;
    json_object_set_new(w.things, "x-1", ours("1"));
    json_object_set_new(w.wishes, "x-1", json_object());
    plan_up(&p, rows, 2);
    assert_int_equal(plan_count(&p, DROP), 0);
    plan_done(&p);
}

static void what_came_into_being_meanwhile_is_taken_over(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", tagged) };
    struct plan p;
    struct err e = { 0 };

    (void)state;
    json_object_set_new(w.appears, "a", ours("2"));
    json_object_set_new(w.appears, "b", json_pack("{s:s}", "Size", "2"));
    plan_up(&p, rows, 2);
    assert_int_equal(plan_apply(&p, &c, NULL, NULL, &e), -1);
    assert_int_equal(e.code, ERR_REFUSED); /* b is not ours */
    assert_true(step(&p, "a")->done);
    assert_string_equal(jget_str(json_object_get(w.things, "a"), "Size"), "1");
    assert_string_equal(jget_str(json_object_get(w.things, "b"), "Size"), "2");
    plan_done(&p);
}

static void stop_after_first(void *arg, const struct step *s, enum apply_event ev, int64_t ms)
{
    (void)arg;
    (void)s;
    (void)ms;
    (void)pthread_mutex_lock(&w.lock);
    w.stopped = w.stopped || ev == APPLY_DONE;
    (void)pthread_mutex_unlock(&w.lock);
}

static void stopping_begins_nothing_new(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", tagged), ROW("c", tagged) };
    NEEDS(1, &rows[0]);
    NEEDS(2, &rows[1]);
    struct plan p;
    struct err e = { 0 };

    (void)state;
    plan_up(&p, rows, 3);
    assert_int_equal(plan_apply(&p, &c, stop_after_first, NULL, &e), -1);
    assert_int_equal(e.code, ERR_INTERRUPTED);
    assert_non_null(strstr(e.msg, "1 done, 2 left"));
    assert_int_equal(json_array_size(w.journal), 1);
    assert_true(step(&p, "b")->skipped && step(&p, "c")->skipped);
    plan_done(&p);
    assert_int_equal(plan_make(&p, rows, 3, false, &c, &e), -1);
    assert_int_equal(e.code, ERR_INTERRUPTED);
    plan_done(&p);
}

static bool stop_once_b_began(void *arg)
{
    (void)arg;
    (void)pthread_mutex_lock(&w.lock);
    bool stop = in(w.begun, "create b");
    (void)pthread_mutex_unlock(&w.lock);
    return stop;
}

static int create_half(const struct ctx *ctx, const struct row *r, struct state *s, struct err *e)
{
    if (fake_create(ctx, r, s, e) < 0)
        return -1;
    return ctx->stop(ctx->stop_arg) ? err_set(e, ERR_INTERRUPTED, "not sent: interrupted") : 0;
}

static void a_row_that_is_stopped_halfway_is_left_and_did_not_fail(void **state)
{
    struct kind halves = tagged;
    struct row rows[] = { ROW("a", tagged), ROW("b", halves) };
    NEEDS(1, &rows[0]);
    struct plan p;
    struct err e = { 0 };

    (void)state;
    halves.create = create_half;
    plan_up(&p, rows, 2);
    c.stop = stop_once_b_began;
    assert_int_equal(plan_apply(&p, &c, NULL, NULL, &e), -1);
    assert_int_equal(e.code, ERR_INTERRUPTED);
    assert_non_null(strstr(e.msg, "1 done, 1 left"));
    assert_true(step(&p, "b")->skipped && !step(&p, "b")->done);
    plan_done(&p);
    c.stop = asked_to_stop;
    plan_up(&p, rows, 2); /* half-done work is continued */
    assert_int_equal(plan_count(&p, CREATE), 0);
    plan_done(&p);
}

static void plans_are_the_same_when_they_do_the_same(void **state)
{
    struct row rows[] = { ROW("a", tagged), ROW("b", tagged) };
    struct plan before, p;

    (void)state;
    json_object_set_new(w.things, "a", ours("2"));
    plan_up(&before, rows, 2);
    plan_up(&p, rows, 2);
    assert_true(plan_same(&before, &p));
    plan_done(&p);
    json_object_set_new(w.things, "a", ours("3"));
    plan_up(&p, rows, 2);
    assert_false(plan_same(&before, &p));
    plan_done(&p);
    json_object_set_new(w.things, "a", ours("2"));
    json_object_set_new(w.things, "b", ours("1"));
    plan_up(&p, rows, 2);
    assert_false(plan_same(&before, &p));
    plan_done(&p);
    plan_done(&before);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_run_side_by_side),
        TEST(rows_begin_once_their_needs_are_done),
        TEST(second_plan_has_nothing_to_do),
        TEST(one_property_outside_is_one_change),
        TEST(null_means_not_set_and_sets_have_no_order),
        TEST(version_tag_travels_along_only),
        TEST(failure_skips_what_needs_it_and_nothing_else),
        TEST(a_thing_and_its_parts_change_one_at_a_time),
        TEST(removal_goes_upwards),
        TEST(removal_keeps_what_is_needed_by_what_could_not_go),
        TEST(what_outlives_another_waits_only_on_removal),
        TEST(what_is_not_ours_is_refused),
        TEST(adopting_takes_over_what_is_asked_for),
        TEST(fixed_property_is_refused_with_the_way_out),
        TEST(a_part_is_as_much_ours_as_the_whole),
        TEST(others_are_checked_but_never_removed),
        TEST(data_outlives_its_place_in_the_configuration),
        TEST(leftovers_of_ours_go),
        TEST(what_became_theirs_is_no_leftover),
        TEST(what_came_into_being_meanwhile_is_taken_over),
        TEST(stopping_begins_nothing_new),
        TEST(a_row_that_is_stopped_halfway_is_left_and_did_not_fail),
        TEST(plans_are_the_same_when_they_do_the_same),
    };

    mem_init();
    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
