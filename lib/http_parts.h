/* http_parts.h: what the transport asks before it begins: the way to a host, and whom to trust. */
#ifndef FIFOQ_HTTP_PARTS_H
#define FIFOQ_HTTP_PARTS_H

#include "base.h"

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

/* The file of trusted certificates that the environment names, borrowed; NULL: none. *variable: its
 * name, static. */
const char *http_ca_setting(const char **variable);
/* ERR_USAGE unless the file holds at least one certificate in PEM. from: the setting's name, for
 * the message; NULL: none. */
CHECKED int http_ca_check(const char *file, const char *from, struct err *e);

#endif
