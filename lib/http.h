/* http.h: all use of libcurl: one transport thread, many requests in flight, connections kept and
 * shared. */
#ifndef FIFOQ_HTTP_H
#define FIFOQ_HTTP_H

#include "buf.h"
#include "err.h"

#include <stdint.h>

struct http; /* opaque; safe to use from many threads */

/* Puts a certificate store into a new TLS context, an SSL_CTX of OpenSSL. 0, or -1 when out of
 * memory. Called on the transport's thread. */
typedef int http_tls_hook_fn(void *ssl_ctx);

struct http_options {
    const char *user_agent; /* NULL: none */
    /* NULL: AWS_CA_BUNDLE, REQUESTS_CA_BUNDLE or SSL_CERT_FILE, else tls_hook, else the system's */
    const char *ca_file;
    const char *ca_from;        /* the setting that named ca_file, for messages; NULL: none */
    http_tls_hook_fn *tls_hook; /* NULL: none */
    long max_per_host;          /* connections to one host at the same time; 0: 32 */
    long max_age_s;             /* an idle connection older than this is not used again; 0: 50 */
    long connect_ms; /* for name look-up, connect and TLS, when a request sets none; 0: 5,000 */
};

struct http_header {
    const char *name, *value;
};

struct http_request {
    const char *method, *url; /* path and query are sent byte for byte as written here */
    const struct http_header *headers;
    size_t n_headers; /* Host, Content-Length and Content-Type replace the defaults when given;
                         Expect is never sent */
    const char *body; /* NULL: none */
    size_t body_len;
    long timeout_ms; /* for the whole request; 0: no limit (Lambda's next), and TCP keep-alive is
                        off */
    long connect_timeout_ms; /* 0: http_options.connect_ms */
    size_t max_body;         /* the largest answer; 0: 8 MiB */
    bool drop_rest;          /* bytes beyond max_body are dropped without an error */
    bool no_proxy; /* direct, whatever http_proxy and https_proxy say: link-local and Runtime API
                      addresses */
    const char *client_certificate; /* PEM, with its chain; NULL: none. Requests share a connection
                                       only when they show the same one */
    const char *client_key;         /* PEM, without a passphrase */
    const char *ca;         /* PEM: the only trusted authorities; NULL: the usual. Requests share a
                               connection only when they trust the same */
    const char *trust_hint; /* what to do when the server is not trusted; NULL: AWS_CA_BUNDLE */
    bool (*stop)(void); /* called now and then while it is under way: once it says true, the request
                           is given up; NULL: never */
    bool connect_only;  /* name look-up, connect and TLS only, no request: status 0 is success */
    bool fresh;         /* on a new connection (a retry after one that died) */
    const char *service, *action; /* for http_watch: of AWS; NULL: none */
    int attempt;                  /* for http_watch: 1, 2, ...; 0: not counted */
    bool secret_path; /* for http_watch: the path is itself a credential: never log it */
};

struct http_response {
    int status;
    struct http_header
        *headers; /* names in lower case, in the order received; of the last answer (no 1xx) */
    size_t n_headers;
    char *body; /* NUL-terminated, never NULL on success */
    size_t body_len;
};

/* Counters of the transport; for tests. */
struct http_stats {
    long requests, connections; /* sent so far; TCP connections opened so far */
};

/* ERR_USAGE when the file of trusted certificates cannot be read or holds none: the message names
 * the variable. */
CHECKED int http_new(struct http **out, const struct http_options *o, struct err *e);
void http_free(struct http *h); /* NULL is fine; no caller may be waiting */
/* Closes all connections: after a pause the other ends may be gone without a word. TLS sessions
 * stay, so a new connection to the same server, with the same trust and client certificate, resumes
 * one instead of a whole handshake. No caller may be waiting. After an error nothing may be sent
 * until it succeeds. */
CHECKED int http_renew(struct http *h, struct err *e);

/*
 * Sends and waits for the whole answer. 0 with *r filled (http_response_done frees it) for every
 * answer, whatever its status; -1 with ERR_NET (no usable answer: also one that is cut off or
 * ambiguous, lib/http_head.h), ERR_TIMEOUT, ERR_PARSE (answer beyond max_body), ERR_CREDENTIALS
 * (client certificate and key cannot be used; a header's value holds control characters) or
 * ERR_INTERRUPTED (stop said so). Redirects are not followed, and nothing is sent twice: e->unknown
 * says whether it may have arrived. Certificates are always verified. e->msg names the host, never
 * the query, headers or body.
 */
CHECKED int http_send(struct http *h, const struct http_request *q, struct http_response *r,
                      struct err *e);
void http_response_done(struct http_response *r);
/*
 * Sends without waiting: the answer, if any, is dropped. q and what it points to have to live until
 * http_free, which ends the request.
 */
void http_send_off(struct http *h, const struct http_request *q);
#define auto_response __attribute__((cleanup(http_response_done))) struct http_response

/* RFC 9110 section 5.5: a header's value has no control characters but tabs. */
bool http_value_fits(const char *value);

/* Value of the first header of that name (given in lower case); NULL when absent. Borrowed. */
const char *http_header_get(const struct http_response *r, const char *name);
/* Retry-After in ms from now (RFC 9110 section 10.2.3: seconds or a date; past and negative are 0;
 * some servers send seconds with a fraction, which is rounded up to ms); -1 when absent or invalid.
 */
int64_t http_retry_after_ms(const struct http_response *r, int64_t wall_ms);

/* "host:port" of a URL, for messages: no user, password, path or query; the caller's. */
char *http_host(const char *url);

struct http_stats http_stats(struct http *h);

/* Called after each request of http_send, on its caller's thread: r is NULL when no answer was
 * received, e is NULL when one was. For -v. Set before threads start; NULL: none. */
typedef void http_watch_fn(const struct http_request *q, const struct http_response *r,
                           const struct err *e, int64_t took_ms);
void http_watch(http_watch_fn *watch);

/* Reads one raw header line of an answer into *r; for the transport and for tests. */
void http_header_line(struct http_response *r, const char *line, size_t n);

#endif
