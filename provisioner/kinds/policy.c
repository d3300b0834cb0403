/* policy.c: parses and normalises policy documents, and renders them from templates/. */
#include "kinds/policy.h"
#include "aws.h"
#include "aws_names.h"
#include "embed/embed.h"
#include "kinds/tools.h"
#include "mem.h"
#include "template.h"

#include <stdlib.h>
#include <string.h>

/* "x", ["x"], true and 5 are all lists of strings to IAM. */
static json_t *string_list(json_t *v)
{
    auto_json json_t *list = json_array();
    json_t *item;
    size_t i;

    if (!json_is_array(v))
        json_array_append(list, v);
    json_array_foreach(v, i, item)
        json_array_append(list, item);
    json_array_foreach(list, i, item) {
        char *text = NULL;

        if (json_is_string(item))
            continue;
        text = json_canonical(item);
        json_array_set_new(list, i, json_string(text));
        free(text);
    }
    return list_sorted(list, true);
}

static json_t *lists_of(json_t *object)
{
    const char *key;
    json_t *v, *out = json_object();

    json_object_foreach(object, key, v)
        json_object_set_new(out, key, string_list(v));
    return out;
}

/* Condition keys are case-insensitive; operators are not. */
static json_t *conditions(json_t *v)
{
    const char *operator, * key;
    json_t *by_key, *values, *out = json_object();

    json_object_foreach(v, operator, by_key) {
        json_t *keys = json_object();

        json_object_foreach(by_key, key, values) {
            char *lower = xstrdup(key);

            for (char *c = lower; *c; c++)
                *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
            json_object_set_new(keys, lower, string_list(values));
            free(lower);
        }
        json_object_set_new(out, operator, keys);
    }
    return out;
}

/* IAM gives statements without a Sid a number. */
static bool is_number(const char *s)
{
    return s && strspn(s, "0123456789") == strlen(s);
}

static json_t *statement_value(json_t *statement)
{
    const char *key;
    json_t *v, *out = json_object();

    json_object_foreach(statement, key, v) {
        if (strcmp(key, "Sid") == 0 && is_number(json_string_value(v)))
            continue;
        if (strcmp(key, "Effect") == 0 || strcmp(key, "Sid") == 0)
            json_object_set(out, key, v);
        else if (strcmp(key, "Condition") == 0)
            json_object_set_new(out, key, conditions(v));
        else
            json_object_set_new(out, key, json_is_object(v) ? lists_of(v) : string_list(v));
    }
    return out;
}

json_t *policy_normal(const json_t *document)
{
    json_t *statements = NULL, *v;
    const char *version = NULL;
    size_t i;
    auto_json json_t *list = NULL;

    if (!json_is_object(document))
        return json_incref((json_t *)document);

    statements = json_object_get(document, "Statement");
    list = json_array();
    version = jget_str(document, "Version");

    if (json_is_object(statements))
        json_array_append_new(list, statement_value(statements));
    json_array_foreach(statements, i, v)
        json_array_append_new(list, statement_value(v));
    return json_pack("{s:s, s:o}", "Version", version ? version : "2008-10-17", "Statement",
                     list_sorted(list, true));
}

const struct value_form form_policy = { .normal = policy_normal, .named_by = "Sid" };

json_t *policy_parse(const char *text)
{
    json_t *v = json_loads(text, 0, NULL);

    return v ? v : json_string(text);
}

static json_t *arns(const json_t *resources, const struct aws *a)
{
    json_t *out = json_array(), *v;
    size_t i;

    json_array_foreach(resources, i, v) {
        const char *text = json_string_value(v), *colon = strchr(text, ':');
        size_t n = strcspn(text, "@:");
        auto_free char *service = xstrndup(text, n);
        auto_free char *region =
            text[n] == '@' ? xstrndup(text + n + 1, (size_t)(colon - text) - n - 1) : NULL;
        auto_free char *arn = aws_arn_in(a, region ? region : a->region, service, colon + 1);

        json_array_append_new(out, json_string(arn));
    }
    return out;
}

/* In a rendered template each element of Resource is itself a list of ARNs. */
static void flatten_resources(json_t *statement)
{
    json_t *lists = jget_array(statement, "Resource"), *list, *flat = json_array();
    size_t i;

    json_array_foreach(lists, i, list) {
        if (json_is_array(list))
            json_array_extend(flat, list);
        else
            json_array_append(flat, list);
    }
    json_object_set_new(statement, "Resource", flat);
}

static void drop_empty_statements(json_t *document)
{
    json_t *statements = jget_array(document, "Statement");

    for (size_t i = json_array_size(statements); i-- > 0;) {
        json_t *s = json_array_get(statements, i);

        if (!json_object_get(s, "Resource"))
            continue;
        flatten_resources(s);
        if (json_array_size(json_object_get(s, "Resource")) == 0)
            json_array_remove(statements, i);
    }
}

/* Parses a template of templates/ into a new document. */
static json_t *document_of(const char *name, struct err *e)
{
    const struct blob *blob = embed_template(name);
    json_t *document = NULL;

    if (!blob)
        (void)err_set(e, ERR_IO, "missing in this build");
    else if (json_parse((const char *)blob->data, blob->len, &document, e) < 0)
        return NULL;
    return document;
}

static json_t *render(const json_t *document, const json_t *values, struct err *e)
{
    struct template *t = NULL;
    json_t *out = NULL;

    if (template_compile(document, &t, e) == 0 && template_render(t, values, &out, e) == 0)
        drop_empty_statements(out);
    template_free(t);
    return out;
}

json_t *policy_render(const char *name, const json_t *grants, const struct aws *a, struct err *e)
{
    auto_json json_t *document = document_of(name, e), *values = json_object();
    json_t *out, *v;
    const char *key;

    json_object_foreach((json_t *)grants, key, v)
        json_object_set_new(values, key, arns(v, a));
    out = document ? render(document, values, e) : NULL;
    if (!out)
        (void)err_wrap(e, "template '%s'", name);
    return out;
}
