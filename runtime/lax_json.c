/* lax_json.c: replaces what a strict parser refuses; the structure has to be
 * right.
 */
#include "lax_json.h"

#include <stdlib.h>
#include <string.h>

#define MOST ((size_t)1 << 20)

/* The length of the character that begins here: https://www.rfc-editor.org/rfc/rfc3629#section-4;
 * 0: none does. */
static size_t utf8_length(const unsigned char *s, size_t n)
{
    static const struct {
        unsigned char from, to, least, most; /* of the first byte, of the second */
        size_t length;
    } rows[] = {
        { 0x00, 0x7f, 0, 0, 1 },       { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
        { 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
        { 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
    };

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        size_t length = rows[i].length;
        if (s[0] < rows[i].from || s[0] > rows[i].to || length > n)
            continue;
        if (length > 1 && (s[1] < rows[i].least || s[1] > rows[i].most))
            return 0;
        for (size_t k = 2; k < length; k++)
            if ((s[k] & 0xc0) != 0x80)
                return 0;
        return length;
    }
    return 0;
}

/* The code of a \uXXXX that begins here; 0: none does. */
static unsigned escape_at(const char *s, size_t n)
{
    char digits[5] = "";

    if (n < 6 || s[0] != '\\' || s[1] != 'u')
        return 0;
    memcpy(digits, s + 2, 4);
    return strspn(digits, "0123456789abcdefABCDEF") == 4 ? (unsigned)strtoul(digits, NULL, 16) : 0;
}

/* Copies the escape at s; answers its length. */
static size_t copy_escape(const char *s, size_t n, struct buf *out)
{
    unsigned first = escape_at(s, n), second = n > 6 ? escape_at(s + 6, n - 6) : 0;
    bool high = first >= 0xd800 && first <= 0xdbff, low = first >= 0xdc00 && first <= 0xdfff;
    bool pair = high && second >= 0xdc00 && second <= 0xdfff;
    size_t length = pair ? 12 : first ? 6 : n < 2 ? n : 2;

    if ((high || low) && !pair)
        buf_putc(out, '?');
    else
        buf_add(out, s, length);
    return length;
}

static void repair(const char *text, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n;) {
        size_t length = utf8_length((const unsigned char *)text + i, n - i);
        if (text[i] == '\\') {
            i += copy_escape(text + i, n - i, out);
            continue;
        }
        if (length)
            buf_add(out, text + i, length);
        else
            buf_putc(out, '?');
        i += length ? length : 1;
    }
}

json_t *lax_json(const char *text, size_t n)
{
    auto_buf repaired = BUF(MOST);
    json_t *out = NULL;
    struct err unused;

    if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        n -= 3;
    }
    repair(text, n, &repaired);
    if (buf_failed(&repaired) || json_too_deep(buf_str(&repaired)) ||
        exact_parse(buf_str(&repaired), repaired.len, &out, &unused) < 0)
        return NULL;
    return out;
}
