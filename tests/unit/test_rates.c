/* test_rates.c: the token buckets of AWS's APIs, with their own clock. */
#include "unit.h"

#include "aws_rates.h"
#include "macros.h"
#include "mem.h"

/* How many of these are sent at `now_ms` before one has to wait. */
static int go(struct aws_rates *r, const char *service, const char *action, int64_t now_ms)
{
    struct aws_turn t = { .service = service, .action = action };
    int n = 0;

    while (n < 1000 && aws_rates_take(r, &t, now_ms) == 0)
        n++;
    aws_rates_leave(r, &t);
    return n;
}

static int64_t take(struct aws_rates *r, struct aws_turn *t, int64_t now_ms)
{
    t->service = "ssm";
    t->action = "PutParameter";
    return aws_rates_take(r, t, now_ms);
}

static void throttled(struct aws_rates *r, const char *action, int64_t sent_ms, int64_t now_ms)
{
    const struct aws_turn t = { .service = "ssm", .action = action };

    aws_rates_throttled(r, &t, sent_ms, now_ms);
}

static void a_burst_goes_at_once_and_the_rest_at_the_rate(void **state)
{
    struct aws_rates *r = aws_rates_new(0);
    struct aws_turn t = { 0 };

    (void)state;
    assert_int_equal(go(r, "ssm", "PutParameter", 0), 10);
    assert_int_equal(take(r, &t, 0), 334);
    assert_true(t.per_s > 2.9 && t.per_s < 3.1);
    aws_rates_leave(r, &t);
    assert_int_equal(go(r, "ssm", "PutParameter", 1001), 3);
    assert_int_equal(go(r, "ssm", "PutParameter", 60000), 10); /* full again, and no more */
    aws_rates_free(r);
}

static void who_comes_later_waits_longer(void **state)
{
    struct aws_rates *r = aws_rates_new(0);
    struct aws_turn first = { 0 }, second = { 0 }, third = { 0 }, lock = { .urgent = true };

    (void)state;
    (void)go(r, "ssm", "PutParameter", 0);
    assert_int_equal(take(r, &first, 0), 334);
    assert_int_equal(take(r, &second, 0), 667);
    assert_int_equal(take(r, &lock, 0), 334);
    assert_int_equal(take(r, &lock, 334), 0);
    aws_rates_leave(r, &first); /* it was interrupted */
    aws_rates_leave(r, &first);
    assert_int_equal(take(r, &third, 334), 666);
    assert_int_equal(take(r, &second, 667), 0);
    assert_int_equal(take(r, &third, 1000), 0);
    assert_false(third.waits);
    aws_rates_free(r);
}

static void each_api_has_its_own(void **state)
{
    static const struct {
        const char *service, *action;
        int burst;
    } rows[] = {
        { "ssm", "PutParameter", 10 },
        { "ssm", "DeleteParameter", 10 },
        { "events", "PutRule", 50 },
        { "events", "PutTargets", 0 }, /* one bucket for all */
        { "lambda", "ListAliases", 60 },
        { "lambda", "AddPermission", 0 },
        { "lambda", "GetPolicy", 15 },
        { "logs", "DescribeLogGroups", 10 },
        { "logs", "PutRetentionPolicy", 1000 }, /* no rate is known */
        { "dynamodb", "UntagResource", 5 },
        { "dynamodb", "TagResource", 0 },
        { "sqs", "CreateQueue", 1000 },
        { "lambda", "Invoke", 1000 },
    };
    struct aws_rates *r = aws_rates_new(0);

    (void)state;
    for (size_t i = 0; i < COUNTOF(rows); i++)
        assert_int_equal(go(r, rows[i].service, rows[i].action, 0), rows[i].burst);
    aws_rates_free(r);
}

static void a_throttle_empties_it_and_the_next_one_slows_it(void **state)
{
    const struct aws_turn other = { .service = "sqs", .action = "CreateQueue" };
    struct aws_rates *r = aws_rates_new(0);
    struct aws_turn t = { 0 };

    (void)state;
    assert_int_equal(take(r, &t, 0), 0);
    aws_rates_accepted(r, &t, 50);
    throttled(r, "PutParameter", 0, 100);
    throttled(r, "PutParameter", 50, 110);                    /* sent before that was known */
    assert_int_equal(go(r, "ssm", "PutParameter", 600), 0);   /* AWS's bucket is ahead by one */
    assert_int_equal(go(r, "ssm", "PutParameter", 60000), 3); /* a second's worth */
    throttled(r, "PutParameter", 60000, 60100);
    assert_true(take(r, &t, 60100) > 2000); /* 2 tokens at a quarter of 3 a second: none passed */
    aws_rates_leave(r, &t);
    for (int i = 1; i < 50; i++)
        throttled(r, "PutParameter", 60100 + i * 1000, 60200 + i * 1000);
    assert_int_equal(go(r, "ssm", "PutParameter", 115000), 1); /* never completely blocked */
    aws_rates_throttled(r, &other, 0, 0);                      /* no rate: nothing happens */
    aws_rates_free(r);
}

static void a_rate_that_is_accepted_returns(void **state)
{
    struct aws_rates *r = aws_rates_new(0);
    struct aws_turn t = { .service = "ssm", .action = "PutParameter" };

    (void)state;
    throttled(r, "PutParameter", 0, 0);
    for (int i = 1; i < 20; i++)
        throttled(r, "PutParameter", i * 1000, i * 1000 + 100);
    assert_int_equal(aws_rates_accepted_ms(r, &t), -1);
    (void)take(r, &t, 20000);
    assert_true(t.per_s < 0.5);
    aws_rates_accepted(r, &t, 20500);
    assert_int_equal(aws_rates_accepted_ms(r, &t), 20500);
    (void)take(r, &t, 70000);
    assert_true(t.per_s > 1.7 && t.per_s < 2.0);
    (void)take(r, &t, 600000);
    assert_true(t.per_s > 2.9 && t.per_s < 3.1);
    aws_rates_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_goes_at_once_and_the_rest_at_the_rate),
        cmocka_unit_test(who_comes_later_waits_longer),
        cmocka_unit_test(each_api_has_its_own),
        cmocka_unit_test(a_throttle_empties_it_and_the_next_one_slows_it),
        cmocka_unit_test(a_rate_that_is_accepted_returns),
    };

    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
