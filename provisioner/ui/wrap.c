/* wrap.c: paragraphs for the terminal. */
#include "ui/wrap.h"

#include "mem.h"
#include "plain.h"
#include "text.h"

#include <string.h>

enum { WRAP_COLUMNS = 80 };

static void print_lines(const char *words, size_t indent, bool fold, FILE *to)
{
    auto_free char *plain = xstrdup(words);
    const char *at = plain;

    text_plain(plain, !fold);
    do {
        size_t n = text_line(at, WRAP_COLUMNS - indent, fold);

        (void)fprintf(to, "%s%*s%.*s", at > plain ? "\n" : "", at > plain ? (int)indent : 0, "",
                      (int)n, at);
        at += n + (at[n] == ' ');
    } while (*at);
    (void)fputc('\n', to);
}

void print_wrapped(const char *text, size_t indent, FILE *to)
{
    print_lines(text, indent, false, to);
}

void print_folded(const char *text, size_t indent, FILE *to)
{
    print_lines(text, indent, true, to);
}
