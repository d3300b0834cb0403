/* test_http_answers.c: which bytes the transport accepts as an answer, with a server that writes
 * bytes. */
#include "unit.h"

#include "http_head.h"
#include "mem.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* Reads a request, writes bytes, closes or waits for the next; one connection at a time. */
struct server {
    int fd;
    char *url;
    pthread_t thread;
    pthread_mutex_t lock; /* guards the following */
    const char *bytes;
    size_t len;
    bool single; /* each byte by itself */
    bool keeps;  /* the connection stays open */
    int requests;
};

static struct server server = { .lock = PTHREAD_MUTEX_INITIALIZER };
static struct http *http;

static bool read_request(int fd)
{
    static const char end[] = "\r\n\r\n";
    size_t seen = 0;
    char c;

    while (seen < strlen(end) && read(fd, &c, 1) == 1)
        seen = c == end[seen] ? seen + 1 : c == end[0];
    return seen == strlen(end);
}

static void write_answer(int fd)
{
    size_t step = server.single ? 1 : server.len;

    for (size_t at = 0; at < server.len; at += step)
        if (send(fd, server.bytes + at, step, MSG_NOSIGNAL) < 0)
            return;
}

static void *serve(void *unused)
{
    int fd;

    (void)unused;
    while ((fd = accept(server.fd, NULL, NULL)) >= 0) {
        bool more = true;

        while (more && read_request(fd)) {
            (void)pthread_mutex_lock(&server.lock);
            server.requests++;
            write_answer(fd);
            more = server.keeps;
            (void)pthread_mutex_unlock(&server.lock);
        }
        (void)close(fd);
    }
    return NULL;
}

static int set_up(void **state)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof(at);
    struct err e = { 0 };

    (void)state;
    server.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(server.fd, (struct sockaddr *)&at, n) || listen(server.fd, 16) ||
        getsockname(server.fd, (struct sockaddr *)&at, &n))
        return -1;
    server.url = xasprintf("http://127.0.0.1:%u/", ntohs(at.sin_port));
    return pthread_create(&server.thread, NULL, serve, NULL)
               ? -1
               : http_new(&http, &(struct http_options){ 0 }, &e);
}

static int tear_down(void **state)
{
    (void)state;
    http_free(http);
    (void)shutdown(server.fd, SHUT_RDWR);
    (void)pthread_join(server.thread, NULL);
    (void)close(server.fd);
    free(server.url);
    return 0;
}

static int ask(const char *method, const char *bytes, size_t len, bool single,
               struct http_response *r, struct err *e)
{
    struct http_request q = { .method = method, .url = server.url, .timeout_ms = 30000 };

    (void)pthread_mutex_lock(&server.lock);
    q.fresh = !server.keeps;
    server.bytes = bytes;
    server.len = len;
    server.single = single;
    (void)pthread_mutex_unlock(&server.lock);
    return http_send(http, &q, r, e);
}

struct answer {
    const char *bytes;
    int status;
    const char *body;
    const char *method; /* NULL: GET */
};

static const struct answer good[] = {
    { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok", NULL },
    { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "", NULL },
    { "HTTP/1.0 201 Made it\r\ncontent-length:2 \r\n\r\nok", 201, "ok", NULL },
    { "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", 200, "ok", NULL },
    { "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", 200, "ok", NULL },
    { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", 200, "ok", NULL },
    { "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok", 200, "ok", NULL },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n2;a=b\r\nok\r\n0\r\n\r\n", 200, "ok",
      NULL },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n", 200,
      "ok", NULL },
    { "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok",
      NULL },
    { "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nX-Test: early\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
      200, "ok", NULL },
    { "HTTP/1.1 204 No Content\r\n\r\n", 204, "", NULL },
    { "HTTP/1.1 304 Not Modified\r\nContent-Length: 20\r\n\r\n", 304, "", NULL },
    { "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n", 200, "", "HEAD" },
    { "HTTP/1.1 500 Sorry\r\nX-Long: a\r\n  b\r\nContent-Length: 2\r\n\r\nno", 500, "no", NULL },
};

static void expect_whole(const struct answer *a, bool single)
{
    auto_response r = { 0 };
    struct err e = { 0 };

    if (ask(a->method ? a->method : "GET", a->bytes, strlen(a->bytes), single, &r, &e) < 0)
        fail_msg("%s: %s", a->bytes, e.msg);
    assert_int_equal(r.status, a->status);
    assert_string_equal(r.body, a->body);
    assert_null(http_header_get(&r, "x-test")); /* of an earlier answer */
    assert_null(http_header_get(&r, "x-sum"));  /* a trailer is not a header */
}

static void whole_answers_count(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNTOF(good); i++) {
        expect_whole(&good[i], false);
        expect_whole(&good[i], true);
    }
}

static void set_keeps(bool keeps)
{
    (void)pthread_mutex_lock(&server.lock);
    server.keeps = keeps;
    (void)pthread_mutex_unlock(&server.lock);
}

static int requests(void)
{
    int n;

    (void)pthread_mutex_lock(&server.lock);
    n = server.requests;
    (void)pthread_mutex_unlock(&server.lock);
    return n;
}

/* The request may have been processed: the result is unknown. */
static void expect_none(const char *method, const char *bytes, size_t len)
{
    auto_response r = { 0 };
    struct err e = { 0 };
    int before = requests();

    if (ask(method, bytes, len, false, &r, &e) == 0)
        fail_msg("counts as %d: %.*s", r.status, (int)len, bytes);
    assert_int_equal(e.code, ERR_NET);
    assert_true(e.unknown);
    assert_int_equal(requests(), before + 1); /* and it is not sent again */
}

/* Chunks are complete with the one of size zero: the last line break adds nothing (section 8). */
static size_t needed(const char *bytes)
{
    return strlen(bytes) - (strcasestr(bytes, ": chunked") ? 1 : 0);
}

static void an_answer_that_is_cut_off_anywhere_is_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNTOF(good); i++)
        for (size_t n = 0; n < needed(good[i].bytes); n++)
            expect_none(good[i].method ? good[i].method : "GET", good[i].bytes, n);
}

/* Without a length the answer ends with the connection: only its head can be truncated. */
static void a_body_may_end_with_the_connection(void **state)
{
    static const char text[] = "HTTP/1.1 200 OK\r\nX: 1\r\n\r\nsome";
    size_t head = sizeof("HTTP/1.1 200 OK\r\nX: 1\r\n\r\n") - 1;

    (void)state;
    for (size_t n = 0; n < head; n++)
        expect_none("GET", text, n);
    for (size_t n = head; n < sizeof(text); n++) {
        auto_response r = { 0 };
        struct err e = { 0 };

        assert_int_equal(ask("GET", text, n, false, &r, &e), 0);
        assert_int_equal(r.body_len, n - head);
    }
}

/* The parser alone, without curl, which refuses some of these first. */
static void expect_why(const char *bytes, const char *why)
{
    struct http_head h = { 0 };
    auto_response r = { 0 };
    const char *s = bytes, *end;

    while (!h.whole && (end = strchr(s, '\n'))) {
        http_head_line(&h, &r, s, (size_t)(end + 1 - s));
        s = end + 1;
    }
    if (!http_head_wrong(&h, false, strlen(s)))
        fail_msg("an answer: %s", bytes);
    if (!strstr(http_head_wrong(&h, false, strlen(s)), why))
        fail_msg("%s: %s", bytes, http_head_wrong(&h, false, strlen(s)));
}

#define LENGTH_2 "Content-Length: 2\r\n"
#define CHUNKED  "Transfer-Encoding: chunked\r\n"

static void ambiguous_answers_are_none(void **state)
{
    static const struct {
        const char *bytes, *why;
    } bad[] = {
        { "ok\r\n", "does not begin" },
        { "HTTP/0.9 200 OK\r\n" LENGTH_2 "\r\nok", "does not begin" },
        { "HTTP/2 200 OK\r\n" LENGTH_2 "\r\nok", "does not begin" },
        { "HTTP/1.1\t200 OK\r\n" LENGTH_2 "\r\nok", "does not begin" },
        { "HTTP/1.1 20 OK\r\n" LENGTH_2 "\r\nok", "its status" },
        { "HTTP/1.1 2000 OK\r\n" LENGTH_2 "\r\nok", "its status" },
        { "HTTP/1.1 099 OK\r\n" LENGTH_2 "\r\nok", "its status" },
        { "HTTP/1.1 600 OK\r\n" LENGTH_2 "\r\nok", "its status" },
        { "HTTP/1.1 2x0 OK\r\n" LENGTH_2 "\r\nok", "its status" },
        { "HTTP/1.1  200 OK\r\n" LENGTH_2 "\r\nok", "its status" },
        { "HTTP/1.1 200OK\r\n" LENGTH_2 "\r\nok", "its status" },
        { "HTTP/1.1 -20 OK\r\n" LENGTH_2 "\r\nok", "its status" },
        { "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\nok", "protocol" },
        { "HTTP/1.1 200 OK\r\n" LENGTH_2 "Content-Length: 3\r\n\r\nok", "two different" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 2, 1\r\n\r\nok", "two different" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 2,\r\n\r\nok", "not a number" },
        { "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok", "not a number" },
        { "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok", "not a number" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 2 2\r\n\r\nok", "not a number" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\nok", "not a number" },
        { "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nok", "not a number" },
        { "HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok", "not a number" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nok", "not a number" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n 0\r\n\r\nok", "not a header" },
        { "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok", "not a header" },
        { "HTTP/1.1 200 OK\r\n Content-Length: 2\r\n\r\nok", "not a header" },
        { "HTTP/1.1 200 OK\r\nnonsense\r\n\r\nok", "not a header" },
        { "HTTP/1.1 200 OK\r\n: 2\r\n\r\nok", "not a header" },
        { "HTTP/1.1 200 OK\r\nX: a\rb\r\n" LENGTH_2 "\r\nok", "control character" },
        { "HTTP/1.1 200 OK\r\n" CHUNKED LENGTH_2 "\r\n2\r\nok\r\n0\r\n\r\n", "both" },
        { "HTTP/1.1 200 OK\r\n" LENGTH_2 CHUNKED "\r\n2\r\nok\r\n0\r\n\r\n", "both" },
        { "HTTP/1.0 200 OK\r\n" CHUNKED "\r\n2\r\nok\r\n0\r\n\r\n", "HTTP/1.0" },
        { "HTTP/1.1 200 OK\r\n" CHUNKED CHUNKED "\r\n2\r\nok\r\n0\r\n\r\n", "just chunked" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "just chunked" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\nok", "just chunked" },
        { "HTTP/1.1 200 OK\r\n" LENGTH_2 "\r\n", "body is cut off" },
        { "HTTP/1.1 200 OK\r\n" LENGTH_2, "head is cut off" },
        { "HTTP/1.1 100 Continue\r\n\r\n", "head is cut off" },
        { "HTTP/1.1 200 OK\r\n" CHUNKED "\r\nzz\r\nok\r\n0\r\n\r\n", NULL }, /* curl's */
    };

    (void)state;
    for (size_t i = 0; i < COUNTOF(bad); i++) {
        if (bad[i].why)
            expect_why(bad[i].bytes, bad[i].why);
        expect_none("GET", bad[i].bytes, strlen(bad[i].bytes));
    }
    expect_none("GET", "HTTP/1.1 200 O\0K\r\n" LENGTH_2 "\r\nok", 39);
}

/* Bytes after an answer are ignored. */
static void an_answer_to_nothing_is_dropped(void **state)
{
    static const char two[] =
        "HTTP/1.1 200 OK\r\n" LENGTH_2 "\r\nokHTTP/1.1 201 OK\r\n" LENGTH_2 "\r\nno";
    static const struct answer next = { "HTTP/1.1 202 OK\r\n" LENGTH_2 "\r\nme", 202, "me", NULL };

    (void)state;
    set_keeps(true);
    expect_whole(&(struct answer){ two, 200, "ok", NULL }, false);
    expect_whole(&next, false);
}

static void too_many_open_files_are_named(void **state)
{
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    struct rlimit before, none;
    struct err e = { 0 };
    auto_response r = { 0 };
    int rc;

    (void)state;
    set_keeps(false);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 3; /* open connections stay open */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    rc = ask("GET", text, strlen(text), false, &r, &e);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(rc, -1);
    assert_int_equal(e.code, ERR_NET);
    assert_false(e.unknown);
    assert_non_null(strstr(e.msg, "too many open files"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_answers_count),
        cmocka_unit_test(an_answer_that_is_cut_off_anywhere_is_none),
        cmocka_unit_test(a_body_may_end_with_the_connection),
        cmocka_unit_test(ambiguous_answers_are_none),
        cmocka_unit_test(an_answer_to_nothing_is_dropped),
        cmocka_unit_test(too_many_open_files_are_named),
    };

    mem_init();
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
