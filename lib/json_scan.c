/* json_scan.c: the reader. Eight bytes at a time where a string is plain ASCII. */
#include "json_scan.h"

#include <string.h>

#define EACH  0x0101010101010101ULL /* a byte, repeated */
#define HIGHS 0x8080808080808080ULL

void json_scan_start(struct json_scan *s, const char *text, size_t n)
{
    *s = (struct json_scan){ .at = text, .end = text + n };
}

static bool scan_fail(struct json_scan *s)
{
    s->failed = true;
    s->at = s->end;
    return false;
}

char json_scan_spaces(struct json_scan *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\r' || *s->at == '\t'))
        s->at++;
    if (s->at == s->end)
        return '\0';
    return *s->at;
}

/* The first byte that is not plain: a quote, a backslash, a control character, or not ASCII. */
static const char *plain_end(const char *at, const char *end)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    while (end - at >= 8) {
        uint64_t w, stops;

        memcpy(&w, at, sizeof(w));
        /* the lowest high bit that is set is right; a borrow can only go on from there */
        stops =
            (w | (w - EACH * ' ') | ((w ^ (EACH * '"')) - EACH) | ((w ^ (EACH * '\\')) - EACH)) &
            HIGHS;
        if (stops)
            return at + ((size_t)__builtin_ctzll(stops) >> 3);
        at += 8;
    }
#endif
    while (at < end && *at != '"' && *at != '\\' && (unsigned char)(*at - ' ') < 0x60)
        at++;
    return at;
}

size_t json_utf8_length(const char *text, size_t n)
{
    const unsigned char *s = (const unsigned char *)text;
    unsigned least = 0x80, most = 0xbf;
    size_t length = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

    if (s[0] < 0x80)
        return 1;
    if (s[0] < 0xc2 || s[0] > 0xf4 || length > n)
        return 0;
    /* no longer forms than needed, no surrogates, nothing beyond U+10FFFF: RFC 3629 section 4 */
    if (s[0] == 0xe0 || s[0] == 0xf0)
        least = s[0] == 0xe0 ? 0xa0 : 0x90;
    if (s[0] == 0xed || s[0] == 0xf4)
        most = s[0] == 0xed ? 0x9f : 0x8f;
    if (s[1] < least || s[1] > most)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

size_t json_utf8_put(uint32_t c, char *out)
{
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

    for (size_t i = n - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (c & 0x3f));
        c >>= 6;
    }
    out[0] = (char)(lead[n] | c);
    return n;
}

/* Four hexadecimal digits; -1: other characters. */
static int32_t hex4(const char *s)
{
    int32_t value = 0;

    for (int i = 0; i < 4; i++) {
        char c = s[i], letter = (char)(c | 0x20);

        if (c >= '0' && c <= '9')
            value = value * 16 + (c - '0');
        else if (letter >= 'a' && letter <= 'f')
            value = value * 16 + (letter - 'a' + 10);
        else
            return -1;
    }
    return value;
}

static bool is_low(int32_t unit)
{
    return unit >= 0xdc00 && unit <= 0xdfff;
}

static bool is_high(int32_t unit)
{
    return unit >= 0xd800 && unit <= 0xdbff;
}

/* The length of the escape at the backslash; 0: invalid. */
static size_t escape_length(const char *at, const char *end)
{
    int32_t unit;

    if (end - at < 2)
        return 0;
    if (at[1] != 'u')
        return at[1] && strchr("\"\\/bfnrt", at[1]) ? 2 : 0;
    unit = end - at < 6 ? -1 : hex4(at + 2);
    if (unit < 0 || is_low(unit))
        return 0;
    if (!is_high(unit))
        return 6;
    return end - at >= 12 && at[6] == '\\' && at[7] == 'u' && is_low(hex4(at + 8)) ? 12 : 0;
}

uint32_t json_escape_value(const char *text, size_t *n)
{
    static const char letters[] = "bfnrt", meant[] = "\b\f\n\r\t";
    const char *letter = strchr(letters, text[1]);
    uint32_t unit;

    *n = 2;
    if (text[1] != 'u')
        return (unsigned char)(letter ? meant[letter - letters] : text[1]);
    unit = (uint32_t)hex4(text + 2);
    *n = 6;
    if (!is_high((int32_t)unit))
        return unit;
    *n = 12;
    return 0x10000 + ((unit - 0xd800) << 10) + ((uint32_t)hex4(text + 8) - 0xdc00);
}

bool json_scan_string(struct json_scan *s, struct json_piece *out)
{
    const char *from, *at;
    bool escaped = false;

    if (json_scan_peek(s) != '"')
        return scan_fail(s);
    from = at = s->at + 1;
    for (;;) {
        size_t step = 0;

        at = plain_end(at, s->end);
        if (at < s->end && *at == '"')
            break;
        if (at < s->end && *at == '\\')
            step = escape_length(at, s->end);
        else if (at < s->end && (unsigned char)*at >= 0x80)
            step = json_utf8_length(at, (size_t)(s->end - at));
        if (!step)
            return scan_fail(s);
        escaped = escaped || *at == '\\';
        at += step;
    }
    *out = (struct json_piece){ from, (size_t)(at - from), escaped };
    s->at = at + 1;
    return true;
}

static const char *digits_end(const char *at, const char *end)
{
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at;
}

/* RFC 8259 section 6; NULL: no number begins here. */
static const char *number_end(const char *at, const char *end)
{
    const char *from;

    at += at < end && *at == '-';
    from = at;
    at = digits_end(at, end);
    if (at == from || (*from == '0' && at - from > 1))
        return NULL;
    if (at < end && *at == '.') {
        from = at + 1;
        at = digits_end(from, end);
        if (at == from)
            return NULL;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        from = at + 1;
        from += from < end && (*from == '+' || *from == '-');
        at = digits_end(from, end);
        if (at == from)
            return NULL;
    }
    return at;
}

bool json_is_number_text(const char *s, size_t n)
{
    return number_end(s, s + n) == s + n;
}

bool json_scan_number(struct json_scan *s, struct json_piece *out)
{
    const char *from, *end;

    (void)json_scan_peek(s);
    from = s->at;
    end = number_end(from, s->end);
    if (!end)
        return scan_fail(s);
    *out = (struct json_piece){ .s = from, .n = (size_t)(end - from) };
    s->at = end;
    return true;
}

bool json_scan_word(struct json_scan *s, char *out)
{
    static const char *const words[] = { "true", "false", "null" };
    char first = json_scan_peek(s);

    for (size_t i = 0; i < COUNTOF(words); i++) {
        size_t n = strlen(words[i]);

        if (first != words[i][0] || (size_t)(s->end - s->at) < n || memcmp(s->at, words[i], n) != 0)
            continue;
        s->at += n;
        *out = first;
        return true;
    }
    return scan_fail(s);
}

bool json_scan_open(struct json_scan *s, char bracket)
{
    if (json_scan_peek(s) != bracket)
        return scan_fail(s);
    s->at++;
    s->depth++;
    s->first = true;
    return true;
}

/* At the end of a value, or after the opening bracket: whether another value follows. */
static bool scan_next(struct json_scan *s, char close)
{
    char c = json_scan_peek(s);
    bool first = s->first;

    s->first = false;
    if (c == close) {
        s->at++;
        s->depth--;
        return false;
    }
    if (s->depth >= JSON_SCAN_DEEPEST || (!first && c != ','))
        return scan_fail(s);
    s->at += !first;
    return true;
}

bool json_scan_element(struct json_scan *s)
{
    return !s->failed && scan_next(s, ']');
}

bool json_scan_member(struct json_scan *s, struct json_piece *name)
{
    if (s->failed || !scan_next(s, '}') || !json_scan_string(s, name))
        return false;
    if (json_scan_peek(s) != ':')
        return scan_fail(s);
    s->at++;
    return true;
}

static bool skip_scalar(struct json_scan *s, char first)
{
    struct json_piece unused;
    char word;

    if (first == '"')
        return json_scan_string(s, &unused);
    if (first == 't' || first == 'f' || first == 'n')
        return json_scan_word(s, &word);
    return json_scan_number(s, &unused);
}

bool json_scan_skip(struct json_scan *s, struct json_piece *out)
{
    bool objects[JSON_SCAN_DEEPEST + 1]; /* by depth: whether it is an object */
    struct json_piece name;
    const char *from;
    int base = s->depth;

    (void)json_scan_peek(s);
    from = s->at;
    do {
        char first = json_scan_peek(s);

        if (first != '{' && first != '[') {
            (void)skip_scalar(s, first);
        } else if (json_scan_open(s, first)) {
            objects[s->depth] = first == '{';
        }
        while (!s->failed && s->depth > base &&
               !(objects[s->depth] ? json_scan_member(s, &name) : json_scan_element(s)))
            ;
    } while (!s->failed && s->depth > base);
    *out = (struct json_piece){ .s = from, .n = (size_t)(s->at - from) };
    return !s->failed;
}

bool json_scan_ended(struct json_scan *s)
{
    (void)json_scan_peek(s);
    return !s->failed && s->at == s->end;
}

void json_piece_decode(const struct json_piece *piece, struct buf *out)
{
    const char *at = piece->s, *end = at + piece->n;

    while (at < end) {
        const char *stop = piece->escaped ? memchr(at, '\\', (size_t)(end - at)) : NULL;
        char bytes[4];
        size_t n;

        buf_add(out, at, (size_t)((stop ? stop : end) - at));
        if (!stop)
            break;
        buf_add(out, bytes, json_utf8_put(json_escape_value(stop, &n), bytes));
        at = stop + n;
    }
}

bool json_piece_decodes_to(const struct json_piece *piece, const char *text)
{
    size_t n = strlen(text);
    auto_buf plain = BUF(6 * n + 6); /* a longer content is another one */

    json_piece_decode(piece, &plain);
    return !buf_failed(&plain) && plain.len == n && memcmp(buf_str(&plain), text, n) == 0;
}
