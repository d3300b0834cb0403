/*
 * aws_rates.h: how often AWS accepts calls of each API: token buckets from a table. For programs
 * that make many calls in one run; a function that makes few needs none.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/throttling.html (how the buckets work)
 */
#ifndef FIFOQ_AWS_RATES_H
#define FIFOQ_AWS_RATES_H

#include <stdbool.h>
#include <stdint.h>

/* The buckets of one client, full at first; any thread may use them. Times are in ms of a monotonic
 * clock. */
struct aws_rates;
struct aws_rates *aws_rates_new(int64_t now_ms);
void aws_rates_free(struct aws_rates *r); /* NULL is fine */

struct aws_turn {
    const char *service, *action;
    bool waits;   /* aws_rates_take made it wait; set there */
    bool urgent;  /* it goes before those that wait */
    double per_s; /* the API's rate at present; 0: none is known */
};

/* Before an attempt. 0: a token was taken, else the ms to wait before asking again: later callers
 * wait longer. Whoever gives up while waiting calls aws_rates_leave. */
int64_t aws_rates_take(struct aws_rates *r, struct aws_turn *t, int64_t now_ms);
void aws_rates_leave(struct aws_rates *r, struct aws_turn *t);

/* After an attempt that began at sent_ms. Throttled: the bucket is empty, and smaller from now on;
 * several attempts that were sent before a throttle was known count as one. Accepted: its rate
 * returns slowly to the one of the table. */
void aws_rates_throttled(struct aws_rates *r, const struct aws_turn *t, int64_t sent_ms,
                         int64_t now_ms);
void aws_rates_accepted(struct aws_rates *r, const struct aws_turn *t, int64_t now_ms);
/* When the API last accepted a call; -1: never, or no rate is known. */
int64_t aws_rates_accepted_ms(struct aws_rates *r, const struct aws_turn *t);

#endif
