/* buf.c: the string builder. */
#include "buf.h"

#include "mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Secrets pass through buffers, so growing leaves no copy behind. */
static bool buf_reserve(struct buf *b, size_t more)
{
    size_t need = b->len + more + 1, room = b->room ? b->room : 64;
    char *s;

    if (b->failed || more > b->cap || b->len > b->cap - more) {
        b->failed = true;
        return false;
    }
    if (need <= b->room)
        return true;
    while (room < need)
        room *= 2;
    s = xmalloc(room);
    if (b->s)
        memcpy(s, b->s, b->len);
    free_cleansed(b->s);
    b->s = s;
    b->room = room;
    return true;
}

void buf_add(struct buf *b, const void *data, size_t n)
{
    if (!buf_reserve(b, n))
        return;
    if (n)
        memcpy(b->s + b->len, data, n);
    b->len += n;
    b->s[b->len] = '\0';
}

char *buf_room(struct buf *b, size_t n)
{
    return buf_reserve(b, n) ? b->s + b->len : NULL;
}

void buf_used(struct buf *b, size_t n)
{
    b->len += n;
    b->s[b->len] = '\0';
}

void buf_puts(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_putc(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0 || !buf_reserve(b, (size_t)n)) {
        b->failed = true;
        return;
    }
    va_start(ap, fmt);
    (void)vsnprintf(b->s + b->len, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->len += (size_t)n;
}

static bool unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

void buf_uri(struct buf *b, const char *data, size_t n, bool keep_slash)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)data[i];
        char code[3] = { '%', digits[c >> 4], digits[c & 15] };
        bool plain = unreserved(data[i]) || (keep_slash && data[i] == '/');

        buf_add(b, plain ? &data[i] : code, plain ? 1 : 3);
    }
}

/* U+FFFE and U+FFFF are EF BF BE and EF BF BF. */
static bool xml_allows(const char *data, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)data[i] < ' ' && !(data[i] && strchr("\t\n\r", data[i])))
            return false;
        if (n - i > 2 && memcmp(data + i, "\xEF\xBF", 2) == 0 && (unsigned char)data[i + 2] >= 0xBE)
            return false;
    }
    return true;
}

bool buf_xml(struct buf *b, const char *data, size_t n)
{
    if (!xml_allows(data, n))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (data[i] && strchr("&<>\"'\t\n\r", data[i]))
            buf_printf(b, "&#%d;", data[i]);
        else
            buf_putc(b, data[i]);
    }
    return true;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void buf_uri_decode(struct buf *b, const char *data, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool escape = data[i] == '%' && n - i > 2;
        int high = escape ? hex_value(data[i + 1]) : -1;
        int low = high >= 0 ? hex_value(data[i + 2]) : -1;
        char c = data[i];

        if (low >= 0) {
            c = (char)(high * 16 + low);
            i += 2;
        }
        buf_putc(b, c);
    }
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->failed = false;
    if (b->s)
        b->s[0] = '\0';
}

bool buf_failed(const struct buf *b)
{
    return b->failed;
}

const char *buf_str(const struct buf *b)
{
    return b->s ? b->s : "";
}

char *buf_steal(struct buf *b)
{
    char *s = b->s ? b->s : xstrdup("");

    *b = BUF(b->cap);
    return s;
}

void buf_done(struct buf *b)
{
    free_cleansed(b->s);
    *b = BUF(b->cap);
}
