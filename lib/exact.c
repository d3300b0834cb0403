/*
 * exact.c: JSON whose numbers keep their digits.
 *
 * jansson parses and escapes; around it, numbers travel as strings that begin with U+0001 'N', and
 * a string from outside that begins with U+0001 gets the prefix U+0001 'S'. In JSON text U+0001 can
 * only be the escape \u0001.
 */
#include "json.h"
#include "mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MARK      '\001'
#define MARK_TEXT "\\u0001"
#define NUMBER    'N'
#define PROTECTED 'S'

static size_t digits_at(const char *s, size_t n, size_t at)
{
    size_t i = at;

    while (i < n && s[i] >= '0' && s[i] <= '9')
        i++;
    return i - at;
}

/* RFC 8259 section 6 */
static bool is_number(const char *s, size_t n)
{
    size_t i = n && s[0] == '-', d = digits_at(s, n, i);

    if (!d || (d > 1 && s[i] == '0'))
        return false;
    i += d;
    if (i < n && s[i] == '.') {
        d = digits_at(s, n, i + 1);
        if (!d)
            return false;
        i += 1 + d;
    }
    if (i < n && (s[i] == 'e' || s[i] == 'E')) {
        i++;
        i += i < n && (s[i] == '+' || s[i] == '-');
        d = digits_at(s, n, i);
        if (!d)
            return false;
        i += d;
    }
    return i == n;
}

/* Copies the string that starts at text[at] (a quote); returns its end. */
static size_t copy_string(const char *text, size_t n, size_t at, struct buf *out)
{
    size_t end = at + 1;

    while (end < n && text[end] != '"')
        end += text[end] == '\\' ? 2 : 1;
    end = end < n ? end + 1 : n;
    buf_putc(out, '"');
    if (n - at > strlen(MARK_TEXT) && strncmp(text + at + 1, MARK_TEXT, strlen(MARK_TEXT)) == 0)
        buf_printf(out, MARK_TEXT "%c", PROTECTED);
    buf_add(out, text + at + 1, end - at - 1);
    return end;
}

/* Copies the number at text[at] as a marked string; 0 when it is invalid or in the place of a key.
 */
static size_t copy_number(const char *text, size_t n, size_t at, struct buf *out)
{
    size_t end = at, next;

    while (end < n && text[end] && strchr("+-.eE0123456789", text[end]))
        end++;
    next = end;
    while (next < n && isspace((unsigned char)text[next]))
        next++;
    if (!is_number(text + at, end - at) || (next < n && text[next] == ':'))
        return 0;
    buf_printf(out, "\"" MARK_TEXT "%c%.*s\"", NUMBER, (int)(end - at), text + at);
    return end;
}

static bool mark_numbers(const char *text, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n;) {
        if (text[i] == '"') {
            i = copy_string(text, n, i, out);
        } else if (text[i] == '-' || (text[i] >= '0' && text[i] <= '9')) {
            i = copy_number(text, n, i, out);
            if (!i)
                return false;
        } else {
            buf_putc(out, text[i++]);
        }
    }
    return !buf_failed(out);
}

int exact_parse(const char *text, size_t n, json_t **out, struct err *e)
{
    auto_buf marked = BUF(BUF_LARGE);

    if (!mark_numbers(text, n, &marked))
        return err_set(e, ERR_PARSE, "invalid JSON: malformed number");
    if (json_parse(buf_str(&marked), marked.len, out, e) < 0)
        return err_set(e, ERR_PARSE, "invalid JSON"); /* columns are those of the marked text */
    return 0;
}

bool exact_is_number(const json_t *value)
{
    const char *s = json_string_value(value);

    return s && s[0] == MARK && s[1] == NUMBER;
}

static int put_chunk(const char *data, size_t n, void *out)
{
    buf_add(out, data, n);
    return 0;
}

static void put_string(const char *s, size_t n, struct buf *out)
{
    auto_json json_t *text = json_stringn_nocheck(s, n);

    (void)json_dump_callback(text, put_chunk, out, JSON_ENCODE_ANY | JSON_COMPACT);
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
        put_string(name, n, out);
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
    } else if (json_is_string(value) && !exact_is_number(value)) {
        s = exact_scalar(value, &n);
        put_string(s, n, out);
    } else if (exact_is_number(value) || json_is_boolean(value) || json_is_null(value)) {
        s = exact_scalar(value, &n);
        buf_add(out, s, n);
    } else {
        (void)json_dump_callback(value, put_chunk, out, JSON_ENCODE_ANY | JSON_COMPACT);
    }
}

json_t *exact_number(const char *digits)
{
    auto_free char *marked = NULL;

    if (!is_number(digits, strlen(digits)))
        return exact_string(digits, strlen(digits));
    marked = xasprintf("%c%c%s", MARK, NUMBER, digits);
    return json_string(marked);
}

json_t *exact_string(const char *s, size_t n)
{
    auto_buf marked = BUF(BUF_LARGE);

    if (!n || s[0] != MARK)
        return json_stringn_nocheck(s, n);
    buf_putc(&marked, MARK);
    buf_putc(&marked, PROTECTED);
    buf_add(&marked, s, n);
    return json_stringn_nocheck(marked.s, marked.len);
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
    if (!json_is_string(value))
        return NULL;
    *n = json_string_length(value);
    return unmark(json_string_value(value), n);
}
