/*
 * lambda_permission.c: one statement of a function's resource policy, found by its Sid. Statements
 * of others are leftovers, found by an empty prefix.
 * https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
 * One statement serves all rules of the pipeline: a function's policy has at most 20 KB, which
 * fifty statements with long names would exceed, and it is written by one request at a time. Lambda
 * compares the SourceArn with ArnLike, so a '*' in it matches any schedule.
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 * A statement cannot be changed, so an update removes it and adds it again. A rule's tick in
 * between is lost, and the next one finds the same messages.
 */
#include "aws_names.h"
#include "kinds/kinds.h"
#include "kinds/policy.h"
#include "kinds/tools.h"
#include "mem.h"
#include "text.h"

#include <string.h>

static const struct prop permission_props[] = {
    { .name = "Policy", .form = &form_policy },
    { 0 },
};

/* *out: the function's policy as a new value; NULL if it has none. */
static int function_policy(const struct ctx *c, const char *function, json_t **out, struct err *e)
{
    auto_json json_t *reply = NULL;
    const char *text;

    *out = NULL;
    if (!kind_has_function(c, function))
        return 0;
    if (kind_call(c, &aws_lambda, "GetPolicy", json_pack("{s:s}", "FunctionName", function), &reply,
                  e) < 0)
        return e->code == ERR_NOT_FOUND ? 0 : -1;
    if (jneed_str(reply, "Policy", &text, e) < 0)
        return -1;
    *out = policy_parse(text);
    return 0;
}

/* All statements with that Sid. There should be one, but not every implementation of Lambda's API
 * enforces it. */
static json_t *statements(const json_t *policy, const char *sid)
{
    json_t *out = json_array(), *v;
    size_t i;

    json_array_foreach(jget_array(policy, "Statement"), i, v) {
        const char *its = jget_str(v, "Sid");

        if (its && strcmp(its, sid) == 0)
            json_array_append(out, v);
    }
    return out;
}

static int permission_read(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    const struct lambda_permission *p = r->spec;
    auto_json json_t *policy = NULL, *found = NULL;

    if (function_policy(c, p->function, &policy, e) < 0)
        return -1;
    found = statements(policy, r->name);
    if (json_array_size(found) == 1)
        s->have =
            json_pack("{s:{s:s, s:O}}", "Policy", "Version", "2012-10-17", "Statement", found);
    else if (json_array_size(found) > 1)
        s->have = json_pack("{s:O}", "Policy", found);
    s->facts = json_pack("{s:I}", "statements", (json_int_t)json_array_size(found));
    return 0;
}

static int permission_want(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    const struct lambda_permission *p = r->spec;
    auto_free char *function = xasprintf("function:%s", p->function);
    auto_free char *function_arn = aws_arn(c->aws, "lambda", function);
    auto_free char *rule = xasprintf("rule/%s", p->rules);
    auto_free char *rule_arn = aws_arn(c->aws, "events", rule);

    (void)e;
    s->want =
        json_pack("{s:{s:s, s:[{s:s, s:s, s:{s:s}, s:s, s:s, s:{s:{s:s}}}]}}", "Policy", "Version",
                  "2012-10-17", "Statement", "Sid", r->name, "Effect", "Allow", "Principal",
                  "Service", AWS_PRINCIPAL_EVENTS, "Action", "lambda:InvokeFunction", "Resource",
                  function_arn, "Condition", "ArnLike", "AWS:SourceArn", rule_arn);
    return 0;
}

static int permission_create(const struct ctx *c, const struct row *r, struct state *s,
                             struct err *e)
{
    const struct lambda_permission *p = r->spec;
    auto_free char *rule = xasprintf("rule/%s", p->rules);
    auto_free char *rule_arn = aws_arn(c->aws, "events", rule);
    json_t *ask = json_pack("{s:s, s:s, s:s, s:s, s:s}", "FunctionName", p->function, "StatementId",
                            r->name, "Action", "lambda:InvokeFunction", "Principal",
                            AWS_PRINCIPAL_EVENTS, "SourceArn", rule_arn);

    (void)s;
    return kind_call(c, &aws_lambda, "AddPermission", ask, NULL, e);
}

static int permission_drop(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    const struct lambda_permission *p = r->spec;
    json_int_t n = jget_int(s->facts, "statements", 1);

    for (json_int_t i = 0; i < n; i++) {
        json_t *ask = json_pack("{s:s, s:s}", "FunctionName", p->function, "StatementId", r->name);

        if (kind_remove(c, &aws_lambda, "RemovePermission", ask, e) < 0)
            return -1;
    }
    return 0;
}

static int permission_update(const struct ctx *c, const struct row *r, struct state *s,
                             const json_t *delta, struct err *e)
{
    (void)delta;
    if (permission_drop(c, r, s, e) < 0)
        return -1;
    return permission_create(c, r, s, e);
}

static int permission_list(const struct ctx *c, const struct row *r, json_t **names, struct err *e)
{
    const struct lambda_permission *p = r->spec;
    auto_json json_t *policy = NULL;
    json_t *v, *out;
    size_t i;

    if (function_policy(c, p->function, &policy, e) < 0)
        return -1;
    out = json_array();
    json_array_foreach(jget_array(policy, "Statement"), i, v) {
        const char *sid = jget_str(v, "Sid");

        if (sid && str_starts(sid, r->name))
            json_array_append_new(out, json_string(sid));
    }
    *names = out;
    return 0;
}

const struct kind kind_lambda_permission = {
    .name = "lambda-permission",
    .flags = KIND_PART,
    .props = permission_props,
    .exists = "ResourceConflictException",
    .read = permission_read,
    .want = permission_want,
    .create = permission_create,
    .update = permission_update,
    .drop = permission_drop,
    .list = permission_list,
};
