/*
 * dev_bootstrap.c: a bootstrap that does what its events say, for test_dev_function: "echo" answers
 * the request with {"pid", "env", "task_root"}, "exit" exits without an answer, "hang" never
 * answers, "error" reports one, "say" writes lines. With the handler "broken" it reports an error
 * at its start; with "stubborn" it ignores SIGTERM.
 */
#include "http.h"
#include "json.h"
#include "mem.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct http *http;

static int call(const char *method, const char *path, const char *body, struct http_response *r)
{
    struct err e = { 0 };
    auto_free char *url =
        xasprintf("http://%s/2018-06-01/runtime/%s", getenv("AWS_LAMBDA_RUNTIME_API"), path);
    struct http_request q = { .method = method,
                              .url = url,
                              .body = body,
                              .body_len = body ? strlen(body) : 0,
                              .no_proxy = true };
    return http_send(http, &q, r, &e);
}

static int answer(const char *id, const char *what, const char *body)
{
    auto_response r = { 0 };
    auto_free char *path = xasprintf("invocation/%s/%s", id, what);
    return call("POST", path, body, &r) == 0 && r.status == 202 ? 0 : -1;
}

static int echo(const char *id)
{
    auto_json json_t *env = json_array();
    for (char **v = environ; *v; v++)
        (void)json_array_append_new(env, json_string(*v));
    auto_json json_t *o = json_pack("{s:i, s:O}", "pid", (int)getpid(), "env", env);
    auto_free char *body = json_text(o);
    return answer(id, "response", body);
}

static int act(const char *id, const char *event)
{
    if (strcmp(event, "\"exit\"") == 0)
        _exit(3);
    while (strcmp(event, "\"hang\"") == 0)
        (void)pause();
    if (strcmp(event, "\"error\"") == 0)
        return answer(id, "error",
                      "{\"errorMessage\":\"as told\",\"errorType\":\"Function.Told\"}");
    if (strcmp(event, "\"say\"") == 0) {
        (void)puts("{\"level\":\"INFO\",\"message\":\"all is well\"}");
        (void)puts("{\"level\":\"WARN\",\"message\":\"look here\",\"group\":\"c-1\"}");
        (void)puts("no record at all");
        (void)fflush(stdout);
    }
    return echo(id);
}

int main(void)
{
    struct err e = { 0 };
    struct http_options o = { 0 };
    const char *handler = getenv("_HANDLER");
    mem_init();
    if (!handler || http_new(&http, &o, &e) < 0)
        return 1;
    if (strcmp(handler, "broken") == 0) {
        auto_response r = { 0 };
        (void)!call("POST", "init/error",
                    "{\"errorMessage\":\"no settings\",\"errorType\":\"Function.ConfigInvalid\"}",
                    &r);
        return 1;
    }
    if (strcmp(handler, "stubborn") == 0)
        (void)signal(SIGTERM, SIG_IGN);
    for (;;) {
        auto_response r = { 0 };
        if (call("GET", "invocation/next", NULL, &r) != 0 || r.status != 200)
            return 2;
        if (act(http_header_get(&r, "lambda-runtime-aws-request-id"), r.body) != 0)
            return 2;
    }
}
