/* suggest.h: "did you mean": the nearest of the words there are. */
#ifndef FIFOQ_SUGGEST_H
#define FIFOQ_SUGGEST_H

#include <stddef.h>

/* How many letters to insert, remove, change or swap with their neighbour make a into b; case does
 * not count. Words of more than 63 bytes count as far apart (SIZE_MAX). */
size_t suggest_distance(const char *a, const char *b);

/* Of n words (NULLs are passed over) the nearest to word, if it is near enough to be a slip; else
 * NULL. Borrowed. */
const char *suggest_word(const char *word, const char *const *words, size_t n);

#endif
