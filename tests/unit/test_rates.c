/* test_rates.c: the token buckets of AWS's APIs, with their own clock. */
#include "unit.h"

#include "aws_rates.h"
#include "mem.h"

/* How many of these are sent at `now_ms` before one has to wait. */
static int go(struct aws_rates *r, const char *service, const char *action, int64_t now_ms)
{
    int n = 0;

    while (n < 1000 && aws_rates_take(r, service, action, now_ms, NULL) == 0)
        n++;
    return n;
}

static void a_burst_goes_at_once_and_the_rest_at_the_rate(void **state)
{
    struct aws_rates *r = aws_rates_new(0);
    double per_s = 0;

    (void)state;
    assert_int_equal(go(r, "ssm", "PutParameter", 0), 10);
    assert_int_equal(aws_rates_take(r, "ssm", "PutParameter", 0, &per_s), 334);
    assert_true(per_s > 2.9 && per_s < 3.1);
    assert_int_equal(go(r, "ssm", "PutParameter", 1001), 3);
    assert_int_equal(go(r, "ssm", "PutParameter", 60000), 10); /* full again, and no more */
    aws_rates_free(r);
}

static void each_api_has_its_own(void **state)
{
    struct aws_rates *r = aws_rates_new(0);

    (void)state;
    (void)go(r, "ssm", "PutParameter", 0);
    assert_int_equal(go(r, "ssm", "DeleteParameter", 0), 10);
    assert_int_equal(go(r, "events", "PutRule", 0), 5);
    assert_int_equal(go(r, "lambda", "ListAliases", 0), 60);
    assert_int_equal(go(r, "lambda", "AddPermission", 0), 0); /* one bucket for all others */
    assert_int_equal(go(r, "lambda", "GetPolicy", 0), 15);
    assert_int_equal(go(r, "sqs", "CreateQueue", 0), 1000); /* no rate is known */
    assert_int_equal(go(r, "lambda", "Invoke", 0), 1000);
    aws_rates_free(r);
}

static void a_throttle_empties_it_and_the_next_one_slows_it(void **state)
{
    struct aws_rates *r = aws_rates_new(0);

    (void)state;
    assert_int_equal(aws_rates_take(r, "ssm", "PutParameter", 0, NULL), 0);
    aws_rates_throttled(r, "ssm", "PutParameter", 0, 100);
    aws_rates_throttled(r, "ssm", "PutParameter", 50, 110); /* sent before that was known */
    assert_int_equal(go(r, "ssm", "PutParameter", 100), 0);
    assert_int_equal(go(r, "ssm", "PutParameter", 60000), 3); /* a second's worth */
    aws_rates_throttled(r, "ssm", "PutParameter", 60000, 60100);
    assert_int_equal(aws_rates_take(r, "ssm", "PutParameter", 60100, NULL), 477); /* 2.1 a second */
    for (int i = 1; i < 50; i++)
        aws_rates_throttled(r, "ssm", "PutParameter", 60100 + i * 1000, 60200 + i * 1000);
    assert_int_equal(go(r, "ssm", "PutParameter", 200000), 1); /* never completely blocked */
    aws_rates_throttled(r, "sqs", "CreateQueue", 0, 0);        /* no rate: nothing happens */
    aws_rates_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_goes_at_once_and_the_rest_at_the_rate),
        cmocka_unit_test(each_api_has_its_own),
        cmocka_unit_test(a_throttle_empties_it_and_the_next_one_slows_it),
    };

    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
