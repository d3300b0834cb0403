/* test_dev_runtime_api.c: the Runtime API over HTTP, as seen by a function's process. */
#include "unit.h"

#include "clock.h"
#include "dev/runtime_state.h"
#include "extension.h"
#include "http.h"
#include "json.h"
#include "mem.h"
#include "text.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define ARN "arn:aws:lambda:eu-west-1:123456789012:function:orders-ingest"
enum { LONG_MS = 30000 };

struct fixture {
    struct http *http;
    struct runtime_api *api;
    pthread_t invoker;
    const char *event;
    int64_t timeout_ms, init_ms;
    struct invoke_result result;
    atomic_bool over;
};

static void *invoker_main(void *arg)
{
    struct fixture *f = arg;
    runtime_api_invoke(f->api, f->event, f->timeout_ms, f->init_ms, &f->result);
    atomic_store(&f->over, true);
    return NULL;
}

static void invoke(struct fixture *f, const char *event, int64_t timeout_ms, int64_t init_ms)
{
    invoke_result_done(&f->result);
    f->event = event;
    f->timeout_ms = timeout_ms;
    f->init_ms = init_ms;
    atomic_store(&f->over, false);
    assert_int_equal(pthread_create(&f->invoker, NULL, invoker_main, f), 0);
}

static void assert_result(struct fixture *f, enum invoke_outcome outcome, const char *body)
{
    (void)pthread_join(f->invoker, NULL);
    assert_int_equal(f->result.outcome, outcome);
    assert_string_equal(f->result.body, body);
    assert_int_equal(f->result.len, strlen(body));
}

// NOLINTNEXTLINE(readability-function-size): one more than the rule
static int send_to(struct fixture *f, const char *method, const char *path, const char *body,
                   const struct http_header *headers, size_t n, struct http_response *r)
{
    struct err e = { 0 };
    auto_free char *url = xasprintf("http://%s/2018-06-01/%s", runtime_api_address(f->api), path);
    struct http_request q = { .method = method,
                              .url = url,
                              .headers = headers,
                              .n_headers = n,
                              .body = body,
                              .body_len = body ? strlen(body) : 0,
                              .timeout_ms = LONG_MS,
                              .no_proxy = true };
    int rc = http_send(f->http, &q, r, &e);
    return rc == 0 ? r->status : -1;
}

static int post(struct fixture *f, const char *path, const char *body)
{
    auto_response r = { 0 };
    return send_to(f, "POST", path, body, NULL, 0, &r);
}

static int post_as(struct fixture *f, const char *path, const char *body, const char *name,
                   const char *value)
{
    auto_response r = { 0 };
    struct http_header h = { name, value };
    return send_to(f, "POST", path, body, &h, 1, &r);
}

/* The request id of the event that /next returns, for a path: "runtime/invocation/ID/<what>". */
static char *next_path(struct fixture *f, const char *event, const char *what)
{
    auto_response r = { 0 };
    assert_int_equal(send_to(f, "GET", "runtime/invocation/next", NULL, NULL, 0, &r), 200);
    assert_string_equal(r.body, event);
    return xasprintf("runtime/invocation/%s/%s",
                     http_header_get(&r, "lambda-runtime-aws-request-id"), what);
}

static int set_up(void **state)
{
    struct err e = { 0 };
    struct fixture *f = xcalloc(1, sizeof(*f));
    struct http_options o = { 0 };
    if (http_new(&f->http, &o, &e) < 0 || runtime_api_new(&f->api, ARN, &e) < 0)
        return -1;
    runtime_api_started(f->api);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    free(runtime_api_ended(f->api, "the test is over"));
    runtime_api_free(f->api);
    http_free(f->http);
    invoke_result_done(&f->result);
    free(f);
    return 0;
}

static void wait_asked(struct fixture *f)
{
    int64_t until = clock_mono_ms() + LONG_MS;
    bool waits = false;
    while (!waits && clock_mono_ms() < until) {
        (void)pthread_mutex_lock(&f->api->lock);
        waits = f->api->waiting != NULL;
        (void)pthread_mutex_unlock(&f->api->lock);
        clock_sleep_ms(1);
    }
    assert_true(waits);
}

static void test_headers(void **state)
{
    struct fixture *f = *state;
    int64_t before = clock_wall_ms();
    invoke(f, "{\"a\":1}", LONG_MS, LONG_MS);
    auto_response r = { 0 };
    assert_int_equal(send_to(f, "GET", "runtime/invocation/next", NULL, NULL, 0, &r), 200);
    assert_string_equal(r.body, "{\"a\":1}");
    assert_string_equal(http_header_get(&r, "lambda-runtime-invoked-function-arn"), ARN);
    const char *id = http_header_get(&r, "lambda-runtime-aws-request-id");
    assert_int_equal(strlen(id), 36);
    assert_string_not_equal(id, http_header_get(&r, "lambda-runtime-invocation-id"));
    int64_t deadline = strtoll(http_header_get(&r, "lambda-runtime-deadline-ms"), NULL, 10);
    assert_in_range(deadline, before + LONG_MS, clock_wall_ms() + LONG_MS);
    assert_true(str_starts(http_header_get(&r, "lambda-runtime-trace-id"), "Root=1-"));
    auto_free char *path = xasprintf("runtime/invocation/%s/response", id);
    assert_int_equal(post_as(f, path, "{}", "Lambda-Runtime-Invocation-Id",
                             http_header_get(&r, "lambda-runtime-invocation-id")),
                     202);
    assert_result(f, INVOKE_OK, "{}");
}

/* /next first, the event later; then the same over the same connection. */
static void *asking_main(void *arg)
{
    struct fixture *f = arg;
    for (int i = 0; i < 3; i++) {
        auto_free char *path = next_path(f, "{}", "response");
        if (post(f, path, "[]") != 202)
            return f;
    }
    return NULL;
}

static void test_next_waits(void **state)
{
    struct fixture *f = *state;
    pthread_t asking;
    assert_int_equal(pthread_create(&asking, NULL, asking_main, f), 0);
    for (int i = 0; i < 3; i++) {
        wait_asked(f);
        invoke(f, "{}", LONG_MS, LONG_MS);
        assert_result(f, INVOKE_OK, "[]");
    }
    void *failed = f;
    (void)pthread_join(asking, &failed);
    assert_null(failed);
    assert_int_equal(runtime_api_handed(f->api), 3);
}

static void test_errors(void **state)
{
    struct fixture *f = *state;
    invoke(f, "{}", LONG_MS, LONG_MS);
    auto_free char *path = next_path(f, "{}", "error");
    assert_int_equal(
        post(f, path, "{\"errorMessage\":\"no such thing\",\"errorType\":\"Function.X\"}"), 202);
    assert_result(f, INVOKE_ERROR, "Function.X: no such thing");
}

static void test_refusals(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(post(f, "runtime/invocation/nobody/response", "{}"), 400);
    assert_int_equal(post(f, "runtime/invocation/nobody/else", "{}"), 404);
    assert_int_equal(post(f, "runtime/nothing", "{}"), 404);
    invoke(f, "{}", LONG_MS, LONG_MS);
    auto_free char *path = next_path(f, "{}", "response");
    auto_free char *again = next_path(f, "{}", "response"); /* running: the same event again */
    assert_string_equal(again, path);
    assert_int_equal(post_as(f, path, "{}", "Lambda-Runtime-Function-Response-Mode", "chunky"),
                     400);
    assert_int_equal(post_as(f, path, "{}", "Lambda-Runtime-Invocation-Id", "an earlier attempt"),
                     410);
    assert_int_equal(post(f, path, "1"), 202);
    assert_result(f, INVOKE_OK, "1");
    assert_int_equal(post(f, path, "2"), 403);
    assert_int_equal(post(f, "runtime/init/error", "{}"), 403); /* the init phase is over */
}

static void test_too_large(void **state)
{
    struct fixture *f = *state;
    size_t n = (6u << 20) + 101;
    auto_free char *body = xcalloc(1, n + 1);
    (void)memset(body, ' ', n);
    invoke(f, "{}", LONG_MS, LONG_MS);
    auto_free char *path = next_path(f, "{}", "response");
    assert_int_equal(post(f, path, body), 413);
    (void)pthread_join(f->invoker, NULL);
    assert_int_equal(f->result.outcome, INVOKE_ERROR);
    assert_true(str_starts(f->result.body, "Function.ResponseSizeTooLarge"));

    body[n - 1] = '\0'; /* the largest that is accepted */
    invoke(f, "{}", LONG_MS, LONG_MS);
    auto_free char *second = next_path(f, "{}", "response");
    assert_int_equal(post(f, second, body), 202);
    assert_result(f, INVOKE_OK, body);
}

static void test_timeout(void **state)
{
    struct fixture *f = *state;
    invoke(f, "{}", 50, LONG_MS);
    auto_free char *path = next_path(f, "{}", "response");
    assert_result(f, INVOKE_TIMEOUT, "timed out after 0.05 s");
    assert_int_equal(post(f, path, "{}"), 410);
}

static void test_never_asks(void **state)
{
    struct fixture *f = *state;
    invoke(f, "{}", LONG_MS, 50);
    assert_result(f, INVOKE_TIMEOUT, "did not request an event within 0.05 s");
}

static void test_death(void **state)
{
    struct fixture *f = *state;
    invoke(f, "{}", LONG_MS, LONG_MS);
    auto_free char *path = next_path(f, "{}", "response");
    auto_free char *why = runtime_api_ended(f->api, "it exited");
    assert_string_equal(why, "it exited");
    assert_result(f, INVOKE_DIED, "it exited");
    runtime_api_started(f->api);
    assert_int_equal(post(f, path, "{}"), 403);
    /* the new process gets the next event */
    invoke(f, "[1]", LONG_MS, LONG_MS);
    auto_free char *second = next_path(f, "[1]", "response");
    assert_int_equal(post(f, second, "{}"), 202);
    assert_result(f, INVOKE_OK, "{}");
}

/* The process exits while it waits in /next: its connection is closed, the next process is served.
 */
static void *abandoned_main(void *arg)
{
    struct fixture *f = arg;
    auto_response r = { 0 };
    return send_to(f, "GET", "runtime/invocation/next", NULL, NULL, 0, &r) == -1 ? NULL : f;
}

static void test_death_while_waiting(void **state)
{
    struct fixture *f = *state;
    pthread_t asking;
    assert_int_equal(pthread_create(&asking, NULL, abandoned_main, f), 0);
    wait_asked(f);
    free(runtime_api_ended(f->api, "it exited"));
    runtime_api_started(f->api);
    invoke(f, "{}", LONG_MS, LONG_MS);
    auto_free char *path = next_path(f, "{}", "response");
    assert_int_equal(post(f, path, "{}"), 202);
    assert_result(f, INVOKE_OK, "{}");
    void *failed = f;
    (void)pthread_join(asking, &failed);
    assert_null(failed);
}

/* Until the invoker has sent its event: a process that exits before is another one. */
static void wait_active(struct fixture *f)
{
    int64_t until = clock_mono_ms() + LONG_MS;
    bool active = false;
    while (!active && clock_mono_ms() < until) {
        (void)pthread_mutex_lock(&f->api->lock);
        active = f->api->now.active;
        (void)pthread_mutex_unlock(&f->api->lock);
        clock_sleep_ms(1);
    }
    assert_true(active);
}

static void test_init_error(void **state)
{
    struct fixture *f = *state;
    invoke(f, "{}", LONG_MS, LONG_MS);
    wait_active(f);
    assert_int_equal(
        post(f, "runtime/init/error",
             "{\"errorMessage\":\"no settings\",\"errorType\":\"Function.ConfigInvalid\"}"),
        202);
    auto_free char *why = runtime_api_ended(f->api, "the bootstrap exited with status 1");
    assert_string_equal(why, "Function.ConfigInvalid: no settings");
    assert_result(f, INVOKE_ERROR, "Function.ConfigInvalid: no settings");
}

static bool in_event_next(struct fixture *f)
{
    (void)pthread_mutex_lock(&f->api->lock);
    bool waits = f->api->extension != NULL;
    (void)pthread_mutex_unlock(&f->api->lock);
    return waits;
}

static void wait_in_event_next(struct fixture *f)
{
    int64_t until = clock_mono_ms() + LONG_MS;
    while (!in_event_next(f) && clock_mono_ms() < until)
        clock_sleep_ms(1);
    assert_true(in_event_next(f));
}

/* The bootstrap's own extension: it waits for an event that never arrives, and the function's
 * events arrive as usual. Its request ends with the process or with its transport. */
static void test_extension(void **state)
{
    struct fixture *f = *state;
    for (int life = 0; life < 2; life++) {
        struct extension x = { 0 };
        struct http *http = NULL;
        struct http_options o = { .max_per_host = 2 };
        struct err e = { 0 };
        assert_int_equal(http_new(&http, &o, &e), 0);
        extension_register(&x, http, runtime_api_address(f->api));
        assert_string_equal(x.id, f->api->extension_id);
        wait_in_event_next(f);
        invoke(f, "{}", LONG_MS, LONG_MS);
        auto_free char *path = next_path(f, "{}", "response");
        assert_int_equal(post(f, path, "[]"), 202);
        assert_result(f, INVOKE_OK, "[]");
        assert_true(in_event_next(f));
        if (life == 0)
            http_free(steal(http));
        free(runtime_api_ended(f->api, "it exited"));
        assert_false(in_event_next(f));
        http_free(http);
        extension_done(&x);
        runtime_api_started(f->api);
    }
}

static int send_extension(struct fixture *f, const char *method, const char *path, const char *name,
                          const char *value)
{
    struct err e = { 0 };
    struct http_header h = { name, value };
    auto_response r = { 0 };
    auto_free char *url =
        xasprintf("http://%s/2020-01-01/extension/%s", runtime_api_address(f->api), path);
    struct http_request q = { .method = method,
                              .url = url,
                              .headers = &h,
                              .n_headers = name ? 1 : 0,
                              .timeout_ms = LONG_MS,
                              .no_proxy = true };
    return http_send(f->http, &q, &r, &e) == 0 ? r.status : -1;
}

static void test_extension_refusals(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(send_extension(f, "POST", "register", NULL, NULL), 403);
    assert_int_equal(send_extension(f, "GET", "event/next", NULL, NULL), 403);
    assert_int_equal(
        send_extension(f, "GET", "event/next", "Lambda-Extension-Identifier", "nobody"), 403);
    assert_int_equal(send_extension(f, "POST", "register", "Lambda-Extension-Name", "x"), 200);
    free(runtime_api_ended(f->api, "it exited"));
    runtime_api_started(f->api);
    invoke(f, "{}", LONG_MS, LONG_MS);
    auto_free char *path = next_path(f, "{}", "response");
    assert_int_equal(send_extension(f, "POST", "register", "Lambda-Extension-Name", "x"), 403);
    assert_int_equal(post(f, path, "1"), 202); /* too late, and harmless */
    assert_result(f, INVOKE_OK, "1");
}

/* If the Extensions API refuses, or nobody listens, there is no extension; everything else works.
 */
static void test_no_extension(void **state)
{
    struct fixture *f = *state;
    struct extension x = { 0 };
    extension_register(&x, f->http, "127.0.0.1:1");
    assert_null(x.id);
    invoke(f, "{}", LONG_MS, LONG_MS);
    auto_free char *path = next_path(f, "{}", "response");
    extension_register(&x, f->http, runtime_api_address(f->api));
    assert_null(x.id);
    assert_int_equal(post(f, path, "1"), 202);
    assert_result(f, INVOKE_OK, "1");
    extension_done(&x);
}

static void test_cut(void **state)
{
    struct fixture *f = *state;
    invoke(f, "{}", LONG_MS, LONG_MS);
    free(next_path(f, "{}", "response"));
    runtime_api_cut(f->api);
    assert_result(f, INVOKE_CUT, "stopped");
    invoke(f, "{}", LONG_MS, LONG_MS);
    assert_result(f, INVOKE_CUT, "stopped");
}

/* Another program on this machine that finds the port, or a web page that is directed to it. */
static void test_only_the_function_is_served(void **state)
{
    static const struct http_header foreign[] = {
        { "Host", "evil.example" },
        { "Host", "127.0.0.1.evil.example" },
        { "Origin", "https://evil.example" },
        { "Sec-Fetch-Site", "cross-site" },
    };
    struct fixture *f = *state;
    auto_free char *with_word = xstrdup(runtime_api_address(f->api));
    char *word = strchr(with_word, '/') + 1;

    invoke(f, "{}", LONG_MS, LONG_MS);
    for (size_t i = 0; i < COUNTOF(foreign); i++) {
        auto_response r = { 0 };
        assert_int_equal(send_to(f, "GET", "runtime/invocation/next", NULL, &foreign[i], 1, &r),
                         403);
    }
    for (int i = 0; i < 3; i++) {
        auto_response r = { 0 };
        struct err e = { 0 };
        word[-1] = '\0';
        auto_free char *url = xasprintf("http://%s%s%.*s/2018-06-01/runtime/invocation/next",
                                        with_word, i ? "/" : "", i == 2 ? 35 : 0, word);
        struct http_request q = { .method = "GET", .url = url, .timeout_ms = LONG_MS };
        q.no_proxy = true;
        assert_int_equal(http_send(f->http, &q, &r, &e), 0);
        assert_int_equal(r.status, 403);
    }
    auto_free char *path = next_path(f, "{}", "response");
    assert_int_equal(post(f, path, "1"), 202);
    assert_result(f, INVOKE_OK, "1");
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)

int main(void)
{
    mem_init();
    static const struct CMUnitTest tests[] = {
        TEST(test_only_the_function_is_served),
        TEST(test_headers),
        TEST(test_next_waits),
        TEST(test_errors),
        TEST(test_refusals),
        TEST(test_too_large),
        TEST(test_timeout),
        TEST(test_never_asks),
        TEST(test_death),
        TEST(test_death_while_waiting),
        TEST(test_init_error),
        TEST(test_cut),
        TEST(test_extension),
        TEST(test_extension_refusals),
        TEST(test_no_extension),
    };
    return cmocka_run_group_tests_name("the Runtime API", tests, NULL, NULL);
}
