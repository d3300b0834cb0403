/* aws.c: the client: region, endpoints, clock, names. */
#include "aws.h"

#include "aws_wire.h"
#include "clock.h"
#include "env.h"
#include "mem.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_ATTEMPTS = 3, MAX_ATTEMPTS = 100 };

void aws_partition_of(const char *region, const char **partition, const char **dns_suffix)
{
    const struct aws_partition *p = aws_partition_find(region);

    *partition = p->name;
    *dns_suffix = p->dns_suffix;
}

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
    retry_quota_free(a->quota);
    retry_limiters_free(a->limiters);
    *a = (struct aws){ 0 };
}

char *aws_endpoint(const struct aws *a, enum aws_id id)
{
    struct aws_where w = { 0 };
    struct err none;

    /* aws_init has checked every service that fifoq builds with */
    return aws_endpoint_find(&a->endpoints, id, a->region, &w, &none) < 0 ? xstrdup("") : w.url;
}

char *aws_queue_url(const struct aws *a, const char *queue)
{
    const char *set = a->endpoints.url[AWS_ID_SQS];
    auto_free char *endpoint =
        set ? xstrdup(set) : xasprintf("https://sqs.%s.%s", a->region, a->dns_suffix);

    return xasprintf("%s/%s/%s", endpoint, a->account, queue);
}

char *aws_arn_in(const struct aws *a, const char *region, const char *service, const char *resource)
{
    return xasprintf("arn:%s:%s:%s:%s:%s", a->partition, service, region, a->account, resource);
}

char *aws_arn(const struct aws *a, const char *service, const char *resource)
{
    return aws_arn_in(a, a->region, service, resource);
}

char *aws_arn_global(const struct aws *a, const char *service, const char *resource)
{
    return xasprintf("arn:%s:%s::%s:%s", a->partition, service, a->account, resource);
}

int64_t aws_now_ms(const struct aws *a)
{
    return clock_wall_ms() + atomic_load_explicit(&a->skew_ms, memory_order_relaxed);
}

int64_t aws_date_ms(const struct aws *a)
{
    return clock_wall_ms() + atomic_load_explicit(&a->date_skew_ms, memory_order_relaxed);
}
