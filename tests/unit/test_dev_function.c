/* test_dev_function.c: a function's process: its environment, and that it is restarted whatever it
 * does. */
#include "unit.h"

#include "aws.h"
#include "aws_creds.h"
#include "clock.h"
#include "dev/function.h"
#include "json.h"
#include "mem.h"
#include "text.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LONG_MS = 30000 };

struct fixture {
    struct say say;
    char *said; /* the output */
    size_t said_len;
    FILE *out;
    struct function *f;
    struct aws *aws; /* NULL: the process gets no credentials of the test */
};

static struct function *start(struct fixture *x, const char *who, int64_t timeout_ms)
{
    static char *env[] = { "PATH=/usr/bin:/bin", "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", NULL };
    struct err e = { 0 };
    struct function_options o = {
        .who = who,
        .name = "orders-ingest",
        .arn = "arn:aws:lambda:eu-west-1:123456789012:function:orders-ingest",
        .region = "eu-west-1",
        .memory_mb = 128,
        .timeout_ms = timeout_ms,
        .bootstrap = DEV_BOOTSTRAP,
        .dir = "/",
        .env = env,
        .aws = x->aws,
        .say = &x->say
    };
    struct function *f = NULL;
    if (function_start(&f, &o, &e) < 0)
        fail_msg("%s", e.msg);
    return f;
}

static int set_up(void **state)
{
    struct fixture *x = xcalloc(1, sizeof(*x));
    x->out = open_memstream(&x->said, &x->said_len);
    say_init(&x->say, x->out, false, false, false);
    *state = x;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *x = *state;
    function_stop(x->f);
    say_done(&x->say);
    (void)fclose(x->out);
    free(x->said);
    free(x);
    return 0;
}

/* The process's id, from an echo. */
static pid_t echo(struct function *f)
{
    struct err e = { 0 };
    auto_result r = { 0 };
    function_invoke(f, "\"echo\"", &r);
    if (r.outcome != INVOKE_OK)
        fail_msg("%s", r.body);
    auto_json json_t *o = NULL;
    assert_int_equal(json_parse(r.body, r.len, &o, &e), 0);
    return (pid_t)jget_int(o, "pid", 0);
}

static void wait_gone(pid_t pid)
{
    int64_t until = clock_mono_ms() + LONG_MS;
    while (kill(pid, 0) == 0 && clock_mono_ms() < until)
        clock_sleep_ms(5);
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
}

static void wait_said(struct fixture *x, const char *text)
{
    int64_t until = clock_mono_ms() + LONG_MS;
    bool found = false;
    while (!found && clock_mono_ms() < until) {
        (void)pthread_mutex_lock(&x->say.lock);
        found = x->said && strstr(x->said, text);
        (void)pthread_mutex_unlock(&x->say.lock);
        clock_sleep_ms(5);
    }
    if (!found)
        fail_msg("'%s' was not said", text);
}

static bool has_entry(struct function *f, const char *entry, pid_t *pid)
{
    struct err e = { 0 };
    auto_result r = { 0 };
    function_invoke(f, "\"echo\"", &r);
    auto_json json_t *o = NULL;
    assert_int_equal(r.outcome, INVOKE_OK);
    assert_int_equal(json_parse(r.body, r.len, &o, &e), 0);
    *pid = (pid_t)jget_int(o, "pid", 0);
    const json_t *env = jget_array(o, "env"), *v;
    bool found = false;
    size_t i;
    json_array_foreach(env, i, v) {
        found = found || strcmp(json_string_value(v), entry) == 0;
        if (str_starts(json_string_value(v), "AWS_ACCESS_KEY_ID="))
            assert_string_not_equal(json_string_value(v), "AWS_ACCESS_KEY_ID=AKIDEXAMPLE");
    }
    return found;
}

static int second_key(void *unused, struct creds *out, struct err *e)
{
    (void)unused;
    (void)e;
    *out = (struct creds){ .key_id = xstrdup("SECOND"), .secret = xstrdup("S"), .provider = "t" };
    return 0;
}

static void test_renewed_credentials(void **state)
{
    static const struct aws_options o = { .region = "eu-west-1" };
    struct creds first = { .key_id = xstrdup("FIRST"), .secret = xstrdup("S"), .provider = "t" };
    struct creds ended = { 0 };
    struct fixture *x = *state;
    struct aws aws;
    struct err e = { 0 };
    pid_t pid, next;
    assert_int_equal(aws_init(&aws, &o, NULL, &first, &e), 0);
    aws.renew = second_key;
    x->aws = &aws;
    x->f = start(x, "ingest", LONG_MS);
    assert_true(has_entry(x->f, "AWS_ACCESS_KEY_ID=FIRST", &pid));
    assert_true(has_entry(x->f, "AWS_SECRET_ACCESS_KEY=S", &next));
    assert_int_equal(pid, next);
    assert_int_equal(aws_creds_now(&aws, &ended, &e), 0);
    assert_int_equal(aws_creds_renew(&aws, &ended, &e), 0);
    assert_true(has_entry(x->f, "AWS_ACCESS_KEY_ID=SECOND", &next));
    assert_int_not_equal(pid, next);
    wait_gone(pid);
    function_stop(steal(x->f));
    assert_true(!x->said || !strstr(x->said, "restarting"));
    creds_done(&ended);
    aws_done(&aws);
}

static int other_token(void *unused, struct creds *out, struct err *e)
{
    (void)unused;
    (void)e;
    *out = (struct creds){ .key_id = xstrdup("FIRST"),
                           .secret = xstrdup("S"),
                           .token = xstrdup("SECOND-TOKEN"),
                           .provider = "t" };
    return 0;
}

static void open_client(struct aws *a, int64_t expires_ms,
                        int (*renew)(void *, struct creds *, struct err *))
{
    static const struct aws_options o = { .region = "eu-west-1" };
    struct creds first = { .key_id = xstrdup("FIRST"),
                           .secret = xstrdup("S"),
                           .token = xstrdup("TOKEN"),
                           .expires_ms = expires_ms,
                           .provider = "t" };
    struct err e = { 0 };

    assert_int_equal(aws_init(a, &o, NULL, &first, &e), 0);
    a->renew = renew;
}

/* A session continues with its key; and the process is one that ignores SIGTERM. */
static void test_another_token_is_enough(void **state)
{
    struct fixture *x = *state;
    struct creds ended = { 0 };
    struct aws aws;
    struct err e = { 0 };
    pid_t pid, next;
    open_client(&aws, 0, other_token);
    x->aws = &aws;
    x->f = start(x, "stubborn", LONG_MS);
    assert_true(has_entry(x->f, "AWS_SESSION_TOKEN=TOKEN", &pid));
    assert_int_equal(aws_creds_now(&aws, &ended, &e), 0);
    assert_int_equal(aws_creds_renew(&aws, &ended, &e), 0);
    assert_true(has_entry(x->f, "AWS_SESSION_TOKEN=SECOND-TOKEN", &next));
    assert_int_not_equal(pid, next);
    wait_gone(pid);
    /* its own later failures are reported again */
    auto_result r = { 0 };
    function_invoke(x->f, "\"exit\"", &r);
    wait_said(x, "exited with status 3; restarting it");
    function_stop(steal(x->f));
    assert_null(strstr(x->said, "killed"));
    creds_done(&ended);
    aws_done(&aws);
}

static atomic_bool away;

static int when_there(void *unused, struct creds *out, struct err *e)
{
    if (atomic_load(&away))
        return err_set(e, ERR_NET, "no way there");
    return other_token(unused, out, e);
}

static int64_t now_ms(clockid_t id)
{
    struct timespec t;
    (void)clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t wall_ms(void)
{
    return now_ms(CLOCK_REALTIME);
}

/* When there are credentials, the pause after a failure ends. */
static int64_t mono_ms(void)
{
    return now_ms(CLOCK_MONOTONIC) + (atomic_load(&away) ? 0 : 10000);
}

static void sleep_ms(int64_t ms)
{
    struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
    (void)nanosleep(&t, NULL);
}

/* It starts without any, says so once, and gets them when there are some. */
static void test_credentials_that_come_late(void **state)
{
    static const struct clock shifted = { wall_ms, mono_ms, sleep_ms };
    struct fixture *x = *state;
    struct aws aws;
    pid_t pid, next;
    atomic_store(&away, true);
    clock_use(&shifted);
    open_client(&aws, 1, when_there);
    x->aws = &aws;
    x->f = start(x, "ingest", LONG_MS);
    (void)echo(x->f);
    pid = echo(x->f);
    wait_said(x, "ingest  no valid credentials: the credentials have expired: no way there");
    atomic_store(&away, false);
    assert_true(has_entry(x->f, "AWS_SESSION_TOKEN=SECOND-TOKEN", &next));
    assert_int_not_equal(pid, next);
    function_stop(steal(x->f));
    const char *first = strstr(x->said, "no valid credentials");
    assert_null(strstr(first + 1, "no valid credentials"));
    clock_use(NULL);
    aws_done(&aws);
}

static void test_environment(void **state)
{
    struct fixture *x = *state;
    struct err e = { 0 };
    assert_int_equal(setenv("FIFOQ_TEST_SECRET", "must not pass", 1), 0);
    x->f = start(x, "ingest", LONG_MS);
    auto_result r = { 0 };
    function_invoke(x->f, "\"echo\"", &r);
    assert_int_equal(r.outcome, INVOKE_OK);
    static const char *const wanted[] = {
        "\"_HANDLER=ingest\"",
        "\"LAMBDA_TASK_ROOT=/\"",
        "\"AWS_REGION=eu-west-1\"",
        "\"AWS_LAMBDA_FUNCTION_NAME=orders-ingest\"",
        "\"AWS_ACCESS_KEY_ID=AKIDEXAMPLE\"",
        "\"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128\"",
    };
    for (size_t i = 0; i < COUNTOF(wanted); i++)
        if (!strstr(r.body, wanted[i]))
            fail_msg("%s is not in %s", wanted[i], r.body);
    assert_null(strstr(r.body, "FIFOQ_TEST_SECRET"));
    auto_json json_t *o = NULL;
    assert_int_equal(json_parse(r.body, r.len, &o, &e), 0);
    pid_t pid = (pid_t)jget_int(o, "pid", 0);
    assert_int_equal(getpgid(pid), pid); /* a Ctrl-C reaches fifoq, not the function */
}

static void test_one_process_for_many_events(void **state)
{
    struct fixture *x = *state;
    x->f = start(x, "ingest", LONG_MS);
    pid_t pid = echo(x->f);
    assert_int_equal(echo(x->f), pid);
    auto_result r = { 0 };
    function_invoke(x->f, "\"error\"", &r);
    assert_int_equal(r.outcome, INVOKE_ERROR);
    assert_string_equal(r.body, "Function.Told: as told");
    assert_int_equal(echo(x->f), pid);
}

static void test_death_is_an_error_and_another_start(void **state)
{
    struct fixture *x = *state;
    x->f = start(x, "ingest", LONG_MS);
    pid_t pid = echo(x->f);
    auto_result r = { 0 };
    function_invoke(x->f, "\"exit\"", &r);
    assert_int_equal(r.outcome, INVOKE_DIED);
    assert_string_equal(r.body, "the bootstrap exited with status 3");
    assert_int_not_equal(echo(x->f), pid);
    wait_said(x, "exited with status 3; restarting it");
}

static void test_timeout_ends_the_process(void **state)
{
    struct fixture *x = *state;
    x->f = start(x, "ingest", 200);
    pid_t pid = echo(x->f);
    auto_result r = { 0 };
    function_invoke(x->f, "\"hang\"", &r);
    assert_int_equal(r.outcome, INVOKE_TIMEOUT);
    wait_gone(pid);
    assert_int_not_equal(echo(x->f), pid);
}

static void test_init_error(void **state)
{
    struct fixture *x = *state;
    x->f = start(x, "broken", LONG_MS);
    auto_result r = { 0 };
    function_invoke(x->f, "\"echo\"", &r);
    assert_int_equal(r.outcome, INVOKE_ERROR);
    assert_string_equal(r.body, "Function.ConfigInvalid: no settings");
}

static void test_what_it_writes(void **state)
{
    struct fixture *x = *state;
    x->f = start(x, "ingest", LONG_MS);
    auto_result r = { 0 };
    function_invoke(x->f, "\"say\"", &r);
    wait_said(x, "  ingest  look here (group: c-1)\n");
    wait_said(x, "  ingest  no record at all\n");
    function_stop(steal(x->f));
    assert_null(strstr(x->said, "all is well"));
}

static void test_stop(void **state)
{
    struct fixture *x = *state;
    x->f = start(x, "stubborn", LONG_MS);
    pid_t pid = echo(x->f);
    function_stop(steal(x->f)); /* SIGTERM is ignored */
    assert_int_equal(kill(pid, 0), -1);
    assert_null(strstr(x->said ? x->said : "", "restarting"));
}

static void test_cut(void **state)
{
    struct fixture *x = *state;
    x->f = start(x, "stubborn", LONG_MS);
    pid_t pid = echo(x->f);
    function_cut(x->f);
    auto_result r = { 0 };
    function_invoke(x->f, "\"hang\"", &r);
    assert_int_equal(r.outcome, INVOKE_CUT);
    function_stop(steal(x->f));
    assert_int_equal(kill(pid, 0), -1);
}

/* If fifoq is killed with SIGKILL, no process is left behind. */
static void test_no_orphan(void **state)
{
    struct fixture *x = *state;
    int pipefd[2];
    assert_int_equal(pipe(pipefd), 0);
    pid_t middle = fork();
    if (middle == 0) {
        struct function *f = start(x, "stubborn", LONG_MS);
        pid_t pid = echo(f);
        (void)!write(pipefd[1], &pid, sizeof(pid));
        for (;;)
            (void)pause();
    }
    pid_t pid = 0;
    assert_int_equal(read(pipefd[0], &pid, sizeof(pid)), (ssize_t)sizeof(pid));
    assert_int_equal(kill(middle, SIGKILL), 0);
    (void)waitpid(middle, NULL, 0);
    (void)waitpid(pid, NULL, 0); /* this test must reap it, as set below */
    wait_gone(pid);
    (void)close(pipefd[0]);
    (void)close(pipefd[1]);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)

int main(void)
{
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    static const struct CMUnitTest tests[] = {
        TEST(test_no_orphan), /* first: it forks, and no thread runs yet */
        TEST(test_environment),
        TEST(test_renewed_credentials),
        TEST(test_another_token_is_enough),
        TEST(test_credentials_that_come_late),
        TEST(test_one_process_for_many_events),
        TEST(test_death_is_an_error_and_another_start),
        TEST(test_timeout_ends_the_process),
        TEST(test_init_error),
        TEST(test_what_it_writes),
        TEST(test_stop),
        TEST(test_cut),
    };
    return cmocka_run_group_tests_name("a function's process", tests, NULL, NULL);
}
