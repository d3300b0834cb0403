/* json_write.c: the writer. Eight bytes at a time where nothing has to be escaped. */
#include "json_write.h"

#include <string.h>

#define EACH  0x0101010101010101ULL /* a byte, repeated */
#define HIGHS 0x8080808080808080ULL
#define CHUNK ((size_t)4096) /* bytes of a string for which room is made at once */

enum { ESCAPE_MAX = 6 }; /* bytes, "\u001F" */

/* Copies up to the first byte that has to be escaped: a quote, a backslash, a control character.
 * Returns how many; writes up to 8 bytes more. */
static size_t copy_run(const char *at, const char *end, char *out)
{
    const char *from = at;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    while (end - at >= 8) {
        uint64_t w, stops;

        memcpy(&w, at, sizeof(w));
        memcpy(out + (at - from), &w, sizeof(w));
        /* the lowest high bit that is set is right; a borrow can only go on from there */
        stops = ((w - EACH * ' ') | ((w ^ (EACH * '"')) - EACH) | ((w ^ (EACH * '\\')) - EACH)) &
                ~w & HIGHS;
        if (stops)
            return (size_t)(at - from) + ((size_t)__builtin_ctzll(stops) >> 3);
        at += 8;
    }
#endif
    while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= ' ') {
        out[at - from] = *at;
        at++;
    }
    return (size_t)(at - from);
}

static size_t put_escape(unsigned char c, char *out)
{
    static const char digits[] = "0123456789ABCDEF";
    static const char letters[] = "btnvfr"; /* of \b and those after it; JSON has no \v */

    out[0] = '\\';
    if (c == '"' || c == '\\') {
        out[1] = (char)c;
        return 2;
    }
    if (c >= '\b' && c <= '\r' && c != '\v') {
        out[1] = letters[c - '\b'];
        return 2;
    }
    out[1] = 'u';
    out[2] = out[3] = '0';
    out[4] = digits[c >> 4];
    out[5] = digits[c & 15];
    return ESCAPE_MAX;
}

/* out has room for n * ESCAPE_MAX + 8 bytes. */
static size_t put_content(const char *s, size_t n, char *out)
{
    const char *end = s + n;
    char *to = out;

    while (s < end) {
        size_t run = copy_run(s, end, to);

        s += run;
        to += run;
        if (s < end)
            to += put_escape((unsigned char)*s++, to);
    }
    return (size_t)(to - out);
}

void json_write_string(const char *s, size_t n, struct buf *out)
{
    buf_putc(out, '"');
    while (n) {
        size_t chunk = n < CHUNK ? n : CHUNK;
        char *room = buf_room(out, chunk * ESCAPE_MAX + 8);

        if (!room)
            return;
        buf_used(out, put_content(s, chunk, room));
        s += chunk;
        n -= chunk;
    }
    buf_putc(out, '"');
}

static void write_integer(json_int_t value, struct buf *out)
{
    char text[24], *at = text + sizeof(text);
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        *--at = '-';
    buf_add(out, at, (size_t)(text + sizeof(text) - at));
}

static int put_chunk(const char *data, size_t n, void *out)
{
    buf_add(out, data, n);
    return 0;
}

static void write_object(const json_t *value, struct buf *out)
{
    const char *key;
    json_t *member;
    char before = '{';

    json_object_foreach((json_t *)value, key, member) {
        buf_putc(out, before);
        json_write_string(key, strlen(key), out);
        buf_putc(out, ':');
        json_write(member, out);
        before = ',';
    }
    buf_puts(out, before == '{' ? "{}" : "}");
}

static void write_array(const json_t *value, struct buf *out)
{
    const json_t *element;
    size_t i;

    buf_putc(out, '[');
    json_array_foreach(value, i, element) {
        if (i)
            buf_putc(out, ',');
        json_write(element, out);
    }
    buf_putc(out, ']');
}

void json_write(const json_t *value, struct buf *out)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        json_write_string(json_string_value(value), json_string_length(value), out);
        break;
    case JSON_OBJECT: write_object(value, out); break;
    case JSON_ARRAY: write_array(value, out); break;
    case JSON_INTEGER: write_integer(json_integer_value(value), out); break;
    case JSON_TRUE: buf_puts(out, "true"); break;
    case JSON_FALSE: buf_puts(out, "false"); break;
    case JSON_NULL: buf_puts(out, "null"); break;
    default: (void)json_dump_callback(value, put_chunk, out, JSON_ENCODE_ANY | JSON_COMPACT);
    }
}

size_t json_copy_piece(const struct json_piece *piece, char *out)
{
    const char *at = piece->s, *end = at + piece->n;
    char *to = out;

    if (!piece->escaped) {
        memcpy(out, piece->s, piece->n);
        return piece->n;
    }
    while (at < end) {
        size_t n = copy_run(at, end, to);
        uint32_t c;

        at += n;
        to += n;
        if (at == end)
            break;
        c = json_escape_value(at, &n);
        at += n;
        to += c < ' ' || c == '"' || c == '\\' ? put_escape((unsigned char)c, to)
                                               : json_utf8_put(c, to);
    }
    return (size_t)(to - out);
}

/* The text is valid, so outside of strings only spaces have to go. */
void json_write_compact(const struct json_piece *value, struct buf *out)
{
    struct json_scan scan;
    struct json_piece string;

    json_scan_start(&scan, value->s, value->n);
    while (json_scan_peek(&scan)) {
        char *room;

        if (*scan.at != '"') {
            buf_putc(out, *scan.at++);
            continue;
        }
        room =
            json_scan_string(&scan, &string) ? buf_room(out, string.n + 2 + JSON_COPY_SLACK) : NULL;
        if (!room)
            return;
        room[0] = '"';
        string.n = json_copy_piece(&string, room + 1);
        room[string.n + 1] = '"';
        buf_used(out, string.n + 2);
    }
}
