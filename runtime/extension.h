/*
 * extension.h: an internal extension that wants no events. Lambda ends a process with SIGKILL,
 * without warning, unless an extension is registered: then it sends SIGTERM first and waits 500 ms.
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

/* To be called before the first invocation is requested. api: host:port. Where registration is
 * refused or unavailable, only the signal is lost. */
void extension_register(struct extension *x, struct http *http, const char *api);
/* After http_free. */
void extension_done(struct extension *x);

#endif
