/* words.h: splits a line like Python's shlex, and classifies characters like Python. */
#ifndef FIFOQ_WORDS_H
#define FIFOQ_WORDS_H

#include "macros.h"

#include <stdbool.h>
#include <stddef.h>

/* Splits a line like a POSIX shell, with quotes and backslashes but without expansion
 * (shlex.split). *words ends with NULL; the caller frees it with words_free. False: an unclosed
 * quote, or a backslash at the end. */
CHECKED bool words_split(const char *line, char ***words, size_t *n);
void words_free(char **words); /* cleanses; NULL is fine */

/* Length in bytes of the white space character that begins at s, or that ends at s + n; 0: none. */
size_t space_length(const char *s, size_t n);
size_t space_length_before(const char *s, size_t n);
/* Length in bytes of a line end of str.splitlines at s; 0: none. */
size_t line_end_length(const char *s, size_t n);

bool utf8_valid(const char *s);

/* Expands $NAME, ${NAME} (left unchanged if unset) and a leading "~"; for the caller to free. */
char *path_expand(const char *path);

#endif
