/* text.h: questions about strings. */
#ifndef FIFOQ_TEXT_H
#define FIFOQ_TEXT_H

#include <stdbool.h>

/* Takes one line break (LF or CRLF) off the end. */
void str_chomp(char *s);
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
bool str_has_word(const char *words, const char *word); /* words: blanks between them */

#endif
