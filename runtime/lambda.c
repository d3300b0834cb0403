/* lambda.c: one invocation after another, as long as the Runtime API answers. */
#include "lambda.h"

#include "clock.h"
#include "json.h"
#include "log.h"
#include "mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define API_VERSION "2018-06-01"
#define MAX_EVENT   ((size_t)16 << 20)

enum { FAILURES_MAX = 3, FAILURE_PAUSE_MS = 50, POST_TIMEOUT_MS = 10000 };

/* Lambda keeps types of the form Function.Word as they are; see the table of codes in err.h. */
static const struct {
    enum err_code code;
    const char *type;
} types[] = {
    { ERR_CONFIG, "Function.ConfigInvalid" },
    { ERR_IO, "Function.ConfigUnreadable" },
    { ERR_PARSE, "Function.EventInvalid" },
    { ERR_CREDENTIALS, "Function.CredentialsInvalid" },
    { ERR_NET, "Function.AwsUnreachable" },
    { ERR_TIMEOUT, "Function.AwsUnreachable" },
    { ERR_NOT_FOUND, "Function.ResourceMissing" },
    { ERR_AWS, "Function.AwsRefused" },
    { ERR_USAGE, "Runtime.NoSuchHandler" },
};

const char *lambda_error_type(const struct err *e)
{
    for (size_t i = 0; i < COUNTOF(types); i++)
        if (types[i].code == e->code)
            return types[i].type;
    return "Function.Failed";
}

int lambda_init(struct lambda *l, const char *api, volatile sig_atomic_t *working,
                const volatile sig_atomic_t *stop, struct err *e)
{
    const struct http_options o = { .max_per_host = 2, .max_age_s = 24L * 3600 };

    *l = (struct lambda){ .working = working, .stop = stop };
    if (http_new(&l->http, &o, e) < 0)
        return -1;
    l->base = xasprintf("http://%s/" API_VERSION, api);
    return 0;
}

void lambda_done(struct lambda *l)
{
    http_free(l->http);
    extension_done(&l->extension);
    free(l->base);
    *l = (struct lambda){ 0 };
}

void lambda_want_signal(struct lambda *l, const char *api)
{
    extension_register(&l->extension, l->http, api);
}

/* q: its headers and body. */
static int post(struct lambda *l, const char *path, struct http_request q, int *status,
                struct err *e)
{
    auto_free char *url = xasprintf("%s%s", l->base, path);
    auto_response r = { 0 };

    q.method = "POST";
    q.url = url;
    q.body_len = strlen(q.body);
    q.timeout_ms = POST_TIMEOUT_MS;
    q.no_proxy = true;
    if (http_send(l->http, &q, &r, e) < 0)
        return -1;
    *status = r.status;
    return 0;
}

/* After a long idle time the first connection may break. */
static int post_twice(struct lambda *l, const char *path, struct http_request q, int *status,
                      struct err *e)
{
    if (post(l, path, q, status, e) == 0)
        return 0;
    return post(l, path, q, status, e);
}

static char *error_body(const struct err *why)
{
    auto_json json_t *body = json_pack("{s:s, s:s, s:[]}", "errorMessage", why->msg, "errorType",
                                       lambda_error_type(why), "stackTrace");

    return body ? json_text(body) : xstrdup("{}"); /* a message that is not UTF-8: not ours */
}

void lambda_init_error(struct lambda *l, const struct err *why)
{
    const struct http_header headers[] = {
        { "Content-Type", "application/vnd.aws.lambda.error+json" },
        { "Lambda-Runtime-Function-Error-Type", lambda_error_type(why) },
    };
    auto_free char *body = error_body(why);
    const struct http_request q = { .headers = headers,
                                    .n_headers = COUNTOF(headers),
                                    .body = body };
    struct err e;
    int status;

    if (post(l, "/runtime/init/error", q, &status, &e) < 0)
        log_event(LOG_ERROR, "the Runtime API cannot be told", "reason", e.msg, NULL);
}

/* "response" or "error". A refusal concerns that invocation only: it is logged, and the next one is
 * requested. -1: the environment is broken. */
static int report(struct lambda *l, const struct http_response *next, const char *kind,
                  const char *type, const char *body, struct err *e)
{
    const char *attempt = http_header_get(next, "lambda-runtime-invocation-id");
    auto_free char *path = xasprintf("/runtime/invocation/%s/%s",
                                     http_header_get(next, "lambda-runtime-aws-request-id"), kind);
    struct http_header headers[3] = { { "Content-Type", "application/json" } };
    struct http_request q = { .headers = headers, .n_headers = 1, .body = body };
    int status;
    char text[16];

    if (attempt)
        headers[q.n_headers++] = (struct http_header){ "Lambda-Runtime-Invocation-Id", attempt };
    if (type)
        headers[q.n_headers++] = (struct http_header){ "Lambda-Runtime-Function-Error-Type", type };
    if (post_twice(l, path, q, &status, e) < 0) {
        log_event(LOG_ERROR, "the answer could not be handed over", "reason", e->msg, NULL);
        return 0; /* without an answer, Lambda gives the same invocation again */
    }
    if (status >= 500)
        return err_set(e, ERR_NET, "the Runtime API answered %d to the %s", status, kind);
    (void)snprintf(text, sizeof(text), "%d", status);
    if (status != 202)
        log_event(LOG_WARN, "Lambda did not take the answer", "status", text, "kind", kind, NULL);
    return 0;
}

static void set_context(const struct http_response *next)
{
    const char *trace = http_header_get(next, "lambda-runtime-trace-id");
    auto_json json_t *context =
        json_pack("{s:s}", "requestId", http_header_get(next, "lambda-runtime-aws-request-id"));

    log_context(context);
    if (trace)
        (void)setenv("_X_AMZN_TRACE_ID", trace, 1);
    else
        (void)unsetenv("_X_AMZN_TRACE_ID");
}

/* Ten minutes from now when the header is missing or not a number. */
static int64_t deadline_of(const struct http_response *next)
{
    const char *text = http_header_get(next, "lambda-runtime-deadline-ms");
    long long ms = text ? strtoll(text, NULL, 10) : 0;

    return ms > 0 ? ms : clock_wall_ms() + 600000;
}

static int work(struct lambda *l, const struct http_response *next, int64_t idle_ms,
                lambda_handler_fn *handler, void *arg, struct err *e)
{
    const char *arn = http_header_get(next, "lambda-runtime-invoked-function-arn");
    const struct invocation in = { .request_id =
                                       http_header_get(next, "lambda-runtime-aws-request-id"),
                                   .function_arn = arn ? arn : "",
                                   .body = next->body,
                                   .body_len = next->body_len,
                                   .deadline_ms = deadline_of(next),
                                   .idle_ms = idle_ms };
    auto_json json_t *answer = NULL;
    auto_free char *body = NULL;
    struct err why = { 0 };

    if (handler(arg, &in, &answer, &why) == 0) {
        body = json_text(answer);
        return report(l, next, "response", NULL, body, e);
    }
    log_event(LOG_ERROR, "failed", "reason", why.msg, "type", lambda_error_type(&why), NULL);
    body = error_body(&why);
    return report(l, next, "error", lambda_error_type(&why), body, e);
}

/* Waits without a timeout: Lambda may freeze the process in the meantime. */
static int ask_next(struct lambda *l, struct http_response *out, struct err *e)
{
    auto_free char *url = xasprintf("%s/runtime/invocation/next", l->base);
    const struct http_request q = {
        .method = "GET", .url = url, .max_body = MAX_EVENT, .no_proxy = true
    };

    if (http_send(l->http, &q, out, e) < 0)
        return -1;
    if (out->status == 200 && http_header_get(out, "lambda-runtime-aws-request-id"))
        return 0;
    return err_set(e, ERR_NET, "the Runtime API answered %d to /invocation/next", out->status);
}

int lambda_loop(struct lambda *l, lambda_handler_fn *handler, void *arg, struct err *e)
{
    int64_t last_ms = clock_wall_ms();
    int failures = 0;

    while (!(l->stop && *l->stop)) {
        auto_response next = { 0 };

        if (ask_next(l, &next, e) < 0) {
            if (++failures == FAILURES_MAX)
                return -1;
            log_event(LOG_WARN, "no invocation", "reason", e->msg, NULL);
            clock_sleep_ms(FAILURE_PAUSE_MS);
            continue;
        }
        failures = 0;
        *l->working = 1;
        set_context(&next);
        if (work(l, &next, clock_wall_ms() - last_ms, handler, arg, e) < 0)
            return -1;
        log_context(NULL);
        last_ms = clock_wall_ms();
        *l->working = 0;
    }
    return 0;
}
