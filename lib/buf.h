/* buf.h: the one string builder: growing, capped, NUL-terminated, with sticky failure. */
#ifndef FIFOQ_BUF_H
#define FIFOQ_BUF_H

#include "macros.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Start with BUF(cap), where cap is the most bytes it may ever hold. Append as often as you like
 * and test buf_failed once: an append beyond the cap fails, and so do all after it. Binary-safe.
 */
struct buf {
    char *s;    /* NULL while empty; else len bytes and a NUL */
    size_t len; /* without the NUL */
    size_t room;
    size_t cap;
    bool failed;
};

#define BUF(most) ((struct buf){ .cap = (most) })
#define BUF_SMALL ((size_t)1 << 16)
#define BUF_LARGE ((size_t)64 << 20)
#define auto_buf  __attribute__((cleanup(buf_done))) struct buf

void buf_add(struct buf *b, const void *data, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
/* RFC 3986 percent-encoding of all but unreserved characters; keep_slash leaves '/' as it is. */
void buf_uri(struct buf *b, const char *data, size_t n, bool keep_slash);
/* Text in UTF-8 for the content of an XML element or an attribute in quotes; false, with nothing
 * added, when it holds a character that XML 1.0 forbids (https://www.w3.org/TR/xml/#charsets). */
CHECKED bool buf_xml(struct buf *b, const char *data, size_t n);
/* The reverse: %XX becomes that byte; other text stays as it is. */
void buf_uri_decode(struct buf *b, const char *data, size_t n);
/* Room for n more bytes at the end, to be written there and then counted with buf_used; NULL beyond
 * the cap. */
char *buf_room(struct buf *b, size_t n);
void buf_used(struct buf *b, size_t n);
void buf_clear(struct buf *b); /* empty again, not failed; the memory stays */

bool buf_failed(const struct buf *b);
const char *buf_str(const struct buf *b); /* never NULL; borrowed until the next append */
char *buf_steal(struct buf *b); /* the string, now the caller's (free); the buffer is empty */
void buf_done(struct buf *b);   /* cleanses and frees */

#endif
