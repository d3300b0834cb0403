/* json.c: getters whose errors name what is missing, and parsing with one-line errors. */
#include "json.h"

#include "json_tree.h"
#include "json_write.h"
#include "mem.h"

#include <stdint.h>
#include <string.h>

enum { DEEPEST = 128 };

json_t *jget_obj(const json_t *o, const char *key)
{
    json_t *v = json_object_get(o, key);

    return json_is_object(v) ? v : NULL;
}

json_t *jget_array(const json_t *o, const char *key)
{
    json_t *v = json_object_get(o, key);

    return json_is_array(v) ? v : NULL;
}

const char *jget_str(const json_t *o, const char *key)
{
    return json_string_value(json_object_get(o, key));
}

bool jget_bool(const json_t *o, const char *key, bool fallback)
{
    const json_t *v = json_object_get(o, key);

    return json_is_boolean(v) ? json_is_true(v) : fallback;
}

json_int_t jget_int(const json_t *o, const char *key, json_int_t fallback)
{
    const json_t *v = json_object_get(o, key);

    return json_is_integer(v) ? json_integer_value(v) : fallback;
}

json_t *jget_path(const json_t *o, const char *path)
{
    json_t *v = (json_t *)o; /* jansson's own getters cast too */

    while (v && *path) {
        size_t n = strcspn(path, ".");
        auto_free char *name = xstrndup(path, n);

        v = json_object_get(v, name);
        path += n + (path[n] == '.');
    }
    return v;
}

const char *jget_path_str(const json_t *o, const char *path)
{
    return json_string_value(jget_path(o, path));
}

static int json_missing(const json_t *v, const char *key, const char *type, struct err *e)
{
    return err_set(e, ERR_PARSE, v ? "'%s' is not %s" : "'%s' is missing: expected %s", key, type);
}

int jneed_str(const json_t *o, const char *key, const char **out, struct err *e)
{
    const char *s = jget_str(o, key);

    if (!s)
        return json_missing(json_object_get(o, key), key, "a string", e);
    *out = s;
    return 0;
}

int jneed_obj(const json_t *o, const char *key, json_t **out, struct err *e)
{
    json_t *v = jget_obj(o, key);

    if (!v)
        return json_missing(json_object_get(o, key), key, "an object", e);
    *out = v;
    return 0;
}

/* jansson reads what is invalid once more, because it knows the line. */
int json_parse(const char *text, size_t n, json_t **out, struct err *e)
{
    bool bad_number;
    json_error_t why = { .line = 1 };
    json_t *v = json_tree(text, n, JSON_TREE_TYPED, &bad_number);

    /* jansson quotes the text near the mistake, which may be a secret; the place is enough */
    if (!v) {
        json_decref(json_loadb(text, n, JSON_DECODE_ANY | JSON_ALLOW_NUL, &why));
        return err_set(e, ERR_PARSE, "invalid JSON (line %d, column %d)", why.line, why.column);
    }
    *out = v;
    return 0;
}

bool json_too_deep(const char *text)
{
    size_t depth = 0;

    for (const char *s = text; *s; s++) {
        if (*s == '"') {
            for (s++; *s && *s != '"'; s++)
                if (*s == '\\' && s[1])
                    s++;
            if (!*s)
                return false; /* not JSON: the parser reports it */
        } else if (*s == '[' || *s == '{') {
            if (++depth > DEEPEST)
                return true;
        } else if ((*s == ']' || *s == '}') && depth > 0) {
            depth--;
        }
    }
    return false;
}

char *json_text(const json_t *value)
{
    auto_buf out = BUF(SIZE_MAX / 4);

    if (!value)
        return NULL;
    json_write(value, &out);
    return buf_steal(&out);
}

char *json_canonical(const json_t *value)
{
    return json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
}
