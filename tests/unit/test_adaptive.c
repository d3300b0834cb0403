/* test_adaptive.c: calls in retry mode "adaptive": they wait for a token, each service separately.
 */
#include "unit.h"

#include "aws_call.h"
#include "aws_script.h"
#include "clock.h"
#include "mem.h"

#include <string.h>

#define THROTTLED                                                                                  \
    {                                                                                              \
        .status = 400, .body = "{\"__type\":\"ThrottlingException\",\"message\":\"slower\"}"       \
    }
#define GOOD                                                                                       \
    {                                                                                              \
        .status = 200, .body = "{}"                                                                \
    }

static void client(struct aws *a, enum aws_retry_mode mode)
{
    script_client(a, NULL);
    a->retry_mode = mode;
    a->max_attempts = 1;
    if (mode == AWS_RETRY_ADAPTIVE)
        a->limiters = retry_limiters_new();
}

static int call(struct aws *a, const struct aws_service *s, struct err *e)
{
    return aws_call(a, s, s == &aws_sqs ? "ListQueues" : "ListTables", NULL, NULL, e);
}

/* After throttling the lowest rate is a half a second: the next call has to wait two. */
static void a_throttled_service_is_asked_more_slowly(void **state)
{
    static const struct script_answer answers[] = { THROTTLED, GOOD, GOOD, GOOD };
    struct aws a;
    struct err e = { 0 };

    (void)state;
    client(&a, AWS_RETRY_ADAPTIVE);
    script_play(answers, COUNTOF(answers));
    assert_int_equal(call(&a, &aws_sqs, &e), -1);
    assert_int_equal(script_slept_ms(), 0);
    assert_int_equal(call(&a, &aws_dynamodb, &e), 0);
    assert_int_equal(script_slept_ms(), 0); /* another service, another limiter */
    assert_int_equal(call(&a, &aws_sqs, &e), 0);
    assert_in_range(script_slept_ms(), 1000, 2000);
    int64_t before_ms = script_slept_ms();
    assert_int_equal(call(&a, &aws_sqs, &e), 0);
    assert_in_range(script_slept_ms() - before_ms, 500, 2000);
    aws_done(&a);
}

static void standard_mode_does_not_wait(void **state)
{
    static const struct script_answer answers[] = { THROTTLED, GOOD, GOOD };
    struct aws a;
    struct err e = { 0 };

    (void)state;
    client(&a, AWS_RETRY_STANDARD);
    script_play(answers, COUNTOF(answers));
    assert_int_equal(call(&a, &aws_sqs, &e), -1);
    assert_int_equal(call(&a, &aws_sqs, &e), 0);
    assert_int_equal(call(&a, &aws_sqs, &e), 0);
    assert_int_equal(script_slept_ms(), 0);
    aws_done(&a);
}

/* A call that cannot be answered in time is not sent. */
static void no_time_is_left_to_go_slower(void **state)
{
    static const struct script_answer answers[] = { THROTTLED };
    struct aws a;
    struct err e = { 0 };

    (void)state;
    client(&a, AWS_RETRY_ADAPTIVE);
    script_play(answers, COUNTOF(answers));
    a.deadline_ms = clock_mono_ms() + 500;
    assert_int_equal(call(&a, &aws_sqs, &e), -1);
    assert_int_equal(call(&a, &aws_sqs, &e), -1);
    assert_int_equal(script_requests(), 1);
    assert_non_null(strstr(e.msg, "sqs:ListQueues: throttled by AWS, and no time is left"));
    aws_done(&a);
}

static bool stop_later(void)
{
    static int looks;

    return ++looks > 3;
}

static void whoever_wants_to_stop_does_not_wait(void **state)
{
    static const struct script_answer answers[] = { THROTTLED };
    struct aws a;
    struct err e = { 0 };

    (void)state;
    client(&a, AWS_RETRY_ADAPTIVE);
    script_play(answers, COUNTOF(answers));
    assert_int_equal(call(&a, &aws_sqs, &e), -1);
    a.stop = stop_later;
    assert_int_equal(call(&a, &aws_sqs, &e), -1);
    assert_int_equal(e.code, ERR_INTERRUPTED);
    assert_int_equal(script_requests(), 1);
    assert_in_range(script_slept_ms(), 0, 1000);
    aws_done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_throttled_service_is_asked_more_slowly),
        cmocka_unit_test(standard_mode_does_not_wait),
        cmocka_unit_test(no_time_is_left_to_go_slower),
        cmocka_unit_test(whoever_wants_to_stop_does_not_wait),
    };

    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
