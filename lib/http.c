/*
 * http.c: the transport. Callers give a job to one thread that drives curl's multi interface and
 * wait for it, so all share connections, TLS sessions and name look-ups.
 */
#include "http.h"

#include "clock.h"
#include "env.h"
#include "http_parts.h"
#include "mem.h"
#include "parallel.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { CONNECT_MS = 5000, LOOK_MS = 100, MAX_PER_HOST = 32, MAX_AGE_S = 50, IDLE_MS = 60000 };
#define MAX_BODY    ((size_t)8 << 20)
#define MAX_HEADERS ((size_t)256 << 10)

struct http {
    struct http_options o;
    char *user_agent, *ca_file;
    struct http_system_ca system_ca;
    CURLM *multi;
    CURLSH *sessions; /* of TLS; they outlive the multi handle */
    pthread_t thread;
    bool started;         /* the thread */
    pthread_mutex_t lock; /* guards all below and job.done */
    struct http_job *waiting, **waiting_end;
    struct http_stats stats;
    bool stop;
    struct http_job *off; /* only the transport thread's */
};

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
    struct http_job *j = arg;
    size_t room = j->body.cap - j->body.len;
    size_t keep = j->q->drop_rest && size * n > room ? room : size * n;

    j->body_bytes += size * n;
    buf_add(&j->body, data, keep);
    return buf_failed(&j->body) ? 0 : size * n;
}

static size_t on_header(char *line, size_t size, size_t n, void *arg)
{
    struct http_job *j = arg;

    j->header_bytes += n;
    if (j->header_bytes > MAX_HEADERS)
        return 0;
    http_head_line(&j->head, j->r, line, size * n);
    return j->head.wrong ? 0 : size * n; /* 0: curl drops the connection */
}

/* Before the request is sent. The second time curl would repeat it, because a used connection
 * broke; whether to repeat is the caller's decision. */
static int on_request(void *arg, char *ip, char *own_ip, int port, int own_port)
{
    struct http_job *j = arg;

    (void)ip;
    (void)own_ip;
    (void)port;
    (void)own_port;
    j->hung_up = j->sent;
    j->sent = true;
    return j->hung_up ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* What curl does by itself; the reason is kept. */
static curl_socket_t on_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
    struct http_job *j = arg;
    int fd = socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);

    (void)purpose;
    j->no_files = fd < 0 && (errno == EMFILE || errno == ENFILE);
    return fd < 0 ? CURL_SOCKET_BAD : fd;
}

/* Not 0 ends the transfer. */
static int on_progress(void *arg, curl_off_t total, curl_off_t now, curl_off_t up_total,
                       curl_off_t up)
{
    struct http_job *j = arg;

    (void)total;
    (void)now;
    (void)up_total;
    (void)up;
    return atomic_load_explicit(&j->given_up, memory_order_relaxed);
}

static struct curl_slist *slist_add(struct curl_slist *list, const char *name, const char *value)
{
    /* "Name;" is curl's syntax for a header without a value; "Name:" would remove the header */
    char *line = *value ? xasprintf("%s: %s", name, value) : xasprintf("%s;", name);

    list = curl_slist_append(list, line);
    free_cleansed(line);
    return list;
}

static struct curl_slist *job_headers(const struct http_request *q)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    bool typed = false;

    for (size_t i = 0; i < q->n_headers; i++) {
        list = slist_add(list, q->headers[i].name, q->headers[i].value);
        typed = typed || curl_strequal(q->headers[i].name, "Content-Type");
    }
    return typed ? list : curl_slist_append(list, "Content-Type:");
}

static void set_method(CURL *c, const struct http_request *q)
{
    if (strcmp(q->method, "HEAD") == 0) {
        curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
        return;
    }
    if (q->body || strcmp(q->method, "POST") == 0 || strcmp(q->method, "PUT") == 0 ||
        strcmp(q->method, "PATCH") == 0) {
        curl_easy_setopt(c, CURLOPT_POST, 1L);
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->body_len);
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, q->body ? q->body : "");
    }
    curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, q->method);
}

/* Replaces all others (CURLOPT_CAINFO_BLOB); the proxy's trust stays. */
static void set_own_ca(CURL *c, const char *ca)
{
    struct curl_blob pem = { (void *)ca, strlen(ca), CURL_BLOB_COPY };

    curl_easy_setopt(c, CURLOPT_CAINFO, NULL);
    curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(c, CURLOPT_CAINFO_BLOB, &pem);
    curl_easy_setopt(c, CURLOPT_SSL_CTX_FUNCTION, NULL);
}

static CURLcode on_tls(CURL *easy, void *ssl_ctx, void *arg)
{
    const struct http *h = arg;

    (void)easy;
    return h->o.tls_hook(ssl_ctx) < 0 ? CURLE_OUT_OF_MEMORY : CURLE_OK;
}

static CURLcode on_system_tls(CURL *easy, void *ssl_ctx, void *arg)
{
    const struct http *h = arg;

    (void)easy;
    return http_ca_add_folder(ssl_ctx, h->system_ca.folder) < 0 ? CURLE_OUT_OF_MEMORY : CURLE_OK;
}

/* libcurl keeps the parsed file for all connections of a multi handle, but not when there is a
 * folder beside it (Curl_ssl_setup_x509_store). So the folder is added afterwards. Where libcurl
 * uses another TLS library, its own defaults stay. */
static void set_system_ca(CURL *c, const struct http *h)
{
    if (!h->system_ca.file || (h->system_ca.folder && curl_easy_setopt(c, CURLOPT_SSL_CTX_FUNCTION,
                                                                       on_system_tls) != CURLE_OK))
        return;
    curl_easy_setopt(c, CURLOPT_SSL_CTX_DATA, h);
    curl_easy_setopt(c, CURLOPT_CAINFO, h->system_ca.file);
    curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(c, CURLOPT_PROXY_CAINFO, h->system_ca.file);
    curl_easy_setopt(c, CURLOPT_PROXY_CAPATH, NULL);
}

static void set_tls(CURL *c, const struct http *h, const struct http_request *q)
{
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (h->ca_file) {
        curl_easy_setopt(c, CURLOPT_CAINFO, h->ca_file);
        curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
        curl_easy_setopt(c, CURLOPT_PROXY_CAINFO, h->ca_file);
        curl_easy_setopt(c, CURLOPT_PROXY_CAPATH, NULL);
    } else if (h->o.tls_hook) {
        curl_easy_setopt(c, CURLOPT_CAINFO, NULL);
        curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
        curl_easy_setopt(c, CURLOPT_SSL_CTX_FUNCTION, on_tls);
        curl_easy_setopt(c, CURLOPT_SSL_CTX_DATA, h);
    } else {
        set_system_ca(c, h);
    }
    if (q->ca)
        set_own_ca(c, q->ca);
}

/* The copies that curl makes are cleansed like all that it frees (curl_init). */
static void set_client_certificate(CURL *c, const struct http_request *q)
{
    struct curl_blob certificate = { (void *)q->client_certificate, 0, CURL_BLOB_COPY };
    struct curl_blob key = { (void *)q->client_key, 0, CURL_BLOB_COPY };

    if (!q->client_certificate || !q->client_key)
        return;
    certificate.len = strlen(q->client_certificate);
    key.len = strlen(q->client_key);
    curl_easy_setopt(c, CURLOPT_SSLCERTTYPE, "PEM");
    curl_easy_setopt(c, CURLOPT_SSLKEYTYPE, "PEM");
    curl_easy_setopt(c, CURLOPT_SSLCERT_BLOB, &certificate);
    curl_easy_setopt(c, CURLOPT_SSLKEY_BLOB, &key);
    curl_easy_setopt(c, CURLOPT_KEYPASSWD, ""); /* no prompt */
}

static void set_transfer(CURL *c, const struct http *h, const struct http_request *q)
{
    curl_easy_setopt(c, CURLOPT_URL, q->url);
    curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, q->timeout_ms);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS,
                     q->connect_timeout_ms ? q->connect_timeout_ms
                     : h->o.connect_ms     ? h->o.connect_ms
                                           : CONNECT_MS);
#if LIBCURL_VERSION_NUM >= 0x075700
    /* a slow name look-up delays no other request */
    curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L);
#endif
    curl_easy_setopt(c, CURLOPT_MAXAGE_CONN, h->o.max_age_s ? h->o.max_age_s : MAX_AGE_S);
    curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, q->fresh ? 1L : 0L);
    curl_easy_setopt(c, CURLOPT_CONNECT_ONLY, q->connect_only ? 1L : 0L);
    if (h->user_agent)
        curl_easy_setopt(c, CURLOPT_USERAGENT, h->user_agent);
}

/* We choose the proxy: curl reads the variables differently. */
static void set_proxy(CURL *c, struct http_job *j)
{
    if (!j->q->no_proxy)
        http_proxy_choose(j->q->url, &j->proxy);
    curl_easy_setopt(c, CURLOPT_PROXY, j->proxy.url ? j->proxy.url : "");
    curl_easy_setopt(c, CURLOPT_NOPROXY, "");
    curl_easy_setopt(c, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}

/* On the transport thread. A handle is used once: libcurl 7.88 remembers the last header of the
 * previous answer, which is freed, and a head that begins with a continuation line appends to it.
 */
static void job_start(struct http *h, struct http_job *j)
{
    CURL *c = curl_easy_init();

    if (!c)
        abort(); /* only when out of memory */
    j->easy = c;
    j->headers = job_headers(j->q);
    set_transfer(c, h, j->q);
    set_method(c, j->q);
    set_tls(c, h, j->q);
    set_proxy(c, j);
    set_client_certificate(c, j->q);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, j->headers);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, j);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, j);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, j);
    curl_easy_setopt(c, CURLOPT_PREREQFUNCTION, on_request);
    curl_easy_setopt(c, CURLOPT_PREREQDATA, j);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(c, CURLOPT_XFERINFODATA, j);
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, j->q->stop ? 0L : 1L);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, j->detail);
    curl_easy_setopt(c, CURLOPT_SHARE, h->sessions);
    curl_easy_setopt(c, CURLOPT_PRIVATE, j);
    (void)curl_multi_add_handle(h->multi, c); /* fails only for handles that are already added */
}

static void job_finish(struct http *h, CURL *c, CURLcode result)
{
    struct http_job *j = NULL;
    long status = 0, connects = 0;

    curl_easy_getinfo(c, CURLINFO_PRIVATE, (char **)&j);
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(c, CURLINFO_NUM_CONNECTS, &connects);
    curl_easy_getinfo(c, CURLINFO_HTTP_CONNECTCODE, &j->proxy_status);
    (void)curl_multi_remove_handle(h->multi, c);
    curl_easy_cleanup(c);
    curl_slist_free_all(j->headers);
    (void)pthread_mutex_lock(&h->lock);
    h->stats.requests++;
    h->stats.connections += connects;
    j->result = result;
    j->r->status = (int)status;
    j->done = true;
    (void)pthread_cond_signal(&j->changed);
    (void)pthread_mutex_unlock(&h->lock);
}

static struct http_job *take_waiting(struct http *h, bool *stop)
{
    struct http_job *list;

    (void)pthread_mutex_lock(&h->lock);
    list = h->waiting;
    h->waiting = NULL;
    h->waiting_end = &h->waiting;
    *stop = h->stop;
    (void)pthread_mutex_unlock(&h->lock);
    return list;
}

static void jobs_start(struct http *h, struct http_job *list)
{
    struct http_job *next;

    for (struct http_job *j = list; j; j = next) {
        next = j->next; /* j is the caller's again once it is finished */
        if (j->off) {
            j->next = h->off;
            h->off = j;
        }
        job_start(h, j);
    }
}

static void jobs_off_end(struct http *h)
{
    while (h->off) {
        struct http_job *j = h->off;

        h->off = j->next;
        if (!j->done)
            job_finish(h, j->easy, CURLE_ABORTED_BY_CALLBACK);
        http_response_done(&j->dropped);
        http_proxy_done(&j->proxy);
        buf_done(&j->body);
        (void)pthread_cond_destroy(&j->changed);
        free(j);
    }
}

static void *transport(void *arg)
{
    struct http *h = arg;
    bool stop = false;
    int running, left;

    while (!stop) {
        CURLMsg *m;

        jobs_start(h, take_waiting(h, &stop));
        (void)curl_multi_perform(h->multi, &running);
        while ((m = curl_multi_info_read(h->multi, &left)))
            if (m->msg == CURLMSG_DONE)
                job_finish(h, m->easy_handle, m->data.result);
        if (!stop)
            (void)curl_multi_poll(h->multi, NULL, 0, IDLE_MS, NULL);
    }
    jobs_off_end(h);
    return NULL;
}

static int start_thread(struct http *h, struct err *e)
{
    h->started = parallel_start(&h->thread, transport, h) == 0;
    return h->started ? 0 : err_set(e, ERR_IO, "cannot start a thread");
}

/* After its last request; those that nobody waits for end now. */
static void end_thread(struct http *h)
{
    if (!h->started)
        return;
    (void)pthread_mutex_lock(&h->lock);
    h->stop = true;
    (void)pthread_mutex_unlock(&h->lock);
    (void)curl_multi_wakeup(h->multi);
    (void)pthread_join(h->thread, NULL);
    h->started = false;
}

static CURLM *new_multi(const struct http_options *o)
{
    CURLM *multi = curl_multi_init();

    if (!multi)
        abort();
    curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS,
                      o->max_per_host ? o->max_per_host : MAX_PER_HOST);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 64L);
    return multi;
}

/* Only the transport thread uses it, so it needs no lock. */
static CURLSH *new_sessions(void)
{
    CURLSH *sessions = curl_share_init();

    if (!sessions || curl_share_setopt(sessions, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION))
        abort();
    return sessions;
}

static void curl_init(void)
{
    if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, xmalloc, free_cleansed, realloc_cleansed, xstrdup,
                             xcalloc))
        abort();
}

int http_new(struct http **out, const struct http_options *o, struct err *e)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct http *h;
    const char *variable = o->ca_from;
    auto_free char *ca = o->ca_file ? path_at_home(o->ca_file) : http_ca_setting(&variable);

    if (ca && http_ca_check(ca, variable, e) < 0)
        return -1;
    (void)pthread_once(&once, curl_init);
    h = xcalloc(1, sizeof(*h));
    h->o = *o;
    h->user_agent = o->user_agent ? xstrdup(o->user_agent) : NULL;
    h->ca_file = steal(ca);
    if (!h->ca_file && !o->tls_hook)
        h->system_ca = http_ca_of_system();
    h->waiting_end = &h->waiting;
    (void)pthread_mutex_init(&h->lock, NULL);
    h->multi = new_multi(o);
    h->sessions = new_sessions();
    if (start_thread(h, e) < 0) {
        http_free(h);
        return -1;
    }
    *out = h;
    return 0;
}

int http_renew(struct http *h, struct err *e)
{
    end_thread(h);
    curl_multi_cleanup(h->multi);
    h->multi = new_multi(&h->o);
    h->stop = false;
    return start_thread(h, e);
}

void http_free(struct http *h)
{
    if (!h)
        return;
    end_thread(h);
    curl_multi_cleanup(h->multi);
    (void)curl_share_cleanup(h->sessions);
    (void)pthread_mutex_destroy(&h->lock);
    free(h->user_agent);
    free(h->ca_file);
    free(h);
}

static void job_hand_over(struct http *h, struct http_job *j)
{
    (void)pthread_mutex_lock(&h->lock);
    *h->waiting_end = j;
    h->waiting_end = &j->next;
    (void)pthread_mutex_unlock(&h->lock);
    (void)curl_multi_wakeup(h->multi);
}

void http_send_off(struct http *h, const struct http_request *q)
{
    struct http_job *j = xcalloc(1, sizeof(*j));

    *j = (struct http_job){ .q = q, .r = &j->dropped, .body = BUF(MAX_BODY), .off = true };
    (void)pthread_cond_init(&j->changed, NULL);
    job_hand_over(h, j);
}

/* The caller holds the lock; it is released while stop is called, which may take other locks. */
static bool is_to_stop(struct http *h, const struct http_job *j)
{
    bool stop;

    (void)pthread_mutex_unlock(&h->lock);
    stop = j->q->stop();
    (void)pthread_mutex_lock(&h->lock);
    return stop;
}

/* The caller holds the lock. The transport ends given-up jobs when it next wakes. */
static void job_wait(struct http *h, struct http_job *j)
{
    struct timespec until;

    if (!j->q->stop || j->given_up) {
        (void)pthread_cond_wait(&j->changed, &h->lock);
        return;
    }
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += LOOK_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    (void)pthread_cond_timedwait(&j->changed, &h->lock, &until);
    if (j->done || !is_to_stop(h, j))
        return;
    atomic_store_explicit(&j->given_up, true, memory_order_relaxed);
    (void)curl_multi_wakeup(h->multi);
}

static void job_run(struct http *h, struct http_job *j)
{
    job_hand_over(h, j);
    (void)pthread_mutex_lock(&h->lock);
    while (!j->done)
        job_wait(h, j);
    (void)pthread_mutex_unlock(&h->lock);
}

static int send_once(struct http *h, const struct http_request *q, struct http_response *r,
                     struct err *e)
{
    struct http_response answer = { 0 };
    struct http_job j = { .q = q, .r = &answer, .body = BUF(q->max_body ? q->max_body : MAX_BODY) };

    (void)pthread_cond_init(&j.changed, NULL);
    job_run(h, &j);
    (void)pthread_cond_destroy(&j.changed);
    if (j.result != CURLE_OK || (!q->connect_only && http_job_wrong(&j)) || http_proxy_said(&j)) {
        http_job_error(&j, e);
        http_response_done(&answer);
        http_proxy_done(&j.proxy);
        buf_done(&j.body);
        return -1;
    }
    http_proxy_done(&j.proxy);
    answer.body_len = j.body.len;
    answer.body = buf_steal(&j.body);
    *r = answer;
    return 0;
}

static http_watch_fn *watcher;

void http_watch(http_watch_fn *watch)
{
    watcher = watch;
}

/* Other values are checked where they are made; keys and tokens from files and answers are checked
 * here. */
static int headers_fit(const struct http_request *q, struct err *e)
{
    for (size_t i = 0; i < q->n_headers; i++)
        if (!http_value_fits(q->headers[i].value)) {
            auto_free char *host = http_host(q->url);

            return err_set(e, ERR_CREDENTIALS,
                           "nothing was sent to '%s': the value of header %s holds a line break or "
                           "another control character",
                           host, q->headers[i].name);
        }
    return 0;
}

int http_send(struct http *h, const struct http_request *q, struct http_response *r, struct err *e)
{
    int64_t began_ms = watcher ? clock_mono_ms() : 0;
    int rc = headers_fit(q, e);

    if (rc < 0)
        return -1;
    rc = send_once(h, q, r, e);
    if (watcher)
        watcher(q, rc < 0 ? NULL : r, rc < 0 ? e : NULL, clock_mono_ms() - began_ms);
    return rc;
}

struct http_stats http_stats(struct http *h)
{
    struct http_stats s;

    (void)pthread_mutex_lock(&h->lock);
    s = h->stats;
    (void)pthread_mutex_unlock(&h->lock);
    return s;
}
