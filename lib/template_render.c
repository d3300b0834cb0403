/* template_render.c: renders a compiled template with values. */
#include "http.h"
#include "mem.h"
#include "template_parts.h"

#include <string.h>
#include <strings.h>

/* Limits of one rendered document: far more than a message, far less than the memory of a function.
 */
enum { RENDER_NODES_MAX = 500000 };
#define RENDER_BYTES_MAX ((size_t)16 << 20)

struct render {
    const json_t *values;
    size_t nodes, bytes; /* so far */
    struct err *e;
    json_t *parsed; /* texts and their parsed JSON, alternating: each is parsed once */
    json_t *kept;   /* other values that live until the end */
};

#define auto_render __attribute__((cleanup(render_done))) struct render

static void render_done(struct render *r)
{
    json_decref(r->parsed);
    json_decref(r->kept);
}

static int render_too_large(const struct render *r)
{
    return err_set(r->e, ERR_PARSE, "the rendered template is too large (over %zu MiB)",
                   RENDER_BYTES_MAX >> 20);
}

static int render_spend(struct render *r, size_t bytes)
{
    r->bytes += bytes;
    return ++r->nodes > RENDER_NODES_MAX || r->bytes > RENDER_BYTES_MAX ? render_too_large(r) : 0;
}

static json_t *text_as_json(const json_t *v)
{
    const char *text = exact_is_number(v) ? NULL : json_string_value(v);
    auto_json json_t *made = NULL;
    struct err unused;
    size_t n;

    if (!text)
        return NULL;
    text = exact_scalar(v, &n);
    if (!text || strlen(text) != n || json_too_deep(text) ||
        exact_parse(text, n, &made, &unused) < 0)
        return NULL;
    return steal(made);
}

/* Borrowed; NULL, with the reason in r->e. */
static const json_t *from_json(struct render *r, const struct hole *hole, const json_t *v)
{
    json_t *made;

    for (size_t i = 0; i < json_array_size(r->parsed); i += 2)
        if (json_array_get(r->parsed, i) == v)
            return json_array_get(r->parsed, i + 1);
    made = text_as_json(v);
    if (!made) {
        (void)err_set(r->e, ERR_PARSE, "'${%s}': fromjson expects JSON text", hole->path);
        return NULL;
    }
    if (!r->parsed)
        r->parsed = json_array();
    (void)json_array_append(r->parsed, (json_t *)v); /* cannot fail; the same below */
    (void)json_array_append_new(r->parsed, made);
    return made;
}

/* Borrowed; NULL, with the reason in r->e. */
static const json_t *to_json(struct render *r, const json_t *v)
{
    auto_buf text = BUF(RENDER_BYTES_MAX);
    json_t *made;

    exact_text(v, &text);
    if (buf_failed(&text) ? render_too_large(r) : render_spend(r, text.len))
        return NULL;
    if (!r->kept)
        r->kept = json_array();
    made = exact_string(buf_str(&text), text.len);
    (void)json_array_append_new(r->kept, made); /* cannot fail */
    return made;
}

static const json_t *hole_step(struct render *r, const struct hole *hole, const struct step *s,
                               const json_t *v)
{
    switch (s->kind) {
    case STEP_INDEX: return json_array_get(v, s->index);
    case STEP_NAME: return json_object_get(v, s->name);
    case STEP_FROM_JSON: return from_json(r, hole, v);
    case STEP_TO_JSON: return to_json(r, v);
    }
    return NULL;
}

static int hole_value(struct render *r, const struct hole *hole, const json_t **out)
{
    const json_t *v = json_object_get(r->values, hole->root);

    for (size_t i = 0; v && i < hole->n_steps; i++) {
        v = hole_step(r, hole, &hole->steps[i], v);
        if (!v && hole->steps[i].kind >= STEP_FROM_JSON)
            return -1;
    }
    *out = v ? v : hole->fallback;
    if (!*out)
        return err_set(r->e, ERR_NOT_FOUND, "'${%s}' has no value and no default", hole->path);
    return 0;
}

/* Scalars are shared, containers copied, so that the caller may change its own. */
static json_t *value_copy(struct render *r, const json_t *value)
{
    auto_json json_t *copy = NULL;
    const char *key;
    json_t *member;
    size_t i;

    if (render_spend(r, json_string_length(value)) < 0)
        return NULL;
    if (!json_is_object(value) && !json_is_array(value))
        return json_incref((json_t *)value);
    copy = json_is_object(value) ? json_object() : json_array();
    json_object_foreach((json_t *)value, key, member)
        if (json_object_set_new_nocheck(copy, key, value_copy(r, member)) < 0)
            return NULL;
    json_array_foreach(value, i, member)
        if (json_array_append_new(copy, value_copy(r, member)) < 0)
            return NULL;
    return steal(copy);
}

static int text_part(struct render *r, const struct part *part, enum template_use use,
                     struct buf *out)
{
    const json_t *value;
    const char *text;
    size_t n;

    if (!part->hole) {
        buf_add(out, part->literal, part->n);
        return 0;
    }
    if (hole_value(r, part->hole, &value) < 0)
        return -1;
    text = exact_scalar(value, &n);
    if (!text)
        return err_set(
            r->e, ERR_PARSE,
            "'${%s}' is %s; only text, numbers, true, false and null are allowed inside a text",
            part->hole->path, json_is_array(value) ? "a list" : "an object");
    if (use == TEMPLATE_XML)
        return buf_xml(out, text, n)
                   ? 0
                   : err_set(r->e, ERR_PARSE, "'${%s}' holds a character that XML does not allow",
                             part->hole->path);
    if (use == TEMPLATE_URL)
        buf_uri(out, text, n, false);
    else
        buf_add(out, text, n);
    return 0;
}

static json_t *node_render(struct render *r, const struct node *node);

static json_t *text_render(struct render *r, const struct node *node)
{
    auto_buf text = BUF(RENDER_BYTES_MAX);
    const json_t *value;

    if (node->n == 1)
        return hole_value(r, node->parts[0].hole, &value) < 0 ? NULL : value_copy(r, value);
    for (size_t i = 0; i < node->n; i++)
        if (text_part(r, &node->parts[i], TEMPLATE_PLAIN, &text) < 0)
            return NULL;
    if (buf_failed(&text) ? render_too_large(r) : render_spend(r, text.len))
        return NULL;
    return exact_string(buf_str(&text), text.len);
}

static json_t *members_render(struct render *r, const struct node *node)
{
    auto_json json_t *out = node->keys ? json_object() : json_array();

    for (size_t i = 0; i < node->n; i++) {
        json_t *member = node_render(r, &node->members[i]);
        if (!member)
            return NULL;
        if (node->keys)
            (void)json_object_set_new_nocheck(out, node->keys[i],
                                              member); /* takes it over, cannot fail */
        else
            (void)json_array_append_new(out, member);
    }
    return steal(out);
}

static json_t *node_render(struct render *r, const struct node *node)
{
    if (node->kind == NODE_LITERAL)
        return value_copy(r, node->literal);
    if (node->kind == NODE_TEXT)
        return text_render(r, node);
    return render_spend(r, 0) < 0 ? NULL : members_render(r, node);
}

int template_render(const struct template *t, const json_t *values, json_t **out, struct err *e)
{
    auto_render r = { .values = values, .e = e };
    json_t *v = node_render(&r, &t->root);

    if (!v)
        return -1;
    *out = v;
    return 0;
}

/* "", "." and "..", also with %2e for a dot: servers and proxies would resolve them to another
 * path. */
static bool segment_moves(const char *s, size_t n)
{
    size_t dots = 0;

    while (n) {
        size_t step = *s == '.' ? 1 : n >= 3 && strncasecmp(s, "%2e", 3) == 0 ? 3 : 0;
        if (!step)
            return false;
        s += step;
        n -= step;
        dots++;
    }
    return dots <= 2;
}

/* The path segment that holds the value at `at`. */
static int segment_check(struct render *r, const char *url, size_t at, const struct hole *hole)
{
    size_t query = strcspn(url, "?#"), from = at, end;
    const json_t *value;

    if (at > query)
        return 0;
    if (hole_value(r, hole, &value) < 0)
        return -1;
    if (json_is_null(value))
        return err_set(r->e, ERR_PARSE, "'${%s}' is null, which is not allowed in a url's path",
                       hole->path);
    while (from && url[from - 1] != '/')
        from--;
    end = from + strcspn(url + from, "/?#");
    if (!segment_moves(url + from, end - from))
        return 0;
    return err_set(r->e, ERR_PARSE, "'${%s}' would change the url's path: it is empty, '.' or '..'",
                   hole->path);
}

static bool header_allows(const struct buf *text)
{
    return strlen(buf_str(text)) == text->len && http_value_fits(buf_str(text));
}

static int parts_text(struct render *r, const struct node *node, enum template_use use,
                      struct buf *out)
{
    for (size_t i = 0; i < node->n; i++)
        if (text_part(r, &node->parts[i], use, out) < 0)
            return -1;
    for (size_t i = 0, at = 0; use == TEMPLATE_URL && i < node->n; i++) {
        auto_buf part = BUF(RENDER_BYTES_MAX);
        if (text_part(r, &node->parts[i], use, &part) < 0)
            return -1;
        if (node->parts[i].hole && segment_check(r, buf_str(out), at, node->parts[i].hole) < 0)
            return -1;
        at += part.len;
    }
    return 0;
}

int template_render_text(const struct template *t, const json_t *values, enum template_use use,
                         struct buf *out, struct err *e)
{
    const struct node *node = &t->root;
    auto_render r = { .values = values, .e = e };
    auto_buf text = BUF(RENDER_BYTES_MAX);
    const char *literal = NULL;
    size_t n = 0;

    if (node->kind == NODE_LITERAL)
        literal = exact_scalar(node->literal, &n);
    else if (node->kind != NODE_TEXT)
        return err_set(e, ERR_CONFIG, "expected a text, not %s",
                       node->kind == NODE_ARRAY ? "a list" : "an object");
    if (literal)
        buf_add(&text, literal, n);
    else if (parts_text(&r, node, use, &text) < 0)
        return -1;
    if (use == TEMPLATE_HEADER && !header_allows(&text))
        return err_set(
            e, ERR_PARSE,
            "a value holds a line break or another control character, which headers do not allow");
    buf_add(out, buf_str(&text), text.len);
    if (buf_failed(&text) || buf_failed(out))
        return err_set(e, ERR_PARSE, "the text is too long");
    return 0;
}
