/* aws.c: the client: region, endpoints, clock. */
#include "aws.h"
#include "aws_names.h"

#include "aws_wire.h"
#include "clock.h"
#include "env.h"
#include "mem.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_ATTEMPTS = 3, MAX_ATTEMPTS = 100 };

static int region_take(struct aws *a, const char *region, struct err *e)
{
    const struct aws_partition *p;

    if (!region || !*region)
        return err_set(e, ERR_USAGE, "no AWS region: use --region or set AWS_REGION");
    a->region = xstrdup(region);
    if (aws_region_plain(a->region))
        a->endpoints.fips = true;
    if (aws_region_check(a->region, e) < 0)
        return -1;
    p = aws_partition_find(a->region);
    a->partition = xstrdup(p->name);
    a->dns_suffix = xstrdup(p->dns_suffix);
    return 0;
}

static int endpoints_take(struct aws *a, const struct aws_options *o, struct err *e)
{
    if (o->endpoints)
        aws_endpoints_copy(&a->endpoints, o->endpoints);
    else if (aws_endpoints_environment(&a->endpoints, e) < 0)
        return -1;
    if (!o->endpoint_url)
        return 0;
    aws_endpoints_forget(&a->endpoints);
    return aws_endpoints_set_rest(&a->endpoints, o->endpoint_url, "--endpoint-url", e);
}

int aws_setting_attempts(const char *from, const char *text, int *out, struct err *e)
{
    char *end = NULL;
    long long n = strtoll(text, &end, 10);

    if (end == text || *end || n < 1)
        return err_set(e, ERR_USAGE, "%s: invalid value '%s'; expected 1 to %d", from, text,
                       MAX_ATTEMPTS);
    *out = n > MAX_ATTEMPTS ? MAX_ATTEMPTS : (int)n;
    return 0;
}

int aws_setting_retry_mode(const char *from, const char *text, enum aws_retry_mode *out,
                           struct err *e)
{
    static const char *const modes[] = {
        [AWS_RETRY_STANDARD] = "standard",
        [AWS_RETRY_LEGACY] = "legacy",
        [AWS_RETRY_ADAPTIVE] = "adaptive",
    };

    for (size_t i = AWS_RETRY_STANDARD; i < COUNTOF(modes); i++) {
        if (strcmp(text, modes[i]) == 0) {
            *out = (enum aws_retry_mode)i;
            return 0;
        }
    }
    return err_set(e, ERR_USAGE, "%s: invalid value '%s'; expected standard, adaptive or legacy",
                   from, text);
}

static int retries_take(struct aws *a, const struct aws_options *o, struct err *e)
{
    const char *attempts = env_get("AWS_MAX_ATTEMPTS"), *mode = env_get("AWS_RETRY_MODE");

    a->max_attempts = o->max_attempts ? o->max_attempts : DEFAULT_ATTEMPTS;
    a->retry_mode = o->retry_mode ? o->retry_mode : AWS_RETRY_STANDARD;
    if (!o->max_attempts && attempts &&
        aws_setting_attempts("AWS_MAX_ATTEMPTS", attempts, &a->max_attempts, e) < 0)
        return -1;
    return o->retry_mode || !mode
               ? 0
               : aws_setting_retry_mode("AWS_RETRY_MODE", mode, &a->retry_mode, e);
}

int aws_init(struct aws *a, const struct aws_options *o, struct http *http, struct creds *creds,
             struct err *e)
{
    *a = (struct aws){
        .creds = *creds,
        .creds_lock = PTHREAD_MUTEX_INITIALIZER,
        .renew_lock = PTHREAD_MUTEX_INITIALIZER,
        .http = http,
        .keys = sigv4_keys_new(),
        .quota = retry_quota_new(),
    };
    *creds = (struct creds){ 0 };
    a->ca_file = o->ca_file ? xstrdup(o->ca_file) : NULL;
    if (endpoints_take(a, o, e) < 0 || region_take(a, o->region, e) < 0 ||
        aws_endpoints_check(&a->endpoints, a->region, e) < 0 || retries_take(a, o, e) < 0) {
        aws_done(a);
        return -1;
    }
    if (a->retry_mode == AWS_RETRY_ADAPTIVE)
        a->limiters = retry_limiters_new();
    return 0;
}

void aws_done(struct aws *a)
{
    free(a->region);
    free(a->partition);
    free(a->dns_suffix);
    free(a->account);
    free(a->ca_file);
    aws_endpoints_done(&a->endpoints);
    creds_done(&a->creds);
    sigv4_keys_free(a->keys);
    retry_quota_free(a->quota);
    retry_limiters_free(a->limiters);
    *a = (struct aws){ 0 };
}

int64_t aws_now_ms(const struct aws *a)
{
    return clock_wall_ms() + atomic_load_explicit(&a->skew_ms, memory_order_relaxed);
}

int64_t aws_date_ms(const struct aws *a)
{
    return clock_wall_ms() + atomic_load_explicit(&a->date_skew_ms, memory_order_relaxed);
}
