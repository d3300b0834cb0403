/* wrap.c: paragraphs for the terminal. */
#include "ui/wrap.h"

#include "mem.h"
#include "plain.h"

#include <string.h>

#define WRAP_COLUMNS 80

void print_wrapped(const char *words, size_t indent, FILE *to)
{
    auto_free char *plain = xstrdup(words);
    const char *text = plain;
    size_t at = indent;

    text_plain(plain, true);
    while (*text) {
        size_t n = strcspn(text, " ");
        if (at > indent && at + 1 + n > WRAP_COLUMNS) {
            (void)fprintf(to, "\n%*s", (int)indent, "");
            at = indent;
        } else if (at > indent) {
            (void)fputc(' ', to);
            at++;
        }
        (void)fprintf(to, "%.*s", (int)n, text);
        at += n;
        text += n + (text[n] == ' ');
    }
    (void)fputc('\n', to);
}
