/* test_dev_ticks.c: when drain is due, and that missed ticks are merged into one. */
#include "unit.h"

#include "dev/ticks.h"

#include <string.h>

#define T0 INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */
#define S  INT64_C(1000)
#define M  (60 * S)

static struct config_schedule schedule(char *name, const char *expression, unsigned max)
{
    struct err e = { 0 };
    struct config_schedule s = { .name = name, .max_messages = max };
    if (schedule_parse(expression, &s.when, &e) < 0)
        fail_msg("%s", e.msg);
    return s;
}

static void assert_take(struct ticks *t, int64_t at, const char *want)
{
    const char *have = ticks_take(t, at);
    if (want && !have)
        fail_msg("nothing is due, not %s", want);
    if (want)
        assert_string_equal(have, want);
    else
        assert_null(have);
}

static void test_every(void **state)
{
    (void)state;
    struct config_schedule unused[] = { schedule("n", "rate(1 minute)", 1) };
    struct config_drain d = { .schedules = unused, .n_schedules = 1, .max_messages = 10 };
    static const char every[] = "{\"schedule\":\"every\",\"max_messages\":10}";
    struct ticks t;
    ticks_init(&t, &d, 2 * S, T0);
    assert_take(&t, T0, every);
    assert_take(&t, T0, NULL);
    assert_take(&t, T0 + 2 * S - 1, NULL);
    assert_take(&t, T0 + 2 * S, every);
    /* a run that took long: one tick, and the interval is unchanged */
    assert_take(&t, T0 + 9 * S, every);
    assert_take(&t, T0 + 9 * S, NULL);
    assert_take(&t, T0 + 10 * S - 1, NULL);
    assert_take(&t, T0 + 10 * S, every);
    ticks_done(&t);
}

static void test_schedules(void **state)
{
    (void)state;
    struct config_schedule list[] = { schedule("night", "rate(5 minutes)", 500),
                                      schedule("day", "cron(0/2 * * * ? *)", 3) };
    struct config_drain d = { .schedules = list, .n_schedules = 2, .max_messages = 10 };
    static const char night[] = "{\"schedule\":\"night\",\"max_messages\":500}";
    static const char day[] = "{\"schedule\":\"day\",\"max_messages\":3}";
    struct ticks t;
    int64_t from = T0 + 30 * S;
    ticks_init(&t, &d, 0, from);
    assert_take(&t, from, NULL); /* rates count from the start */
    assert_take(&t, T0 + 2 * M, day);
    assert_take(&t, T0 + 2 * M + 1, NULL);
    /* both are overdue: the longer first, each once */
    assert_take(&t, T0 + 11 * M, day);
    assert_take(&t, T0 + 11 * M, night);
    assert_take(&t, T0 + 11 * M, NULL);
    assert_take(&t, T0 + 12 * M, day);
    assert_take(&t, from + 15 * M - 1, day);
    assert_take(&t, from + 15 * M - 1, NULL);
    assert_take(&t, from + 15 * M, night);
    ticks_done(&t);
}

static void test_never_again(void **state)
{
    (void)state;
    struct config_schedule list[] = { schedule("past", "cron(0 0 1 1 ? 2020)", 1) };
    struct config_drain d = { .schedules = list, .n_schedules = 1, .max_messages = 10 };
    struct ticks t;
    ticks_init(&t, &d, 0, T0);
    assert_take(&t, T0 + 1000 * M, NULL);
    ticks_done(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every),
        cmocka_unit_test(test_schedules),
        cmocka_unit_test(test_never_again),
    };
    return cmocka_run_group_tests_name("ticks", tests, NULL, NULL);
}
