/* http_parts.h: what the transport's files share: the way to a host, whom to trust, and a request
 * under way. */
#ifndef FIFOQ_HTTP_PARTS_H
#define FIFOQ_HTTP_PARTS_H

#include "err.h"
#include "http_head.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdint.h>

/* The way to a host. Zeroed: straight. */
struct http_proxy {
    char *url;            /* as the variable says it, so perhaps with a password; NULL: none */
    const char *variable; /* its name, static */
};

/*
 * Chooses as botocore does: http_proxy and https_proxy by the scheme of url, in lower case before
 * upper case (HTTP_PROXY does not count where REQUEST_METHOD is set: a CGI program's caller could
 * set it), unless no_proxy names the host: "*", or a list of hosts and domains (".example.com" and
 * "example.com" are the same), each perhaps with a port. *out is freed by http_proxy_done.
 * https://docs.python.org/3/library/urllib.request.html#urllib.request.getproxies
 */
void http_proxy_choose(const char *url, struct http_proxy *out);
void http_proxy_done(struct http_proxy *p); /* cleanses */

/* Host and port for messages, without user and password: "proxy:3128"; the caller's. */
char *http_proxy_name(const struct http_proxy *p);

/* The file of trusted certificates that the environment names, the caller's; NULL: none. *variable:
 * its name, static. SSL_CERT_FILE, which OpenSSL and its like are set up with, counts only where it
 * can be used. */
char *http_ca_setting(const char **variable);
/* ERR_USAGE unless the file holds at least one certificate in PEM. from: the setting's name, for
 * the message; NULL: none. */
CHECKED int http_ca_check(const char *file, const char *from, struct err *e);

struct http_job {
    const struct http_request *q;
    struct http_response *r;
    struct buf body;
    struct http_head head;
    size_t header_bytes;
    uint64_t body_bytes; /* that came, kept or dropped */
    CURL *easy;
    struct curl_slist *headers;
    struct http_proxy proxy;
    CURLcode result;
    long proxy_status; /* what the proxy said to CONNECT; 0: it was not asked */
    bool sent;         /* a connection was there: the request may have arrived */
    bool no_files;     /* no socket was to be had: too many open files */
    bool hung_up;      /* and was gone before an answer */
    bool done;
    bool given_up;                /* by who waited, as it was asked to stop; atomic */
    bool off;                     /* nobody waits for it */
    char detail[CURL_ERROR_SIZE]; /* curl's words: a TLS alert, a reset */
    pthread_cond_t changed;
    struct http_job *next;
    struct http_response dropped; /* what comes back to one that is off */
};

void http_headers_clear(struct http_response *r);

/* Why what came is no answer, as http_head_wrong says it; NULL: a whole answer came, or the
 * transfer failed in another way. */
const char *http_job_wrong(const struct http_job *j);
/* Why it has no answer that can be handed out. */
void http_job_error(const struct http_job *j, struct err *e);
/* The status of an answer that is the proxy's: to CONNECT, or in place of that of a host without
 * TLS; 0: it has none. */
long http_proxy_said(const struct http_job *j);

#endif
