/* documents.c: fields that hold templates or other JSON. Each text is compiled at its place, so
 * that errors name it. */
#include "config/decode.h"
#include "contract.h"
#include "mem.h"
#include "text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static json_t *document_value(const struct value *v);

/* Not out of a double's range: 0 must have only zeros before its exponent. */
static bool real_fits(const char *text, const json_t *number)
{
    double value = json_real_value(number);

    return isnormal(value) || (value == 0 && strcspn(text, "123456789") >= strcspn(text, "eE"));
}

/* A number that JSON's two kinds here (64-bit integers and doubles) print back as it was written.
 */
static json_t *document_number(const struct value *v)
{
    const char *text = v->node->text;
    size_t digits = 0;
    json_t *number;

    for (const char *c = text; *c && *c != 'e' && *c != 'E'; c++)
        digits += *c >= '0' && *c <= '9';
    number = json_loads(text, JSON_DECODE_ANY, NULL);
    if (number && (json_is_integer(number) || (digits <= 15 && real_fits(text, number))))
        return number;
    json_decref(number);
    return value_wrong(v, "the number '%.60s' cannot be represented exactly; put it in quotes",
                       text);
}

static void note_param(void *arg, const char *root, const char *path)
{
    bool *odd = arg;

    *odd = *odd || (strcmp(root, "param") == 0 &&
                    (!str_starts(path, "param.") || strpbrk(path + 6, ".[:")));
}

static bool template_fits(const struct value *v)
{
    bool ingest = str_starts(v->f->path, "ingest"), odd = false;
    struct template *t = NULL;
    struct err e;
    int result;

    if (template_compile_text(v->node->text, &t, &e) < 0) {
        (void)value_wrong(v, "%s", e.msg);
        return false;
    }
    result = template_check(t, ingest ? ingest_roots : v->d->drain_roots, &e);
    template_each_path(t, note_param, &odd);
    template_free(t);
    if (result < 0)
        (void)value_wrong(v, "%s", e.msg);
    else if (odd)
        (void)value_wrong(v, "expected ${param.NAME}; a parameter has no members");
    return result == 0 && !odd;
}

static json_t *document_text(const struct value *v)
{
    if (v->f->type != FIELD_JSON && !template_fits(v))
        return NULL;
    return json_string_nocheck(v->node->text);
}

static json_t *document_scalar(const struct value *v)
{
    const char *text = v->node->text;

    switch (ynode_scalar(v->node)) {
    case YSCALAR_TEXT: return document_text(v);
    case YSCALAR_NULL: return json_null();
    case YSCALAR_TRUE: return json_true();
    case YSCALAR_FALSE: return json_false();
    case YSCALAR_NUMBER: return document_number(v);
    case YSCALAR_AMBIGUOUS:
        return value_wrong(v,
                           "'%s' is true or false to some YAML readers and text to others; use "
                           "true, false or \"%s\"",
                           text, text);
    case YSCALAR_ODD:
        return value_wrong(v, "'%.60s' is not a JSON number; rewrite it, or put it in quotes",
                           text);
    }
    return NULL;
}

static json_t *document_map(const struct value *v)
{
    auto_json json_t *out = json_object();
    bool ok = true;

    for (size_t i = 0; i < v->node->n; i++) {
        const struct ymember *m = &v->node->members[i];
        auto_free char *path = xasprintf("%s.%s", v->path, m->key);
        struct value below = { v->d, v->f, m->value, path };
        json_t *member;
        decode_position(v->d, path, m->at, m->value->at);
        member = document_value(&below);
        if (v->f->type != FIELD_JSON && strstr(m->key, "${")) {
            report_add(v->d->report, m->at, path, "a name cannot hold a placeholder");
            ok = false;
        }
        ok = ok && member;
        if (member && json_object_set_new(out, m->key, member) < 0)
            ok = value_wrong(&below, "this name is not valid UTF-8") != NULL;
    }
    return ok ? steal(out) : NULL;
}

static json_t *document_list(const struct value *v)
{
    auto_json json_t *out = json_array();
    bool ok = true;

    for (size_t i = 0; i < v->node->n; i++) {
        auto_free char *path = xasprintf("%s[%zu]", v->path, i);
        struct value below = { v->d, v->f, v->node->members[i].value, path };
        json_t *element;
        decode_position(v->d, path, below.node->at, below.node->at);
        element = document_value(&below);
        ok = ok && element;
        if (element)
            (void)json_array_append_new(out, element); /* cannot fail */
    }
    return ok ? steal(out) : NULL;
}

static json_t *document_value(const struct value *v)
{
    switch (v->node->kind) {
    case YNODE_MAP: return document_map(v);
    case YNODE_LIST: return document_list(v);
    case YNODE_SCALAR: return document_scalar(v);
    }
    return NULL;
}

static json_t *document_one_text(const struct value *v)
{
    const char *text = v->node->text;

    if (v->node->kind != YNODE_SCALAR)
        return value_not_allowed(v, "expected one text, not %s",
                                 v->node->kind == YNODE_MAP ? "a map" : "a list");
    /* it may be a secret: not shown */
    if (ynode_scalar(v->node) != YSCALAR_TEXT)
        return value_wrong(v, "without quotes this is not text in YAML; put it in quotes");
    if (strlen(text) < (size_t)v->f->min)
        return value_not_allowed(v, "the value is empty");
    return document_text(v);
}

/* [a, b] means "a b". */
static json_t *document_words(const struct value *v)
{
    auto_buf text = BUF(BUF_SMALL);
    bool ok = true;

    for (size_t i = 0; i < v->node->n; i++) {
        auto_free char *path = xasprintf("%s[%zu]", v->path, i);
        struct value below = { v->d, v->f, v->node->members[i].value, path };
        auto_json json_t *word = document_one_text(&below);
        ok = ok && word;
        if (word)
            buf_printf(&text, "%s%s", i ? " " : "", json_string_value(word));
    }
    if (!v->node->n)
        return value_not_allowed(v, "the value is empty");
    return ok ? json_string_nocheck(buf_str(&text)) : NULL;
}

json_t *value_document(const struct value *v)
{
    struct template *t = NULL;
    bool words = (v->f->flags & FIELD_WORDS) && v->node->kind == YNODE_LIST;
    json_t *out = words                      ? document_words(v)
                  : v->f->type == FIELD_TEXT ? document_one_text(v)
                                             : document_value(v);
    struct err e;

    /* limits of the whole document: depth, size */
    if (out && v->f->type != FIELD_JSON && template_compile(out, &t, &e) < 0) {
        json_decref(out);
        return value_wrong(v, "%s", e.msg);
    }
    template_free(t);
    return out;
}
