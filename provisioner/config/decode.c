/* decode.c: decodes the YAML tree by the table of fields. */
#include "config/decode.h"

#include "mem.h"
#include "suggest.h"
#include "text.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

static json_t *decode_value(const struct value *v);

void decode_position(struct decoder *d, const char *path, struct place key, struct place value)
{
    if (d->positions && *path)
        (void)json_object_set_new(d->positions, path,
                                  json_pack("[i, i, i, i]", key.line, key.column, value.line,
                                            value.column)); /* skipped for invalid UTF-8 */
}

/* "a.b", or "b" at the top. */
static char *path_below(const char *path, const char *name)
{
    return xasprintf("%s%s%s", path, *path ? "." : "", name);
}

static const char *pattern_of(const struct value *v)
{
    return v->f ? v->f->path : "";
}

static void member_unknown(const struct value *v, const struct ymember *m, const char *path)
{
    const char *names[64] = { 0 };
    auto_buf all = BUF(2048);
    auto_free char *hint = NULL;
    size_t n = 0;

    for (size_t i = 0; i < n_config_fields && n < COUNTOF(names); i++) {
        const char *name = field_member(&config_fields[i], pattern_of(v));
        if (!name)
            continue;
        buf_printf(&all, "%s%s", n ? ", " : "", name);
        names[n++] = name;
    }
    hint = suggest_hint(suggest_word(m->key, names, n), "allowed", buf_str(&all));
    report_add(v->d->report, m->at, path, "unknown key '%.60s'%s", m->key, hint);
}

/* Free keys have to match their map's pattern. */
static bool key_fits(const struct value *v, const struct ymember *m, const char *path)
{
    regex_t re;
    bool fits;

    if (!v->f || !v->f->pattern)
        return true;
    if (regcomp(&re, v->f->pattern, REG_EXTENDED | REG_NOSUB))
        abort(); /* the table is wrong */
    fits = regexec(&re, m->key, 0, NULL, 0) == 0;
    regfree(&re);
    if (!fits)
        report_add(v->d->report, m->at, path, "invalid key '%.60s'; allowed: %s", m->key,
                   v->f->allowed);
    return fits;
}

static void decode_member(const struct value *v, const struct ymember *m, json_t *out)
{
    auto_free char *path = path_below(v->path, m->key);
    const struct field *f = field_below(pattern_of(v), m->key);
    struct value below = { v->d, f, m->value, path };
    json_t *member;

    decode_position(v->d, path, m->at, m->value->at);
    if (!f) {
        member_unknown(v, m, path);
        return;
    }
    if (str_ends(f->path, ".*") && !key_fits(v, m, path))
        return;
    member = decode_value(&below);
    if (member)
        (void)json_object_set_new(out, m->key, member);
}

/* Defaults are written in YAML and decoded like values. */
static void decode_fallback(const struct value *v, const struct field *f, const char *name,
                            const char *path, json_t *out)
{
    struct report ignored = { .file = "" };
    struct ynode *node = yaml_read(f->fallback, strlen(f->fallback), &ignored);
    struct decoder d = *v->d;
    struct value below = { &d, f, node, path };
    json_t *member;

    if (!node)
        abort(); /* the table is wrong; a unit test reads all of it */
    node->at = v->node->at;
    d.positions = NULL;
    member = decode_value(&below);
    if (member)
        (void)json_object_set_new(out, name, member);
    ynode_free(node);
}

static void member_missing(const struct value *v, const struct field *f, const char *path)
{
    auto_buf allowed = BUF(1024);

    field_allowed(f, &allowed);
    report_add(v->d->report, v->node->at, path, "missing; allowed: %s", buf_str(&allowed));
}

static void decode_absent(const struct value *v, json_t *out)
{
    for (size_t i = 0; i < n_config_fields; i++) {
        const struct field *f = &config_fields[i];
        const char *name = field_member(f, pattern_of(v));
        auto_free char *path = NULL;
        if (!name || strcmp(name, "*") == 0 || ynode_member(v->node, name))
            continue;
        path = path_below(v->path, name);
        if (f->flags & FIELD_REQUIRED)
            member_missing(v, f, path);
        else if (f->fallback)
            decode_fallback(v, f, name, path, out);
    }
}

static bool count_fits(const struct value *v)
{
    size_t n = v->node->n;

    if (n >= (size_t)v->f->min && (!v->f->max || n <= (size_t)v->f->max))
        return true;
    (void)value_not_allowed(v, "wrong count: %zu entr%s", n, n == 1 ? "y" : "ies");
    return false;
}

static json_t *decode_map(const struct value *v)
{
    json_t *out;

    if (v->node->kind != YNODE_MAP)
        return value_wrong(v, "expected a map (key: value)");
    if (v->f && !count_fits(v))
        return NULL;
    out = json_object();
    for (size_t i = 0; i < v->node->n; i++)
        decode_member(v, &v->node->members[i], out);
    if (!v->d->part)
        decode_absent(v, out);
    return out;
}

static json_t *decode_list(const struct value *v)
{
    auto_free char *pattern = xasprintf("%s[]", v->f->path);
    json_t *out;

    if (v->node->kind != YNODE_LIST)
        return value_wrong(v, "expected a list");
    if (!count_fits(v))
        return NULL;
    out = json_array();
    for (size_t i = 0; i < v->node->n; i++) {
        const struct ymember *m = &v->node->members[i];
        auto_free char *path = xasprintf("%s[%zu]", v->path, i);
        struct value below = { v->d, field_find(pattern), m->value, path };
        json_t *element;
        decode_position(v->d, path, m->at, m->at);
        element = decode_value(&below);
        (void)json_array_append_new(out, element ? element : json_null()); /* indices stay */
    }
    return out;
}

/* A single value is a map in which all else has its default. */
static json_t *decode_short(const struct value *v)
{
    struct value whole = *v, one = *v;
    struct ynode *map;
    json_t *value, *out;

    if (v->node->kind == YNODE_LIST)
        return value_not_allowed(v, "a list is not allowed here");
    if (v->node->kind == YNODE_MAP)
        return decode_map(v);
    one.f = field_below(v->f->path, v->f->pattern);
    value = decode_value(&one);
    if (!value)
        return NULL;
    out = json_pack("{s:o}", v->f->pattern, value);
    map = xcalloc(1, sizeof(*map));
    *map = (struct ynode){ .kind = YNODE_MAP, .at = v->node->at };
    ynode_add(map, v->f->pattern, v->node->at, ynode_copy(v->node));
    whole.node = map;
    if (!v->d->part)
        decode_absent(&whole, out);
    ynode_free(map);
    return out;
}

static json_t *decode_overlay(const struct value *v)
{
    struct decoder part = *v->d;

    part.positions = NULL;
    part.part = true;
    part.drain_roots = part.part_drain_roots;
    return decode_root(&part, v->node, v->path);
}

static json_t *decode_null(const struct value *v)
{
    struct ynode empty = { .kind = YNODE_MAP, .at = v->node->at };
    struct value map = *v;

    map.node = &empty;
    if (v->f->flags & FIELD_NULLABLE)
        return json_null();
    if (v->f->flags & FIELD_EMPTY)
        return v->f->type == FIELD_OVERLAY ? json_object() : decode_map(&map);
    if (v->f->type == FIELD_MAP)
        return value_wrong(v, "this section is empty; write {} for the defaults, or remove it");
    return value_not_allowed(v, "the value is empty");
}

static json_t *decode_value(const struct value *v)
{
    if (v->node->kind == YNODE_SCALAR && ynode_scalar(v->node) == YSCALAR_NULL)
        return decode_null(v);
    switch (v->f->type) {
    case FIELD_MAP: return decode_map(v);
    case FIELD_LIST: return decode_list(v);
    case FIELD_SHORT: return decode_short(v);
    case FIELD_OVERLAY: return decode_overlay(v);
    case FIELD_TEXT:
    case FIELD_TEMPLATE:
    case FIELD_JSON: return value_document(v);
    default: return value_scalar(v);
    }
}

json_t *decode_root(struct decoder *d, const struct ynode *root, const char *path)
{
    struct value v = { d, NULL, root, path };

    return decode_map(&v);
}
