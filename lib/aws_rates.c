/* aws_rates.c: see aws_rates.h. */
#include "aws_rates.h"

#include "macros.h"
#include "mem.h"
#include "text.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* After a throttle, the part of a rate that stays; fewer if most calls were refused. */
#define SLOWER      0.7
#define MUCH_SLOWER 0.25
#define LEAST       0.1  /* the part of the table's rate that is never given up */
#define RECOVERY    0.01 /* the part of the table's rate that returns each second */

/*
 * How often AWS accepts calls. A rate that AWS documents has its page beside it; the others are
 * assumed, from reports of users. burst is the size of the bucket. AWS documents none: it is the
 * largest that was seen to pass, or what a small pipeline needs. Too large a rate or burst costs
 * one throttle, which corrects it; too small a one would slow down every run.
 */
static const struct rate {
    const char *service, *actions; /* actions: a list of words that share a bucket; NULL: all
                                      others of the service, together */
    double per_s, burst;
} rates[] = {
    /* documented: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html ("API
     * requests"): 100 GetFunction, 15 GetPolicy, and 15 of the remaining control plane together */
    { "lambda", "Invoke", 1e6, 1e6 },
    { "lambda", "GetFunction", 100, 100 },
    { "lambda", "GetPolicy", 15, 15 },
    { "lambda", NULL, 15, 60 },
    /* assumed: AWS Support, in github-aws-runners/terraform-aws-github-runner#2944: 3 per second;
     * sudolabs-io/aws-ssm-cli#503: 20 of 44 at once passed */
    { "ssm", "PutParameter", 3, 10 },
    /* assumed: the same repository's #5243: 5 per second, which cannot be raised; 3 leaves room
     * for others */
    { "ssm", "DeleteParameter", 3, 10 },
    /* assumed: segmentio/chamber#34: throttled after some 20 */
    { "ssm", "DescribeParameters", 5, 20 },
    /* documented: https://docs.aws.amazon.com/general/latest/gr/ssm.html: 40 per second at
     * standard throughput */
    { "ssm", NULL, 40, 40 },
    /* documented: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html: 50 of
     * everything but PutEvents. hashicorp/terraform-provider-aws#9925 reports 5 PutTargets */
    { "events", NULL, 50, 50 },
    /* documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/
     * cloudwatch_limits_cwl.html */
    { "logs", "DescribeLogGroups", 10, 10 },
    { "logs", "CreateLogGroup", 10, 10 },
    { "logs", "DeleteLogGroup", 10, 10 },
    /* documented: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/
     * API_ListTagsOfResource.html: 10 per second; API_TagResource.html: 5 */
    { "dynamodb", "ListTagsOfResource", 10, 10 },
    { "dynamodb", "TagResource UntagResource", 5, 5 },
    /* assumed: IAM documents none; the bucket of an account is some 20 per second */
    { "iam", NULL, 20, 20 },
};

struct bucket {
    double documented, per_s, most, tokens;
    size_t waiting;
    int64_t filled_ms, cut_ms; /* cut_ms: of the last throttle */
    int64_t accepted_ms;       /* -1: never */
    bool cut;
    size_t accepted, refused; /* since the last throttle that counted */
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
        r->buckets[i] = (struct bucket){ .documented = rates[i].per_s,
                                         .per_s = rates[i].per_s,
                                         .most = rates[i].burst,
                                         .tokens = rates[i].burst,
                                         .filled_ms = now_ms,
                                         .accepted_ms = -1 };
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
static struct bucket *bucket_of(struct aws_rates *r, const struct aws_turn *t)
{
    for (size_t i = 0; i < COUNTOF(rates); i++) {
        if (strcmp(rates[i].service, t->service) == 0 &&
            (!rates[i].actions || str_has_word(rates[i].actions, t->action)))
            return &r->buckets[i];
    }
    return NULL;
}

static void refill(struct bucket *b, int64_t now_ms)
{
    double s = (double)(now_ms - b->filled_ms) / 1000;

    if (s <= 0)
        return;
    b->per_s = fmin(b->documented, b->per_s + s * RECOVERY * b->documented);
    b->tokens = fmin(b->most, b->tokens + s * b->per_s);
    b->filled_ms = now_ms;
}

static int64_t wait_ms(const struct bucket *b, size_t before)
{
    return (int64_t)ceil(((double)before + 1 - b->tokens) / b->per_s * 1000);
}

int64_t aws_rates_take(struct aws_rates *r, struct aws_turn *t, int64_t now_ms)
{
    struct bucket *b = bucket_of(r, t);
    int64_t wait = 0;
    size_t before;

    if (!b)
        return 0;
    (void)pthread_mutex_lock(&r->lock);
    refill(b, now_ms);
    b->waiting -= t->waits;
    before = t->waits || t->urgent ? 0 : b->waiting;
    if (b->tokens >= (double)before + 1)
        b->tokens -= 1;
    else
        wait = wait_ms(b, before);
    t->waits = wait > 0;
    b->waiting += t->waits;
    t->per_s = b->per_s;
    (void)pthread_mutex_unlock(&r->lock);
    return wait;
}

void aws_rates_leave(struct aws_rates *r, struct aws_turn *t)
{
    struct bucket *b = bucket_of(r, t);

    if (!b || !t->waits)
        return;
    (void)pthread_mutex_lock(&r->lock);
    b->waiting--;
    (void)pthread_mutex_unlock(&r->lock);
    t->waits = false;
}

/* After the first throttle the burst was too large, after later ones the rate. A token of debt lets
 * AWS's bucket get ahead of ours. */
static void cut(struct bucket *b, int64_t now_ms)
{
    double good = (double)b->accepted / (double)(b->accepted + b->refused);

    if (b->cut)
        b->per_s = fmax(b->per_s * fmax(MUCH_SLOWER, fmin(good, SLOWER)), LEAST * b->documented);
    b->most = fmax(1, fmin(b->most, b->per_s));
    b->tokens = -1;
    b->filled_ms = b->cut_ms = now_ms;
    b->cut = true;
    b->accepted = b->refused = 0;
}

void aws_rates_throttled(struct aws_rates *r, const struct aws_turn *t, int64_t sent_ms,
                         int64_t now_ms)
{
    struct bucket *b = bucket_of(r, t);

    if (!b)
        return;
    (void)pthread_mutex_lock(&r->lock);
    b->refused++;
    if (!b->cut || sent_ms > b->cut_ms)
        cut(b, now_ms);
    (void)pthread_mutex_unlock(&r->lock);
}

void aws_rates_accepted(struct aws_rates *r, const struct aws_turn *t, int64_t now_ms)
{
    struct bucket *b = bucket_of(r, t);

    if (!b)
        return;
    (void)pthread_mutex_lock(&r->lock);
    b->accepted++;
    b->accepted_ms = now_ms;
    (void)pthread_mutex_unlock(&r->lock);
}

int64_t aws_rates_accepted_ms(struct aws_rates *r, const struct aws_turn *t)
{
    const struct bucket *b = bucket_of(r, t);
    int64_t ms = -1;

    if (!b)
        return -1;
    (void)pthread_mutex_lock(&r->lock);
    ms = b->accepted_ms;
    (void)pthread_mutex_unlock(&r->lock);
    return ms;
}
