/* sqs_server.c: the HTTP server of the in-memory SQS (libmicrohttpd). A waiting request is a
 * suspended connection. */
#include "sqs/sqs_server.h"
#include "clock.h"
#include "json.h"
#include "mem.h"
#include "sqs/local_only.h"
#include "sqs/sqs_host.h"
#include "sqs/sqs_state.h"
#include "text.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OWN_PREFIX "/_fifoq/"
#define BODY_MAX   ((size_t)6 * 1048576 + 65536) /* each byte may be a six-byte escape */
enum { BLOCK = 16384 };
#define ADVANCE_MAX_MS (INT64_C(366) * 24 * 3600 * 1000)

struct sqs_server {
    struct sqs_host host;
    struct MHD_Daemon *daemon;
    pthread_t timer;
    bool timed; /* the timer thread runs */
    char *account, *region, *url;
};

/* ---- answers ---- */

static enum MHD_Result send_response(struct MHD_Connection *c, unsigned status, const char *error,
                                     struct MHD_Response *r)
{
    char id[UUID_TEXT];
    enum MHD_Result rc;

    if (!r)
        return MHD_NO;
    uuid_v4(id);
    (void)MHD_add_response_header(r, "Content-Type", "application/x-amz-json-1.0");
    (void)MHD_add_response_header(r, "x-amzn-RequestId", id);
    if (*error)
        (void)MHD_add_response_header(r, "x-amzn-query-error", error);
    rc = MHD_queue_response(c, status, r);
    MHD_destroy_response(r);
    return rc;
}

/* Frees text. */
static enum MHD_Result send_text(struct MHD_Connection *c, unsigned status, const char *error,
                                 char *text)
{
    return send_response(
        c, status, error,
        MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE));
}

static enum MHD_Result refuse(struct MHD_Connection *c, unsigned status, const char *code,
                              const char *message)
{
    auto_json json_t *v =
        json_pack("{s:s+, s:s}", "__type", "com.amazon.coral.service#", code, "message", message);
    return send_text(c, status, code, json_text(v));
}

/* SDKs from before the end of 2023 send forms and expect errors as XML. */
static bool speaks_query(struct MHD_Connection *c)
{
    const char *type =
        MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE);

    return MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "Action") ||
           (type && str_starts(type, "application/x-www-form-urlencoded") &&
            !MHD_lookup_connection_value(c, MHD_HEADER_KIND, "X-Amz-Target"));
}

static enum MHD_Result refuse_query(struct MHD_Connection *c)
{
    static const char text[] =
        "<?xml version=\"1.0\"?><ErrorResponse "
        "xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><Error><Type>Sender</Type>"
        "<Code>UnsupportedProtocol</Code><Message>fifoq sqs supports only the AWS JSON protocol; "
        "use an SDK from the end of 2023 or later</Message></Error>"
        "</ErrorResponse>";
    struct MHD_Response *r =
        MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result rc;

    if (!r)
        return MHD_NO;
    (void)MHD_add_response_header(r, "Content-Type", "text/xml");
    rc = MHD_queue_response(c, MHD_HTTP_BAD_REQUEST, r);
    MHD_destroy_response(r);
    return rc;
}

static ssize_t cut_reader(void *arg, uint64_t at, char *to, size_t room)
{
    const struct sqs_response *a = arg;
    size_t left = a->cut > at ? a->cut - (size_t)at : 0, n = left < room ? left : room;
    if (!n)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    memcpy(to, a->body + at, n);
    return (ssize_t)n;
}

/* Resets the connection instead of closing it: on Linux, connect() to AF_UNSPEC aborts a connected
 * socket. libmicrohttpd closes it. */
static enum MHD_Result reset_connection(struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
    const struct sockaddr nobody = { .sa_family = AF_UNSPEC };
    if (info)
        (void)connect(info->connect_fd, &nobody, sizeof(nobody));
    return MHD_NO;
}

static enum MHD_Result send_answer(struct MHD_Connection *c, struct sqs_pending *p)
{
    struct sqs_response *a = &p->answer;
    if (p->gone || (a->broken && !a->cut))
        return reset_connection(c);
    if (a->broken)
        return send_response(
            c, (unsigned)a->status, a->error,
            MHD_create_response_from_callback(a->body_len, BLOCK, cut_reader, a, NULL));
    return send_text(c, (unsigned)a->status, a->error, steal(a->body));
}

/* ---- SQS ---- */

/* Checks only the form of the header; NULL: valid. */
static const char *authorization_problem(const char *text)
{
    static const char *const parts[] = { "Credential=", "/sqs/aws4_request",
                                         "SignedHeaders=", "Signature=" };
    if (!str_starts(text, "AWS4-HMAC-SHA256 "))
        return "Authorization header requires 'AWS4-HMAC-SHA256'.";
    for (size_t i = 0; i < COUNTOF(parts); i++)
        if (!strstr(text, parts[i]))
            return "Authorization header requires 'Credential', with '/sqs/aws4_request', "
                   "'SignedHeaders' and 'Signature'.";
    return NULL;
}

static enum MHD_Result serve_sqs(struct sqs_server *s, struct MHD_Connection *c,
                                 struct sqs_pending *p)
{
    const char *authorization =
        MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
    const char *problem = authorization ? authorization_problem(authorization) : NULL;
    const char *target = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "X-Amz-Target");
    bool closing = false, ready = false;

    if (!authorization)
        return refuse(c, MHD_HTTP_FORBIDDEN, "MissingAuthenticationToken",
                      "Request is missing Authentication Token");
    if (problem)
        return refuse(c, MHD_HTTP_BAD_REQUEST, "IncompleteSignature", problem);
    if (p->too_large)
        return refuse(c, MHD_HTTP_CONTENT_TOO_LARGE, "RequestEntityTooLarge",
                      "The request exceeds the size of a batch of 1048576 bytes.");
    (void)pthread_mutex_lock(&s->host.lock);
    closing = s->host.closing;
    ready = p->ready;
    if (!closing && !ready) {
        p->connection = c;
        p->target = target ? xstrdup(target) : NULL;
        ready = sqs_host_begin(&s->host, p);
    }
    (void)pthread_mutex_unlock(&s->host.lock);
    if (closing)
        return reset_connection(c);
    return ready ? send_answer(c, p) : MHD_YES;
}

/* ---- fifoq's own requests ---- */

static enum MHD_Result refuse_own(struct MHD_Connection *c, unsigned status, const char *message)
{
    auto_json json_t *v = json_pack("{s:s}", "message", message);
    return send_text(c, status, "", json_text(v));
}

static enum MHD_Result own_clock(struct sqs_server *s, struct MHD_Connection *c, const json_t *in)
{
    auto_json json_t *v = NULL;

    json_int_t ms = jget_int(in, "advance_ms", -1);

    if (!s->host.virtual_clock)
        return refuse_own(c, MHD_HTTP_CONFLICT, "the clock is real; start with --virtual-clock");
    if (ms < 0 || ms > ADVANCE_MAX_MS)
        return refuse_own(c, MHD_HTTP_BAD_REQUEST,
                          "'advance_ms': expected milliseconds, 0 or more, at most a year");
    sqs_host_advance(&s->host, ms);
    v = json_pack("{s:I}", "now_ms", (json_int_t)s->host.now_ms);
    return send_text(c, MHD_HTTP_OK, "", json_text(v));
}

static enum MHD_Result own_faults(struct sqs_server *s, struct MHD_Connection *c, const json_t *in)
{
    struct sqs_faults *faults = NULL;
    struct err e = { 0 };
    if (sqs_faults_new(in, s->host.seed, &faults, &e) < 0)
        return refuse_own(c, MHD_HTTP_BAD_REQUEST, e.msg);
    sqs_faults_free(s->host.faults);
    s->host.faults = faults;
    return send_text(c, MHD_HTTP_OK, "", xstrdup("{}"));
}

static enum MHD_Result own_fault_counts(struct sqs_server *s, struct MHD_Connection *c,
                                        const json_t *in)
{
    auto_json json_t *v = sqs_faults_counts(s->host.faults);

    (void)in;
    return send_text(c, MHD_HTTP_OK, "", json_text(v));
}

static enum MHD_Result own_calls(struct sqs_server *s, struct MHD_Connection *c, const json_t *in)
{
    (void)in;
    return send_text(c, MHD_HTTP_OK, "", json_text(s->host.calls));
}

static enum MHD_Result own_reset(struct sqs_server *s, struct MHD_Connection *c, const json_t *in)
{
    (void)in;
    sqs_host_reset(&s->host);
    return send_text(c, MHD_HTTP_OK, "", xstrdup("{}"));
}

static const struct {
    const char *path;
    bool post;
    enum MHD_Result (*run)(struct sqs_server *, struct MHD_Connection *, const json_t *);
} own[] = {
    { OWN_PREFIX "clock", true, own_clock },          { OWN_PREFIX "faults", true, own_faults },
    { OWN_PREFIX "faults", false, own_fault_counts }, { OWN_PREFIX "calls", false, own_calls },
    { OWN_PREFIX "reset", true, own_reset },
};

static enum MHD_Result serve_own(struct sqs_server *s, struct MHD_Connection *c, const char *path,
                                 bool post, const struct sqs_pending *p)
{
    auto_json json_t *in = NULL;
    struct err e = { 0 };
    size_t i = 0;
    enum MHD_Result rc;

    while (i < COUNTOF(own) && (strcmp(own[i].path, path) != 0 || own[i].post != post))
        i++;
    if (i == COUNTOF(own))
        return refuse_own(
            c, MHD_HTTP_NOT_FOUND,
            "unknown request; expected POST clock, faults, reset or GET faults, calls");
    if (p->body.len && json_parse(buf_str(&p->body), p->body.len, &in, &e) < 0)
        return refuse_own(c, MHD_HTTP_BAD_REQUEST, e.msg);
    (void)pthread_mutex_lock(&s->host.lock);
    rc = own[i].run(s, c, in);
    (void)pthread_mutex_unlock(&s->host.lock);
    return rc;
}

/* ---- libmicrohttpd ---- */

/* Called after the headers, for each part of the body, at its end, and again when a suspended
 * connection is resumed. */
// NOLINTNEXTLINE(readability-function-size): libmicrohttpd's signature
static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *path,
                                  const char *method, const char *version, const char *data,
                                  size_t *n, void **state)
{
    struct sqs_pending *p = *state;
    bool post = false;
    const char *foreign = NULL;

    (void)version;
    if (!p) {
        p = xcalloc(1, sizeof(*p));
        p->body = BUF(BODY_MAX + 1);
        *state = p;
        return MHD_YES;
    }
    if (*n > 0) {
        p->too_large = p->too_large || p->body.len + *n > BODY_MAX;
        if (!p->too_large)
            buf_add(&p->body, data, *n);
        *n = 0;
        return MHD_YES;
    }
    post = strcmp(method, "POST") == 0;
    foreign = local_only_problem(c);
    if (foreign)
        return refuse(c, MHD_HTTP_FORBIDDEN, "AccessDenied", foreign);
    if (str_starts(path, OWN_PREFIX))
        return serve_own(arg, c, path, post, p);
    if (speaks_query(c))
        return refuse_query(c);
    if (!post)
        return refuse(c, MHD_HTTP_METHOD_NOT_ALLOWED, "MethodNotAllowed",
                      "Use POST with X-Amz-Target and JSON.");
    return serve_sqs(arg, c, p);
}

static void on_completed(void *arg, struct MHD_Connection *c, void **state,
                         enum MHD_RequestTerminationCode how)
{
    struct sqs_server *s = arg;
    struct sqs_pending *p = *state;

    (void)c;
    (void)how;
    if (!p)
        return;
    (void)pthread_mutex_lock(&s->host.lock);
    sqs_host_forget(&s->host, p);
    (void)pthread_mutex_unlock(&s->host.lock);
    buf_done(&p->body);
    sqs_response_done(&p->answer);
    free(p->target);
    free(p);
    *state = NULL;
}

/* Resumes waiting requests when they are due. */
static void *timer_run(void *arg)
{
    struct sqs_host *h = arg;
    (void)pthread_mutex_lock(&h->lock);
    while (!h->closing) {
        int64_t due = sqs_host_due_ms(h);
        if (due == INT64_MAX) {
            (void)pthread_cond_wait(&h->changed, &h->lock);
        } else if (due > clock_wall_ms()) {
            struct timespec at = { .tv_sec = due / 1000, .tv_nsec = due % 1000 * 1000000 };
            (void)pthread_cond_timedwait(&h->changed, &h->lock, &at);
        }
        if (!h->closing && sqs_host_due_ms(h) <= clock_wall_ms())
            sqs_host_settle(h);
    }
    (void)pthread_mutex_unlock(&h->lock);
    return NULL;
}

/* A socket that listens on 127.0.0.1, or -1; *port: its port. */
static int listen_on(uint16_t *port)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) },
                              .sin_port = htons(*port) };
    socklen_t len = sizeof(at);
    const int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, SOMAXCONN) < 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) < 0) {
        (void)close(fd);
        return -1;
    }
    *port = ntohs(at.sin_port);
    return fd;
}

static int serve_on(struct sqs_server *s, uint16_t port, struct err *e)
{
    int fd = listen_on(&port);
    if (fd < 0)
        return err_set(e, ERR_IO, "cannot listen on 127.0.0.1:%u; use another --port",
                       (unsigned)port);
    s->url = xasprintf("http://127.0.0.1:%u", (unsigned)port);
    s->host.options = (struct sqs_options){ s->account, s->region, s->url };
    s->host.sqs = sqs_new(&s->host.options);
    s->daemon = MHD_start_daemon(MHD_USE_AUTO_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL,
                                 NULL, on_request, s, MHD_OPTION_LISTEN_SOCKET, fd,
                                 MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_END);
    if (!s->daemon) {
        (void)close(fd);
        return err_set(e, ERR_IO, "cannot serve on 127.0.0.1:%u", (unsigned)port);
    }
    if (!s->host.virtual_clock)
        s->timed = pthread_create(&s->timer, NULL, timer_run, &s->host) == 0;
    if (!s->host.virtual_clock && !s->timed)
        return err_set(e, ERR_IO, "cannot start a thread");
    return 0;
}

int sqs_server_start(const struct sqs_server_options *o, struct sqs_server **out, struct err *e)
{
    struct sqs_server *s = xcalloc(1, sizeof(*s));
    (void)pthread_mutex_init(&s->host.lock, NULL);
    (void)pthread_cond_init(&s->host.changed, NULL);
    s->account = xstrdup(o->account);
    s->region = xstrdup(o->region);
    s->host.virtual_clock = o->virtual_clock;
    s->host.now_ms = clock_wall_ms();
    s->host.seed = o->seed;
    s->host.calls = json_object();
    if (sqs_faults_new(o->rules, o->seed, &s->host.faults, e) < 0 || serve_on(s, o->port, e) < 0) {
        sqs_server_stop(s);
        return -1;
    }
    *out = s;
    return 0;
}

const char *sqs_server_url(const struct sqs_server *s)
{
    return s->url;
}

void sqs_server_stop(struct sqs_server *s)
{
    if (!s)
        return;
    (void)pthread_mutex_lock(&s->host.lock);
    s->host.closing = true;
    while (s->host.waiting) {
        struct sqs_pending *p = s->host.waiting;
        s->host.waiting = p->next;
        MHD_resume_connection(p->connection);
    }
    (void)pthread_cond_signal(&s->host.changed);
    (void)pthread_mutex_unlock(&s->host.lock);
    if (s->timed)
        (void)pthread_join(s->timer, NULL);
    if (s->daemon)
        MHD_stop_daemon(s->daemon);
    sqs_free(s->host.sqs);
    sqs_faults_free(s->host.faults);
    json_decref(s->host.calls);
    (void)pthread_mutex_destroy(&s->host.lock);
    (void)pthread_cond_destroy(&s->host.changed);
    free(s->account);
    free(s->region);
    free(s->url);
    free(s);
}
