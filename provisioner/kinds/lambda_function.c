/*
 * lambda_function.c: Lambda functions from the package.
 * https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html
 * Lambda responds before a function is ready
 * (https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html): create waits for State
 * Active, each update for LastUpdateStatus Successful, and both detect Failed. No further request
 * is sent if the response already says so.
 */
#include "aws_call.h"
#include "aws_names.h"
#include "aws_pages.h"
#include "encode.h"
#include "kinds/foreign_mappings.h"
#include "kinds/function_extras.h"
#include "kinds/kinds.h"
#include "kinds/package.h"
#include "kinds/stream_start.h"
#include "kinds/tools.h"
#include "mem.h"
#include "retry.h"

#include <stdlib.h>
#include <string.h>

enum { SETTLE_MS = 120000, ROLE_MS = 60000 };

static const struct prop function_props[] = {
    { .name = "State", .flags = PROP_HEALTH },
    { .name = "PackageType", .flags = PROP_FIXED, .advice = "run 'fifoq down', then 'fifoq up'" },
    { .name = "CodeSha256", .flags = PROP_CODE },
    { .name = "Architectures", .form = &form_set },
    { .name = "Runtime" },
    { .name = "Handler" },
    { .name = "Role" },
    { .name = "Description" },
    { .name = "MemorySize" },
    { .name = "Timeout" },
    { .name = "EphemeralStorage" },
    { .name = "TracingConfig" },
    { .name = "LoggingConfig" },
    { .name = "Environment", .flags = PROP_PRIVATE },
    { .name = "Layers", .form = &form_set },
    { .name = "VpcConfig" },
    { .name = "DeadLetterConfig" },
    { .name = "FileSystemConfigs", .form = &form_set },
    { .name = "KMSKeyArn" },
    { .name = "ReservedConcurrentExecutions" },
    { .name = "EventSourceMappings", .flags = PROP_EXTRA },
    { .name = "Aliases", .flags = PROP_EXTRA },
    { .name = "FunctionUrlConfig", .flags = PROP_EXTRA },
    { .name = "Tags", .flags = PROP_TAGS },
    { 0 },
};

/* Members that an update of the configuration always sends, and those only sent if they differ. */
static const char *const always[] = {
    "Runtime",          "Handler",       "Role",        "Description", "MemorySize", "Timeout",
    "EphemeralStorage", "TracingConfig", "Environment", "Layers",      NULL
};
static const char *const sometimes[] = { "LoggingConfig", "VpcConfig",         "DeadLetterConfig",
                                         "KMSKeyArn",     "FileSystemConfigs", NULL };
static const char *const by_code[] = { "CodeSha256", "Architectures", "State", NULL };

static json_t *function_named(const struct row *r)
{
    return json_pack("{s:s}", "FunctionName", r->name);
}

static json_t *layer_arns(const json_t *layers)
{
    json_t *out = json_array(), *v;
    size_t i;

    json_array_foreach(layers, i, v)
        json_array_append(out, json_object_get(v, "Arn"));
    return out;
}

/* Pending counts as Active. Every other state keeps its name: the function cannot be invoked
 * (Failed, ActiveNonInvocable), or its next invocation fails (Inactive). */
static json_t *health(const json_t *config)
{
    const char *state = jget_str(config, "State");
    const char *update = jget_str(config, "LastUpdateStatus");

    if (state && strcmp(state, "Pending") != 0 && strcmp(state, "Active") != 0)
        return json_string(state);
    return json_string(update && strcmp(update, "Failed") == 0 ? "UpdateFailed" : "Active");
}

static json_t *logging(const struct row *r, const json_t *config)
{
    const json_t *l = jget_obj(config, "LoggingConfig");
    auto_free char *usual = xasprintf("/aws/lambda/%s", r->name);
    json_t *out = json_object();

    put_or(out, "LogFormat", json_object_get(l, "LogFormat"), json_string("Text"));
    put_or(out, "LogGroup", json_object_get(l, "LogGroup"), json_string(usual));
    return out;
}

/* A function removed from its VPC still has { "SubnetIds": [], ... }. */
static json_t *vpc(const json_t *config)
{
    json_t *v = jget_obj(config, "VpcConfig");

    if (json_array_size(jget_array(v, "SubnetIds")) +
            json_array_size(jget_array(v, "SecurityGroupIds")) ==
        0)
        return json_null();
    return json_pack("{s:O, s:O}", "SubnetIds", json_object_get(v, "SubnetIds"), "SecurityGroupIds",
                     json_object_get(v, "SecurityGroupIds"));
}

/* A removed value is still there as "". */
static json_t *text_or_null(json_t *v)
{
    const char *text = json_string_value(v);

    return text && *text ? json_incref(v) : json_null();
}

static void set_optional(json_t *have, const json_t *config)
{
    json_t *dead_letters = jget_path(config, "DeadLetterConfig.TargetArn");

    json_object_set_new(have, "VpcConfig", vpc(config));
    json_object_set_new(have, "DeadLetterConfig", text_or_null(dead_letters));
    json_object_set_new(have, "KMSKeyArn", text_or_null(json_object_get(config, "KMSKeyArn")));
    put_or(have, "FileSystemConfigs", jget_array(config, "FileSystemConfigs"), json_array());
}

static json_t *function_value(const struct row *r, const json_t *reply)
{
    static const char *const plain[] = { "CodeSha256", "Runtime", "Handler", "Role",
                                         "MemorySize", "Timeout", NULL };
    const json_t *config = jget_obj(reply, "Configuration");
    json_t *have = pick(config, plain);

    json_object_set_new(have, "State", health(config));
    put_or(have, "PackageType", json_object_get(config, "PackageType"), json_string("Zip"));
    put_or(have, "Architectures", json_object_get(config, "Architectures"),
           json_pack("[s]", "x86_64"));
    put_or(have, "Description", json_object_get(config, "Description"), json_string(""));
    put_or(have, "EphemeralStorage", jget_path(config, "EphemeralStorage.Size"), json_integer(512));
    put_or(have, "TracingConfig", jget_path(config, "TracingConfig.Mode"),
           json_string("PassThrough"));
    json_object_set_new(have, "LoggingConfig", logging(r, config));
    put_or(have, "Environment", jget_path(config, "Environment.Variables"), json_object());
    json_object_set_new(have, "Layers", layer_arns(jget_array(config, "Layers")));
    set_optional(have, config);
    put_or(have, "ReservedConcurrentExecutions",
           jget_path(reply, "Concurrency.ReservedConcurrentExecutions"), json_null());
    json_object_set_new(have, "Tags", tags_of_object(jget_obj(reply, "Tags")));
    return have;
}

static char *function_arn(const struct ctx *c, const struct row *r)
{
    auto_free char *resource = xasprintf("function:%s", r->name);

    return aws_arn(c->aws, "lambda", resource);
}

/* A response omits tags that the caller may not list. Without this check they would look like a
 * difference. https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html (TagsError) */
static int check_tags(const struct row *r, const json_t *reply, struct err *e)
{
    const json_t *error = jget_obj(reply, "TagsError");
    const char *code = jget_str(error, "ErrorCode"), *why = jget_str(error, "Message");

    if (!error)
        return 0;
    return err_set(e, ERR_AWS,
                   "lambda:GetFunction: cannot read the tags of '%s': %s: %s; allow "
                   "lambda:ListTags on the function",
                   r->name, code ? code : "no code given", why ? why : "no reason given");
}

/* A response without tags is ambiguous: ListTags tells whether the function has any. */
static int read_tags(const struct ctx *c, const struct row *r, json_t *reply, struct err *e)
{
    auto_free char *arn = function_arn(c, r);
    auto_json json_t *tags = NULL;

    if (check_tags(r, reply, e) < 0)
        return -1;
    if (jget_obj(reply, "Tags"))
        return 0;
    if (kind_call(c, &aws_lambda, "ListTags", json_pack("{s:s}", "Resource", arn), &tags, e) < 0)
        return -1;
    put_or(reply, "Tags", jget_obj(tags, "Tags"), json_object());
    return 0;
}

static bool is(const json_t *config, const char *key, const char *value)
{
    const char *has = jget_str(config, key);

    return has && strcmp(has, value) == 0;
}

/* A function that is being deleted counts as absent, and create() waits for the deletion. */
static int take(const struct ctx *c, const struct row *r, const struct aws_ask *asks,
                struct state *s, struct err *e)
{
    json_t *config = jget_obj(asks[0].reply, "Configuration");

    s->facts = json_pack("{s:O*}", "Configuration", config);
    if (is(config, "State", "Deleting"))
        return 0;
    if (read_tags(c, r, asks[0].reply, e) < 0)
        return -1;
    s->have = function_value(r, asks[0].reply);
    return function_extras_take(r, asks + 1, s->have, e);
}

/* Reads the moment kept from the first time `ingest.start: now` was applied. */
static int read_start(const struct ctx *c, const struct row *r, const struct aws_ask *asks,
                      struct state *s, struct err *e)
{
    const struct lambda_function *f = r->spec;
    auto_json json_t *tags = json_array();

    if (!f || !start_is_kept(f->start))
        return 0;
    if (stream_mapping_tags(c, r, asks + 1, tags, e) < 0)
        return -1;
    s->facts = s->facts ? s->facts : json_object();
    json_object_set_new(s->facts, "kept", json_integer(start_kept(asks[0].reply, tags)));
    return 0;
}

static int function_read(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    const struct lambda_function *f = r->spec;
    struct aws_ask asks[1 + FUNCTION_EXTRAS] = {
        { .service = &aws_lambda, .action = "GetFunction", .params = function_named(r) },
    };
    int rc;

    function_extras_ask(r, asks + 1);
    if (f && start_is_kept(f->start)) /* a mapping may keep it, although the function is gone */
        kind_ask(c, asks, COUNTOF(asks));
    else
        kind_ask_found(c, asks, c->bare ? 1 : COUNTOF(asks));
    rc = aws_ask_check(&asks[0], e);
    if (rc == 0 && asks[0].reply)
        rc = take(c, r, asks, s, e);
    if (rc == 0)
        rc = read_start(c, r, asks, s, e);
    aws_asks_done(asks, COUNTOF(asks));
    return rc;
}

static int function_want(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    const struct lambda_function *f = r->spec;
    auto_free char *resource = f->role ? xasprintf("role%s", f->role) : NULL;
    auto_free char *role = resource ? aws_arn_global(c->aws, "iam", resource) : NULL;
    json_t *tags, *w, *environment;

    if (!c->package)
        return err_set(e, ERR_USAGE, "this command builds no package, so it cannot plan functions");
    tags = tags_wanted(c);
    environment = json_object();
    put_str(tags, "fifoq:code", c->package->code);
    put_str(tags, "fifoq:code-sha256", c->package->code_sha256);
    start_put(environment, START_VARIABLE,
              start_wanted(c, f->start, jget_int(s->facts, "kept", START_NOT_KNOWN)));
    w = json_pack("{s:s, s:s, s:s, s:[s], s:s, s:s, s:s, s:I, s:I, s:i, s:s, s:o, s:[]}", "State",
                  "Active", "PackageType", "Zip", "CodeSha256", c->package->code_sha256,
                  "Architectures", f->config->arm64 ? "arm64" : "x86_64", "Runtime",
                  "provided.al2023", "Handler", f->handler, "Description", f->description,
                  "MemorySize", (json_int_t)f->config->memory_mb, "Timeout",
                  (json_int_t)f->timeout_s, "EphemeralStorage", 512, "TracingConfig", "PassThrough",
                  "Environment", environment, "Layers");
    put_str(w, "Role", role);
    json_object_set_new(w, "LoggingConfig", logging(r, NULL));
    json_object_set_new(w, "FileSystemConfigs", json_array());
    json_object_set_new(w, "VpcConfig", json_null());
    json_object_set_new(w, "DeadLetterConfig", json_null());
    json_object_set_new(w, "KMSKeyArn", json_null());
    json_object_set_new(w, "ReservedConcurrentExecutions", json_null());
    function_extras_want(w);
    json_object_set_new(w, "Tags", tags);
    s->want = w;
    return 0;
}

static int failed(const struct row *r, const json_t *config, const char *what, const char *code,
                  const char *reason, struct err *e)
{
    const char *why = jget_str(config, reason), *short_why = jget_str(config, code);

    return err_set(e, ERR_AWS, "function '%s': its %s failed: %s: %s", r->name, what,
                   short_why ? short_why : "no code given", why ? why : "no reason given");
}

/* Waits until the function is ready. config: the latest response; owned from here. */
static int settle(const struct ctx *c, const struct row *r, json_t *config, struct err *e)
{
    auto_json json_t *now = config;

    for (int look = 0;; look++) {
        if (is(now, "State", "Failed"))
            return failed(r, now, "creation", "StateReasonCode", "StateReason", e);
        if (is(now, "LastUpdateStatus", "Failed"))
            return failed(r, now, "update", "LastUpdateStatusReasonCode", "LastUpdateStatusReason",
                          e);
        if (!is(now, "State", "Pending") && !is(now, "LastUpdateStatus", "InProgress"))
            return 0;
        if (kind_pause(c, look, SETTLE_MS, r->name,
                       is(now, "State", "Pending") ? "Pending" : "being updated", e) < 0)
            return -1;
        json_decref(now);
        now = NULL;
        if (kind_call(c, &aws_lambda, "GetFunctionConfiguration", function_named(r), &now, e) < 0)
            return -1;
    }
}

static int call_and_settle(const struct ctx *c, const struct row *r, const char *action,
                           json_t *ask, struct err *e)
{
    json_t *reply = NULL;

    if (kind_call(c, &aws_lambda, action, ask, &reply, e) < 0)
        return -1;
    return settle(c, r, reply, e);
}

static void put_zip(json_t *o, const struct package *package)
{
    auto_free char *text = base64_encode(package->zip, package->len);

    json_object_set_new(o, "ZipFile", json_string_nocheck(text)); /* two megabytes of ASCII */
}

/* Converts want's flat members to the shapes of Lambda's API. */
static void shape(json_t *ask)
{
    static const struct {
        const char *name, *member;
    } nested[] = {
        { "EphemeralStorage", "Size" },
        { "TracingConfig", "Mode" },
        { "Environment", "Variables" },
        { "DeadLetterConfig", "TargetArn" },
    };

    for (size_t i = 0; i < COUNTOF(nested); i++) {
        json_t *v = json_object_get(ask, nested[i].name);

        if (v)
            json_object_set_new(ask, nested[i].name,
                                json_is_null(v) ? json_pack("{s:s}", nested[i].member, "")
                                                : json_pack("{s:O}", nested[i].member, v));
    }
    if (json_is_null(json_object_get(ask, "VpcConfig")))
        json_object_set_new(ask, "VpcConfig",
                            json_pack("{s:[], s:[]}", "SubnetIds", "SecurityGroupIds"));
    if (json_is_null(json_object_get(ask, "KMSKeyArn")))
        json_object_set_new(ask, "KMSKeyArn", json_string(""));
}

static int wait_for_deletion(const struct ctx *c, const struct row *r, const struct state *s,
                             struct err *e)
{
    bool deleting = is(jget_obj(s->facts, "Configuration"), "State", "Deleting");

    for (int look = 0; deleting; look++) {
        auto_json json_t *reply = NULL;

        if (kind_pause(c, look, SETTLE_MS, r->name, "being deleted", e) < 0)
            return -1;
        if (kind_call(c, &aws_lambda, "GetFunction", function_named(r), &reply, e) < 0)
            return e->code == ERR_NOT_FOUND ? 0 : -1;
        deleting = is(jget_obj(reply, "Configuration"), "State", "Deleting");
    }
    return 0;
}

static const char no_zip[] = "bm8gemlw"; /* "no zip" in base64 */

static bool is_too_early(const struct err *e)
{
    return retry_classify(aws_lambda.name, "CreateFunction", e) == RETRY_PROPAGATION;
}

/*
 * After Lambda refused a new role: asks until it does not, with text in place of a zip. So
 * nothing is created, and the package is not sent each time. If Lambda looks at the code first, or
 * an emulator takes it, the next real request says so; look counts them.
 */
static int wait_for_role(const struct ctx *c, const struct row *r, const json_t *ask, int look,
                         struct err *e)
{
    json_t *probe;

    if (look > 0)
        return kind_pause(c, look - 1, ROLE_MS, r->name, "without a role that Lambda can assume",
                          e);
    probe = json_copy((json_t *)ask);
    json_object_set_new(probe, "Code", json_pack("{s:s}", "ZipFile", no_zip));
    if (kind_call(c, &aws_lambda, "CreateFunction", probe, NULL, e) < 0 &&
        (is_too_early(e) || e->code == ERR_INTERRUPTED))
        return -1;
    return 0;
}

/* Sends the package, and again only once Lambda may have seen the role. */
static int send_package(const struct ctx *c, const struct row *r, const json_t *ask, json_t **reply,
                        struct err *e)
{
    static const struct aws_how once = { .impatient = true };

    for (int look = 0;; look++) {
        if (aws_call_how(c->aws, &aws_lambda, "CreateFunction", ask, &once, reply, e) == 0)
            return 0;
        if (!is_too_early(e) || wait_for_role(c, r, ask, look, e) < 0)
            return -1;
    }
}

static int function_create(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    auto_json json_t *ask = NULL;
    json_t *code, *reply = NULL;

    if (wait_for_deletion(c, r, s, e) < 0)
        return -1;
    ask = pick(s->want, always);
    code = json_object();
    shape(ask);
    put_zip(code, c->package);
    put_str(ask, "FunctionName", r->name);
    put_from(ask, "PackageType", s->want);
    put_from(ask, "Architectures", s->want);
    put_from(ask, "Tags", s->want);
    json_object_set_new(ask, "Code", code);
    return send_package(c, r, ask, &reply, e) < 0 ? -1 : settle(c, r, reply, e);
}

static int update_code(const struct ctx *c, const struct row *r, const struct state *s,
                       struct err *e)
{
    json_t *ask = function_named(r);

    put_zip(ask, c->package);
    put_from(ask, "Architectures", s->want);
    return call_and_settle(c, r, "UpdateFunctionCode", ask, e);
}

static int update_configuration(const struct ctx *c, const struct row *r, const struct state *s,
                                const json_t *delta, struct err *e)
{
    json_t *ask = pick(s->want, always);
    auto_json json_t *more = pick(delta, sometimes);

    json_object_update(ask, more);
    shape(ask);
    put_str(ask, "FunctionName", r->name);
    return call_and_settle(c, r, "UpdateFunctionConfiguration", ask, e);
}

static int update_tags(const struct ctx *c, const struct row *r, const struct state *s,
                       struct err *e)
{
    auto_free char *arn = function_arn(c, r);

    return tags_sync(c, s, &lambda_tag_calls, json_pack("{s:s}", "Resource", arn), e);
}

static bool any_of(const json_t *delta, const char *const *names)
{
    for (; *names; names++) {
        if (json_object_get(delta, *names))
            return true;
    }
    return false;
}

/* An earlier run may have been interrupted before Lambda was ready. A failed change needs no wait:
 * it is made again. */
static int settle_before(const struct ctx *c, const struct row *r, const struct state *s,
                         struct err *e)
{
    const json_t *config = jget_obj(s->facts, "Configuration");

    if (is(config, "State", "Failed") || is(config, "LastUpdateStatus", "Failed"))
        return 0;
    return settle(c, r, json_copy((json_t *)config), e);
}

/* The tags of the code are written after the code. */
static int function_update(const struct ctx *c, const struct row *r, struct state *s,
                           const json_t *delta, struct err *e)
{
    bool unhealthy = json_object_get(delta, "State") != NULL;

    if (settle_before(c, r, s, e) < 0)
        return -1;
    if (any_of(delta, by_code) && update_code(c, r, s, e) < 0)
        return -1;
    if ((unhealthy || any_of(delta, always) || any_of(delta, sometimes)) &&
        update_configuration(c, r, s, delta, e) < 0)
        return -1;
    if (json_object_get(delta, "ReservedConcurrentExecutions") &&
        kind_remove(c, &aws_lambda, "DeleteFunctionConcurrency", function_named(r), e) < 0)
        return -1;
    if (function_extras_remove(c, r, s, delta, e) < 0)
        return -1;
    return json_object_get(delta, "Tags") ? update_tags(c, r, s, e) : 0;
}

static int function_drop(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    const json_t *mappings = json_object_get(s->have, "EventSourceMappings");

    /* they would outlive the function */
    if (foreign_mappings_delete(c, r->name, mappings, e) < 0)
        return -1;
    return kind_remove(c, &aws_lambda, "DeleteFunction", function_named(r), e);
}

const struct kind kind_lambda_function = {
    .name = "lambda-function",
    .flags = KIND_TAGGED,
    .props = function_props,
    .exists = "ResourceConflictException",
    .read = function_read,
    .want = function_want,
    .create = function_create,
    .update = function_update,
    .drop = function_drop,
};
