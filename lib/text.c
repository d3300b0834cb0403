/* text.c: see text.h. */
#include "text.h"

#include <string.h>

void str_chomp(char *s)
{
    size_t n = strlen(s);

    if (n && s[n - 1] == '\n')
        s[--n] = '\0';
    else
        return;
    if (n && s[n - 1] == '\r')
        s[n - 1] = '\0';
}

bool str_starts(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix)
{
    size_t n = strlen(s), m = strlen(suffix);

    return n >= m && strcmp(s + n - m, suffix) == 0;
}

bool str_has_word(const char *words, const char *word)
{
    size_t n = strlen(word);

    for (const char *p = words; *p;) {
        size_t len = strcspn(p, " ");

        if (len == n && memcmp(p, word, n) == 0)
            return true;
        p += len + (p[len] == ' ');
    }
    return false;
}

size_t text_line(const char *text, size_t room, bool fold)
{
    size_t n = strlen(text), cut = room;

    if (n <= room)
        return n;
    while (cut && text[cut] != ' ')
        cut--;
    if (cut || !fold)
        return cut ? cut : strcspn(text, " ");
    for (cut = room; cut > 1 && ((unsigned char)text[cut] & 0xc0) == 0x80;)
        cut--;
    return cut;
}
