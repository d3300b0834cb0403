/* schema.c: a JSON Schema (draft 2020-12) of the configuration for editors, from the table of
 * fields. */
#include "config/config.h"
#include "config/fields.h"
#include "mem.h"

#include <string.h>

static json_t *schema_of(const struct field *f);

struct members {
    json_t *properties, *free_keys, *required;
};

static void schema_member(const struct field *f, const char *name, const struct field *parent,
                          const struct members *out)
{
    json_t *schema = schema_of(f);

    if (parent && strcmp(name, "*") == 0)
        (void)json_object_set_new(out->free_keys, parent->pattern, schema);
    else
        (void)json_object_set_new(out->properties, name, schema);
    if (f->flags & FIELD_REQUIRED)
        (void)json_array_append_new(out->required, json_string(name));
}

/* parent NULL: the root. */
static void schema_members(const struct field *parent, json_t *out)
{
    const struct members m = { json_object(), json_object(), json_array() };

    for (size_t i = 0; i < n_config_fields; i++) {
        const char *name = field_member(&config_fields[i], parent ? parent->path : "");
        if (name)
            schema_member(&config_fields[i], name, parent, &m);
    }
    (void)json_object_set_new(out, "additionalProperties", json_false());
    if (json_object_size(m.properties))
        (void)json_object_set(out, "properties", m.properties);
    if (json_object_size(m.free_keys))
        (void)json_object_set(out, "patternProperties", m.free_keys);
    if (json_array_size(m.required))
        (void)json_object_set(out, "required", m.required);
    json_decref(m.properties);
    json_decref(m.free_keys);
    json_decref(m.required);
}

static void schema_type(const struct field *f, const char *type, json_t *out)
{
    bool null = f->flags & (FIELD_NULLABLE | FIELD_EMPTY);

    (void)json_object_set_new(out, "type",
                              null ? json_pack("[s, s]", type, "null") : json_string(type));
}

static void schema_number(const char *name, int64_t value, json_t *out)
{
    (void)json_object_set_new(out, name, json_integer(value));
}

static void schema_string(const struct field *f, const char *pattern, json_t *out)
{
    schema_type(f, "string", out);
    if (pattern)
        (void)json_object_set_new(out, "pattern", json_string(pattern));
    if (f->type == FIELD_STRING && f->min)
        schema_number("minLength", f->min, out);
    if (f->type == FIELD_STRING)
        schema_number("maxLength", f->max, out);
}

static void schema_choices(const struct field *f, json_t *out)
{
    json_t *all = json_array();

    for (size_t i = 0; f->choices[i]; i++)
        (void)json_array_append_new(all, json_string(f->choices[i]));
    (void)json_object_set_new(out, "enum", all);
}

static void schema_list(const struct field *f, json_t *out)
{
    auto_free char *element = xasprintf("%s[]", f->path);

    schema_type(f, "array", out);
    schema_number("minItems", f->min, out);
    schema_number("maxItems", f->max, out);
    (void)json_object_set_new(out, "items", schema_of(field_find(element)));
}

static void schema_map(const struct field *f, json_t *out)
{
    schema_type(f, "object", out);
    if (f->max)
        schema_number("maxProperties", f->max, out);
    schema_members(f, out);
}

static void schema_short(const struct field *f, json_t *out)
{
    json_t *map = json_pack("{s:s}", "type", "object");

    schema_members(f, map);
    (void)json_object_set_new(
        out, "oneOf", json_pack("[o, o]", schema_of(field_below(f->path, f->pattern)), map));
}

/* 200 and 200-299 are both valid without quotes. */
static void schema_status(const struct field *f, json_t *out)
{
    auto_buf pattern = BUF(BUF_SMALL);

    buf_puts(&pattern, "^(2[0-9][0-9](-2[0-9][0-9])?");
    for (size_t i = 0; f->choices[i]; i++)
        buf_printf(&pattern, "|%s", f->choices[i]);
    buf_puts(&pattern, ")$");
    (void)json_object_set_new(out, "type", json_pack("[s, s]", "integer", "string"));
    (void)json_object_set_new(out, "pattern", json_string(buf_str(&pattern)));
}

static void schema_text(const struct field *f, json_t *out)
{
    json_t *types = json_array();

    if (!(f->flags & FIELD_WORDS)) {
        json_decref(types);
        schema_string(f, NULL, out);
        return;
    }
    (void)json_array_append_new(types, json_pack("{s:[s, s]}", "type", "string", "null"));
    (void)json_array_append_new(
        types, json_pack("{s:s, s:{s:s}}", "type", "array", "items", "type", "string"));
    (void)json_object_set_new(out, "anyOf", types);
}

static void schema_kind(const struct field *f, json_t *out)
{
    switch (f->type) {
    case FIELD_MAP: schema_map(f, out); break;
    case FIELD_LIST: schema_list(f, out); break;
    case FIELD_STRING: schema_string(f, f->pattern, out); break;
    case FIELD_INTEGER:
        schema_type(f, "integer", out);
        schema_number("minimum", f->min, out);
        schema_number("maximum", f->max, out);
        break;
    case FIELD_DURATION: schema_string(f, "^[0-9]+[smhd]$", out); break;
    case FIELD_RATE: schema_string(f, "^[1-9][0-9]*/[smh]$", out); break;
    case FIELD_KEY: schema_string(f, "^[^:]+(:[SNB])?$", out); break;
    case FIELD_EXPRESSION: schema_string(f, "^(cron|rate)\\(.*\\)$", out); break;
    case FIELD_SOURCE: schema_string(f, "^(env:.+|file:.+|prompt|existing:.+)$", out); break;
    case FIELD_TEXT: schema_text(f, out); break;
    case FIELD_DAYS:
    case FIELD_ENUM: schema_choices(f, out); break;
    case FIELD_SHORT: schema_short(f, out); break;
    case FIELD_STATUS: schema_status(f, out); break;
    case FIELD_OVERLAY: schema_type(f, "object", out); break;
    case FIELD_TEMPLATE:
    case FIELD_JSON: break; /* anything */
    }
}

static void schema_default(const struct field *f, json_t *out)
{
    json_t *value = NULL;

    if (!f->fallback || f->type == FIELD_MAP || f->type == FIELD_LIST)
        return;
    if (f->type == FIELD_INTEGER || strcmp(f->fallback, "null") == 0)
        value = json_loads(f->fallback, JSON_DECODE_ANY, NULL);
    (void)json_object_set_new(out, "default", value ? value : json_string(f->fallback));
}

static json_t *schema_of(const struct field *f)
{
    json_t *out = json_pack("{s:s}", "description", f->help);

    schema_kind(f, out);
    schema_default(f, out);
    return out;
}

json_t *config_schema(void)
{
    json_t *out =
        json_pack("{s:s, s:s, s:s}", "$schema", "https://json-schema.org/draft/2020-12/schema",
                  "title", "fifoq.yaml", "type", "object");

    schema_members(NULL, out);
    return out;
}
