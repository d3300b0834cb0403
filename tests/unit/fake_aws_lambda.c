/* fake_aws_lambda.c: functions, their policies and invoke configurations, and mappings. */
#include "encode.h"
#include "fake_aws_parts.h"
#include "mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Lambda: functions */

/* CodeSha256 in the tests' package: the zip's text itself. */
static void set_code(json_t *config, const json_t *from)
{
    size_t n = 0;
    auto_free unsigned char *zip = base64_decode(jget_str(from, "ZipFile"), &n);

    json_object_set_new(config, "CodeSha256", json_stringn((const char *)zip, n));
}

static const char *const configuration[] = {
    "Runtime",     "Handler", "Role",          "Description", "MemorySize",       "Timeout",
    "Environment", "Layers",  "TracingConfig", "VpcConfig",   "EphemeralStorage", "Architectures",
    "KMSKeyArn",   NULL,
};

static int create_function(struct call *c)
{
    const char *name = jget_str(c->p, "FunctionName");
    json_t *config = json_pack("{s:s, s:s, s:s, s:s}", "FunctionName", name, "State", "Pending",
                               "LastUpdateStatus", "Successful", "PackageType", "Zip");

    fake_copy(config, c->p, configuration);
    set_code(config, json_object_get(c->p, "Code"));
    json_object_set_new(config, "LoggingConfig",
                        json_pack("{s:s, s:o}", "LogFormat", "Text", "LogGroup",
                                  json_sprintf("/aws/lambda/%s", name)));
    json_object_set_new(fake_all(c, "functions"), name,
                        json_pack("{s:O, s:o, s:i, s:{s:s, s:[]}}", "Configuration", config, "Tags",
                                  fake_new_tags(json_object_get(c->p, "Tags")), "#looks",
                                  c->f->settle, "#policy", "Version", "2012-10-17", "Statement"));
    json_object_update_new(c->reply, json_deep_copy(config));
    json_decref(config);
    return 0;
}

static bool has(const json_t *o, const char *key, const char *value)
{
    const char *text = jget_str(o, key);

    return text && strcmp(text, value) == 0;
}

static void settle_function(const struct call *c, json_t *fn)
{
    json_t *config = json_object_get(fn, "Configuration");
    bool pending = has(config, "State", "Pending");

    if (!fake_looked(fn))
        return;
    if (pending && c->f->broken) {
        json_object_set_new(config, "StateReasonCode", json_string(c->f->broken));
        json_object_set_new(config, "StateReason", json_string("because"));
    }
    if (pending)
        json_object_set_new(config, "State", json_string(c->f->broken ? "Failed" : "Active"));
    if (has(config, "LastUpdateStatus", "InProgress"))
        json_object_set_new(config, "LastUpdateStatus", json_string("Successful"));
}

static int get_function(struct call *c)
{
    json_t *fn = fake_thing(c, "functions", "FunctionName");

    if (!fn)
        return fake_missing(c);
    settle_function(c, fn);
    json_object_update_new(c->reply, json_deep_copy(fn));
    return 0;
}

static int get_function_configuration(struct call *c)
{
    json_t *fn = fake_thing(c, "functions", "FunctionName");

    if (!fn)
        return fake_missing(c);
    settle_function(c, fn);
    json_object_update_new(c->reply, json_deep_copy(json_object_get(fn, "Configuration")));
    return 0;
}

/* As Lambda does while the previous change is in progress. */
static int busy(const struct call *c, const json_t *fn)
{
    const char *status = jget_path_str(fn, "Configuration.LastUpdateStatus");

    if (jget_int(fn, "#looks", 0) <= 0 || strcmp(status, "InProgress") != 0)
        return 0;
    return fake_no(c, ERR_AWS, "ResourceConflictException", "An update is in progress");
}

static int function_updated(struct call *c, json_t *fn)
{
    json_t *config = json_object_get(fn, "Configuration");

    json_object_set_new(config, "State", json_string("Active"));
    json_object_set_new(config, "LastUpdateStatus", json_string("InProgress"));
    json_object_set_new(fn, "#looks", json_integer(c->f->settle));
    json_object_update_new(c->reply, json_deep_copy(config));
    return 0;
}

static int update_function_code(struct call *c)
{
    static const char *const members[] = { "Architectures", NULL };
    json_t *fn = fake_thing(c, "functions", "FunctionName");

    if (busy(c, fn) < 0)
        return -1;
    set_code(json_object_get(fn, "Configuration"), c->p);
    fake_copy(json_object_get(fn, "Configuration"), c->p, members);
    return function_updated(c, fn);
}

static int update_function_configuration(struct call *c)
{
    json_t *fn = fake_thing(c, "functions", "FunctionName");
    json_t *config = json_object_get(fn, "Configuration");

    if (busy(c, fn) < 0)
        return -1;
    fake_copy(config, c->p, configuration);
    if (json_object_get(c->p, "LoggingConfig"))
        json_object_set(config, "LoggingConfig", json_object_get(c->p, "LoggingConfig"));
    json_object_del(config, "DeadLetterConfig");
    return function_updated(c, fn);
}

static int delete_function_concurrency(struct call *c)
{
    json_object_del(fake_thing(c, "functions", "FunctionName"), "Concurrency");
    return 0;
}

static int delete_function(struct call *c)
{
    return json_object_del(fake_all(c, "functions"), jget_str(c->p, "FunctionName")) < 0
               ? fake_missing(c)
               : 0;
}

/* Lambda: aliases and the URL, part of the function */

static int list_aliases(struct call *c)
{
    json_t *list = json_array(), *v;
    const char *name;

    json_object_foreach(json_object_get(fake_thing(c, "functions", "FunctionName"), "#aliases"),
                        name, v)
        json_array_append_new(list, json_pack("{s:s, s:O}", "Name", name, "FunctionVersion", v));
    json_object_set_new(c->reply, "Aliases", list);
    return fake_thing(c, "functions", "FunctionName") ? 0 : fake_missing(c);
}

static int delete_alias(struct call *c)
{
    json_t *aliases = json_object_get(fake_thing(c, "functions", "FunctionName"), "#aliases");

    return json_object_del(aliases, jget_str(c->p, "Name")) < 0 ? fake_missing(c) : 0;
}

static int get_url(struct call *c)
{
    json_t *v = json_object_get(fake_thing(c, "functions", "FunctionName"), "#url");

    if (!v)
        return fake_missing(c);
    json_object_set(c->reply, "AuthType", v);
    return 0;
}

static int delete_url(struct call *c)
{
    json_t *fn = fake_thing(c, "functions", "FunctionName");

    return json_object_del(fn, "#url") < 0 ? fake_missing(c) : 0;
}

static json_t *tagged_lambda(const struct call *c)
{
    const char *arn = jget_str(c->p, "Resource"), *name = fake_last_part(arn, ":");

    return strstr(arn, ":function:") ? json_object_get(fake_all(c, "functions"), name)
                                     : json_object_get(fake_all(c, "mappings"), name);
}

static int list_lambda_tags(struct call *c)
{
    json_object_set_new(c->reply, "Tags",
                        json_deep_copy(json_object_get(tagged_lambda(c), "Tags")));
    return 0;
}

static int tag_lambda(struct call *c)
{
    fake_tag(json_object_get(tagged_lambda(c), "Tags"), json_object_get(c->p, "Tags"));
    return 0;
}

static int untag_lambda(struct call *c)
{
    fake_untag(json_object_get(tagged_lambda(c), "Tags"), json_object_get(c->p, "TagKeys"));
    return 0;
}

/* Lambda: policy and invoke configuration, part of the function */

static int get_policy(struct call *c)
{
    json_t *policy = json_object_get(fake_thing(c, "functions", "FunctionName"), "#policy");

    if (json_array_size(json_object_get(policy, "Statement")) == 0)
        return fake_missing(c);
    char *text = json_text(policy);
    json_object_set_new(c->reply, "Policy", json_string(text));
    free(text);
    return 0;
}

static int remove_permission(struct call *c)
{
    json_t *list = jget_path(fake_thing(c, "functions", "FunctionName"), "#policy.Statement"), *v;
    size_t i;

    json_array_foreach(list, i, v) {
        if (strcmp(jget_str(v, "Sid"), jget_str(c->p, "StatementId")) == 0)
            return json_array_remove(list, i);
    }
    return fake_missing(c);
}

static int add_permission(struct call *c)
{
    json_t *fn = fake_thing(c, "functions", "FunctionName");
    json_t *list = jget_path(fn, "#policy.Statement"), *v;
    size_t i;

    json_array_foreach(list, i, v) {
        if (strcmp(jget_str(v, "Sid"), jget_str(c->p, "StatementId")) == 0)
            return fake_no(c, ERR_AWS, "ResourceConflictException", "the statement id exists");
    }
    v = json_pack("{s:O, s:s, s:{s:O}, s:O, s:o, s:{s:{s:O}}}", "Sid",
                  json_object_get(c->p, "StatementId"), "Effect", "Allow", "Principal", "Service",
                  json_object_get(c->p, "Principal"), "Action", json_object_get(c->p, "Action"),
                  "Resource",
                  json_sprintf("arn:aws:lambda:" REGION ":" ACCOUNT ":function:%s",
                               jget_str(c->p, "FunctionName")),
                  "Condition", "ArnLike", "AWS:SourceArn", json_object_get(c->p, "SourceArn"));
    return json_array_append_new(list, v);
}

static int put_invoke_config(struct call *c)
{
    json_object_set_new(fake_thing(c, "functions", "FunctionName"), "#invoke",
                        json_deep_copy(c->p));
    return 0;
}

static int get_invoke_config(struct call *c)
{
    json_t *v = json_object_get(fake_thing(c, "functions", "FunctionName"), "#invoke");

    if (!v)
        return fake_missing(c);
    json_object_update(c->reply, v);
    return 0;
}

static int delete_invoke_config(struct call *c)
{
    json_t *fn = fake_thing(c, "functions", "FunctionName");

    return json_object_del(fn, "#invoke") < 0 ? fake_missing(c) : 0;
}

/* Lambda: mappings */

static const char *const mapping_members[] = {
    "EventSourceArn",
    "BatchSize",
    "MaximumBatchingWindowInSeconds",
    "ParallelizationFactor",
    "TumblingWindowInSeconds",
    "FunctionResponseTypes",
    "BisectBatchOnFunctionError",
    "MaximumRetryAttempts",
    "MaximumRecordAgeInSeconds",
    "DestinationConfig",
    "FilterCriteria",
    "StartingPosition",
    NULL,
};

static int mapping_changed(struct call *c, json_t *m, const char *state)
{
    json_object_set_new(m, "State", json_string(state));
    json_object_set_new(m, "#looks", json_integer(c->f->settle));
    json_object_set_new(m, "#then",
                        json_string(jget_bool(c->p, "Enabled", true) ? "Enabled" : "Disabled"));
    json_object_update(c->reply, m);
    return 0;
}

static int create_mapping(struct call *c)
{
    json_t *m = json_object();
    char uuid[32];

    (void)snprintf(uuid, sizeof(uuid), "uuid-%zu", json_object_size(fake_all(c, "mappings")) + 1);
    fake_copy(m, c->p, mapping_members);
    json_object_set_new(m, "UUID", json_string(uuid));
    json_object_set_new(m, "#function", json_deep_copy(json_object_get(c->p, "FunctionName")));
    json_object_set_new(m, "Tags", fake_new_tags(json_object_get(c->p, "Tags")));
    json_object_set_new(m, "LastProcessingResult", json_string("No records processed"));
    json_object_set_new(fake_all(c, "mappings"), uuid, m);
    return mapping_changed(c, m, "Creating");
}

static void settle_mapping(const struct call *c, json_t *m)
{
    if (!fake_looked(m))
        return;
    if (strcmp(jget_str(m, "State"), "Deleting") == 0)
        json_object_del(fake_all(c, "mappings"), jget_str(m, "UUID"));
    else if (c->f->disables)
        json_object_update_new(m, json_pack("{s:s, s:s}", "State", "Disabled",
                                            "StateTransitionReason", c->f->disables));
    else if (jget_str(m, "#then"))
        json_object_set(m, "State", json_object_get(m, "#then"));
}

static int get_mapping(struct call *c)
{
    json_t *m = fake_thing(c, "mappings", "UUID");

    if (m)
        settle_mapping(c, m);
    m = fake_thing(c, "mappings", "UUID");
    if (!m)
        return fake_missing(c);
    json_object_update(c->reply, m);
    return 0;
}

static int list_mappings(struct call *c)
{
    json_t *list = json_array(), *m;
    const char *uuid;

    json_object_foreach(fake_all(c, "mappings"), uuid, m) {
        json_t *function = json_object_get(c->p, "FunctionName");
        json_t *source = json_object_get(c->p, "EventSourceArn");

        if ((!function || json_equal(json_object_get(m, "#function"), function)) &&
            (!source || json_equal(json_object_get(m, "EventSourceArn"), source)))
            json_array_append_new(list, json_deep_copy(m));
    }
    json_object_set_new(c->reply, "EventSourceMappings", list);
    return 0;
}

static int update_mapping(struct call *c)
{
    json_t *m = fake_thing(c, "mappings", "UUID");

    if (json_object_get(c->p, "EventSourceArn") || json_object_get(c->p, "StartingPosition"))
        return fake_no(c, ERR_AWS, "InvalidParameterValueException", "fixed at creation");
    fake_copy(m, c->p, mapping_members);
    return mapping_changed(c, m, "Updating");
}

static int delete_mapping(struct call *c)
{
    json_t *m = fake_thing(c, "mappings", "UUID");

    return m ? mapping_changed(c, m, "Deleting") : fake_missing(c);
}

const struct fake_action fake_lambda[] = {
    { "lambda:CreateFunction", create_function },
    { "lambda:GetFunction", get_function },
    { "lambda:GetFunctionConfiguration", get_function_configuration },
    { "lambda:UpdateFunctionCode", update_function_code },
    { "lambda:UpdateFunctionConfiguration", update_function_configuration },
    { "lambda:DeleteFunctionConcurrency", delete_function_concurrency },
    { "lambda:DeleteFunction", delete_function },
    { "lambda:ListAliases", list_aliases },
    { "lambda:DeleteAlias", delete_alias },
    { "lambda:GetFunctionUrlConfig", get_url },
    { "lambda:DeleteFunctionUrlConfig", delete_url },
    { "lambda:ListTags", list_lambda_tags },
    { "lambda:TagResource", tag_lambda },
    { "lambda:UntagResource", untag_lambda },
    { "lambda:GetPolicy", get_policy },
    { "lambda:AddPermission", add_permission },
    { "lambda:RemovePermission", remove_permission },
    { "lambda:PutFunctionEventInvokeConfig", put_invoke_config },
    { "lambda:GetFunctionEventInvokeConfig", get_invoke_config },
    { "lambda:DeleteFunctionEventInvokeConfig", delete_invoke_config },
    { "lambda:CreateEventSourceMapping", create_mapping },
    { "lambda:GetEventSourceMapping", get_mapping },
    { "lambda:ListEventSourceMappings", list_mappings },
    { "lambda:UpdateEventSourceMapping", update_mapping },
    { "lambda:DeleteEventSourceMapping", delete_mapping },
    { NULL, NULL },
};
