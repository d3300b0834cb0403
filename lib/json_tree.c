/* json_tree.c: builds a tree while the text is read, without recursion. */
#include "json_tree.h"

#include "json.h"
#include "json_scan.h"
#include "mem.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct build {
    struct json_scan scan;
    enum json_tree_numbers numbers;
    struct buf text; /* the last string or name that had escapes */
    bool bad_number;
    json_t **open; /* by depth; borrowed from the root */
};

static json_t *typed_number(const struct json_piece *digits)
{
    auto_free char *text = xstrndup(digits->s, digits->n);
    bool integer = text[strcspn(text, ".eE")] == '\0';
    long long n = 0;
    double real = 0;

    errno = 0;
    if (integer)
        n = strtoll(text, NULL, 10);
    else
        real = strtod(text, NULL);
    if (integer)
        return errno ? NULL : json_integer(n);
    return isfinite(real) ? json_real(real) : NULL;
}

static json_t *build_number(struct build *b)
{
    struct json_piece digits;
    json_t *v = NULL;

    if (json_scan_number(&b->scan, &digits))
        v = b->numbers == JSON_TREE_MARKED ? exact_digits(digits.s, digits.n)
                                           : typed_number(&digits);
    b->bad_number = !v;
    return v;
}

static json_t *build_string(struct build *b)
{
    struct json_piece piece;

    if (!json_scan_string(&b->scan, &piece))
        return NULL;
    if (piece.escaped) {
        buf_clear(&b->text);
        json_piece_decode(&piece, &b->text);
        piece.s = buf_str(&b->text);
        piece.n = b->text.len;
    }
    if (b->numbers == JSON_TREE_MARKED)
        return exact_string(piece.s, piece.n);
    return json_stringn_nocheck(piece.s, piece.n);
}

static json_t *build_word(struct build *b)
{
    char first;

    if (!json_scan_word(&b->scan, &first))
        return NULL;
    return first == 'n' ? json_null() : json_boolean(first == 't');
}

static json_t *build_value(struct build *b)
{
    char first = json_scan_peek(&b->scan);

    switch (first) {
    case '{':
    case '[':
        if (!json_scan_open(&b->scan, first))
            return NULL;
        b->open[b->scan.depth] = first == '{' ? json_object() : json_array();
        return b->open[b->scan.depth];
    case '"': return build_string(b);
    case 't':
    case 'f':
    case 'n': return build_word(b);
    default: return build_number(b);
    }
}

/* The name in b->text, without U+0000, which jansson's names cannot hold. */
static void decode_name(struct build *b, const struct json_piece *name)
{
    auto_buf plain = BUF(BUF_LARGE);

    buf_clear(&b->text);
    json_piece_decode(name, &b->text);
    if (!name->escaped || strlen(buf_str(&b->text)) == b->text.len)
        return;
    for (size_t i = 0; i < b->text.len; i++) {
        char c = b->text.s[i];
        buf_add(&plain, c ? &c : "\xEF\xBF\xBD", c ? 1 : 3);
    }
    buf_clear(&b->text);
    buf_add(&b->text, buf_str(&plain), plain.len);
}

/* Names of exact trees are protected as strings are. */
static void set_member(struct build *b, json_t *object, const struct json_piece *name,
                       json_t *value)
{
    auto_json json_t *marked = NULL;

    decode_name(b, name);
    if (b->numbers == JSON_TREE_MARKED)
        marked = exact_string(buf_str(&b->text), b->text.len);
    (void)json_object_set_new_nocheck(
        object, marked ? json_string_value(marked) : buf_str(&b->text), value);
}

/* Whether another value follows in the innermost container; containers that end are left. */
static bool build_next(struct build *b, struct json_piece *name)
{
    while (b->scan.depth > 0 && !b->scan.failed) {
        const json_t *in = b->open[b->scan.depth];

        if (json_is_object(in) ? json_scan_member(&b->scan, name) : json_scan_element(&b->scan))
            return true;
    }
    return false;
}

/* The next value goes into the innermost container. */
static bool build_child(struct build *b, const struct json_piece *name)
{
    json_t *in = b->open[b->scan.depth], *value = build_value(b);

    if (!value)
        return false;
    if (json_is_object(in))
        set_member(b, in, name, value);
    else
        (void)json_array_append_new(in, value); /* cannot fail */
    return true;
}

json_t *json_tree(const char *text, size_t n, enum json_tree_numbers numbers, bool *bad_number)
{
    json_t *open[JSON_SCAN_DEEPEST + 1]; /* not cleared: that would cost more than a short text */
    struct build b = { .numbers = numbers, .text = BUF(BUF_LARGE), .open = open };
    struct json_piece name = { 0 };
    auto_json json_t *root = NULL;
    bool good;

    json_scan_start(&b.scan, text, n);
    root = build_value(&b);
    good = root != NULL;
    while (good && build_next(&b, &name))
        good = build_child(&b, &name);
    good = good && json_scan_ended(&b.scan) && !buf_failed(&b.text);
    buf_done(&b.text);
    *bad_number = b.bad_number;
    return good ? steal(root) : NULL;
}
