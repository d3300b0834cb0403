/*
 * invoke_config.c: Lambda's retries of asynchronous events: none, and at most a minute of waiting.
 * The next tick is the retry of this one; a queue of old ticks would only overlap with it.
 * https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html
 */
#include "kinds/kinds.h"
#include "kinds/tools.h"

static const struct prop invoke_props[] = {
    { .name = "MaximumRetryAttempts" },
    { .name = "MaximumEventAgeInSeconds" },
    { .name = "OnSuccess" },
    { .name = "OnFailure" },
    { 0 },
};

static json_t *of_function(const struct row *r)
{
    return json_pack("{s:s}", "FunctionName", r->name);
}

static int invoke_read(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    auto_json json_t *reply = NULL;
    json_t *have;

    if (!kind_has_function(c, r->name))
        return 0;
    if (kind_call(c, &aws_lambda, "GetFunctionEventInvokeConfig", of_function(r), &reply, e) < 0)
        return e->code == ERR_NOT_FOUND ? 0 : -1;
    have = json_object();
    put_or(have, "MaximumRetryAttempts", json_object_get(reply, "MaximumRetryAttempts"),
           json_integer(2));
    put_or(have, "MaximumEventAgeInSeconds", json_object_get(reply, "MaximumEventAgeInSeconds"),
           json_integer(21600));
    put_or(have, "OnSuccess", jget_path(reply, "DestinationConfig.OnSuccess.Destination"),
           json_null());
    put_or(have, "OnFailure", jget_path(reply, "DestinationConfig.OnFailure.Destination"),
           json_null());
    s->have = have;
    return 0;
}

static int invoke_want(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    (void)c;
    (void)r;
    (void)e;
    s->want = json_pack("{s:i, s:i, s:n, s:n}", "MaximumRetryAttempts", 0,
                        "MaximumEventAgeInSeconds", 60, "OnSuccess", "OnFailure");
    return 0;
}

/* Put replaces the whole configuration, including destinations. */
static int invoke_create(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    json_t *ask = of_function(r);

    put_from(ask, "MaximumRetryAttempts", s->want);
    put_from(ask, "MaximumEventAgeInSeconds", s->want);
    return kind_call(c, &aws_lambda, "PutFunctionEventInvokeConfig", ask, NULL, e);
}

static int invoke_update(const struct ctx *c, const struct row *r, struct state *s,
                         const json_t *delta, struct err *e)
{
    (void)delta;
    return invoke_create(c, r, s, e);
}

static int invoke_drop(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    (void)s;
    return kind_remove(c, &aws_lambda, "DeleteFunctionEventInvokeConfig", of_function(r), e);
}

/* A function has at most one, so it is listed under the function's name. */
static int invoke_list(const struct ctx *c, const struct row *r, json_t **names, struct err *e)
{
    struct state s = { 0 };
    int rc = invoke_read(c, r, &s, e);

    if (rc == 0)
        *names = s.have ? json_pack("[s]", r->name) : json_array();
    json_decref(s.have);
    return rc;
}

const struct kind kind_invoke_config = {
    .name = "invoke-config",
    .flags = KIND_PART,
    .props = invoke_props,
    .read = invoke_read,
    .want = invoke_want,
    .create = invoke_create,
    .update = invoke_update,
    .drop = invoke_drop,
    .list = invoke_list,
};
