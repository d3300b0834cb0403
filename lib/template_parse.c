/* template_parse.c: parses one string with ${...} in it. */
#include "mem.h"
#include "template_parts.h"

#include <stdlib.h>
#include <string.h>

/* at moves from start, the '$' of a placeholder, towards end, the end of the string. */
struct scan {
    const char *start, *at, *end;
};

static bool scan_is(const struct scan *s, const char *text)
{
    size_t n = strlen(text);

    return (size_t)(s->end - s->at) >= n && memcmp(s->at, text, n) == 0;
}

static bool scan_take(struct scan *s, const char *text)
{
    if (!scan_is(s, text))
        return false;
    s->at += strlen(text);
    return true;
}

/* Quotes the placeholder read so far, cut and without control characters. */
static int scan_wrong(const struct scan *s, const char *why, struct err *e)
{
    size_t n = (size_t)(s->at - s->start), whole = (size_t)(s->end - s->start);
    const char *close = memchr(s->at, '}', whole - n);
    char shown[64];

    n = close ? (size_t)(close - s->start) + 1 : whole;
    if (n > sizeof(shown) - 1)
        n = sizeof(shown) - 1;
    for (size_t i = 0; i < n; i++)
        shown[i] = s->start[i];
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)shown[i] < ' ')
            shown[i] = '?';
    while (n && (unsigned char)shown[n - 1] >= 0x80) /* whole characters only */
        n--;
    return err_set(e, ERR_CONFIG, "'%.*s': %s", (int)n, shown, why);
}

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || (unsigned char)c >= 0x80;
}

/* *n is 0 when there is no name. */
static const char *scan_name(struct scan *s, size_t *n)
{
    const char *from = s->at;

    while (s->at < s->end && name_char(*s->at))
        s->at++;
    *n = (size_t)(s->at - from);
    return from;
}

/* A JSON string with its quotes; NULL: invalid. */
static json_t *scan_json_string(struct scan *s)
{
    const char *from = s->at, *p = from + 1;
    json_t *value;

    while (p < s->end && *p != '"')
        p += *p == '\\' && p + 1 < s->end ? 2 : 1;
    if (p >= s->end)
        return NULL;
    s->at = p + 1;
    value = json_loadb(from, (size_t)(s->at - from), JSON_DECODE_ANY, NULL);
    return value;
}

static char *key_text(const char *s, size_t n)
{
    auto_json json_t *exact = exact_string(s, n);

    return xstrdup(json_string_value(exact));
}

static int scan_index(struct scan *s, struct step *out, struct err *e)
{
    size_t index = 0, digits = 0;

    if (scan_is(s, "\"")) {
        auto_json json_t *name = scan_json_string(s);
        if (!name || !scan_take(s, "]"))
            return scan_wrong(s, "after '[', expected a number or a \"name\" and then ']'", e);
        out->kind = STEP_NAME;
        out->name = key_text(json_string_value(name), json_string_length(name));
        return 0;
    }
    for (; s->at < s->end && *s->at >= '0' && *s->at <= '9' && digits < 7; digits++)
        index = index * 10 + (size_t)(*s->at++ - '0');
    if (!digits || !scan_take(s, "]"))
        return scan_wrong(s, "after '[', expected a number or a \"name\" and then ']'", e);
    out->index = index;
    return 0;
}

static int scan_step(struct scan *s, struct step *out, struct err *e)
{
    const char *name;
    size_t n;

    if (scan_take(s, "["))
        return scan_index(s, out, e);
    out->kind = scan_take(s, ":fromjson") ? STEP_FROM_JSON
                : scan_take(s, ":tojson") ? STEP_TO_JSON
                                          : STEP_NAME;
    if (out->kind != STEP_NAME)
        return 0;
    s->at++; /* the dot */
    name = scan_name(s, &n);
    if (!n)
        return scan_wrong(s,
                          "after '.', expected a name of letters, digits, _ and -; write any other "
                          "name [\"like this\"]",
                          e);
    out->name = key_text(name, n);
    return 0;
}

static bool scan_is_step(const struct scan *s)
{
    return scan_is(s, ".") || scan_is(s, "[") || scan_is(s, ":fromjson") || scan_is(s, ":tojson");
}

static int scan_path(struct scan *s, struct hole *out, struct err *e)
{
    const char *from = s->at, *name;
    size_t n;

    name = scan_name(s, &n);
    if (!n)
        return scan_wrong(s, "expected ${name}, ${name.member} or ${name.list[0]}", e);
    out->root = xstrndup(name, n);
    while (scan_is_step(s)) {
        if (out->n_steps == TEMPLATE_STEPS_MAX)
            return scan_wrong(s, "a path has at most 32 steps", e);
        out->steps = xrealloc(out->steps, (out->n_steps + 1) * sizeof(*out->steps));
        out->steps[out->n_steps++] = (struct step){ 0 };
        if (scan_step(s, &out->steps[out->n_steps - 1], e) < 0)
            return -1;
    }
    out->path = xstrndup(from, (size_t)(s->at - from));
    return 0;
}

/* true, false, null and numbers are typed, all else is text. */
static json_t *default_value(const char *text, size_t n)
{
    auto_free char *copy = xstrndup(text, n);

    if (strcmp(copy, "null") == 0)
        return json_null();
    if (strcmp(copy, "true") == 0 || strcmp(copy, "false") == 0)
        return json_boolean(*copy == 't');
    return strlen(copy) == n ? exact_number(copy) : exact_string(text, n);
}

static int scan_default(struct scan *s, struct hole *out, struct err *e)
{
    const char *from = s->at;

    if (scan_is(s, "\"")) {
        auto_json json_t *text = scan_json_string(s);
        if (!text || !scan_is(s, "}"))
            return scan_wrong(s, "a default in quotes must be one JSON string, followed by '}'", e);
        out->fallback = exact_string(json_string_value(text), json_string_length(text));
        return 0;
    }
    for (; s->at < s->end && *s->at != '}'; s->at++)
        if (scan_is(s, "${"))
            return scan_wrong(s, "a default cannot hold another placeholder", e);
    out->fallback = default_value(from, (size_t)(s->at - from));
    return 0;
}

static int scan_hole(struct scan *s, struct hole *out, struct err *e)
{
    s->at += 2;
    if (scan_path(s, out, e) < 0)
        return -1;
    if (scan_take(s, ":-") && scan_default(s, out, e) < 0)
        return -1;
    if (s->at == s->end)
        return scan_wrong(s, "'}' is missing; write $${ for a literal ${", e);
    if (!scan_take(s, "}"))
        return scan_wrong(s,
                          "after the path, expected '}', ':-' and a default, ':fromjson' or "
                          "':tojson'; write names with other characters [\"like this\"]",
                          e);
    return 0;
}

static struct part *part_new(struct node *node)
{
    node->parts = xrealloc(node->parts, (node->n + 1) * sizeof(*node->parts));
    node->parts[node->n] = (struct part){ 0 };
    return &node->parts[node->n++];
}

static void literal_end(struct node *node, struct buf *literal)
{
    struct part *part;

    if (!literal->len)
        return;
    part = part_new(node);
    part->n = literal->len;
    part->literal = buf_steal(literal);
}

static int parse_parts(struct scan *s, struct node *out, struct err *e)
{
    auto_buf literal = BUF(TEMPLATE_TEXT_MAX);

    while (s->at < s->end) {
        if (scan_take(s, "$${")) {
            buf_puts(&literal, "${");
        } else if (scan_is(s, "${")) {
            struct part *part;
            literal_end(out, &literal);
            part = part_new(out);
            part->hole = xcalloc(1, sizeof(*part->hole));
            s->start = s->at;
            if (scan_hole(s, part->hole, e) < 0)
                return -1;
        } else {
            buf_putc(&literal, *s->at++);
        }
    }
    literal_end(out, &literal);
    return 0;
}

int template_parse(const char *text, size_t n, struct node *out, struct err *e)
{
    struct scan s = { text, text, text + n };

    *out = (struct node){ .kind = NODE_TEXT };
    if (n > TEMPLATE_TEXT_MAX)
        return err_set(e, ERR_CONFIG, "a text of %zu bytes is too long: at most %zu", n,
                       TEMPLATE_TEXT_MAX);
    if (parse_parts(&s, out, e) < 0) {
        template_node_done(out);
        return -1;
    }
    if (out->n == 0 || (out->n == 1 && !out->parts[0].hole)) {
        json_t *literal =
            out->n ? exact_string(out->parts[0].literal, out->parts[0].n) : json_string("");
        template_node_done(out);
        *out = (struct node){ .kind = NODE_LITERAL, .literal = literal };
    }
    return 0;
}

static void hole_free(struct hole *hole)
{
    if (!hole)
        return;
    for (size_t i = 0; i < hole->n_steps; i++)
        free(hole->steps[i].name);
    free(hole->steps);
    free(hole->path);
    free(hole->root);
    json_decref(hole->fallback);
    free(hole);
}

void template_node_done(struct node *node)
{
    for (size_t i = 0; node->kind == NODE_TEXT && i < node->n; i++) {
        free_cleansed(node->parts[i].literal);
        hole_free(node->parts[i].hole);
    }
    for (size_t i = 0; node->members && i < node->n; i++) {
        if (node->keys)
            free(node->keys[i]);
        template_node_done(&node->members[i]);
    }
    free(node->parts);
    free(node->keys);
    free(node->members);
    json_decref(node->literal);
    *node = (struct node){ 0 };
}
