/* when.c: times in the formats of AWS's tools and other programs: RFC 3339, and what dateutil
 * accepts in addition. */
#include "identity/providers.h"

#include "clock.h"
#include "mem.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const struct {
    int digits;
    const char *behind; /* one of these must follow and is skipped; NULL: none */
} fields[] = { { 4, "-" }, { 2, "-" }, { 2, "Tt " }, { 2, ":" }, { 2, ":" }, { 2, NULL } };

static bool parse_number(const char **text, int digits, int *out)
{
    *out = 0;
    for (; digits > 0; digits--, (*text)++) {
        if (!isdigit((unsigned char)**text))
            return false;
        *out = *out * 10 + (**text - '0');
    }
    return true;
}

/* *minutes: east of UTC; false: not a time zone. */
static bool parse_zone(const char *text, int *minutes)
{
    int hours, rest;
    bool west = *text == '-';

    *minutes = 0;
    if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0 || strcmp(text, "UTC") == 0 ||
        strcmp(text, " UTC") == 0)
        return true;
    if (!west && *text != '+')
        return false;
    text++;
    if (!parse_number(&text, 2, &hours))
        return false;
    text += *text == ':';
    if (!parse_number(&text, 2, &rest) || *text)
        return false;
    *minutes = (west ? -1 : 1) * (hours * 60 + rest);
    return true;
}

int64_t when_parse(const char *text)
{
    int n[COUNTOF(fields)], zone_minutes;
    char plain[80];
    int64_t ms;

    for (size_t i = 0; i < COUNTOF(fields); i++) {
        if (!parse_number(&text, fields[i].digits, &n[i]))
            return -1;
        if (fields[i].behind && (!*text || !strchr(fields[i].behind, *text++)))
            return -1;
    }
    if (*text == '.' || *text == ',')
        text += 1 + strspn(text + 1, "0123456789");
    if (!parse_zone(text, &zone_minutes))
        return -1;
    (void)snprintf(plain, sizeof(plain), "%04d-%02d-%02dT%02d:%02d:%02dZ", n[0], n[1], n[2], n[3],
                   n[4], n[5]);
    ms = clock_parse_date(plain);
    return ms < 0 ? -1 : ms - zone_minutes * 60000LL;
}

char *when_text(int64_t wall_ms)
{
    char text[CLOCK_TEXT];

    clock_rfc3339(wall_ms, text);
    return xasprintf("%.19sZ", text);
}
