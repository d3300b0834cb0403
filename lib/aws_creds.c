/* aws_creds.c: the client's credentials over time: copies for the calls, renewed before they
 * expire.
 * https://docs.aws.amazon.com/sdkref/latest/guide/understanding-credentials.html */
#include "aws_creds.h"
#include "aws_wire.h"
#include "clock.h"
#include "mem.h"

#include <stddef.h>

/* botocore's values: from the first on a renewal is tried, from the second on all calls wait for
 * it. */
enum { ADVISORY_MS = 15 * 60000, MANDATORY_MS = 10 * 60000 };
/* Between two renewals: while the credentials are valid, and once they have expired. */
enum { PAUSE_MS = 60000, PAUSE_LEAST_MS = 5000 };

static char *copy(const char *s)
{
    return s ? xstrdup(s) : NULL;
}

/* Without renewal there is nothing to guard. */
static void guard(struct aws *a, bool begin)
{
    if (a->renew)
        (void)(begin ? pthread_mutex_lock : pthread_mutex_unlock)(&a->creds_lock);
}

static void creds_copy(struct aws *a, struct creds *out)
{
    guard(a, true);
    *out = (struct creds){
        .key_id = copy(a->creds.key_id),
        .secret = copy(a->creds.secret),
        .token = copy(a->creds.token),
        .expires_ms = a->creds.expires_ms,
        .provider = a->creds.provider,
    };
    guard(a, false);
}

static int64_t left_ms(struct aws *a)
{
    int64_t expires_ms;

    guard(a, true);
    expires_ms = a->creds.expires_ms;
    guard(a, false);
    return expires_ms ? expires_ms - aws_now_ms(a) : INT64_MAX;
}

/* left_ms: of the credentials; the pause does not outlast them by much. The caller holds
 * renew_lock, here and below. */
static void renewed(struct aws *a, int64_t left_ms, const struct err *failed)
{
    int64_t pause_ms = left_ms < PAUSE_MS ? left_ms : PAUSE_MS;

    a->renew_after_ms = clock_mono_ms() + (pause_ms < PAUSE_LEAST_MS ? PAUSE_LEAST_MS : pause_ms);
    a->renew_err = failed ? *failed : (struct err){ 0 };
}

static int renew(struct aws *a, struct err *e)
{
    struct creds found = { 0 }, old;

    if (a->renew(a->renew_arg, &found, e) < 0) {
        renewed(a, left_ms(a), e);
        return -1;
    }
    guard(a, true);
    old = a->creds;
    a->creds = found;
    guard(a, false);
    creds_done(&old);
    renewed(a, left_ms(a), NULL);
    return 0;
}

/* Waiting threads share a fresh failure instead of each retrying. */
static bool failed_just_now(struct aws *a, struct err *e)
{
    if (!a->renew_err.code || clock_mono_ms() >= a->renew_after_ms)
        return false;
    *e = a->renew_err;
    return true;
}

/* Another thread may have renewed them while this one waited. */
static int renew_if_due(struct aws *a, struct err *e)
{
    int64_t left = left_ms(a);

    if (left >= ADVISORY_MS || (left > 0 && clock_mono_ms() < a->renew_after_ms))
        return 0;
    return failed_just_now(a, e) ? -1 : renew(a, e);
}

static int renew_in_time(struct aws *a, struct err *e)
{
    int64_t left = left_ms(a);
    bool mine = false;
    int rc = 0;

    if (left < MANDATORY_MS)
        mine = pthread_mutex_lock(&a->renew_lock) == 0;
    else if (left < ADVISORY_MS)
        mine = pthread_mutex_trylock(&a->renew_lock) == 0;
    if (mine) {
        rc = renew_if_due(a, e);
        (void)pthread_mutex_unlock(&a->renew_lock);
    }
    return rc < 0 && left_ms(a) <= 0 ? err_wrap(e, "the credentials have expired") : 0;
}

int aws_creds_now(struct aws *a, struct creds *out, struct err *e)
{
    struct err why = { 0 };

    if (a->renew && renew_in_time(a, &why) < 0) {
        *e = why;
        e->code = why.code == ERR_INTERRUPTED ? ERR_INTERRUPTED : ERR_CREDENTIALS;
        return -1;
    }
    creds_copy(a, out);
    if (out->key_id && out->secret)
        return 0;
    creds_done(out);
    return err_set(e, ERR_CREDENTIALS, "no AWS credentials");
}

/* AWS refused the current ones as expired, whatever their expiry says. */
static int replace(struct aws *a, struct creds *now, const struct creds *ended, struct err *e)
{
    int rc;

    if (failed_just_now(a, e))
        return -1;
    rc = renew(a, e);
    creds_done(now);
    creds_copy(a, now);
    if (rc == 0 && creds_same(now, ended))
        rc = err_set(e, ERR_CREDENTIALS, "'%s' returned the same expired credentials",
                     now->provider);
    if (rc < 0)
        renewed(a, 0, e);
    return rc;
}

int aws_creds_renew(struct aws *a, const struct creds *ended, struct err *e)
{
    struct creds now = { 0 };
    int rc = 0;

    (void)pthread_mutex_lock(&a->renew_lock);
    creds_copy(a, &now);
    if (creds_same(&now, ended))
        rc = replace(a, &now, ended, e);
    (void)pthread_mutex_unlock(&a->renew_lock);
    creds_done(&now);
    return rc;
}
