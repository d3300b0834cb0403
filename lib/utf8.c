/* utf8.c: decodes UTF-8, and uses the C library's tables of case. */
#include "utf8.h"

#include <locale.h>
#include <pthread.h>
#include <wctype.h>

const char *utf8_next(const char *s, uint32_t *c)
{
    const unsigned char *u = (const unsigned char *)s;
    static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
    size_t more = *u >= 0xf0 && *u < 0xf8 ? 3 : *u >= 0xe0 ? 2 : *u >= 0xc0 ? 1 : 0;
    uint32_t value = more ? *u & (0x3fU >> more) : *u;

    for (size_t i = 1; i <= more; i++) {
        if ((u[i] & 0xc0) != 0x80) {
            *c = *u;
            return s + 1;
        }
        value = value << 6 | (u[i] & 0x3fU);
    }
    /* overlong, a surrogate, or beyond Unicode: RFC 3629 */
    if (more && (value < least[more] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))) {
        *c = *u;
        return s + 1;
    }
    *c = value;
    return s + more + (*s != '\0');
}

static locale_t unicode;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Independent of the user's language. Where the system lacks this locale, only ASCII has case. */
static void load_unicode(void)
{
    unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (!unicode)
        unicode = newlocale(LC_CTYPE_MASK, "C", (locale_t)0);
}

uint32_t utf8_lower(uint32_t c)
{
    (void)pthread_once(&once, load_unicode);
    return (uint32_t)towlower_l((wint_t)c, unicode);
}

uint32_t utf8_upper(uint32_t c)
{
    (void)pthread_once(&once, load_unicode);
    return (uint32_t)towupper_l((wint_t)c, unicode);
}

bool utf8_invisible(uint32_t c)
{
    static const uint32_t ranges[][2] = {
        { 0x00, 0x1f },       { 0x7f, 0xa0 },     { 0xad, 0xad },     { 0x61c, 0x61c },
        { 0x1680, 0x1680 },   { 0x180e, 0x180e }, { 0x2000, 0x200f }, { 0x2028, 0x202f },
        { 0x205f, 0x206f },   { 0x3000, 0x3000 }, { 0xfeff, 0xfeff }, { 0xfff9, 0xfffb },
        { 0xe0000, 0xe007f },
    };

    for (size_t i = 0; i < COUNTOF(ranges); i++)
        if (c >= ranges[i][0] && c <= ranges[i][1])
            return true;
    return false;
}
