/* wire_probe.c: decisions of the transport, for tests: one JSON question a line in, one JSON answer
 * a line out. */
#include "aws_wire.h"
#include "http_parts.h"
#include "json.h"
#include "mem.h"
#include "retry.h"
#include "retry_limiter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* {"env": {...}, "url": U}: which proxy. The environment has no others. */
static json_t *proxy_answer(const json_t *in)
{
    struct http_proxy p = { 0 };
    const char *name;
    json_t *value, *out;

    if (clearenv() != 0)
        return NULL;
    json_object_foreach(json_object_get(in, "env"), name, value)
        (void)setenv(name, json_string_value(value), 1);
    http_proxy_choose(jget_str(in, "url"), &p);
    if (!p.url)
        return json_pack("{s:n}", "proxy");
    auto_free char *shown = http_proxy_name(&p);
    out = json_pack("{s:s, s:s, s:s}", "proxy", p.url, "variable", p.variable, "name", shown);
    http_proxy_done(&p);
    return out;
}

/* {"service", "action", "code", "status"}: whether it is retried, and as which kind. */
static json_t *verdict_answer(const json_t *in)
{
    static const char *const names[] = {
        [RETRY_NO] = "no",           [RETRY_TRANSIENT] = "transient",
        [RETRY_TIMEOUT] = "timeout", [RETRY_THROTTLED] = "throttled",
        [RETRY_SKEW] = "skew",       [RETRY_PROPAGATION] = "propagation",
    };
    struct err e = { .code = ERR_AWS,
                     .status = (int)json_integer_value(json_object_get(in, "status")) };

    (void)snprintf(e.aws_code, sizeof(e.aws_code), "%s", jget_str(in, "code"));
    return json_pack("{s:s}", "verdict",
                     names[retry_classify(jget_str(in, "service"), jget_str(in, "action"), &e)]);
}

/* {"start": ms, "steps": [[ms, "take" | "ok" | "throttled"], ...]}: after each step the rate, and
 * for a "take" the time to wait. */
static json_t *limiter_answer(const json_t *in)
{
    struct retry_limiter *l = retry_limiter_new(json_integer_value(json_object_get(in, "start")));
    const json_t *steps = json_object_get(in, "steps"), *step;
    json_t *rates = json_array();
    size_t i;

    json_array_foreach(steps, i, step) {
        int64_t at_ms = json_integer_value(json_array_get(step, 0)), wait_ms = 0;
        const char *what = json_string_value(json_array_get(step, 1));

        if (strcmp(what, "take") == 0)
            wait_ms = retry_limiter_take(l, at_ms);
        else
            retry_limiter_seen(l, at_ms, strcmp(what, "throttled") == 0);
        json_array_append_new(rates,
                              json_pack("[f, I]", retry_limiter_rate(l), (json_int_t)wait_ms));
    }
    retry_limiter_free(l);
    return json_pack("{s:o}", "rates", rates);
}

static const struct {
    const char *name; /* botocore's name of the service */
    const struct aws_service *service;
} services[] = {
    { "dynamodb", &aws_dynamodb },
    { "dynamodbstreams", &aws_streams },
    { "events", &aws_events },
    { "iam", &aws_iam },
    { "lambda", &aws_lambda },
    { "logs", &aws_logs },
    { "signin", &aws_signin },
    { "sqs", &aws_sqs },
    { "ssm", &aws_ssm },
    { "sso", &aws_sso },
    { "sso-oidc", &aws_sso_oidc },
    { "sts", &aws_sts },
    { "resourcegroupstaggingapi", &aws_tagging },
};

/* {"shapes": true}: { service: { action: members } }. */
static json_t *shapes_answer(void)
{
    json_t *all = json_object();

    for (size_t i = 0; i < COUNTOF(services); i++) {
        json_t *rows = json_object();

        for (const struct aws_shape *p = services[i].service->shapes; p->action; p++)
            json_object_set_new(rows, p->action, json_string(p->members));
        json_object_set_new(all, services[i].name, rows);
    }
    return all;
}

/* {"read": service, "action", "body"}: what a caller gets of an answer with HTTP 200. */
static json_t *read_answer(const json_t *in)
{
    const char *name = jget_str(in, "read"), *action = jget_str(in, "action");
    const char *body = jget_str(in, "body");
    const struct http_response r = { .status = 200,
                                     .body = (char *)body,
                                     .body_len = strlen(body) };
    auto_json json_t *raw = NULL;
    const struct aws_service *s = NULL;
    json_t *reply = NULL;
    struct err e = { 0 };

    for (size_t i = 0; i < COUNTOF(services); i++)
        s = strcmp(services[i].name, name) == 0 ? services[i].service : s;
    if (!s || s->codec->decode(s, action, &r, &raw, &e) < 0 ||
        aws_answer_read(s, action, raw, s->codec->text, &reply, &e) < 0)
        return json_pack("{s:s, s:b}", "error", e.msg, "parse", e.code == ERR_PARSE);
    return json_pack("{s:o}", "reply", reply);
}

static json_t *answer(const json_t *in)
{
    if (json_object_get(in, "url"))
        return proxy_answer(in);
    if (json_object_get(in, "shapes"))
        return shapes_answer();
    if (json_object_get(in, "read"))
        return read_answer(in);
    return json_object_get(in, "steps") ? limiter_answer(in) : verdict_answer(in);
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;

    mem_init();
    while (getline(&line, &size, stdin) > 0) {
        auto_json json_t *in = json_loads(line, 0, NULL), *out = in ? answer(in) : NULL;
        auto_free char *text = out ? json_dumps(out, JSON_COMPACT) : NULL;

        if (!text)
            return 1;
        (void)puts(text);
        (void)fflush(stdout);
    }
    free(line);
    return 0;
}
