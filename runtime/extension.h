/*
 * extension.h: an internal extension that wants no events. Lambda ends a process with SIGKILL,
 * without a word, unless an extension is registered: then SIGTERM comes first, and 500 ms for what
 * is to be brought to an end.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
 */
#ifndef FIFOQ_EXTENSION_H
#define FIFOQ_EXTENSION_H

#include "http.h"

/* Start with { 0 }. Lives longer than the transport. */
struct extension {
    char *url;
    char *id; /* NULL: not registered */
    struct http_header header;
    struct http_request next; /* in flight as long as the process lives */
};

/* Before the first invocation is asked for. api: host:port. Where it is refused or not offered,
 * nothing is lost but the signal. */
void extension_register(struct extension *x, struct http *http, const char *api);
/* After http_free. */
void extension_done(struct extension *x);

#endif
