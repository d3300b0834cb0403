/* suggest.c: edit distance with neighbour swaps (optimal string alignment). */
#include "suggest.h"

#include "buf.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { WORD_MAX = 63 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int letter(char c)
{
    return tolower((unsigned char)c);
}

size_t suggest_distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b), rows[3][WORD_MAX + 1];

    if (n > WORD_MAX || m > WORD_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= m; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            bool same = letter(a[i - 1]) == letter(b[j - 1]);
            row[j] = least(above[j - 1] + !same, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && letter(a[i - 1]) == letter(b[j - 2]) &&
                letter(a[i - 2]) == letter(b[j - 1]))
                row[j] = least(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[n % 3][m];
}

const char *suggest_word(const char *word, const char *const *words, size_t n)
{
    size_t len = strlen(word), best = len / 3 + 2;
    const char *found = NULL;

    for (size_t i = 0; i < n; i++) {
        size_t d = words[i] ? suggest_distance(word, words[i]) : SIZE_MAX;
        if (d < best && d < least(strlen(words[i]), len)) {
            best = d;
            found = words[i];
        }
    }
    return found;
}

char *suggest_hint(const char *near, const char *label, const char *words)
{
    struct buf out = BUF(BUF_LARGE);

    if (near)
        buf_printf(&out, "; did you mean '%s'?", near);
    if (words)
        buf_printf(&out, near ? " %c%s: %s" : "; %c%s: %s",
                   near ? toupper((unsigned char)*label) : *label, label + 1, words);
    return buf_steal(&out);
}
