/* test_lambda.c: the loop with a scripted Runtime API: its input, and its answers. */
#include "unit.h"

#include "json.h"
#include "lambda.h"
#include "log.h"
#include "mem.h"
#include "text.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One line of the script: the expected next request, and its answer. */
struct line {
    const char *expect; /* "GET /next" or the beginning of "POST /response body" */
    unsigned status;
    const char *id;      /* of an invocation; NULL: an answer without headers */
    const char *attempt; /* Lambda-Runtime-Invocation-Id */
    const char *body;
};

struct api {
    struct MHD_Daemon *daemon;
    const struct line *lines;
    size_t n, at;
    pthread_mutex_t lock;
    char problem[400];
    char headers[400]; /* of the last POST */
};

struct asked {
    struct buf body;
    bool begun;
};

static volatile sig_atomic_t working, stop;
static int next_status; /* the handler's answer: 0, or the code of its error */
static char trace_seen[80];

static enum MHD_Result note_header(void *arg, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    struct api *a = arg;
    size_t n = strlen(a->headers);

    (void)kind;
    if (str_starts(name, "Lambda-") || str_starts(name, "Content-Type"))
        (void)snprintf(a->headers + n, sizeof(a->headers) - n, "%s: %s|", name, value);
    return MHD_YES;
}

static enum MHD_Result answer(struct MHD_Connection *c, const struct line *l)
{
    const char *body = l->body ? l->body : "";
    struct MHD_Response *r =
        MHD_create_response_from_buffer(strlen(body), (void *)body, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result rc;

    if (l->id) {
        (void)MHD_add_response_header(r, "Lambda-Runtime-Aws-Request-Id", l->id);
        (void)MHD_add_response_header(r, "Lambda-Runtime-Deadline-Ms", "1790000000000");
        (void)MHD_add_response_header(r, "Lambda-Runtime-Trace-Id", "Root=1-2-3");
        (void)MHD_add_response_header(r, "Lambda-Runtime-Invoked-Function-Arn", "arn:f");
    }
    if (l->attempt)
        (void)MHD_add_response_header(r, "Lambda-Runtime-Invocation-Id", l->attempt);
    rc = MHD_queue_response(c, l->status, r);
    MHD_destroy_response(r);
    return rc;
}

// NOLINTNEXTLINE(readability-function-size): libmicrohttpd's signature
static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *n, void **state)
{
    struct api *a = arg;
    struct asked *q = *state;
    auto_free char *have = NULL;
    static const struct line gone = { .status = 500 };
    const struct line *l;

    (void)version;
    if (!q) {
        *state = q = xcalloc(1, sizeof(*q));
        q->body = BUF(BUF_SMALL);
        return MHD_YES;
    }
    if (*n) {
        buf_add(&q->body, data, *n);
        *n = 0;
        return MHD_YES;
    }
    have = xasprintf("%s %s %s", method, url, buf_str(&q->body));
    (void)pthread_mutex_lock(&a->lock);
    l = a->at < a->n ? &a->lines[a->at++] : &gone;
    if (l == &gone || !strstr(have, l->expect))
        (void)snprintf(a->problem, sizeof(a->problem), "line %zu: %s", a->at, have);
    a->headers[0] = '\0';
    (void)MHD_get_connection_values(c, MHD_HEADER_KIND, note_header, a);
    if (a->at == a->n)
        stop = 1;
    (void)pthread_mutex_unlock(&a->lock);
    return answer(c, l);
}

static void on_completed(void *arg, struct MHD_Connection *c, void **state,
                         enum MHD_RequestTerminationCode why)
{
    struct asked *q = *state;

    (void)arg;
    (void)c;
    (void)why;
    if (q)
        buf_done(&q->body);
    free(q);
    *state = NULL;
}

static int handler(void *arg, const struct invocation *in, json_t **out, struct err *e)
{
    const char *trace = getenv("_X_AMZN_TRACE_ID");

    (void)arg;
    (void)snprintf(trace_seen, sizeof(trace_seen), "%s", trace ? trace : "");
    assert_int_equal(working, 1);
    assert_string_equal(in->function_arn, "arn:f");
    assert_true(in->deadline_ms == INT64_C(1790000000000));
    if (next_status)
        return err_set(e, (enum err_code)next_status, "it is \"broken\"");
    *out = json_pack("{s:s#}", "echo", in->body, (int)in->body_len);
    return 0;
}

/* The loop's result, after checking that the script was followed. */
static int run(struct api *a, const struct line *lines, size_t n, struct err *e)
{
    struct lambda l = { 0 };
    const union MHD_DaemonInfo *info;
    char address[40];
    int rc;

    *a = (struct api){ .lines = lines, .n = n };
    (void)pthread_mutex_init(&a->lock, NULL);
    a->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, on_request, a,
                                 MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
    assert_non_null(a->daemon);
    info = MHD_get_daemon_info(a->daemon, MHD_DAEMON_INFO_BIND_PORT);
    (void)snprintf(address, sizeof(address), "127.0.0.1:%u", info->port);
    stop = working = 0;
    assert_int_equal(lambda_init(&l, address, &working, &stop, e), 0);
    rc = lambda_loop(&l, handler, NULL, e);
    lambda_done(&l);
    MHD_stop_daemon(a->daemon);
    (void)pthread_mutex_destroy(&a->lock);
    if (a->problem[0])
        fail_msg("%s", a->problem);
    assert_int_equal(a->at, n);
    return rc;
}

#define NEXT "GET /2018-06-01/runtime/invocation/next"
#define POST "POST /2018-06-01/runtime/invocation/"

static void test_answers(void **state)
{
    static const struct line lines[] = {
        { NEXT, 200, "r1", "attempt-1", "[1]" },
        { POST "r1/response {\"echo\":\"[1]\"}", 202, NULL, NULL, NULL },
    };
    struct api a;
    struct err e = { 0 };
    (void)state;

    next_status = 0;
    assert_int_equal(run(&a, lines, COUNTOF(lines), &e), 0);
    assert_non_null(strstr(a.headers, "Lambda-Runtime-Invocation-Id: attempt-1|"));
    assert_non_null(strstr(a.headers, "Content-Type: application/json|"));
    assert_string_equal(trace_seen, "Root=1-2-3");
}

static void test_no_attempt_no_echo(void **state)
{
    static const struct line lines[] = {
        { NEXT, 200, "r1", NULL, "{}" },
        { POST "r1/response", 202, NULL, NULL, NULL },
    };
    struct api a;
    struct err e = { 0 };
    (void)state;

    next_status = 0;
    assert_int_equal(run(&a, lines, COUNTOF(lines), &e), 0);
    assert_null(strstr(a.headers, "Invocation-Id"));
}

static void test_errors_are_typed(void **state)
{
    static const struct line lines[] = {
        { NEXT, 200, "r1", "x", "{}" },
        { POST "r1/error {\"errorMessage\":\"it is "
               "\\\"broken\\\"\",\"errorType\":\"Function.ConfigInvalid\","
               "\"stackTrace\":[]}",
          202, NULL, NULL, NULL },
    };
    struct api a;
    struct err e = { 0 };
    (void)state;

    next_status = ERR_CONFIG;
    assert_int_equal(run(&a, lines, COUNTOF(lines), &e), 0);
    assert_non_null(
        strstr(a.headers, "Lambda-Runtime-Function-Error-Type: Function.ConfigInvalid|"));
    assert_non_null(strstr(a.headers, "Lambda-Runtime-Invocation-Id: x|"));
}

/* The invocation timed out, the answer is too large, was given before, is unknown: it is over, and
 * the next one follows. */
static void test_refused_answers_are_survived(void **state)
{
    static const struct line lines[] = {
        { NEXT, 200, "r1", "a", "{}" }, { POST "r1/response", 410, NULL, NULL, "{}" },
        { NEXT, 200, "r2", "b", "{}" }, { POST "r2/response", 413, NULL, NULL, "{}" },
        { NEXT, 200, "r3", "c", "{}" }, { POST "r3/response", 400, NULL, NULL, "{}" },
        { NEXT, 200, "r4", "d", "{}" }, { POST "r4/response", 403, NULL, NULL, "{}" },
        { NEXT, 200, "r5", "e", "{}" }, { POST "r5/response", 202, NULL, NULL, "{}" },
    };
    struct api a;
    struct err e = { 0 };
    (void)state;

    next_status = 0;
    assert_int_equal(run(&a, lines, COUNTOF(lines), &e), 0);
}

static void test_container_error(void **state)
{
    static const struct line lines[] = {
        { NEXT, 200, "r1", "a", "{}" },
        { POST "r1/response", 500, NULL, NULL, NULL },
    };
    struct api a;
    struct err e = { 0 };
    (void)state;

    next_status = 0;
    assert_int_equal(run(&a, lines, COUNTOF(lines), &e), -1);
    assert_non_null(strstr(e.msg, "500"));
}

static void test_three_failures_in_a_row(void **state)
{
    static const struct line lines[] = {
        { NEXT, 500, NULL, NULL, NULL },   { NEXT, 200, NULL, NULL, "no id" },
        { NEXT, 200, "r1", "a", "{}" },    { POST "r1/response", 202, NULL, NULL, NULL },
        { NEXT, 500, NULL, NULL, NULL },   { NEXT, 500, NULL, NULL, NULL },
        { NEXT, 500, NULL, NULL, "last" },
    };
    struct api a;
    struct err e = { 0 };
    (void)state;

    next_status = 0;
    assert_int_equal(run(&a, lines, COUNTOF(lines), &e), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_no_attempt_no_echo),
        cmocka_unit_test(test_errors_are_typed),
        cmocka_unit_test(test_refused_answers_are_survived),
        cmocka_unit_test(test_container_error),
        cmocka_unit_test(test_three_failures_in_a_row),
    };

    mem_init();
    log_setup(LOG_JSON, LOG_FATAL, 2);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
