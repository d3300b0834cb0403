/* typed_trees.c: see typed_trees.h. */
#include "typed_trees.h"

#include "json.h"
#include "mem.h"
#include "text.h"

#include <string.h>

static int attribute_value(const json_t *typed, json_t **out, struct err *e);

static json_t *scalar_string(const json_t *v)
{
    return exact_string(json_string_value(v), json_string_length(v));
}

/* A text with U+0000 is not a number. */
static json_t *number(const json_t *v)
{
    const char *s = json_string_value(v);

    return strlen(s) == json_string_length(v) ? exact_number(s) : scalar_string(v);
}

static int scalar_array(const json_t *v, bool numbers, json_t **out, struct err *e)
{
    auto_json json_t *list = json_array();
    const json_t *element;
    size_t i;

    if (!json_is_array(v))
        return err_set(e, ERR_PARSE, "a set is not an array");
    json_array_foreach(v, i, element) {
        if (!json_is_string(element))
            return err_set(e, ERR_PARSE, "a set holds something that is not a string");
        json_array_append_new(list, numbers ? number(element) : scalar_string(element));
    }
    *out = steal(list);
    return 0;
}

static int attribute_list(const json_t *v, json_t **out, struct err *e)
{
    auto_json json_t *list = json_array();
    const json_t *element;
    size_t i;

    if (!json_is_array(v))
        return err_set(e, ERR_PARSE, "a list is not an array");
    json_array_foreach(v, i, element) {
        json_t *plain = NULL;
        if (attribute_value(element, &plain, e) < 0)
            return -1;
        json_array_append_new(list, plain);
    }
    *out = steal(list);
    return 0;
}

/* Names of exact trees are protected as strings are. */
static void map_set(json_t *map, const char *name, json_t *value)
{
    auto_json json_t *key = exact_string(name, strlen(name));

    json_object_set_new_nocheck(map, json_string_value(key), value);
}

static int attribute_map(const json_t *v, bool top, json_t **out, struct err *e)
{
    auto_json json_t *map = json_object();
    const json_t *element;
    const char *name;

    if (!json_is_object(v))
        return err_set(e, ERR_PARSE, "a map is not an object");
    /* the macro needs a writable pointer, and only reads */
    json_object_foreach((json_t *)v, name, element) {
        json_t *plain = NULL;
        if (top && str_starts(name, "aws:rep:"))
            continue;
        if (attribute_value(element, &plain, e) < 0)
            return top ? err_wrap(e, "attribute '%.80s'", name) : -1;
        map_set(map, name, plain);
    }
    *out = steal(map);
    return 0;
}

static int attribute_scalar(const char *type, const json_t *v, json_t **out, struct err *e)
{
    if (strcmp(type, "NULL") == 0) {
        *out = json_null();
        return 0;
    }
    if (strcmp(type, "BOOL") == 0 && json_is_boolean(v)) {
        *out = json_boolean(json_is_true(v));
        return 0;
    }
    if (!json_is_string(v) || strlen(type) != 1 || !strchr("SNB", *type))
        return err_set(e, ERR_PARSE, "invalid value of type '%.16s'", type);
    *out = *type == 'N' ? number(v) : scalar_string(v);
    return 0;
}

/* https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html */
static int attribute_value(const json_t *typed, json_t **out, struct err *e)
{
    void *only = json_object_iter((json_t *)typed);
    const char *type;
    const json_t *v;

    if (!only || json_object_size(typed) != 1)
        return err_set(e, ERR_PARSE, "expected one value with one type");
    type = json_object_iter_key(only);
    v = json_object_iter_value(only);
    if (strcmp(type, "M") == 0)
        return attribute_map(v, false, out, e);
    if (strcmp(type, "L") == 0)
        return attribute_list(v, out, e);
    if (strcmp(type, "SS") == 0 || strcmp(type, "BS") == 0 || strcmp(type, "NS") == 0)
        return scalar_array(v, *type == 'N', out, e);
    return attribute_scalar(type, v, out, e);
}

int typed_image(const json_t *typed, json_t **out, struct err *e)
{
    return attribute_map(typed, true, out, e);
}
