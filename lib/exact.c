/*
 * exact.c: JSON whose numbers keep their digits.
 *
 * In an exact tree a number is a string that begins with U+0001 'N', JSON text that is not parsed
 * one that begins with U+0001 'J', and a string from outside that begins with U+0001 gets the
 * prefix U+0001 'S'.
 */
#include "json.h"
#include "json_tree.h"
#include "json_write.h"
#include "mem.h"

#include <string.h>

#define MARK      '\001'
#define NUMBER    'N'
#define TEXT      'J'
#define PROTECTED 'S'

static bool is_marked(const json_t *value, char kind)
{
    const char *s = json_string_value(value);

    return s && s[0] == MARK && s[1] == kind;
}

int exact_parse(const char *text, size_t n, json_t **out, struct err *e)
{
    bool bad_number;
    json_t *v = json_tree(text, n, JSON_TREE_MARKED, &bad_number);

    if (!v)
        return err_set(e, ERR_PARSE,
                       bad_number ? "invalid JSON: malformed number" : "invalid JSON");
    *out = v;
    return 0;
}

bool exact_is_number(const json_t *value)
{
    return is_marked(value, NUMBER);
}

/* The content of a marked or plain string, without its mark. */
static const char *unmark(const char *s, size_t *n)
{
    bool marked = *n >= 2 && s[0] == MARK && (s[1] == NUMBER || s[1] == PROTECTED);

    *n -= marked ? 2 : 0;
    return marked ? s + 2 : s;
}

static void put_object(const json_t *value, struct buf *out)
{
    const char *key;
    json_t *member;
    char before = '{';

    json_object_foreach((json_t *)value, key, member) {
        size_t n = strlen(key);
        const char *name = unmark(key, &n);

        buf_putc(out, before);
        json_write_string(name, n, out);
        buf_putc(out, ':');
        exact_text(member, out);
        before = ',';
    }
    buf_puts(out, before == '{' ? "{}" : "}");
}

static void put_array(const json_t *value, struct buf *out)
{
    const json_t *element;
    size_t i;

    buf_putc(out, '[');
    json_array_foreach(value, i, element) {
        if (i)
            buf_putc(out, ',');
        exact_text(element, out);
    }
    buf_putc(out, ']');
}

void exact_text(const json_t *value, struct buf *out)
{
    size_t n;
    const char *s;

    if (json_is_object(value)) {
        put_object(value, out);
    } else if (json_is_array(value)) {
        put_array(value, out);
    } else if (is_marked(value, NUMBER) || is_marked(value, TEXT)) {
        buf_add(out, json_string_value(value) + 2, json_string_length(value) - 2);
    } else if (json_is_string(value)) {
        n = json_string_length(value);
        s = unmark(json_string_value(value), &n);
        json_write_string(s, n, out);
    } else {
        json_write(value, out);
    }
}

/* The mark, its kind, the content. */
static json_t *marked(char kind, const char *s, size_t n)
{
    auto_buf text = BUF(n + 2);
    char *room = buf_room(&text, n + 2);

    room[0] = MARK;
    room[1] = kind;
    memcpy(room + 2, s, n);
    return json_stringn_nocheck(room, n + 2);
}

json_t *exact_digits(const char *digits, size_t n)
{
    return marked(NUMBER, digits, n);
}

json_t *exact_unparsed(const char *text, size_t n)
{
    return marked(TEXT, text, n);
}

json_t *exact_number(const char *digits)
{
    size_t n = strlen(digits);

    return json_is_number_text(digits, n) ? exact_digits(digits, n) : exact_string(digits, n);
}

json_t *exact_string(const char *s, size_t n)
{
    return n && s[0] == MARK ? marked(PROTECTED, s, n) : json_stringn_nocheck(s, n);
}

const char *exact_scalar(const json_t *value, size_t *n)
{
    const char *word = json_is_true(value)    ? "true"
                       : json_is_false(value) ? "false"
                       : json_is_null(value)  ? "null"
                                              : NULL;

    if (word) {
        *n = strlen(word);
        return word;
    }
    if (!json_is_string(value) || is_marked(value, TEXT))
        return NULL;
    *n = json_string_length(value);
    return unmark(json_string_value(value), n);
}
