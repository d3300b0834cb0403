/* utf8.h: characters of UTF-8 text, and their case beyond ASCII. */
#ifndef FIFOQ_UTF8_H
#define FIFOQ_UTF8_H

#include "buf.h"

#include <stdint.h>

/* The character at s, and where the next one begins; what is not UTF-8 counts byte by byte. s must
 * not be at its end (the NUL is a character of its own and is not passed). */
const char *utf8_next(const char *s, uint32_t *c);
void utf8_put(uint32_t c, struct buf *out);

/* Simple case mappings of Unicode, one character to one; itself where there is none. */
uint32_t utf8_lower(uint32_t c);
uint32_t utf8_upper(uint32_t c);

/* Shows nothing, or looks like something else, on a screen: controls, spaces of other kinds than
 * U+0020, zero-width and bidirectional marks, byte order marks. */
bool utf8_invisible(uint32_t c);

#endif
