/* trace.h: -v and -vv: what goes to AWS and comes back, on standard error. Never a body, never a
 * secret. */
#ifndef FIFOQ_TRACE_H
#define FIFOQ_TRACE_H

#include "buf.h"
#include "http.h"

/* 0: nothing; 1: a line for each request; 2 and more: the headers of both, too. */
void trace_setup(int level);

/* What is written of one request; for tests. r or e is NULL, as in http_watch_fn. */
void trace_write(int level, const struct http_request *q, const struct http_response *r,
                 const struct err *e, int64_t took_ms, struct buf *out);

#endif
