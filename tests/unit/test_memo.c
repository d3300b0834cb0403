/* test_memo.c: the same question is one request, whichever thread asks and when. */
#include "aws_memo.h"

#include "aws_pages.h"
#include "clock.h"
#include "json.h"
#include "mem.h"
#include "parallel.h"
#include "unit.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { THREADS = 8, LONG_MS = 20000 };

static struct {
    atomic_int calls;
    atomic_int fails; /* enum err_code */
    int wait_for;     /* the fake answers when so many threads ask, or have had the time to */
    atomic_int asking;
} world;

static struct aws_memo *memo;

/* Answers with the question's own members. */
static int answer(void *arg, const struct aws_service *s, const char *action, const json_t *params,
                  json_t **reply, struct err *e)
{
    int64_t until_ms = clock_mono_ms() + LONG_MS;

    (void)arg;
    atomic_fetch_add(&world.calls, 1);
    while (atomic_load(&world.asking) < world.wait_for && clock_mono_ms() < until_ms)
        clock_sleep_ms(1);
    if (atomic_load(&world.fails))
        return err_set(e, (enum err_code)atomic_load(&world.fails), "%s:%s said no", s->name,
                       action);
    *reply = json_pack("{s:O}", "Asked", params);
    return 0;
}

static struct aws aws = { .fake = answer };

static int set_up(void **state)
{
    (void)state;
    atomic_store(&world.calls, 0);
    atomic_store(&world.asking, 0);
    atomic_store(&world.fails, ERR_OK);
    world.wait_for = 0;
    memo = aws_memo_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    aws_memo_free(memo);
    return 0;
}

static int ask(const char *action, const char *name, json_t **reply)
{
    auto_json json_t *params = json_pack("{s:s}", "FunctionName", name);
    struct err e = { 0 };

    return aws_memo_call(memo, &aws, &aws_lambda, action, params, reply, &e);
}

static void asked_twice_is_one_request(void **state)
{
    auto_json json_t *first = NULL, *second = NULL;

    (void)state;
    assert_int_equal(ask("GetPolicy", "a", &first), 0);
    assert_int_equal(ask("GetPolicy", "a", &second), 0);
    assert_int_equal(world.calls, 1);
    assert_true(json_equal(first, second));
}

static void another_question_is_another_request(void **state)
{
    (void)state;
    assert_int_equal(ask("GetPolicy", "a", NULL), 0);
    assert_int_equal(ask("GetPolicy", "b", NULL), 0);
    assert_int_equal(ask("GetFunction", "a", NULL), 0);
    assert_int_equal(world.calls, 3);
}

static void what_one_does_to_its_answer_nobody_else_sees(void **state)
{
    auto_json json_t *first = NULL, *second = NULL;

    (void)state;
    assert_int_equal(ask("GetPolicy", "a", &first), 0);
    json_object_set_new(json_object_get(first, "Asked"), "FunctionName", json_string("spoilt"));
    assert_int_equal(ask("GetPolicy", "a", &second), 0);
    assert_string_equal(jget_str(json_object_get(second, "Asked"), "FunctionName"), "a");
}

static void a_failure_is_not_kept(void **state)
{
    (void)state;
    atomic_store(&world.fails, ERR_AWS);
    assert_int_equal(ask("GetPolicy", "a", NULL), -1);
    atomic_store(&world.fails, ERR_OK);
    assert_int_equal(ask("GetPolicy", "a", NULL), 0);
    assert_int_equal(world.calls, 2);
}

static void what_does_not_exist_is_an_answer(void **state)
{
    (void)state;
    atomic_store(&world.fails, ERR_NOT_FOUND);
    assert_int_equal(ask("GetPolicy", "a", NULL), -1);
    assert_int_equal(ask("GetPolicy", "a", NULL), -1);
    assert_int_equal(world.calls, 1);
}

static void a_look_that_ended_is_asked_again(void **state)
{
    (void)state;
    assert_int_equal(ask("GetPolicy", "a", NULL), 0);
    aws_memo_forget(memo);
    assert_int_equal(ask("GetPolicy", "a", NULL), 0);
    assert_int_equal(world.calls, 2);
}

static void ask_at_once(void *results, size_t i)
{
    atomic_fetch_add(&world.asking, 1);
    ((int *)results)[i] = ask("GetPolicy", "a", NULL);
}

static void side_by_side(int expected)
{
    int results[THREADS];

    world.wait_for = THREADS;
    parallel_each(THREADS, THREADS, ask_at_once, results);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(results[i], expected);
}

static void who_asks_meanwhile_waits_for_that_answer(void **state)
{
    (void)state;
    side_by_side(0);
    assert_int_equal(world.calls, 1);
}

static void who_asks_meanwhile_fails_along(void **state)
{
    (void)state;
    atomic_store(&world.fails, ERR_AWS);
    side_by_side(-1);
    assert_in_range(world.calls, 1, THREADS);
}

static void many_at_once_with_what_writes_among_them(void **state)
{
    struct aws_ask asks[] = {
        { .service = &aws_lambda, .action = "GetPolicy", .params = json_pack("{s:s}", "F", "a") },
        { .service = &aws_lambda, .action = "GetPolicy", .params = json_pack("{s:s}", "F", "a") },
        { .service = &aws_lambda, .action = "TagResource", .params = json_pack("{s:s}", "F", "a") },
        { .service = &aws_lambda, .action = "TagResource", .params = json_pack("{s:s}", "F", "a") },
    };

    (void)state;
    aws_memo_all(memo, &aws, asks, COUNTOF(asks));
    assert_int_equal(world.calls, 3);
    for (size_t i = 0; i < COUNTOF(asks); i++) {
        assert_int_equal(asks[i].err.code, ERR_OK);
        assert_true(json_equal(json_object_get(asks[i].reply, "Asked"), asks[i].params));
    }
    aws_asks_done(asks, COUNTOF(asks));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(asked_twice_is_one_request, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_question_is_another_request, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_one_does_to_its_answer_nobody_else_sees, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_failure_is_not_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_does_not_exist_is_an_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_look_that_ended_is_asked_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_asks_meanwhile_waits_for_that_answer, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(who_asks_meanwhile_fails_along, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_at_once_with_what_writes_among_them, set_up,
                                        tear_down),
    };

    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
