/* test_http.c: the transport with a real HTTP server in the same process. */
#include "unit.h"

#include "http.h"
#include "mem.h"
#include "parallel.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Answers with "METHOD target|name=value of X-Test|body"; /big sends 1 MiB, /slow never answers in
 * time, /hang-up closes the connection. */
struct asked {
    struct buf body;
    char *target;
    bool begun; /* the head was read; the body arrives in later calls */
};

struct server {
    struct MHD_Daemon *mhd;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int connections, hung_up;
    bool closing;
};

static void wait_for_closing(struct server *s)
{
    (void)pthread_mutex_lock(&s->lock);
    while (!s->closing)
        (void)pthread_cond_wait(&s->changed, &s->lock);
    (void)pthread_mutex_unlock(&s->lock);
}

static void *on_uri(void *arg, const char *uri, struct MHD_Connection *c)
{
    struct asked *a = xcalloc(1, sizeof(*a));

    (void)arg;
    (void)c;
    a->body = BUF(BUF_LARGE);
    a->target = xstrdup(uri);
    return a;
}

// NOLINTNEXTLINE(readability-function-size): libmicrohttpd's signature
static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *n, void **state)
{
    struct server *s = arg;
    struct asked *a = *state;
    auto_buf text = BUF(BUF_LARGE);
    struct MHD_Response *r;
    enum MHD_Result rc;
    const char *header = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "X-Test");
    const char *type = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Content-Type");

    (void)version;
    if (!a->begun) {
        a->begun = true;
        return MHD_YES;
    }
    if (*n) {
        buf_add(&a->body, data, *n);
        *n = 0;
        return MHD_YES;
    }
    if (strcmp(url, "/hang-up") == 0) {
        (void)pthread_mutex_lock(&s->lock);
        s->hung_up++;
        (void)pthread_mutex_unlock(&s->lock);
        return MHD_NO;
    }
    if (strcmp(url, "/slow") == 0)
        wait_for_closing(s);
    buf_printf(&text, "%s %s|%s|%s|%s", method, a->target, header ? header : "-", type ? type : "-",
               buf_str(&a->body));
    while (strcmp(url, "/big") == 0 && text.len < (1 << 20))
        buf_puts(&text, "0123456789abcdef");
    r = MHD_create_response_from_buffer(text.len, (void *)buf_str(&text), MHD_RESPMEM_MUST_COPY);
    (void)MHD_add_response_header(r, "X-Answer", " spaced ");
    rc = MHD_queue_response(c, 418, r);
    MHD_destroy_response(r);
    return rc;
}

static void on_completed(void *arg, struct MHD_Connection *c, void **state,
                         enum MHD_RequestTerminationCode why)
{
    struct asked *a = *state;

    (void)arg;
    (void)c;
    (void)why;
    if (!a)
        return;
    buf_done(&a->body);
    free(a->target);
    free(a);
    *state = NULL;
}

static void on_connection(void *arg, struct MHD_Connection *c, void **state,
                          enum MHD_ConnectionNotificationCode code)
{
    struct server *s = arg;

    (void)c;
    (void)state;
    (void)pthread_mutex_lock(&s->lock);
    s->connections += code == MHD_CONNECTION_NOTIFY_STARTED;
    (void)pthread_mutex_unlock(&s->lock);
}

static struct server server = { .lock = PTHREAD_MUTEX_INITIALIZER,
                                .changed = PTHREAD_COND_INITIALIZER };
static struct http *http;

static char *url(const char *target)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server.mhd, MHD_DAEMON_INFO_BIND_PORT);

    return xasprintf("http://127.0.0.1:%u%s", info->port, target);
}

static int set_up(void **state)
{
    struct err e = { 0 };

    (void)state;
    server.mhd = MHD_start_daemon(
        MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL, 0, NULL,
        NULL, on_request, &server, MHD_OPTION_URI_LOG_CALLBACK, on_uri, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, &server, MHD_OPTION_END);
    return server.mhd ? http_new(&http, &(struct http_options){ .user_agent = "fifoq" }, &e) : -1;
}

static int tear_down(void **state)
{
    (void)state;
    (void)pthread_mutex_lock(&server.lock);
    server.closing = true;
    (void)pthread_cond_broadcast(&server.changed);
    (void)pthread_mutex_unlock(&server.lock);
    http_free(http);
    MHD_stop_daemon(server.mhd);
    return 0;
}

static void expect(const char *method, const char *target, const char *body, const char *answer)
{
    struct err e = { 0 };
    auto_free char *where = url(target);
    auto_response r = { 0 };
    const struct http_header headers[] = { { "X-Test", "" }, { "Content-Type", "text/x" } };
    struct http_request q = { .method = method,
                              .url = where,
                              .headers = headers,
                              .n_headers = 2,
                              .body = body,
                              .body_len = body ? strlen(body) : 0,
                              .timeout_ms = 30000 };

    assert_int_equal(http_send(http, &q, &r, &e), 0);
    assert_int_equal(r.status, 418);
    assert_string_equal(r.body, answer);
    assert_string_equal(http_header_get(&r, "x-answer"), "spaced");
}

static void requests_go_out_as_they_are(void **state)
{
    (void)state;
    expect("GET", "/a//b/../c%3A:%20?b=2&a=%2f&a", NULL,
           "GET /a//b/../c%3A:%20?b=2&a=%2f&a||text/x|");
    expect("POST", "/", "body", "POST /||text/x|body");
    expect("POST", "/", NULL, "POST /||text/x|");
    expect("PUT", "/", "b", "PUT /||text/x|b");
    expect("DELETE", "/x", NULL, "DELETE /x||text/x|");
    expect("DELETE", "/x", "why", "DELETE /x||text/x|why");
}

static void nothing_goes_out_with_a_line_break_in_a_header(void **state)
{
    static const char *const values[] = { "hidden\r\nX-Test: 2", "hidden\n", "hid\001den", "\x7f" };
    auto_free char *where = url("/?hidden");
    struct http_stats before = http_stats(http);

    (void)state;
    for (size_t i = 0; i < COUNTOF(values); i++) {
        const struct http_header header = { "X-Token", values[i] };
        struct http_request q = {
            .method = "GET", .url = where, .headers = &header, .n_headers = 1, .timeout_ms = 30000
        };
        auto_response r = { 0 };
        struct err e = { 0 };

        assert_int_equal(http_send(http, &q, &r, &e), -1);
        assert_int_equal(e.code, ERR_CREDENTIALS);
        assert_false(e.unknown);
        assert_non_null(strstr(e.msg, "X-Token"));
        assert_null(strstr(e.msg, "hid"));
    }
    assert_int_equal(http_stats(http).requests, before.requests);
}

static void send_one(void *arg, size_t i)
{
    struct err e = { 0 };
    auto_free char *where = url("/n");
    auto_free char *body = xasprintf("%zu", i), *answer = xasprintf("POST /n|-|-|%zu", i);
    auto_response r = { 0 };
    struct http_request q = {
        .method = "POST", .url = where, .body = body, .body_len = strlen(body), .timeout_ms = 30000
    };

    if (http_send(http, &q, &r, &e) == 0 && strcmp(r.body, answer) == 0)
        ((bool *)arg)[i] = true;
}

static void connections_are_kept_and_shared(void **state)
{
    bool right[200] = { false };
    int before, used;

    (void)state;
    send_one(right, 0);
    before = server.connections;
    for (size_t i = 0; i < 20; i++)
        send_one(right, i);
    assert_int_equal(server.connections, before);
    parallel_each(COUNTOF(right), 16, send_one, right);
    used = server.connections - before;
    assert_true(used <= 16);
    for (size_t i = 0; i < COUNTOF(right); i++)
        assert_true(right[i]);
}

static int send_to(const char *where, long timeout_ms, size_t max_body, struct err *e)
{
    auto_response r = { 0 };
    struct http_request q = {
        .method = "GET", .url = where, .timeout_ms = timeout_ms, .max_body = max_body
    };

    return http_send(http, &q, &r, e);
}

static void failures_are_told_apart(void **state)
{
    struct err e = { 0 };
    auto_free char *slow = url("/slow"), *big = url("/big?secret=1"), *other = url("/big");

    (void)state;
    assert_int_equal(send_to(slow, 50, 0, &e), -1);
    assert_int_equal(e.code, ERR_TIMEOUT);
    assert_int_equal(send_to(big, 30000, 1000, &e), -1);
    assert_int_equal(e.code, ERR_PARSE);
    assert_null(strstr(e.msg, "secret"));
    assert_int_equal(send_to(other, 30000, 0, &e), 0);
    assert_int_equal(send_to("http://127.0.0.1:1/", 30000, 0, &e), -1);
    assert_int_equal(e.code, ERR_NET);
    assert_string_equal(e.msg, "cannot connect to '127.0.0.1:1'");
    assert_int_equal(send_to("ftp://127.0.0.1/", 30000, 0, &e), -1);
    assert_int_equal(e.code, ERR_NET);
    assert_int_equal(send_to("not a url", 30000, 0, &e), -1);
    assert_int_equal(e.code, ERR_NET);
}

/* A caller that does not want the body gets the status, and a connection that can be reused. */
static void large_answers_can_be_cut(void **state)
{
    auto_free char *big = url("/big");
    struct http_request q = {
        .method = "GET", .url = big, .timeout_ms = 30000, .max_body = 1000, .drop_rest = true
    };
    auto_response r = { 0 };
    struct err e = { 0 };

    (void)state;
    assert_int_equal(http_send(http, &q, &r, &e), 0);
    assert_int_equal(r.status, 418);
    assert_int_equal(r.body_len, 1000);
}

/* A server may have processed a request before it hangs up: nothing is sent again without the
 * caller. */
static void what_may_have_arrived_is_sent_once(void **state)
{
    auto_free char *where = url("/hang-up");
    struct http_request q = {
        .method = "POST", .url = where, .body = "x", .body_len = 1, .timeout_ms = 30000
    };
    auto_response r = { 0 };
    struct err e = { 0 };

    (void)state;
    expect("POST", "/", "b", "POST /||text/x|b"); /* a connection that is kept */
    assert_int_equal(http_send(http, &q, &r, &e), -1);
    (void)pthread_mutex_lock(&server.lock);
    assert_int_equal(server.hung_up, 1);
    (void)pthread_mutex_unlock(&server.lock);
    assert_true(e.unknown);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_go_out_as_they_are),
        cmocka_unit_test(nothing_goes_out_with_a_line_break_in_a_header),
        cmocka_unit_test(connections_are_kept_and_shared),
        cmocka_unit_test(failures_are_told_apart),
        cmocka_unit_test(large_answers_can_be_cut),
        cmocka_unit_test(what_may_have_arrived_is_sent_once),
    };

    mem_init();
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
