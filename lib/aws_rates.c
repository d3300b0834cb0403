/* aws_rates.c: see aws_rates.h. */
#include "aws_rates.h"

#include "macros.h"
#include "mem.h"

#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SLOWER     0.7 /* the part of a kept rate that is left after a throttle */
#define LEAST_RATE 0.5

/*
 * The actions whose calls grow with a configuration: parameters, schedules, and Lambda's whole
 * control plane. burst is the size of the bucket. AWS documents none: it is the largest that was
 * seen to pass, or what a small pipeline needs. Too large a burst costs one throttle, which
 * corrects it.
 */
static const struct rate {
    const char *service, *actions; /* actions NULL: all others of the service, together */
    double per_s, burst;
} rates[] = {
    /* https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html ("API requests"): 100
     * GetFunction, 15 GetPolicy, and 15 of the remaining control plane together */
    { "lambda", "Invoke", 1e6, 1e6 },
    { "lambda", "GetFunction", 100, 100 },
    { "lambda", "GetPolicy", 15, 15 },
    { "lambda", NULL, 15, 60 },
    /* AWS Support, in github-aws-runners/terraform-aws-github-runner#2944: 3 per second;
     * sudolabs-io/aws-ssm-cli#503: 20 of 44 at once passed */
    { "ssm", "PutParameter", 3, 10 },
    /* the same repository's #5243: 5 per second, which cannot be raised; 3 leaves room for others
     */
    { "ssm", "DeleteParameter", 3, 10 },
    /* not documented; segmentio/chamber#34: throttled after some 20 */
    { "ssm", "DescribeParameters", 5, 20 },
    /* https://docs.aws.amazon.com/general/latest/gr/ssm.html: 40 per second at standard throughput
     */
    { "ssm", NULL, 40, 40 },
    /* not documented; the lowest that was reported: terraform-provider-aws#9925 */
    { "events", "PutRule", 5, 5 },
    { "events", "PutTargets", 5, 5 },
    { "events", "RemoveTargets", 5, 5 },
    { "events", "DeleteRule", 5, 5 },
    /* https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html: 50 of all others */
    { "events", NULL, 50, 100 },
};

struct bucket {
    double per_s, most, tokens;
    int64_t filled_ms, cut_ms; /* cut_ms: of the last throttle */
    bool cut;
};

struct aws_rates {
    pthread_mutex_t lock;
    struct bucket buckets[COUNTOF(rates)];
};

struct aws_rates *aws_rates_new(int64_t now_ms)
{
    struct aws_rates *r = xcalloc(1, sizeof(*r));

    (void)pthread_mutex_init(&r->lock, NULL);
    for (size_t i = 0; i < COUNTOF(rates); i++)
        r->buckets[i] = (struct bucket){ .per_s = rates[i].per_s,
                                         .most = rates[i].burst,
                                         .tokens = rates[i].burst,
                                         .filled_ms = now_ms };
    return r;
}

void aws_rates_free(struct aws_rates *r)
{
    if (!r)
        return;
    (void)pthread_mutex_destroy(&r->lock);
    free(r);
}

/* NULL: no rate is known. A service's row for all others is last. */
static struct bucket *bucket_of(struct aws_rates *r, const char *service, const char *action)
{
    for (size_t i = 0; i < COUNTOF(rates); i++) {
        if (strcmp(rates[i].service, service) == 0 &&
            (!rates[i].actions || strcmp(rates[i].actions, action) == 0))
            return &r->buckets[i];
    }
    return NULL;
}

static void refill(struct bucket *b, int64_t now_ms)
{
    b->tokens = fmin(b->most, b->tokens + (double)(now_ms - b->filled_ms) / 1000 * b->per_s);
    b->filled_ms = now_ms;
}

int64_t aws_rates_take(struct aws_rates *r, const char *service, const char *action, int64_t now_ms,
                       double *per_s)
{
    struct bucket *b = bucket_of(r, service, action);
    int64_t wait_ms = 0;

    if (!b)
        return 0;
    (void)pthread_mutex_lock(&r->lock);
    refill(b, now_ms);
    if (b->tokens >= 1)
        b->tokens -= 1;
    else
        wait_ms = (int64_t)ceil((1 - b->tokens) / b->per_s * 1000);
    if (per_s)
        *per_s = b->per_s;
    (void)pthread_mutex_unlock(&r->lock);
    return wait_ms;
}

/* After the first throttle the burst was too large, after later ones the rate. */
static void cut(struct bucket *b, int64_t now_ms)
{
    if (b->cut)
        b->per_s = fmax(b->per_s * SLOWER, LEAST_RATE);
    b->most = fmax(1, fmin(b->most, b->per_s));
    b->tokens = 0;
    b->filled_ms = b->cut_ms = now_ms;
    b->cut = true;
}

void aws_rates_throttled(struct aws_rates *r, const char *service, const char *action,
                         int64_t sent_ms, int64_t now_ms)
{
    struct bucket *b = bucket_of(r, service, action);

    if (!b)
        return;
    (void)pthread_mutex_lock(&r->lock);
    if (!b->cut || sent_ms > b->cut_ms)
        cut(b, now_ms);
    (void)pthread_mutex_unlock(&r->lock);
}
