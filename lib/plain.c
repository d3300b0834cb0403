/*
 * plain.c: makes text from elsewhere (AWS, destinations, locks, files) safe to show. The author of
 * a description could otherwise overwrite the plan that an administrator confirms (ESC and C1
 * sequences: ECMA-48), or reorder its lines (https://trojansource.codes/, CVE-2021-42574).
 */
#include "plain.h"

#include "utf8.h"

#include <string.h>

void text_plain(char *text, bool lines)
{
    char *out = text;

    while (*text) {
        uint32_t c;
        size_t n = (size_t)(utf8_next(text, &c) - text);
        bool foreign = n == 1 && c >= 0x80; /* not UTF-8 */

        if (lines && c == '\n')
            *out++ = '\n';
        else if (c == '\t' || c == '\r' || c == '\n')
            *out++ = ' ';
        else if (foreign || utf8_invisible(c))
            *out++ = '?';
        else {
            memmove(out, text, n);
            out += n;
        }
        text += n;
    }
    *out = '\0';
}
