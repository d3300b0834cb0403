/* trace.h: -v and -vv: requests and responses on standard error, without bodies and secrets. */
#ifndef FIFOQ_TRACE_H
#define FIFOQ_TRACE_H

#include "buf.h"
#include "http.h"

/* 0: nothing; 1: a line per request; 2 and more: also the headers of request and response. */
void trace_setup(int level);

/* Formats one request; for tests. r or e is NULL, as in http_watch_fn. */
void trace_write(int level, const struct http_request *q, const struct http_response *r,
                 const struct err *e, int64_t took_ms, struct buf *out);

#endif
