/* text.h: questions about strings. */
#ifndef FIFOQ_TEXT_H
#define FIFOQ_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Takes one line break (LF or CRLF) off the end. */
void str_chomp(char *s);
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
/* How many bytes of text go on a line of `room` columns: up to the last blank that fits. A word
 * that is longer goes on it whole or, with fold, as far as whole characters of it fit. */
size_t text_line(const char *text, size_t room, bool fold);
bool str_has_word(const char *words, const char *word); /* words: blanks between them */

#endif
