/* http_parts.h: what the transport's files share: proxies, trusted certificates, and requests under
 * way. */
#ifndef FIFOQ_HTTP_PARTS_H
#define FIFOQ_HTTP_PARTS_H

#include "err.h"
#include "http_head.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

/* The proxy to a host. Zeroed: none. */
struct http_proxy {
    char *url;            /* the variable's value, so it may hold a password; NULL: none */
    const char *variable; /* its name, static */
};

/*
 * Chooses the proxy like botocore: http_proxy and https_proxy by the scheme of url, lower case
 * before upper case (HTTP_PROXY is ignored where REQUEST_METHOD is set, because a CGI program's
 * client could set it), unless no_proxy names the host: "*", or a list of hosts and domains
 * (".example.com" and "example.com" are the same), each with an optional port. *out is freed by
 * http_proxy_done.
 * https://docs.python.org/3/library/urllib.request.html#urllib.request.getproxies
 */
void http_proxy_choose(const char *url, struct http_proxy *out);
void http_proxy_done(struct http_proxy *p); /* cleanses */

/* Host and port for messages, without user and password: "proxy:3128"; the caller's. */
char *http_proxy_name(const struct http_proxy *p);

/* The file of trusted certificates that the environment names, the caller's; NULL: none. *variable:
 * its name, static. SSL_CERT_FILE, which is often set for OpenSSL, counts only when it is usable.
 */
char *http_ca_setting(const char **variable);
/* ERR_USAGE unless the file holds at least one certificate in PEM. from: the setting's name, for
 * the message; NULL: none. */
CHECKED int http_ca_check(const char *file, const char *from, struct err *e);

/* Where libcurl was built to find the system's authorities, static. file NULL: libcurl names none,
 * or it holds no certificate. folder: certificates by hash, beside the file; NULL: none.
 * https://curl.se/libcurl/c/curl_version_info.html */
struct http_system_ca {
    const char *file, *folder;
};

struct http_system_ca http_ca_of_system(void);
/* Adds the folder to an SSL_CTX's certificate store; OpenSSL reads from it only what it misses in
 * the store. NULL: nothing. */
CHECKED int http_ca_add_folder(void *ssl_ctx, const char *folder);

struct http_job {
    const struct http_request *q;
    struct http_response *r;
    struct buf body;
    struct http_head head;
    size_t header_bytes;
    uint64_t body_bytes; /* received, kept or dropped */
    CURL *easy;
    struct curl_slist *headers;
    struct http_proxy proxy;
    CURLcode result;
    long proxy_status; /* the proxy's status for CONNECT; 0: there was no CONNECT */
    bool sent;         /* it had a connection: the request may have arrived */
    bool no_files;     /* no socket was available: too many open files */
    bool hung_up;      /* the connection closed before an answer */
    bool done;
    atomic_bool given_up;         /* set by the waiting thread once stop() says true */
    bool off;                     /* no thread waits for it */
    char detail[CURL_ERROR_SIZE]; /* curl's own message: a TLS alert, a reset */
    pthread_cond_t changed;
    struct http_job *next;
    struct http_response dropped; /* the answer of a job that is off */
};

void http_headers_clear(struct http_response *r);

/* Why the answer is invalid, in the words of http_head_wrong; NULL: it is whole, or the transfer
 * failed in another way. */
const char *http_job_wrong(const struct http_job *j);
/* Sets *e to why the job has no usable answer. */
void http_job_error(const struct http_job *j, struct err *e);
/* The status of an answer that is the proxy's own: to CONNECT, or instead of a host without TLS; 0:
 * none. */
long http_proxy_said(const struct http_job *j);

#endif
