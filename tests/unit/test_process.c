/* test_process.c: programs that print credentials, and misbehaving ones. */
#include "unit.h"

#include "identity/process.h"
#include "mem.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct process_limits a_minute = { .limit_ms = 60000 };

static int shell(const char *script, const struct process_limits *limits, struct process_result *r,
                 struct err *e)
{
    char *argv[] = { (char *)"sh", (char *)"-c", (char *)script, NULL };

    return process_run(argv, limits, r, e);
}

static bool yes(void)
{
    return true;
}

static void what_it_prints_and_its_status(void **state)
{
    struct process_result r = { 0 };
    struct err e = { 0 };

    (void)state;
    assert_int_equal(shell("echo out; echo err >&2; exit 3", &a_minute, &r, &e), 0);
    assert_string_equal(r.out, "out\n");
    assert_string_equal(r.err, "err\n");
    assert_int_equal(r.status, 3);
    process_result_done(&r);
    assert_int_equal(shell("kill -TERM $$", &a_minute, &r, &e), 0);
    assert_int_equal(r.status, 128 + SIGTERM);
    assert_string_equal(r.out, "");
    process_result_done(&r);
    /* more on stderr than is kept */
    assert_int_equal(shell("yes | head -c 100000 >&2", &a_minute, &r, &e), 0);
    assert_int_equal(strlen(r.err), 4096);
    process_result_done(&r);
}

/* Silent ones, and one that continues to write: its pipe is closed. */
static void what_it_leaves_behind_is_not_waited_for(void **state)
{
    static const char *const scripts[] = { "sleep 40 & echo out", "yes >&2 & echo out" };

    (void)state;
    for (size_t i = 0; i < COUNTOF(scripts); i++) {
        struct process_result r = { 0 };
        struct err e = { 0 };

        assert_int_equal(shell(scripts[i], &a_minute, &r, &e), 0);
        assert_string_equal(r.out, "out\n");
        process_result_done(&r);
    }
}

/* A launcher that exits before its worker prints. */
static void who_prints_may_be_a_child_of_it(void **state)
{
    struct process_result r = { 0 };
    struct err e = { 0 };

    (void)state;
    assert_int_equal(shell("(sleep 0.4; echo later) & exit 0", &a_minute, &r, &e), 0);
    assert_string_equal(r.out, "later\n");
    process_result_done(&r);
}

static void it_may_tidy_up_first(void **state)
{
    static const struct process_limits short_one = { .limit_ms = 300 };
    char name[] = "/tmp/fifoq-test-XXXXXX";
    int fd = mkstemp(name);
    auto_free char *script =
        xasprintf("trap 'echo tidy > %s; exit' TERM; while :; do sleep 0.01; done", name);
    struct process_result r = { 0 };
    struct err e = { 0 };
    char text[8] = "";

    (void)state;
    assert_int_equal(shell(script, &short_one, &r, &e), -1);
    assert_int_equal(read(fd, text, sizeof(text) - 1), 5);
    assert_string_equal(text, "tidy\n");
    (void)close(fd);
    (void)unlink(name);
}

static void it_is_ended(void **state)
{
    static const struct process_limits short_one = { .limit_ms = 200 };
    static const char *const much[] = { "yes | head -c 100000", "exec yes", "yes & echo out" };
    char *nowhere[] = { (char *)"/nowhere/at-all", NULL };
    struct process_result r = { 0 };
    struct err e = { 0 };

    (void)state;
    assert_int_equal(process_run(nowhere, &a_minute, &r, &e), -1);
    assert_non_null(strstr(e.msg, "cannot start"));
    assert_int_equal(shell("exec sleep 300", &short_one, &r, &e), -1);
    assert_non_null(strstr(e.msg, "timed out"));
    for (size_t i = 0; i < COUNTOF(much); i++) {
        assert_int_equal(shell(much[i], &a_minute, &r, &e), -1);
        assert_non_null(strstr(e.msg, "64 KiB"));
        assert_int_equal(e.code, ERR_CREDENTIALS);
    }
}

static void we_are_to_stop(void **state)
{
    static const struct process_limits at_once = { .limit_ms = 600000, .stop = yes };
    static const struct process_limits soon = { .limit_ms = 600000,
                                                .stop = yes,
                                                .grace_ms = 60000 };
    struct process_result r = { 0 };
    struct err e = { 0 };

    (void)state;
    assert_int_equal(shell("exec sleep 500", &at_once, &r, &e), -1);
    assert_int_equal(e.code, ERR_INTERRUPTED);
    assert_int_equal(shell("sleep 0.2; echo out", &soon, &r, &e), 0);
    assert_string_equal(r.out, "out\n");
    process_result_done(&r);
}

/* As on a thread of the command, which ignores SIGPIPE. */
static void signals_work_in_it_as_ever(void **state)
{
    static const int numbers[] = { SIGPIPE, SIGTERM, SIGINT };
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    sigset_t all, mask;

    (void)state;
    sigfillset(&all);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, &all, &mask), 0);
    for (size_t i = 0; i < COUNTOF(numbers); i++) {
        auto_free char *script = xasprintf("kill -%d $$; echo still here", numbers[i]);
        struct process_result r = { 0 };
        struct err e = { 0 };

        assert_int_equal(shell(script, &a_minute, &r, &e), 0);
        assert_int_equal(r.status, 128 + numbers[i]);
        process_result_done(&r);
    }
    assert_int_equal(pthread_sigmask(SIG_SETMASK, &mask, NULL), 0);
    (void)signal(SIGPIPE, before);
}

/* Nothing is killed then: the number may belong to another process by now. */
static void somebody_else_has_waited_for_it(void **state)
{
    void (*before)(int) = signal(SIGCHLD, SIG_IGN);
    struct process_result r = { 0 };
    struct err e = { 0 };

    (void)state;
    assert_int_equal(shell("echo out", &a_minute, &r, &e), -1);
    assert_string_equal(e.msg, "its exit status is unknown");
    (void)signal(SIGCHLD, before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_prints_and_its_status),
        cmocka_unit_test(what_it_leaves_behind_is_not_waited_for),
        cmocka_unit_test(who_prints_may_be_a_child_of_it),
        cmocka_unit_test(it_may_tidy_up_first),
        cmocka_unit_test(it_is_ended),
        cmocka_unit_test(we_are_to_stop),
        cmocka_unit_test(signals_work_in_it_as_ever),
        cmocka_unit_test(somebody_else_has_waited_for_it),
    };

    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
