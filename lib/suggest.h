/* suggest.h: "did you mean": the nearest known word. */
#ifndef FIFOQ_SUGGEST_H
#define FIFOQ_SUGGEST_H

#include <stddef.h>

/* How many letters to insert, remove, change or swap with their neighbour to make b of a, ignoring
 * case. Words of more than 63 bytes are infinitely far (SIZE_MAX). */
size_t suggest_distance(const char *a, const char *b);

/* The nearest of n words (NULLs are skipped) if it is near enough to be a typing error; else NULL.
 * Borrowed. */
const char *suggest_word(const char *word, const char *const *words, size_t n);

/* The end of a message about an unknown word: "; did you mean 'NEAR'? Allowed: WORDS". Without near
 * (NULL) "; allowed: WORDS", without words (NULL) the question alone, without both "". label is
 * what the words are, in lower case. The caller frees. */
char *suggest_hint(const char *near, const char *label, const char *words);

#endif
