/* aws_call.c: one call: encode, sign, send, and retry while the tables say so. */
#include "aws_call.h"
#include "aws.h"
#include "aws_creds.h"
#include "aws_wire.h"
#include "clock.h"
#include "json.h"
#include "mem.h"
#include "sigv4.h"
#include "text.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TIMEOUT_MS = 60000,
    MAX_HEADERS = 6 + AWS_MORE_HEADERS,
    SKEW_LEAST_MS = 60000,
    NAP_MS = 100,         /* how soon a request to stop is noticed */
    PACED_MS = 1000,      /* shorter waits are not worth a word */
    ATTEMPT_LEAST_MS = 20 /* no answer is faster */
};
#define MAX_ANSWER ((size_t)16 << 20)

struct call {
    struct aws *a;
    const struct aws_service *s;
    const char *action;
    bool harmless; /* it changes nothing, or nothing that matters */
    struct aws_wire wire;
    const char *body; /* given, or the wire's */
    size_t body_len;
    struct aws_where where;
    struct creds creds; /* of the last attempt, ours */
    bool renewed;       /* done once, after AWS said that they have expired */
    char *host, *url;
    char *path, *query; /* of the URL; query is NULL when there is none */
    long timeout_ms;
    int64_t deadline_ms;               /* 0: none */
    bool (*client_stop)(void);         /* NULL: none */
    const volatile sig_atomic_t *stop; /* NULL: none */
    bool impatient;
    struct retry retry;
    struct retry_limiter *limiter; /* NULL: none */
    struct aws_turn turn;          /* among the calls of its API */
    int64_t waited_ms;             /* for its turn and between attempts */
    int64_t throttled_ms;          /* of the first throttle; monotonic; 0: none */
    int64_t started_ms;            /* monotonic */
    int64_t skew_ms;               /* the clock error that the last attempt assumed */
    int64_t sent_ms;               /* the last attempt; monotonic */
    int made;                      /* attempts */
    bool fresh;                    /* the next attempt uses a new connection */
};

void aws_wire_done(struct aws_wire *w)
{
    free_cleansed(w->target);
    free(w->amz_target);
    free_cleansed(w->body);
    *w = (struct aws_wire){ 0 };
}

static void call_done(struct call *c)
{
    aws_wire_done(&c->wire);
    creds_done(&c->creds);
    free(c->where.url);
    free(c->host);
    free(c->url);
    free(c->path);
}

static int call_prepare(struct call *c, const json_t *params, struct err *e)
{
    struct aws_endpoint_parts parts;
    char *mark;

    if (aws_endpoint_find(&c->a->endpoints, c->s->id, c->a->region, &c->where, e) < 0 ||
        aws_endpoint_split(c->where.url, &parts, e) < 0 ||
        c->s->codec->encode(c->s, c->action, params, &c->wire, e) < 0)
        return -1;
    c->body_len = c->body ? c->body_len : c->wire.body_len;
    c->body = c->body ? c->body : c->wire.body;
    c->host = xstrndup(parts.host, parts.host_len);
    c->url = xasprintf("%s%s", c->where.url, c->wire.target);
    c->path = xasprintf("%s%s", parts.base, c->wire.target);
    mark = strchr(c->path, '?');
    if (mark) {
        *mark = '\0';
        c->query = mark + 1;
    }
    return 0;
}

static size_t header_add(struct http_header *headers, size_t n, const char *name, const char *value)
{
    if (!value)
        return n;
    headers[n] = (struct http_header){ name, value };
    return n + 1;
}

/* All signed headers; returns how many. */
static size_t call_headers(const struct call *c, const char *time, struct http_header *headers)
{
    size_t n = header_add(headers, 0, "Host", c->host);

    n = header_add(headers, n, "Content-Type", c->wire.content_type);
    n = header_add(headers, n, "X-Amz-Date", time);
    n = header_add(headers, n, "X-Amz-Target", c->wire.amz_target);
    n = header_add(headers, n, "X-Amz-Security-Token", c->creds.token);
    for (size_t i = 0; i < c->wire.n_more; i++)
        n = header_add(headers, n, c->wire.more[i].name, c->wire.more[i].value);
    return n;
}

static char *call_authorization(const struct call *c, const char *time,
                                const struct http_header *headers, size_t n)
{
    struct sigv4_request q = {
        .method = c->wire.method,
        .path = c->path,
        .query = c->query,
        .headers = headers,
        .n_headers = n,
        .body = c->body,
        .body_len = c->body_len,
    };
    struct sigv4_scope scope = {
        .key_id = c->creds.key_id,
        .secret = c->creds.secret,
        .region = c->where.signing_region,
        .service = c->s->signing,
        .time = time,
        .keys = c->a->keys,
    };

    return sigv4_authorization(&q, &scope);
}

/* Whether an attempt can begin then. */
static bool has_time(const struct call *c, int64_t at_ms)
{
    return !c->deadline_ms || at_ms + ATTEMPT_LEAST_MS <= c->deadline_ms;
}

static long attempt_ms(const struct call *c)
{
    int64_t left_ms = c->deadline_ms - clock_mono_ms();

    return !c->deadline_ms || left_ms >= c->timeout_ms ? c->timeout_ms : (long)left_ms;
}

static void note_date(struct aws *a, const struct http_response *r)
{
    const char *date = http_header_get(r, "date");
    int64_t aws_ms = date ? clock_parse_date(date) : -1;

    if (aws_ms >= 0)
        atomic_store_explicit(&a->date_skew_ms, aws_ms - clock_wall_ms(), memory_order_relaxed);
}

static int call_send(struct call *c, struct http_response *r, struct err *e)
{
    struct http_header headers[MAX_HEADERS];
    struct http_request q = {
        .method = c->wire.method,
        .url = c->url,
        .headers = headers,
        .body = c->body,
        .body_len = c->body_len,
        .timeout_ms = attempt_ms(c),
        .max_body = MAX_ANSWER,
        .fresh = c->fresh,
        .stop = c->harmless ? c->client_stop : NULL,
        .service = c->s->name,
        .action = c->action,
        .attempt = c->made,
    };
    auto_secret char *authorization = NULL;
    char time[CLOCK_TEXT];

    creds_done(&c->creds);
    if (!c->a->anonymous && aws_creds_now(c->a, &c->creds, e) < 0)
        return -1;
    c->skew_ms = atomic_load_explicit(&c->a->skew_ms, memory_order_relaxed);
    clock_iso_basic(clock_wall_ms() + c->skew_ms, time);
    q.n_headers = call_headers(c, time, headers);
    if (!c->a->anonymous)
        authorization = call_authorization(c, time, headers, q.n_headers);
    q.n_headers = header_add(headers, q.n_headers, "Authorization", authorization);
    return http_send(c->a->http, &q, r, e);
}

static int call_read(const struct call *c, const struct http_response *r, json_t **reply,
                     struct err *e)
{
    auto_json json_t *all = NULL;

    if (c->s->codec->decode(c->s, c->action, r, &all, e) < 0)
        return -1;
    if (aws_answer_read(c->s, c->action, all, c->s->codec->text, reply, e) < 0)
        return err_wrap(e, "invalid answer (HTTP %d)", r->status);
    return 0;
}

static int call_attempt(struct call *c, struct http_response *r, json_t **reply, struct err *e)
{
    c->made++;
    if (!has_time(c, clock_mono_ms())) {
        (void)err_set(e, ERR_TIMEOUT, "not sent: no time is left");
        e->explained = true;
        return -1;
    }
    c->sent_ms = clock_mono_ms();
    if (call_send(c, r, e) < 0)
        return -1;
    if (r->status < 200 || r->status > 299)
        return aws_error(c->a, c->s, c->action, c->creds.provider, r, e);
    note_date(c->a, r);
    if (call_read(c, r, reply, e) == 0)
        return 0;
    e->status = r->status;
    aws_request_id(r, e->request_id, sizeof(e->request_id));
    return -1;
}

/* False when AWS's clock agrees with ours: then the time is not the fault. */
static bool skew_learn(struct call *c, const struct http_response *r)
{
    const char *date = http_header_get(r, "date");
    int64_t aws_ms = date ? clock_parse_date(date) : -1, skew_ms = aws_ms - clock_wall_ms();

    if (aws_ms < 0 || llabs(skew_ms - c->skew_ms) < SKEW_LEAST_MS)
        return false;
    atomic_store_explicit(&c->a->skew_ms, skew_ms, memory_order_relaxed);
    return true;
}

static int64_t asked_to_wait_ms(const struct http_response *r)
{
    const char *text = http_header_get(r, "x-amz-retry-after");
    char *end = NULL;
    long long ms = text ? strtoll(text, &end, 10) : 0;

    if (text && *text && !*end && ms >= 0)
        return ms;
    return http_retry_after_ms(r, clock_wall_ms());
}

/* AWS says that the credentials have expired: one renewal is tried. */
static bool renewed(struct call *c, struct err *e)
{
    struct err why = { 0 };

    if (!c->a->renew || c->renewed || !str_starts(e->aws_code, "ExpiredToken"))
        return false;
    c->renewed = true;
    if (aws_creds_renew(c->a, &c->creds, &why) == 0)
        return true;
    if (why.code == ERR_INTERRUPTED)
        e->code = ERR_INTERRUPTED;
    (void)snprintf(e->msg, sizeof(e->msg), "%s", why.msg);
    (void)err_wrap(e, "the credentials have expired");
    return false;
}

/* The API accepts nobody's calls any more, or the user has no patience. */
static bool is_hopeless(const struct call *c)
{
    int64_t since_ms = c->throttled_ms, now_ms = clock_mono_ms();
    bool (*stop)(void) = c->a->stop;

    if (c->made >= c->retry.max_attempts && stop && stop())
        return true;
    if (!c->a->rates || c->turn.per_s <= 0)
        return false;
    if (aws_rates_accepted_ms(c->a->rates, &c->turn) > since_ms)
        since_ms = aws_rates_accepted_ms(c->a->rates, &c->turn);
    return now_ms - since_ms > c->retry.patience_ms;
}

static bool call_again(struct call *c, const struct http_response *r, struct err *e,
                       int64_t *delay_ms)
{
    enum retry_verdict v;

    if (renewed(c, e))
        return true;

    v = retry_classify(c->s->name, c->action, e);
    if (v == RETRY_SKEW && !skew_learn(c, r))
        return false;
    c->fresh = e->code == ERR_NET;
    if (v == RETRY_THROTTLED && !c->throttled_ms)
        c->throttled_ms = clock_mono_ms();
    if (v == RETRY_THROTTLED && c->retry.patience_ms && is_hopeless(c))
        return false;
    if (v == RETRY_PROPAGATION && c->impatient)
        return false;
    if (!retry_again(&c->retry, v, asked_to_wait_ms(r), delay_ms))
        return false;
    return has_time(c, clock_mono_ms() + *delay_ms);
}

/* Appends what to check next. */
static void call_hint(const struct call *c, const struct err *e, struct buf *out)
{
    bool ours = c->where.given; /* the endpoint was set by hand */
    bool unknown = e->explained ? e->unknown : e->code == ERR_TIMEOUT;

    if (unknown && !c->harmless)
        buf_puts(out, "; AWS may or may not have carried it out");
    else if (e->explained || e->code == ERR_TIMEOUT)
        return;
    else if (e->code == ERR_NET && ours)
        buf_printf(out, "; check that the endpoint (--endpoint-url, AWS_ENDPOINT_URL) is running");
    else if (e->code == ERR_NET)
        buf_printf(out, "; check the region ('%s') and the network connection", c->a->region);
    else if (e->code == ERR_AWS && !e->aws_code[0] && ours)
        buf_puts(out, "; check that this endpoint supports the action");
}

/* Appends the number of attempts and what AWS support asks for, as ", this, that". */
static void call_facts(const struct call *c, const struct err *e, struct buf *out)
{
    long long took_s = (long long)(clock_mono_ms() - c->started_ms) / 1000;

    if (c->made > 1)
        buf_printf(out, ", tried %d times", c->made);
    if (c->made > 1 && took_s)
        buf_printf(out, " in %lld s", took_s);
    if (c->retry.refused)
        buf_puts(out, ", not retried: too many recent calls failed");
    if (e->aws_code[0])
        buf_printf(out, ", HTTP %d", e->status);
    if (e->request_id[0])
        buf_printf(out, ", request %s", e->request_id);
}

/* Completes the message after the last attempt. */
static int call_fail(const struct call *c, struct err *e)
{
    auto_buf hint = BUF(sizeof(e->msg));
    auto_buf facts = BUF(sizeof(e->msg));
    size_t n = strlen(e->msg);

    call_hint(c, e, &hint);
    call_facts(c, e, &facts);
    if (facts.len)
        buf_printf(&hint, " (%s)", buf_str(&facts) + strlen(", "));
    (void)snprintf(e->msg + n, sizeof(e->msg) - n, "%s", buf_str(&hint));
    return err_wrap(e, "%s:%s", c->s->name, c->action);
}

static bool stopped(const struct call *c)
{
    return (c->client_stop && c->client_stop()) || (c->stop && *c->stop);
}

/* The user asked to stop, and a call that is finished nevertheless loses its patience. */
static bool hurried(const struct call *c)
{
    return !c->client_stop && c->retry.throttles && c->made >= c->retry.max_attempts &&
           c->a->stop && c->a->stop();
}

/* False as soon as the user asks to stop. */
static bool call_wait(struct call *c, int64_t delay_ms)
{
    bool watched = c->a->stop || c->stop;

    c->waited_ms += delay_ms;
    if (c->a->paced && c->waited_ms >= PACED_MS)
        c->a->paced(c->a->paced_arg, c->s->name, c->action, c->turn.per_s);
    for (; delay_ms > NAP_MS && watched && !stopped(c) && !hurried(c); delay_ms -= NAP_MS)
        clock_sleep_ms(NAP_MS);
    if (!stopped(c) && !hurried(c))
        clock_sleep_ms(delay_ms);
    return !stopped(c);
}

/* How long until this attempt may ask for its turn again; 0: it may begin. */
static int64_t call_turn_ms(struct call *c)
{
    int64_t now_ms = clock_mono_ms(), wait_ms = 0;

    if (c->a->rates)
        wait_ms = aws_rates_take(c->a->rates, &c->turn, now_ms);
    if (wait_ms == 0 && c->limiter)
        wait_ms = retry_limiter_take(c->limiter, now_ms);
    return wait_ms;
}

static int call_slowly(struct call *c, struct err *e)
{
    int64_t wait_ms;

    while ((wait_ms = call_turn_ms(c)) > 0) {
        bool late = !has_time(c, clock_mono_ms() + wait_ms);

        if (!late && call_wait(c, wait_ms))
            continue;
        if (c->a->rates)
            aws_rates_leave(c->a->rates, &c->turn);
        return late ? err_set(e, ERR_NET, "throttled by AWS, and no time is left to wait")
                    : err_set(e, ERR_INTERRUPTED, "not sent: interrupted");
    }
    return 0;
}

static void call_seen(const struct call *c, bool accepted, bool throttled)
{
    int64_t now_ms = clock_mono_ms();

    if (c->a->rates && throttled)
        aws_rates_throttled(c->a->rates, &c->turn, c->sent_ms, now_ms);
    if (c->a->rates && accepted)
        aws_rates_accepted(c->a->rates, &c->turn, now_ms);
    if (c->limiter)
        retry_limiter_seen(c->limiter, now_ms, throttled);
}

static int call_run(struct call *c, const json_t *params, json_t **reply, struct err *e)
{
    int rc = stopped(c) ? err_set(e, ERR_INTERRUPTED, "not sent: interrupted")
                        : call_prepare(c, params, e);

    if (rc < 0)
        return err_wrap(e, "%s:%s", c->s->name, c->action);
    for (;;) {
        auto_response r = { 0 };
        int64_t delay_ms = 0;
        bool throttled;

        if (call_slowly(c, e) < 0)
            return call_fail(c, e);
        if (call_attempt(c, &r, reply, e) == 0) {
            call_seen(c, true, false);
            retry_success(&c->retry);
            return 0;
        }
        throttled = retry_classify(c->s->name, c->action, e) == RETRY_THROTTLED;
        call_seen(c, !throttled && e->aws_code[0], throttled);
        if (!call_again(c, &r, e, &delay_ms))
            return call_fail(c, e);
        if (!call_wait(c, delay_ms)) {
            (void)call_fail(c, e);
            e->code = ERR_INTERRUPTED;
            return -1;
        }
    }
}

/* Borrowed credentials expire by themselves. */
static bool is_harmless(const struct aws_service *s, const char *action, const json_t *params)
{
    return aws_call_reads(s, action, params) || s->id == AWS_ID_STS || s->id == AWS_ID_SSO;
}

/* The seam for tests has parameters in any case. */
static int call_fake(struct call *c, const json_t *params, json_t **reply, struct err *e)
{
    auto_json json_t *given = NULL;

    if (c->body && json_parse(c->body, c->body_len, &given, e) < 0)
        return -1;
    return c->a->fake(c->a->arg, c->s, c->action, given ? given : params, reply, e);
}

// NOLINTNEXTLINE(readability-function-size): a call of AWS in one line, at many callers
int aws_call_how(struct aws *a, const struct aws_service *s, const char *action,
                 const json_t *params, const struct aws_how *how, json_t **reply, struct err *e)
{
    long least = a->timeout_ms ? a->timeout_ms : TIMEOUT_MS;
    int rc = 0;
    struct call c = {
        .a = a,
        .s = s,
        .action = action,
        .harmless = is_harmless(s, action, params),
        .body = how->body,
        .body_len = how->body_len,
        .timeout_ms = how->timeout_ms > least ? how->timeout_ms : least,
        .deadline_ms = how->deadline_ms ? how->deadline_ms : a->deadline_ms,
        .client_stop = how->finish ? NULL : a->stop,
        .stop = how->stop,
        .impatient = how->impatient,
        .retry = { .quota = a->quota,
                   .max_attempts = how->max_attempts ? how->max_attempts : a->max_attempts,
                   .patience_ms = how->max_attempts ? 0 : a->patience_ms },
        .turn = { .service = s->name,
                  .action = action,
                  .urgent = how->finish || how->deadline_ms || how->max_attempts },
        .limiter = a->limiters ? retry_limiters_of(a->limiters, s->name, clock_mono_ms()) : NULL,
        .started_ms = clock_mono_ms(),
    };
    auto_json json_t *answer = NULL;

    if (a->read_only && !aws_call_reads(s, action, params))
        return err_set(e, ERR_REFUSED, "%s:%s: refused: this command only reads", s->name, action);
    if (a->permits && !a->permits->allows(a->permits, s, action))
        return err_set(e, ERR_REFUSED, "%s:%s: '%s' may not call it; no request was sent", s->name,
                       action, a->permits->command);
    rc = a->fake ? call_fake(&c, params, &answer, e) : call_run(&c, params, &answer, e);
    call_done(&c);
    if (rc < 0)
        return -1;
    if (reply)
        *reply = steal(answer);
    return 0;
}

int aws_call(struct aws *a, const struct aws_service *s, const char *action, const json_t *params,
             json_t **reply, struct err *e)
{
    static const struct aws_how as_usual = { 0 };
    int rc;

    if (a->answers && a->answers(a, s, action, params, reply, &rc, e))
        return rc;
    return aws_call_how(a, s, action, params, &as_usual, reply, e);
}
