/*
 * function_extras.c: what others may add to a function: a mapping of another source, an alias, a
 * URL. Calls that bypass the queue and the schedules break the order of messages.
 * https://docs.aws.amazon.com/lambda/latest/api/API_FunctionUrlConfig.html
 */
#include "kinds/function_extras.h"
#include "aws_pages.h"
#include "kinds/foreign_mappings.h"
#include "kinds/kinds.h"
#include "kinds/tools.h"

#include <string.h>

enum { MAPPINGS, ALIASES, URL };

void function_extras_ask(const struct row *r, struct aws_ask *asks)
{
    static const struct aws_ask plain[FUNCTION_EXTRAS] = {
        [MAPPINGS] = { .service = &aws_lambda, .action = "ListEventSourceMappings" },
        [ALIASES] = { .service = &aws_lambda, .action = "ListAliases" },
        [URL] = { .service = &aws_lambda, .action = "GetFunctionUrlConfig" },
    };

    for (size_t i = 0; i < FUNCTION_EXTRAS; i++) {
        asks[i] = plain[i];
        asks[i].params = json_pack("{s:s}", "FunctionName", r->name);
    }
}

/* The mapping's row judges mappings of streams. */
static bool is_judged_elsewhere(const void *arg, const json_t *mapping)
{
    const struct lambda_function *f = arg;
    const char *source = jget_str(mapping, "EventSourceArn");

    return f && f->reads_stream && source && strstr(source, ":dynamodb:");
}

static bool is_of_stream(const json_t *mapping)
{
    const char *source = jget_str(mapping, "EventSourceArn"), *state = jget_str(mapping, "State");

    return source && strstr(source, ":dynamodb:") && !(state && strcmp(state, "Deleting") == 0);
}

int stream_mapping_tags(const struct ctx *c, const struct row *r, const struct aws_ask *asks,
                        json_t *out, struct err *e)
{
    json_t *mapping;
    size_t i;

    if (aws_ask_check(&asks[MAPPINGS], e) < 0)
        return -1;
    json_array_foreach(jget_array(asks[MAPPINGS].reply, "EventSourceMappings"), i, mapping) {
        json_t *tags = NULL;

        if (!is_of_stream(mapping))
            continue;
        if (mapping_tags(c, r->name, mapping, &tags, e) < 0)
            return -1;
        json_array_append_new(out, tags);
    }
    return 0;
}

/* name -> version */
static json_t *aliases(const json_t *reply)
{
    json_t *out = json_object(), *alias;
    size_t i;

    json_array_foreach(jget_array(reply, "Aliases"), i, alias) {
        const char *name = jget_str(alias, "Name");

        if (name)
            put_or(out, name, json_object_get(alias, "FunctionVersion"), json_null());
    }
    return out;
}

int function_extras_take(const struct row *r, const struct aws_ask *asks, json_t *have,
                         struct err *e)
{
    for (size_t i = 0; i < FUNCTION_EXTRAS; i++) {
        if (aws_ask_check(&asks[i], e) < 0)
            return -1;
    }
    json_object_set_new(
        have, "EventSourceMappings",
        foreign_mappings(asks[MAPPINGS].reply, "EventSourceArn", is_judged_elsewhere, r->spec));
    json_object_set_new(have, "Aliases", aliases(asks[ALIASES].reply));
    put_or(have, "FunctionUrlConfig", json_object_get(asks[URL].reply, "AuthType"), json_null());
    return 0;
}

void function_extras_want(json_t *want)
{
    json_object_set_new(want, "EventSourceMappings", json_object());
    json_object_set_new(want, "Aliases", json_object());
    json_object_set_new(want, "FunctionUrlConfig", json_null());
}

static int remove_aliases(const struct ctx *c, const struct row *r, const struct state *s,
                          struct err *e)
{
    const char *name;
    json_t *v;

    json_object_foreach(json_object_get(s->have, "Aliases"), name, v) {
        if (kind_remove(c, &aws_lambda, "DeleteAlias",
                        json_pack("{s:s, s:s}", "FunctionName", r->name, "Name", name), e) < 0)
            return -1;
    }
    return 0;
}

int function_extras_remove(const struct ctx *c, const struct row *r, const struct state *s,
                           const json_t *delta, struct err *e)
{
    if (json_object_get(delta, "EventSourceMappings") &&
        foreign_mappings_delete(c, r->name, json_object_get(s->have, "EventSourceMappings"), e) < 0)
        return -1;
    if (json_object_get(delta, "FunctionUrlConfig") &&
        kind_remove(c, &aws_lambda, "DeleteFunctionUrlConfig",
                    json_pack("{s:s}", "FunctionName", r->name), e) < 0)
        return -1;
    return json_object_get(delta, "Aliases") ? remove_aliases(c, r, s, e) : 0;
}
