/*
 * retry.h: which failures are retried, how often and after what delay, as tables.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html (standard mode)
 */
#ifndef FIFOQ_RETRY_H
#define FIFOQ_RETRY_H

#include "err.h"

#include <stdbool.h>
#include <stdint.h>

enum retry_verdict {
    RETRY_NO,
    RETRY_TRANSIENT,   /* network, 500, 502, 503, 504: back off */
    RETRY_TIMEOUT,     /* no answer in time: the same, at twice the cost */
    RETRY_THROTTLED,   /* the service asks for less: back off longer */
    RETRY_SKEW,        /* our clock is off: correct it by the Date header and sign again */
    RETRY_PROPAGATION, /* a new resource is not visible everywhere yet: 0.25, 0.5, 1, 2, 2, ... s
                          for about 60 s */
};

/* The tables' verdict on a failed call. service and action as in aws.h. */
enum retry_verdict retry_classify(const char *service, const char *action, const struct err *e);

/* The retry quota: a bucket of 500 tokens shared by all calls of one client, which limits retries
 * against a broken service. */
struct retry_quota;
struct retry_quota *retry_quota_new(void);
void retry_quota_free(struct retry_quota *q);

/* One call's attempts. Set quota (NULL: none), max_attempts and patience_ms, leave the rest zero.
 */
struct retry {
    struct retry_quota *quota;
    int max_attempts;     /* 3 unless AWS_MAX_ATTEMPTS says otherwise */
    int64_t patience_ms;  /* throttled: retried until its delays add up to this, whatever the number
                             of attempts, without the quota; 0: like other failures */
    int throttles;        /* retries for patience */
    int64_t throttled_ms; /* and the total of their delays */
    int attempt;          /* failed so far, not counting those that waited for AWS to catch up */
    int held;             /* quota tokens of the last retry */
    int waits;            /* number of waits for AWS to catch up */
    int64_t waited_ms;    /* and their total */
    bool refused;         /* given up because the quota was empty */
    int skewed;           /* times signed again with the corrected clock: at most once */
};

/* After a failed attempt: true with the delay before the next, false to give up. retry_after_ms:
 * the delay that the answer asked for, -1: none; more than a minute is given up. */
bool retry_again(struct retry *r, enum retry_verdict v, int64_t retry_after_ms, int64_t *delay_ms);
/* After a success: returns tokens. */
void retry_success(struct retry *r);

/* The delays for states that settle (functions, mappings): before check number `look` (0, 1, ...):
 * 250, 500, 1000, 2000, 2000 ... ms, and -1 after about `total_ms`. */
int64_t retry_poll_delay_ms(int look, int64_t total_ms);

#endif
