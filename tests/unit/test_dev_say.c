/* test_dev_say.c: which of a function's lines are shown, and that a lasting problem is not
 * repeated. */
#include "unit.h"

#include "clock.h"
#include "dev/say.h"
#include "mem.h"

#include <stdlib.h>

static int64_t now_ms;

static int64_t now(void)
{
    return now_ms;
}

static void no_sleep(int64_t ms)
{
    now_ms += ms;
}

struct fixture {
    struct say say;
    struct say_repeat last;
    char *said;
    size_t len;
    FILE *out;
};

static int set_up(void **state)
{
    static const struct clock still = { .wall_ms = now, .mono_ms = now, .sleep_ms = no_sleep };
    struct fixture *x = xcalloc(1, sizeof(*x));
    now_ms = INT64_C(1767269101000); /* 2026-01-01T12:05:01Z */
    clock_use(&still);
    x->out = open_memstream(&x->said, &x->len);
    say_init(&x->say, x->out, false, false, false);
    *state = x;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *x = *state;
    clock_use(NULL);
    say_repeat_done(&x->last);
    say_done(&x->say);
    (void)fclose(x->out);
    free(x->said);
    free(x);
    return 0;
}

static const struct {
    const char *line, *shown; /* NULL: only with -v */
} rows[] = {
    { "{\"level\":\"INFO\",\"message\":\"all is well\"}", NULL },
    { "{\"level\":\"debug\",\"message\":\"sent\"}", NULL },
    { "{\"_aws\":{\"Timestamp\":1},\"Delivered\":3}", NULL },
    { "{\"timestamp\":\"t\",\"level\":\"WARN\",\"message\":\"put back\",\"requestId\":\"r\","
      "\"group\":\"c-1\",\"attempt\":2}",
      "12:05:01  drain   put back (group: c-1, attempt: 2)\n" },
    { "{\"level\":\"ERROR\",\"message\":\"stopped\"}", "12:05:01  drain   stopped\n" },
    /* these arrive through the Runtime API too */
    { "{\"level\":\"ERROR\",\"message\":\"failed\",\"type\":\"Function.X\"}", NULL },
    { "{\"level\":\"WARN\",\"message\":\"drain\",\"received\":3}", NULL },
    /* not a record; control characters do not reach the terminal */
    { "Segmentation fault", "12:05:01  drain   Segmentation fault\n" },
    { "a\033[2Jb", "12:05:01  drain   a [2Jb\n" },
    { "[1,2]", "12:05:01  drain   [1,2]\n" },
};

static void test_lines(void **state)
{
    struct fixture *x = *state;
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        (void)fflush(x->out);
        size_t before = x->len;
        bool shown = say_log(&x->say, &x->last, "drain", rows[i].line);
        (void)fflush(x->out);
        assert_int_equal(shown, rows[i].shown != NULL);
        assert_string_equal(x->said + before, rows[i].shown ? rows[i].shown : "");
    }
}

static void test_verbose_shows_all(void **state)
{
    struct fixture *x = *state;
    x->say.verbose = true;
    for (size_t i = 0; i < COUNTOF(rows); i++)
        assert_true(say_log(&x->say, &x->last, "drain", rows[i].line));
}

static void test_quiet(void **state)
{
    struct fixture *x = *state;
    x->say.quiet = true;
    say(&x->say, SAY_EVENT, "drain", 21, "3 received, 3 delivered");
    (void)fflush(x->out);
    assert_int_equal(x->len, 0);
    say(&x->say, SAY_WARNING, "drain", -1, "failed: %s", "no");
    say(&x->say, SAY_FRAME, "dev", 12345, "ended");
    assert_string_equal(x->said,
                        "12:05:01  drain   failed: no\n12:05:01  dev     ended   12.3 s\n");
}

static void test_repeats(void **state)
{
    struct fixture *x = *state;
    static const char blocked[] = "{\"level\":\"WARN\",\"message\":\"blocked\",\"id\":\"1\"}";
    static const char other[] = "{\"level\":\"WARN\",\"message\":\"blocked\",\"id\":\"2\"}";
    assert_true(say_log(&x->say, &x->last, "ingest", blocked));
    now_ms += 5000;
    assert_false(say_log(&x->say, &x->last, "ingest", blocked));
    assert_true(say_log(&x->say, &x->last, "ingest", other));
    now_ms += 29999;
    assert_false(say_log(&x->say, &x->last, "ingest", other));
    now_ms += 1;
    assert_true(say_log(&x->say, &x->last, "ingest", other));
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(test_lines),
        TEST(test_verbose_shows_all),
        TEST(test_quiet),
        TEST(test_repeats),
    };
    return cmocka_run_group_tests_name("the lines of fifoq dev", tests, NULL, NULL);
}
