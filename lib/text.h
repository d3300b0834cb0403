/* text.h: string helpers. */
#ifndef FIFOQ_TEXT_H
#define FIFOQ_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Removes one line break (LF or CRLF) from the end. */
void str_chomp(char *s);
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
/* How many bytes of text fit on a line of `room` columns: up to the last space that fits. A longer
 * word is kept whole or, with fold, cut between characters. */
size_t text_line(const char *text, size_t room, bool fold);
bool str_has_word(const char *words, const char *word); /* words: separated by spaces */

#endif
