/* yaml_json.c: the one part of JSON that YAML reads differently: a character beyond U+FFFF, which
 * JSON escapes as a pair of surrogates (RFC 8259 section 7) and YAML as \U and eight digits. */
#include "config/ynode.h"
#include "json.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

/* The number of a \u escape at s; 0: none begins there. */
static unsigned long escape_at(const char *s)
{
    char digits[5] = "";

    if (strncmp(s, "\\u", 2) != 0 || strspn(s + 2, "0123456789abcdefABCDEF") < 4)
        return 0;
    memcpy(digits, s + 2, 4);
    return strtoul(digits, NULL, 16);
}

static bool is_json(const char *text, size_t n)
{
    auto_json json_t *document = NULL;

    if (text[strspn(text, " \t\r\n")] == '{')
        document = json_loadb(text, n, 0, NULL);
    return document != NULL;
}

char *yaml_of_json(const char *text, size_t n)
{
    auto_buf out = BUF(2 * n + 16);
    auto_free char *json = xstrndup(text, n);

    if (strlen(json) != n || !strstr(json, "\\u") || !is_json(json, n))
        return NULL;
    for (const char *s = json; *s;) {
        unsigned long high = escape_at(s), low = high ? escape_at(s + 6) : 0;
        size_t step = *s == '\\' ? 2 : 1;
        if (high >= 0xd800 && high <= 0xdbff && low >= 0xdc00 && low <= 0xdfff) {
            buf_printf(&out, "\\U%08lx", 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
            step = 12;
        } else {
            buf_add(&out, s, step);
        }
        s += step;
    }
    return buf_steal(&out);
}
