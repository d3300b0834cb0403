/*
 * retry_limiter.h: the client-side rate limiter of the retry mode "adaptive": a token bucket whose
 * rate follows CUBIC, as in botocore (retries/adaptive.py, throttling.py, bucket.py). It does
 * nothing until a first throttle.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 * https://www.rfc-editor.org/rfc/rfc9438 (CUBIC)
 */
#ifndef FIFOQ_RETRY_LIMITER_H
#define FIFOQ_RETRY_LIMITER_H

#include <stdbool.h>
#include <stdint.h>

/* One per service, like AWS's own tools; any thread may use it. Times are in ms of a monotonic
 * clock. */
struct retry_limiter;
struct retry_limiter *retry_limiter_new(int64_t now_ms);
void retry_limiter_free(struct retry_limiter *l); /* NULL is fine */

/* Before an attempt. 0: a token was taken; else the ms to wait before asking again. */
int64_t retry_limiter_take(struct retry_limiter *l, int64_t now_ms);
/* After each attempt, whatever its result. */
void retry_limiter_seen(struct retry_limiter *l, int64_t now_ms, bool throttled);
/* Attempts per second allowed at present; for tests and -v. */
double retry_limiter_rate(struct retry_limiter *l);

/* The limiters of one client, by service. name is static; the limiter is borrowed. */
struct retry_limiters;
struct retry_limiters *retry_limiters_new(void);
void retry_limiters_free(struct retry_limiters *all); /* NULL is fine */
struct retry_limiter *retry_limiters_of(struct retry_limiters *all, const char *name,
                                        int64_t now_ms);

#endif
