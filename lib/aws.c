/* aws.c: the client: region, endpoints, names; and the calls that are made of other calls. */
#include "aws.h"

#include "aws_wire.h"
#include "json.h"
#include "parallel.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_ATTEMPTS = 3, MOST_ATTEMPTS = 100, WIDTH = 12, MOST_PAGES = 1000 };

static const char *setting(const char *name)
{
    const char *v = getenv(name);

    return v && *v ? v : NULL;
}

int aws_endpoint_split(const char *url, struct aws_endpoint_parts *out, struct err *e)
{
    const char *host = str_starts(url, "http://")    ? url + strlen("http://")
                       : str_starts(url, "https://") ? url + strlen("https://")
                                                     : NULL;
    size_t n = host ? strcspn(host, "/") : 0;

    if (!n)
        return err_set(e, ERR_USAGE,
                       "endpoint '%s' is no URL: http://HOST[:PORT] or https://HOST[:PORT]", url);
    if (strpbrk(host, "?# \t\r\n") || memchr(host, '@', n))
        return err_set(e, ERR_USAGE, "the endpoint URL may hold scheme, host, port and path only");
    *out = (struct aws_endpoint_parts){ .host = host, .host_len = n, .base = host + n };
    return 0;
}

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
        return err_set(e, ERR_USAGE, "no AWS region: give --region, or set AWS_REGION");
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
        return err_set(e, ERR_USAGE, "%s is '%s': allowed are 1 to %d", from, text, MOST_ATTEMPTS);
    *out = n > MOST_ATTEMPTS ? MOST_ATTEMPTS : (int)n;
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
    return err_set(e, ERR_USAGE, "%s is '%s': allowed are standard, adaptive and legacy", from,
                   text);
}

static int retries_take(struct aws *a, const struct aws_options *o, struct err *e)
{
    const char *attempts = setting("AWS_MAX_ATTEMPTS"), *mode = setting("AWS_RETRY_MODE");

    a->max_attempts = o->max_attempts ? o->max_attempts : MAX_ATTEMPTS;
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

char *aws_endpoint(const struct aws *a, const struct aws_service *s)
{
    struct aws_where w = { 0 };
    struct err none;

    /* aws_init has asked for all that fifoq builds with */
    return aws_endpoint_find(&a->endpoints, s->id, a->region, &w, &none) < 0 ? xstrdup("") : w.url;
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

struct many {
    struct aws *a;
    struct aws_ask *asks;
};

static void ask_run(void *arg, size_t i)
{
    const struct many *m = arg;
    struct aws_ask *ask = &m->asks[i];
    struct err e = { 0 };

    /* on success *e may still hold what an earlier attempt failed with */
    if (aws_call_whole(m->a, ask->service, ask->action, ask->params, &ask->reply, &e) < 0)
        ask->reply = NULL;
    else
        e.code = ERR_OK;
    ask->err = e;
}

void aws_call_all(struct aws *a, struct aws_ask *asks, size_t n)
{
    struct many m = { a, asks };

    parallel_each(n, WIDTH, ask_run, &m);
}

void aws_asks_done(struct aws_ask *asks, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        json_decref(asks[i].params);
        json_decref(asks[i].reply);
        asks[i] = (struct aws_ask){ 0 };
    }
}

int aws_ask_check(const struct aws_ask *ask, struct err *e)
{
    if (ask->err.code == ERR_OK || ask->err.code == ERR_NOT_FOUND)
        return 0;
    *e = ask->err;
    return -1;
}

/* The pages of one list, as they come. */
struct paging {
    const struct aws_service *service;
    const char *action;
    const struct aws_pages *row; /* NULL: one answer holds all */
    json_t *seen;                /* the tokens so far: { text: null } */
};

static int pages_wrong(const struct paging *p, const char *why, struct err *e)
{
    return err_set(e, ERR_PARSE, "%s:%s: the list cannot be read: %s", p->service->name, p->action,
                   why);
}

/* The token for the next page goes to *token, borrowed; NULL when this was the last. */
static int next_token(const struct paging *p, const json_t *reply, json_t **token, struct err *e)
{
    json_t *found = p->row ? jget_path(reply, p->row->more) : NULL;
    const char *text = json_string_value(found);
    auto_free char *key = NULL;

    *token = json_is_null(found) || (text && !*text) ? NULL : found;
    if (!*token)
        return jget_bool(reply, "IsTruncated", false)
                   ? pages_wrong(p, "it goes on, and no marker says where", e)
                   : 0;
    key = json_text(*token);
    if (json_object_get(p->seen, key))
        return pages_wrong(p, "the same page comes again", e);
    if (json_object_size(p->seen) == MOST_PAGES)
        return pages_wrong(p, "more than 1000 pages", e);
    return json_object_set_new(p->seen, key, json_null());
}

/* Reads on until there is no token; appends to list. */
static int pages_read(struct aws *a, const struct paging *p, json_t *ask, const char *list,
                      json_t *out, struct err *e)
{
    for (;;) {
        auto_json json_t *reply = NULL;
        json_t *token = NULL;

        if (aws_call(a, p->service, p->action, ask, &reply, e) < 0 ||
            next_token(p, reply, &token, e) < 0)
            return -1;
        (void)json_array_extend(out, jget_path(reply, list)); /* one without elements may miss */
        if (!token)
            return 0;
        (void)json_object_set(ask, p->row->ask, token);
    }
}

static json_t *ask_of(const json_t *params)
{
    return params ? json_copy((json_t *)params) : json_object();
}

int aws_call_pages(struct aws *a, const struct aws_service *s, const char *action,
                   const json_t *params, const char *list, json_t **all, struct err *e)
{
    auto_json json_t *ask = ask_of(params), *out = json_array(), *seen = json_object();
    struct paging p = { s, action, aws_pages_find(s->name, action), seen };

    if (pages_read(a, &p, ask, list, out, e) < 0)
        return -1;
    *all = steal(out);
    return 0;
}

/* Follows the token of *reply, if there is one, and appends the other pages' elements to its list.
 */
static int pages_append(struct aws *a, const struct aws_service *s, const char *action,
                        const json_t *params, json_t *reply, struct err *e)
{
    auto_json json_t *ask = NULL, *seen = json_object();
    struct paging p = { s, action, aws_pages_find(s->name, action), seen };
    json_t *token = NULL;

    if (!p.row || !p.row->list)
        return 0;
    if (next_token(&p, reply, &token, e) < 0)
        return -1;
    if (!token)
        return 0;
    if (!jget_array(reply, p.row->list)) /* left out */
        (void)json_object_set_new(reply, p.row->list, json_array());
    ask = ask_of(params);
    (void)json_object_set(ask, p.row->ask, token);
    return pages_read(a, &p, ask, p.row->list, jget_array(reply, p.row->list), e);
}

int aws_call_whole(struct aws *a, const struct aws_service *s, const char *action,
                   const json_t *params, json_t **reply, struct err *e)
{
    auto_json json_t *answer = NULL;

    if (aws_call(a, s, action, params, &answer, e) < 0 ||
        pages_append(a, s, action, params, answer, e) < 0)
        return -1;
    if (reply)
        *reply = steal(answer);
    return 0;
}
