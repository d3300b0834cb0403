/*
 * plain.c: text from elsewhere (AWS, destinations, locks, files), made fit to be shown.
 * Who may write a description could otherwise paint over the plan that an administrator confirms
 * (ESC and C1 sequences: ECMA-48), or turn its lines around (https://trojansource.codes/,
 * CVE-2021-42574).
 */
#include "plain.h"

#include <string.h>

/* Characters that nobody sees, and that change how others are seen. */
static const struct {
    uint32_t from, to;
} hidden[] = {
    { 0x0000, 0x001f },   { 0x007f, 0x009f }, /* C0, DEL, C1 */
    { 0x061c, 0x061c },                       /* Arabic letter mark */
    { 0x200b, 0x200f },                       /* zero width, left-to-right and right-to-left mark */
    { 0x2028, 0x202e },                       /* separators, embeddings, overrides */
    { 0x2060, 0x206f },                       /* isolates, invisible operators */
    { 0xfeff, 0xfeff },                       /* byte order mark */
    { 0xfff9, 0xfffb },                       /* interlinear annotation */
    { 0xe0000, 0xe007f },                     /* tags */
};

static bool is_hidden(uint32_t c)
{
    for (size_t i = 0; i < COUNTOF(hidden); i++)
        if (c >= hidden[i].from && c <= hidden[i].to)
            return true;
    return false;
}

/* The bytes of the character at s, which goes to *c; 0 when it is none (RFC 3629). */
static size_t character(const unsigned char *s, uint32_t *c)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t n = *s < 0x80 ? 1 : *s >= 0xf0 ? 4 : *s >= 0xe0 ? 3 : 2;

    *c = n == 1 ? *s : *s & (0x7fU >> n);
    if (*s > 0xf4 || (*s >= 0x80 && *s < 0xc2))
        return 0;
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        *c = *c << 6 | (s[i] & 0x3fU);
    }
    return *c < least[n] || *c > 0x10ffff || (*c >= 0xd800 && *c <= 0xdfff) ? 0 : n;
}

void text_plain(char *text, bool lines)
{
    char *out = text;

    while (*text) {
        uint32_t c;
        size_t n = character((const unsigned char *)text, &c);

        if (lines && *text == '\n')
            *out++ = '\n';
        else if (strchr("\t\r\n", *text))
            *out++ = ' ';
        else if (!n || is_hidden(c))
            *out++ = '?';
        else {
            memmove(out, text, n);
            out += n;
        }
        text += n ? n : 1;
    }
    *out = '\0';
}
