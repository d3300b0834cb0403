/* retry.c: how often, and after what delay, a call is retried. */
#include "retry.h"

#include "mem.h"
#include "random.h"

#include <pthread.h>
#include <stdlib.h>

enum {
    QUOTA = 500,
    POLL_FIRST_MS = 250,
    POLL_MAX_MS = 2000,
    RETRY_AFTER_MAX_MS = 60000,
    PATIENT_MAX_MS = 5000
};

/* One row for each verdict. Rows with total_ms wait for AWS to catch up: no quota, no limit of
 * attempts, only of time. */
static const struct policy {
    int64_t base_ms; /* the longest delay before the second attempt; doubles up to most_ms */
    int64_t most_ms;
    int64_t total_ms;
    int cost;     /* quota tokens */
    bool patient; /* never less than half of the delay */
} policies[] = {
    [RETRY_TRANSIENT] = { .cost = 5, .base_ms = 1000, .most_ms = 20000 },
    [RETRY_TIMEOUT] = { .cost = 10, .base_ms = 1000, .most_ms = 20000 },
    [RETRY_THROTTLED] = { .cost = 5, .base_ms = 1000, .most_ms = 20000, .patient = true },
    [RETRY_SKEW] = { .cost = 0 },
    [RETRY_PROPAGATION] = { .base_ms = POLL_FIRST_MS, .most_ms = POLL_MAX_MS, .total_ms = 60000 },
};

struct retry_quota {
    pthread_mutex_t lock;
    int left;
};

struct retry_quota *retry_quota_new(void)
{
    struct retry_quota *q = xcalloc(1, sizeof(*q));

    (void)pthread_mutex_init(&q->lock, NULL);
    q->left = QUOTA;
    return q;
}

void retry_quota_free(struct retry_quota *q)
{
    if (!q)
        return;
    (void)pthread_mutex_destroy(&q->lock);
    free(q);
}

/* False, and nothing changed, when there are too few tokens. */
static bool quota_change(struct retry_quota *q, int by)
{
    bool enough;

    if (!q)
        return true;
    (void)pthread_mutex_lock(&q->lock);
    enough = q->left + by >= 0;
    if (enough)
        q->left = q->left + by > QUOTA ? QUOTA : q->left + by;
    (void)pthread_mutex_unlock(&q->lock);
    return enough;
}

/* base, 2 base, 4 base, ... up to most. */
static int64_t doubled(int64_t base_ms, int64_t most_ms, int times)
{
    while (times-- > 0 && base_ms < most_ms)
        base_ms *= 2;
    return base_ms < most_ms ? base_ms : most_ms;
}

/* 0 .. most_ms, uniformly. */
static int64_t jitter(int64_t most_ms)
{
    uint32_t random;

    random_bytes(&random, sizeof(random));
    return (int64_t)random % (most_ms + 1);
}

static int64_t at_least_half(int64_t most_ms)
{
    return most_ms / 2 + jitter(most_ms / 2);
}

static bool wait_for_aws(struct retry *r, const struct policy *p, int64_t *delay_ms)
{
    if (r->waited_ms >= p->total_ms)
        return false;
    *delay_ms = doubled(p->base_ms, p->most_ms, r->waits);
    r->waits++;
    r->waited_ms += *delay_ms;
    return true;
}

static bool back_off(struct retry *r, const struct policy *p, int64_t retry_after_ms,
                     int64_t *delay_ms)
{
    int64_t most = doubled(p->base_ms, p->most_ms, r->attempt - 1);
    int64_t delay = p->patient ? at_least_half(most) : jitter(most);

    if (r->attempt >= r->max_attempts || retry_after_ms > RETRY_AFTER_MAX_MS)
        return false;
    r->refused = !quota_change(r->quota, -p->cost);
    if (r->refused)
        return false;
    r->held = p->cost;
    *delay_ms = delay > retry_after_ms ? delay : retry_after_ms;
    return true;
}

static bool be_patient(struct retry *r, const struct policy *p, int64_t retry_after_ms,
                       int64_t *delay_ms)
{
    int64_t delay = at_least_half(doubled(p->base_ms, PATIENT_MAX_MS, r->throttles));

    if (r->throttled_ms >= r->patience_ms || retry_after_ms > RETRY_AFTER_MAX_MS)
        return false;
    *delay_ms = delay > retry_after_ms ? delay : retry_after_ms;
    r->throttles++;
    r->throttled_ms += *delay_ms;
    return true;
}

bool retry_again(struct retry *r, enum retry_verdict v, int64_t retry_after_ms, int64_t *delay_ms)
{
    if (v == RETRY_NO)
        return false;
    if (policies[v].total_ms)
        return wait_for_aws(r, &policies[v], delay_ms);
    if (v == RETRY_SKEW) {
        *delay_ms = 0;
        return !r->skewed++;
    }
    if (v == RETRY_THROTTLED && r->patience_ms)
        return be_patient(r, &policies[v], retry_after_ms, delay_ms);
    r->attempt++;
    return back_off(r, &policies[v], retry_after_ms, delay_ms);
}

/* Returns the tokens of the last retry; a call that succeeds at once earns one. */
void retry_success(struct retry *r)
{
    (void)quota_change(r->quota, r->held ? r->held : 1);
    r->held = 0;
}

int64_t retry_poll_delay_ms(int look, int64_t total_ms)
{
    int64_t waited = 0, delay = 0;

    for (int i = 0; i <= look; i++) {
        if (waited >= total_ms)
            return -1;
        delay = doubled(POLL_FIRST_MS, POLL_MAX_MS, i);
        waited += delay;
    }
    return delay;
}
