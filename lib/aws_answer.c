/*
 * aws_answer.c: the one reader of AWS's answers. It checks an answer against the action's shape
 * (lib/aws_shapes.c) and returns the members that fifoq reads, so callers need no checks.
 * Everything else is ERR_PARSE, never "there is none".
 */
#include "aws_wire.h"
#include "json.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_LENGTH = 63 }; /* of a member in a shape */

/* A place in the answer, for messages: "Rules[3].Name". */
struct place {
    const struct place *up; /* NULL: a member of the answer itself */
    const char *name;       /* NULL: an element of a list, a value of a map */
    size_t n;               /* of the name, or the element's index */
};

struct reading {
    bool text; /* every scalar is text, as in XML, and an empty list is empty text */
    const struct place *at;
    struct err *e;
};

static int read_value(struct reading *x, const char *shape, const json_t *in, json_t **out);

/* The end of the value that begins at shape. */
static const char *shape_end(const char *shape)
{
    int open = 0;

    do {
        switch (*shape++) {
        case '[':
        case '<':
        case '{': open++; break;
        case ']':
        case '>':
        case '}': open--; break;
        default: break;
        }
    } while (open > 0 && *shape);
    return shape;
}

static const char *type_of(const json_t *v)
{
    static const char *const names[] = {
        [JSON_OBJECT] = "an object", [JSON_ARRAY] = "a list",  [JSON_STRING] = "a string",
        [JSON_INTEGER] = "a number", [JSON_REAL] = "a number", [JSON_TRUE] = "a boolean",
        [JSON_FALSE] = "a boolean",  [JSON_NULL] = "null",
    };

    return names[json_typeof(v)];
}

/* The expected type of a shape, for messages. */
static const char *shape_name(char shape)
{
    static const struct {
        char shape;
        const char *name;
    } names[] = {
        { 's', "a string" }, { 'i', "an integer" },
        { 'n', "a number" }, { 'b', "a boolean" },
        { 't', "a time" },   { 'j', "a string that is a JSON object" },
        { '[', "a list" },   { 'e', "a string that is a JSON object" },
    };

    for (size_t i = 0; i < COUNTOF(names); i++)
        if (names[i].shape == shape)
            return names[i].name;
    return "an object";
}

static void place_text(const struct place *at, struct buf *out)
{
    if (at->up)
        place_text(at->up, out);
    if (at->name)
        buf_printf(out, "%s%.*s", at->up ? "." : "", (int)at->n, at->name);
    else
        buf_printf(out, "[%zu]", at->n);
}

/* Values and keys of maps may be secrets, so they are never quoted. */
static int wrong(const struct reading *x, const char *shape, const json_t *v)
{
    bool document = json_is_string(v) && strchr("ej", *shape);
    auto_buf place = BUF(BUF_SMALL);

    place_text(x->at, &place);
    return err_set(x->e, ERR_PARSE, "'%s' is %s, expected %s", buf_str(&place),
                   !v         ? "missing"
                   : document ? "another string"
                              : type_of(v),
                   shape_name(*shape));
}

/* read_value one level down. */
static int read_below(struct reading *x, const char *name, size_t n, const char *shape,
                      const json_t *in, json_t **out)
{
    struct place here = { x->at, name, n };
    struct reading below = *x;

    below.at = &here;
    return read_value(&below, shape, in, out);
}

static bool is_blank(const char *text)
{
    return !text[strspn(text, " \t\r\n")];
}

static json_t *integer_of(const char *text)
{
    char *end = NULL;
    long long n = strtoll(text, &end, 10);

    return end != text && !*end ? json_integer(n) : NULL;
}

/* A scalar from text; NULL when its type does not match. The caller's. */
static json_t *scalar_of_text(char shape, const json_t *in)
{
    const char *text = json_string_value(in);

    if (!text)
        return NULL;
    if (shape == 'i' || shape == 'n')
        return integer_of(text);
    if (shape == 'b' && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0))
        return json_boolean(strcmp(text, "true") == 0);
    return shape == 'b' ? NULL : json_incref((json_t *)in);
}

static json_t *scalar(const struct reading *x, char shape, const json_t *in)
{
    bool fits = false;

    if (x->text)
        return scalar_of_text(shape, in);
    switch (shape) {
    case 's': fits = json_is_string(in); break;
    case 'i': fits = json_is_integer(in); break;
    case 'n': fits = json_is_number(in); break;
    case 'b': fits = json_is_boolean(in); break;
    case 't': fits = json_is_number(in) || json_is_string(in); break;
    default: break;
    }
    return fits ? json_incref((json_t *)in) : NULL;
}

/* A document's text, which must be a JSON object; NULL: it is not. IAM percent-encodes (RFC 3986):
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html */
static json_t *document(const struct reading *x, char shape, const json_t *in)
{
    auto_buf plain = BUF(BUF_LARGE);
    auto_json json_t *value = NULL;
    const char *text = json_string_value(in);
    struct err unused;

    if (!text)
        return NULL;
    if (shape == 'e' && x->text)
        buf_uri_decode(&plain, text, strlen(text));
    else
        buf_puts(&plain, text);
    if (buf_failed(&plain) || json_parse(buf_str(&plain), plain.len, &value, &unused) < 0 ||
        !json_is_object(value))
        return NULL;
    return json_stringn(buf_str(&plain), plain.len);
}

/* in, or the value that an empty XML element means. The caller's. */
static json_t *container(const struct reading *x, const json_t *in, bool list)
{
    const char *text = x->text ? json_string_value(in) : NULL;

    if (text && is_blank(text))
        return list ? json_array() : json_object();
    if (list ? json_is_array(in) : json_is_object(in))
        return json_incref((json_t *)in);
    return NULL;
}

static int read_list(struct reading *x, const char *shape, const json_t *in, json_t **out)
{
    auto_json json_t *list = container(x, in, true), *mine = json_array();
    const json_t *v;
    size_t i;

    if (!list)
        return wrong(x, shape, in);
    json_array_foreach(list, i, v) {
        json_t *one = NULL;

        if (read_below(x, NULL, i, shape + 1, v, &one) < 0)
            return -1;
        (void)json_array_append_new(mine, one);
    }
    *out = steal(mine);
    return 0;
}

static int read_map(struct reading *x, const char *shape, const json_t *in, json_t **out)
{
    auto_json json_t *map = container(x, in, false), *mine = json_object();
    const char *key;
    size_t i = 0;
    json_t *v;

    if (!map)
        return wrong(x, shape, in);
    json_object_foreach(map, key, v) {
        json_t *one = NULL;

        if (read_below(x, NULL, i++, shape + 1, v, &one) < 0)
            return -1;
        (void)json_object_set_new(mine, key, one);
    }
    *out = steal(mine);
    return 0;
}

/* AWS says why a part of its answer is missing: { "ErrorCode", "Message" }. */
static int withheld(const struct reading *x, const json_t *why)
{
    const char *code = jget_str(why, "ErrorCode"), *message = jget_str(why, "Message");
    auto_buf place = BUF(BUF_SMALL);

    place_text(x->at, &place);
    return err_set(x->e, ERR_AWS, "a part is missing ('%s'): %.90s: %.500s", buf_str(&place),
                   code ? code : "no code given", message ? message : "no reason given");
}

/* Reads the member whose name has n characters into mine; its shape follows the sign after the
 * name. */
static int read_member(struct reading *x, const char *name, size_t n, const json_t *in,
                       json_t *mine)
{
    struct place here = { x->at, name, n };
    struct reading below = { .text = x->text, .at = &here, .e = x->e };
    char key[NAME_MAX_LENGTH + 1] = "";
    auto_json json_t *one = NULL;
    const json_t *v;

    if (n > NAME_MAX_LENGTH)
        abort(); /* the table of shapes is ours */
    memcpy(key, name, n);
    v = json_object_get(in, key);
    if (json_is_null(v) && name[n + 1] != '*') /* in every protocol the same as a missing member */
        v = NULL;
    if (!v)
        return name[n] == '!' ? wrong(&below, name + n + 1, NULL) : 0;
    if (read_value(&below, name + n + 1, v, &one) < 0)
        return -1;
    return name[n] == '?' ? withheld(&below, one) : json_object_set(mine, key, one);
}

/* members: "Name!s Other:[s]" up to a closing brace or the end. */
static int read_members(struct reading *x, const char *members, const json_t *in, json_t *mine)
{
    while (*members && *members != '}' && *members != '+') {
        size_t n = strcspn(members, "!:?");

        if (read_member(x, members, n, in, mine) < 0)
            return -1;
        members = shape_end(members + n + 1);
        members += *members == ' ';
    }
    return 0;
}

static bool is_open(const char *structure)
{
    return shape_end(structure)[-2] == '+';
}

static int read_structure(struct reading *x, const char *shape, const json_t *in, json_t **out)
{
    auto_json json_t *object = container(x, in, false), *mine = NULL;

    if (!object)
        return wrong(x, shape, in);
    mine = is_open(shape) ? json_copy(object) : json_object();
    if (read_members(x, shape + 1, object, mine) < 0)
        return -1;
    *out = steal(mine);
    return 0;
}

static int read_value(struct reading *x, const char *shape, const json_t *in, json_t **out)
{
    switch (*shape) {
    case '[': return read_list(x, shape, in, out);
    case '<': return read_map(x, shape, in, out);
    case '{': return read_structure(x, shape, in, out);
    case '*': *out = json_incref((json_t *)in); return 0;
    case 'e':
    case 'j': *out = document(x, *shape, in); break;
    default: *out = scalar(x, *shape, in); break;
    }
    return *out ? 0 : wrong(x, shape, in);
}

static const struct aws_shape *shape_find(const struct aws_service *s, const char *action)
{
    for (const struct aws_shape *p = s->shapes; p && p->action; p++)
        if (strcmp(p->action, action) == 0)
            return p;
    return NULL;
}

int aws_answer_read(const struct aws_service *s, const char *action, const json_t *in, bool text,
                    json_t **out, struct err *e)
{
    const struct aws_shape *promised = shape_find(s, action);
    struct reading x = { .text = text, .e = e };
    auto_json json_t *mine = NULL;

    if (!promised) {
        *out = json_incref((json_t *)in);
        return 0;
    }
    mine = json_object();
    if (read_members(&x, promised->members, in, mine) < 0)
        return -1;
    *out = steal(mine);
    return 0;
}
