/*
 * fuzz_http_head.c: any bytes as an answer. An accepted answer has a complete head, a status from
 * 200 to 599 and one way to read its length; and Retry-After is never before now.
 */
#include "http_head.h"

#include <stdlib.h>
#include <string.h>

#define WALL_MS INT64_C(1767323045000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t count(const struct http_response *r, const char *name)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n_headers; i++)
        n += strcmp(r->headers[i].name, name) == 0;
    return n;
}

static void check_answer(const struct http_head *h, const struct http_response *r, uint64_t body)
{
    size_t lengths = count(r, "content-length"), codings = count(r, "transfer-encoding");
    const char *length = http_header_get(r, "content-length");

    if (!h->whole || h->inside || h->status < 200 || h->status > 599)
        abort();
    if ((lengths && codings) || codings > 1 || h->sized != (lengths > 0))
        abort();
    if (length && strtoull(length, NULL, 10) != h->length)
        abort();
    if (h->sized && h->status != 204 && h->status != 304 && body < h->length)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *s = (const char *)data, *end = s + size, *next;
    struct http_head h = { 0 };
    auto_response r = { 0 };

    while (s < end && !h.whole && (next = memchr(s, '\n', (size_t)(end - s)))) {
        http_head_line(&h, &r, s, (size_t)(next + 1 - s));
        s = next + 1;
    }
    for (size_t i = 0; i < r.n_headers; i++)
        if (!*r.headers[i].name || strpbrk(r.headers[i].value, "\r\n"))
            abort();
    if (http_retry_after_ms(&r, WALL_MS) < -1)
        abort();
    if (!http_head_wrong(&h, false, (uint64_t)(end - s)))
        check_answer(&h, &r, (uint64_t)(end - s));
    return 0;
}
