/* utf8.h: characters of UTF-8 text, and their case beyond ASCII. */
#ifndef FIFOQ_UTF8_H
#define FIFOQ_UTF8_H

#include "buf.h"

#include <stdint.h>

/* The character at s, and where the next one begins; invalid UTF-8 counts byte by byte. s must not
 * be at its end (the NUL is a character of its own and is not passed). */
const char *utf8_next(const char *s, uint32_t *c);

/* Unicode's simple case mappings, one character to one; the character itself where there is none.
 */
uint32_t utf8_lower(uint32_t c);
uint32_t utf8_upper(uint32_t c);

/* Invisible or misleading on a screen: controls, spaces other than U+0020, zero-width and
 * bidirectional marks, byte order marks. */
bool utf8_invisible(uint32_t c);

#endif
