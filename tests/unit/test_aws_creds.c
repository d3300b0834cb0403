/* test_aws_creds.c: credentials that expire while a client is in use. */
#include "unit.h"

#include "aws.h"
#include "aws_creds.h"
#include "clock.h"
#include "mem.h"
#include "parallel.h"

#include <stdio.h>

#include <stdlib.h>
#include <string.h>

enum { MINUTE_MS = 60000, START_MS = 1800000000, CALLS = 64 };

static _Atomic int64_t now_ms;

static int64_t now(void)
{
    return now_ms;
}

static void no_sleep(int64_t ms)
{
    (void)ms;
}

static const struct clock held = { .wall_ms = now, .mono_ms = now, .sleep_ms = no_sleep };

/* The source of renewed ones: KEY1, KEY2, ... */
struct source {
    int made;
    bool broken, stuck, stopped;
    int64_t lasts_ms;
};

static int make(void *arg, struct creds *out, struct err *e)
{
    struct source *s = arg;

    s->made++;
    if (s->stopped)
        return err_set(e, ERR_INTERRUPTED, "as you asked");
    if (s->broken)
        return err_set(e, ERR_NET, "no way there");
    *out = (struct creds){
        .key_id = xasprintf("KEY%d", s->stuck ? 0 : s->made),
        .secret = xasprintf("SECRET%d", s->stuck ? 0 : s->made),
        .expires_ms = now() + s->lasts_ms,
        .provider = "test",
    };
    return 0;
}

static void open_aws(struct aws *a, struct source *s, int64_t left_ms)
{
    static const struct aws_options o = { .region = "eu-west-1" };
    struct creds c = { .key_id = xstrdup("KEY0"),
                       .secret = xstrdup("SECRET0"),
                       .expires_ms = now() + left_ms,
                       .provider = "test" };
    struct err e;

    assert_int_equal(aws_init(a, &o, NULL, &c, &e), 0);
    a->renew = make;
    a->renew_arg = s;
}

/* The key that a call would use now; NULL: none. */
static const char *key_now(struct aws *a, struct err *e)
{
    static char key[16];
    struct creds c = { 0 };

    if (aws_creds_now(a, &c, e) < 0)
        return NULL;
    (void)snprintf(key, sizeof(key), "%s", c.key_id);
    creds_done(&c);
    return key;
}

static int hold_clock(void **state)
{
    (void)state;
    now_ms = START_MS;
    clock_use(&held);
    return 0;
}

static void they_are_renewed_in_time(void **state)
{
    struct source s = { .lasts_ms = 60 * MINUTE_MS };
    struct aws a;
    struct err e = { 0 };

    (void)state;
    open_aws(&a, &s, 60 * MINUTE_MS);
    assert_string_equal(key_now(&a, &e), "KEY0");
    now_ms += 44 * MINUTE_MS;
    assert_string_equal(key_now(&a, &e), "KEY0");
    assert_int_equal(s.made, 0);
    now_ms += 2 * MINUTE_MS;
    assert_string_equal(key_now(&a, &e), "KEY1");
    assert_string_equal(key_now(&a, &e), "KEY1");
    assert_int_equal(s.made, 1);
    aws_done(&a);
}

static void a_failure_matters_once_they_have_ended(void **state)
{
    struct source s = { .broken = true };
    struct aws a;
    struct err e = { 0 };

    (void)state;
    open_aws(&a, &s, 5 * MINUTE_MS);
    assert_string_equal(key_now(&a, &e), "KEY0");
    assert_string_equal(key_now(&a, &e), "KEY0");
    assert_int_equal(s.made, 1); /* not with every call */
    now_ms += 2 * MINUTE_MS;
    assert_string_equal(key_now(&a, &e), "KEY0");
    assert_int_equal(s.made, 2);
    now_ms += 4 * MINUTE_MS;
    assert_null(key_now(&a, &e));
    assert_int_equal(e.code, ERR_CREDENTIALS);
    assert_string_equal(e.msg, "the credentials have expired: no way there");
    aws_done(&a);
}

/* All waiting callers, and the next one, get the same answer; then the renewal is retried. */
static void what_failed_just_now_is_not_tried_by_everybody(void **state)
{
    struct source s = { .broken = true, .lasts_ms = 60 * MINUTE_MS };
    struct creds ended = { 0 };
    struct aws a;
    struct err e = { 0 };

    (void)state;
    open_aws(&a, &s, -MINUTE_MS);
    for (int i = 0; i < CALLS; i++) {
        assert_null(key_now(&a, &e));
        assert_string_equal(e.msg, "the credentials have expired: no way there");
    }
    assert_int_equal(s.made, 1);
    now_ms += 5000;
    s.broken = false;
    assert_string_equal(key_now(&a, &e), "KEY2");
    /* the same after AWS reports that they have expired */
    s.broken = true;
    assert_int_equal(aws_creds_now(&a, &ended, &e), 0);
    for (int i = 0; i < CALLS; i++) {
        assert_int_equal(aws_creds_renew(&a, &ended, &e), -1);
        assert_string_equal(e.msg, "no way there");
    }
    assert_int_equal(s.made, 3);
    now_ms += 5000;
    s.broken = false;
    s.stuck = true;
    assert_int_equal(aws_creds_renew(&a, &ended, &e), 0);
    creds_done(&ended);
    assert_int_equal(aws_creds_now(&a, &ended, &e), 0);
    for (int i = 0; i < CALLS; i++)
        assert_int_equal(aws_creds_renew(&a, &ended, &e), -1);
    assert_int_equal(s.made, 5);
    creds_done(&ended);
    aws_done(&a);
}

static void to_stop_is_no_fault_of_the_credentials(void **state)
{
    struct source s = { .stopped = true };
    struct aws a;
    struct err e = { 0 };

    (void)state;
    open_aws(&a, &s, -MINUTE_MS);
    assert_null(key_now(&a, &e));
    assert_int_equal(e.code, ERR_INTERRUPTED);
    aws_done(&a);
}

/* A source with short-lived credentials is not asked at each call. */
static void short_ones_are_used(void **state)
{
    struct source s = { .lasts_ms = 12 * MINUTE_MS };
    struct aws a;
    struct err e = { 0 };

    (void)state;
    open_aws(&a, &s, 12 * MINUTE_MS);
    for (int i = 0; i < CALLS; i++)
        assert_non_null(key_now(&a, &e));
    assert_int_equal(s.made, 1);
    aws_done(&a);
}

static void what_aws_calls_ended_is_replaced(void **state)
{
    struct source s = { .lasts_ms = 60 * MINUTE_MS };
    struct creds ended = { 0 };
    struct aws a;
    struct err e = { 0 };

    (void)state;
    open_aws(&a, &s, 60 * MINUTE_MS);
    assert_int_equal(aws_creds_now(&a, &ended, &e), 0);
    assert_int_equal(aws_creds_renew(&a, &ended, &e), 0);
    assert_int_equal(aws_creds_renew(&a, &ended, &e), 0); /* another call was first */
    assert_int_equal(s.made, 1);
    assert_string_equal(key_now(&a, &e), "KEY1");
    creds_done(&ended);

    s.stuck = true;
    assert_int_equal(aws_creds_now(&a, &ended, &e), 0);
    assert_int_equal(aws_creds_renew(&a, &ended, &e), 0);
    creds_done(&ended);
    assert_int_equal(aws_creds_now(&a, &ended, &e), 0);
    assert_int_equal(aws_creds_renew(&a, &ended, &e), -1);
    assert_string_equal(e.msg, "'test' returned the same expired credentials");
    creds_done(&ended);
    aws_done(&a);
}

static void call_one(void *arg, size_t i)
{
    struct creds c = { 0 };
    struct err e = { 0 };

    if (aws_creds_now(arg, &c, &e) < 0 || strcmp(c.key_id + 3, c.secret + 6) != 0)
        abort();
    if (i % 8 == 0)
        now_ms += 20 * MINUTE_MS;
    creds_done(&c);
}

static void calls_side_by_side_have_whole_ones(void **state)
{
    struct source s = { .lasts_ms = 600 * MINUTE_MS };
    struct aws a;

    (void)state;
    open_aws(&a, &s, 20 * MINUTE_MS);
    parallel_each(CALLS, 8, call_one, &a);
    assert_true(s.made >= 1);
    aws_done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(they_are_renewed_in_time, hold_clock),
        cmocka_unit_test_setup(a_failure_matters_once_they_have_ended, hold_clock),
        cmocka_unit_test_setup(what_failed_just_now_is_not_tried_by_everybody, hold_clock),
        cmocka_unit_test_setup(to_stop_is_no_fault_of_the_credentials, hold_clock),
        cmocka_unit_test_setup(short_ones_are_used, hold_clock),
        cmocka_unit_test_setup(what_aws_calls_ended_is_replaced, hold_clock),
        cmocka_unit_test_setup(calls_side_by_side_have_whole_ones, hold_clock),
    };

    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
