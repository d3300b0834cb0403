/* http_head.c: see http_head.h. */
#include "http_head.h"

#include "http_parts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { STATUS_LINE_LEAST = 12 }; /* "HTTP/1.1 200" */

static void wrong(struct http_head *h, const char *why)
{
    if (!h->wrong)
        h->wrong = why;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void trim(const char **s, size_t *n)
{
    while (*n > 0 && is_blank(**s)) {
        ++*s;
        --*n;
    }
    while (*n > 0 && is_blank((*s)[*n - 1]))
        --*n;
}

static bool is(const char *s, size_t n, const char *word)
{
    return n == strlen(word) && strncasecmp(s, word, n) == 0;
}

/* HTTP/1.x, a space, three digits from 100 to 599, and a space or nothing (section 4; RFC 9110
 * section 15: other numbers are invalid). */
static void status_line(struct http_head *h, const char *s, size_t n)
{
    int status = 0;

    *h = (struct http_head){ .inside = true };
    if (n < STATUS_LINE_LEAST ||
        (strncmp(s, "HTTP/1.1 ", 9) != 0 && strncmp(s, "HTTP/1.0 ", 9) != 0)) {
        wrong(h, "it does not begin with HTTP/1.1 or HTTP/1.0 and a status");
        return;
    }
    for (size_t i = 9; i < 12; i++)
        status = isdigit((unsigned char)s[i]) ? status * 10 + s[i] - '0' : -1000;
    if (status < 100 || status > 599 || (n > 12 && s[12] != ' '))
        wrong(h, "its status is not a number from 100 to 599");
    h->http_1_0 = s[7] == '0';
    h->status = status;
}

static bool read_length(const char *s, size_t n, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isdigit((unsigned char)s[i]) || *out > (INT64_MAX - 9) / 10)
            return false;
        *out = *out * 10 + (uint64_t)(s[i] - '0');
    }
    return n > 0;
}

/* A list of equal numbers is one number (RFC 9110 section 8.6). */
static void content_length(struct http_head *h, const char *s, size_t n)
{
    const char *end = s + n;

    for (const char *next; s <= end; s = next + 1) {
        const char *one = s;
        uint64_t length;
        size_t len;

        next = memchr(s, ',', (size_t)(end - s));
        next = next ? next : end;
        len = (size_t)(next - s);
        trim(&one, &len);
        if (!read_length(one, len, &length))
            wrong(h, "its Content-Length is not a number");
        else if (h->sized && h->length != length)
            wrong(h, "it has two different Content-Lengths");
        h->sized = true;
        h->length = length;
    }
}

/* Only chunked, and once: we accept no other coding. */
static void transfer_encoding(struct http_head *h, const char *s, size_t n)
{
    if (h->chunked || !is(s, n, "chunked"))
        wrong(h, "its Transfer-Encoding is not just chunked");
    h->chunked = true;
}

static bool is_name(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isgraph((unsigned char)s[i]))
            return false;
    return n > 0;
}

static void header(struct http_head *h, struct http_response *r, const char *s, size_t n)
{
    const char *colon = memchr(s, ':', n), *value = colon ? colon + 1 : s;
    size_t name_len = colon ? (size_t)(colon - s) : 0, value_len = n - (size_t)(value - s);

    if (!is_name(s, name_len)) {
        wrong(h, "a line of its head is not a header");
        return;
    }
    trim(&value, &value_len);
    h->framing = true;
    if (is(s, name_len, "Content-Length"))
        content_length(h, value, value_len);
    else if (is(s, name_len, "Transfer-Encoding"))
        transfer_encoding(h, value, value_len);
    else
        h->framing = false;
    http_header_line(r, s, n);
}

/* Both together are ambiguous: readers disagree where the body ends (section 6.1). */
static void head_end(struct http_head *h)
{
    if (h->status == 101)
        wrong(h, "it switches to a protocol that was not requested");
    if (h->chunked && (h->sized || h->http_1_0))
        wrong(h, h->sized ? "it has both Content-Length and Transfer-Encoding"
                          : "it has a Transfer-Encoding in HTTP/1.0");
    h->inside = false;
    h->whole = h->status >= 200;
}

void http_head_line(struct http_head *h, struct http_response *r, const char *line, size_t n)
{
    if (h->wrong || h->whole || n == 0 || line[n - 1] != '\n')
        return;
    n -= n > 1 && line[n - 2] == '\r' ? 2 : 1;
    if (memchr(line, '\r', n) || memchr(line, '\0', n)) {
        wrong(h, "a line of its head holds a control character");
    } else if (!h->inside) {
        http_headers_clear(r);
        status_line(h, line, n);
    } else if (n == 0) {
        head_end(h);
    } else if (!is_blank(*line)) {
        header(h, r, line, n);
    } else if (h->framing || r->n_headers == 0) {
        wrong(h, "a line of its head is not a header");
    } /* else: an obsolete folded line (section 5.2): it is ignored */
}

const char *http_head_wrong(const struct http_head *h, bool bodiless, uint64_t body_len)
{
    if (h->wrong)
        return h->wrong;
    if (!h->whole)
        return "its head is cut off";
    if (h->sized && !bodiless && h->status != 204 && h->status != 304 && body_len < h->length)
        return "its body is cut off";
    return NULL;
}
