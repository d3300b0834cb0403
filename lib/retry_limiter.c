/* retry_limiter.c: slows down when AWS throttles, then raises the rate carefully. */
#include "retry_limiter.h"

#include "mem.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SCALE      0.4 /* CUBIC's C */
#define BETA       0.7 /* the part of the rate that is left after a throttle */
#define SMOOTHING  0.8 /* the weight of the last bucket in the measured rate */
#define BUCKETS_S  2.0 /* the rate is measured per half second */
#define MAX_OF     2.0 /* at most twice the measured rate */
#define LEAST_RATE 0.5
enum { SERVICES = 16 };

/* Rates are attempts per second, times are seconds. */
struct retry_limiter {
    pthread_mutex_t lock;
    bool on; /* since the first throttle */
    /* CUBIC */
    double top;  /* the rate at the last throttle */
    double zero; /* how long after it the curve is back at top */
    double failed_s;
    /* measured */
    double measured, bucket_s;
    unsigned count;
    /* the token bucket */
    double rate, most, tokens, filled_s;
};

static double seconds(int64_t ms)
{
    return (double)ms / 1000;
}

static double zero_point(double top)
{
    return cbrt(top * (1 - BETA) / SCALE);
}

struct retry_limiter *retry_limiter_new(int64_t now_ms)
{
    struct retry_limiter *l = xcalloc(1, sizeof(*l));

    (void)pthread_mutex_init(&l->lock, NULL);
    l->failed_s = l->filled_s = seconds(now_ms);
    l->bucket_s = floor(seconds(now_ms));
    l->rate = l->most = 1;
    return l;
}

void retry_limiter_free(struct retry_limiter *l)
{
    if (!l)
        return;
    (void)pthread_mutex_destroy(&l->lock);
    free(l);
}

static void refill(struct retry_limiter *l, double now_s)
{
    l->tokens = fmin(l->most, l->tokens + (now_s - l->filled_s) * l->rate);
    l->filled_s = now_s;
}

/* Tokens until now accrue at the old rate. */
static void set_rate(struct retry_limiter *l, double now_s, double rate)
{
    refill(l, now_s);
    l->rate = fmax(rate, LEAST_RATE);
    l->most = fmax(rate, 1);
    l->tokens = fmin(l->tokens, l->most);
}

static void measure(struct retry_limiter *l, double now_s)
{
    double bucket_s = floor(now_s * BUCKETS_S) / BUCKETS_S;

    l->count++;
    if (bucket_s <= l->bucket_s)
        return;
    l->measured = l->count / (bucket_s - l->bucket_s) * SMOOTHING + l->measured * (1 - SMOOTHING);
    l->count = 0;
    l->bucket_s = bucket_s;
}

static double rate_after_success(const struct retry_limiter *l, double now_s)
{
    double x = now_s - l->failed_s - l->zero;

    return SCALE * x * x * x + l->top;
}

static double rate_after_throttle(struct retry_limiter *l, double now_s)
{
    l->top = l->on ? fmin(l->measured, l->rate) : l->measured;
    l->zero = zero_point(l->top);
    l->failed_s = now_s;
    l->on = true;
    return l->top * BETA;
}

int64_t retry_limiter_take(struct retry_limiter *l, int64_t now_ms)
{
    int64_t wait_ms = 0;

    (void)pthread_mutex_lock(&l->lock);
    if (l->on) {
        refill(l, seconds(now_ms));
        if (l->tokens >= 1)
            l->tokens -= 1;
        else
            wait_ms = (int64_t)ceil((1 - l->tokens) / l->rate * 1000);
    }
    (void)pthread_mutex_unlock(&l->lock);
    return wait_ms;
}

void retry_limiter_seen(struct retry_limiter *l, int64_t now_ms, bool throttled)
{
    double now_s = seconds(now_ms), rate;

    (void)pthread_mutex_lock(&l->lock);
    measure(l, now_s);
    rate = throttled ? rate_after_throttle(l, now_s) : rate_after_success(l, now_s);
    set_rate(l, now_s, fmin(rate, MAX_OF * l->measured));
    (void)pthread_mutex_unlock(&l->lock);
}

double retry_limiter_rate(struct retry_limiter *l)
{
    double rate;

    (void)pthread_mutex_lock(&l->lock);
    rate = l->rate;
    (void)pthread_mutex_unlock(&l->lock);
    return rate;
}

struct retry_limiters {
    pthread_mutex_t lock;
    struct {
        const char *name;
        struct retry_limiter *limiter;
    } list[SERVICES];
};

struct retry_limiters *retry_limiters_new(void)
{
    struct retry_limiters *all = xcalloc(1, sizeof(*all));

    (void)pthread_mutex_init(&all->lock, NULL);
    return all;
}

void retry_limiters_free(struct retry_limiters *all)
{
    if (!all)
        return;
    for (size_t i = 0; i < SERVICES; i++)
        retry_limiter_free(all->list[i].limiter);
    (void)pthread_mutex_destroy(&all->lock);
    free(all);
}

/* Services beyond the table's size share the last one. */
struct retry_limiter *retry_limiters_of(struct retry_limiters *all, const char *name,
                                        int64_t now_ms)
{
    size_t i = 0;

    (void)pthread_mutex_lock(&all->lock);
    while (i < SERVICES - 1 && all->list[i].name && strcmp(all->list[i].name, name) != 0)
        i++;
    if (!all->list[i].limiter) {
        all->list[i].name = name;
        all->list[i].limiter = retry_limiter_new(now_ms);
    }
    (void)pthread_mutex_unlock(&all->lock);
    return all->list[i].limiter;
}
