/* http_headers.c: the headers of an answer. */
#include "clock.h"
#include "http_parts.h"
#include "mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

void http_headers_clear(struct http_response *r)
{
    for (size_t i = 0; i < r->n_headers; i++) {
        free_cleansed((char *)r->headers[i].name);
        free_cleansed((char *)r->headers[i].value);
    }
    free(r->headers);
    r->headers = NULL;
    r->n_headers = 0;
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void http_header_line(struct http_response *r, const char *line, size_t n)
{
    const char *colon = memchr(line, ':', n);
    size_t start, end = n;
    char *name;

    if (!colon)
        return;
    start = (size_t)(colon - line) + 1;
    while (start < end && blank(line[start]))
        start++;
    while (end > start && blank(line[end - 1]))
        end--;
    name = xstrndup(line, (size_t)(colon - line));
    for (char *c = name; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    r->headers = xrealloc(r->headers, (r->n_headers + 1) * sizeof(*r->headers));
    r->headers[r->n_headers++] =
        (struct http_header){ .name = name, .value = xstrndup(line + start, end - start) };
}

void http_response_done(struct http_response *r)
{
    http_headers_clear(r);
    free_cleansed(r->body);
    *r = (struct http_response){ 0 };
}

const char *http_header_get(const struct http_response *r, const char *name)
{
    for (size_t i = 0; i < r->n_headers; i++)
        if (strcmp(r->headers[i].name, name) == 0)
            return r->headers[i].value;
    return NULL;
}

/* Seconds, with or without a fraction, as ms, rounded up; a negative number is 0; -1: not a number.
 */
static int64_t seconds_ms(const char *text)
{
    size_t sign = *text == '-' || *text == '+', whole = strspn(text + sign, "0123456789");
    const char *rest = text + sign + whole;
    size_t fraction = *rest == '.' ? strspn(rest + 1, "0123456789") : 0;
    double ms;

    if (!whole || (*rest == '.' && !fraction) || rest[fraction ? fraction + 1 : 0])
        return -1;
    ms = strtod(text, NULL) * 1000;
    if (ms <= 0 || ms > INT32_MAX * 1000.0)
        return ms <= 0 ? 0 : (int64_t)INT32_MAX * 1000;
    return (int64_t)ms + ((double)(int64_t)ms < ms);
}

int64_t http_retry_after_ms(const struct http_response *r, int64_t wall_ms)
{
    const char *text = http_header_get(r, "retry-after");
    int64_t ms, at;

    if (!text || !*text)
        return -1;
    ms = seconds_ms(text);
    if (ms >= 0)
        return ms;
    at = clock_parse_date(text);
    return at < 0 ? -1 : at > wall_ms ? at - wall_ms : 0;
}

bool http_value_fits(const char *s)
{
    for (; *s; s++)
        if (((unsigned char)*s < ' ' && *s != '\t') || *s == 0x7f)
            return false;
    return true;
}
