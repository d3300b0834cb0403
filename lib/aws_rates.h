/*
 * aws_rates.h: how often AWS accepts calls of each API: token buckets from a table. For programs
 * that make many calls in one run; a function that makes few needs none.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/throttling.html (how the buckets work)
 */
#ifndef FIFOQ_AWS_RATES_H
#define FIFOQ_AWS_RATES_H

#include <stdint.h>

/* The buckets of one client, full at first; any thread may use them. Times are in ms of a monotonic
 * clock. */
struct aws_rates;
struct aws_rates *aws_rates_new(int64_t now_ms);
void aws_rates_free(struct aws_rates *r); /* NULL is fine */

/* Before an attempt. 0: a token was taken, else the ms to wait before asking again; *per_s (may be
 * NULL) is then the rate per second. */
int64_t aws_rates_take(struct aws_rates *r, const char *service, const char *action, int64_t now_ms,
                       double *per_s);
/* An attempt that began at sent_ms was throttled: the bucket is empty, and smaller from now on.
 * Several that were sent before a throttle was known count as one. */
void aws_rates_throttled(struct aws_rates *r, const char *service, const char *action,
                         int64_t sent_ms, int64_t now_ms);

#endif
