/* words.h: words of a line as Python's shlex splits it, and characters as Python sees them. */
#ifndef FIFOQ_WORDS_H
#define FIFOQ_WORDS_H

#include "base.h"

/* The words of a POSIX shell's line without any expansion (shlex.split): quotes and backslashes.
 * *words is the caller's (words_free), ended by NULL. False: a quote is left open or the last
 * backslash has nothing behind it. */
CHECKED bool words_split(const char *line, char ***words, size_t *n);
void words_free(char **words); /* cleanses; NULL is fine */

/* Bytes of the white space character that begins here, or that ends there; 0: it is none. */
size_t space_length(const char *s, size_t n);
size_t space_length_before(const char *s, size_t n);
/* Bytes of what str.splitlines takes for the end of a line; 0: none begins here. */
size_t line_end_length(const char *s, size_t n);

bool utf8_valid(const char *s);

/* A path with $NAME and ${NAME} (left alone where unset) and "~" in front, the caller's. */
char *path_expand(const char *path);

#endif
