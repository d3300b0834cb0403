/* url.c: see url.h. */
#include "url.h"

#include "mem.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define SLASHES "://"

/* Section 3.1: a letter, then letters, digits, "+", "-" and ".". 0: the text has no scheme. */
static size_t scheme_length(const char *text)
{
    size_t n = 0;

    while (isalnum((unsigned char)text[n]) || (n && text[n] && strchr("+-.", text[n])))
        n++;
    return isalpha((unsigned char)*text) && strncmp(text + n, SLASHES, strlen(SLASHES)) == 0 ? n
                                                                                             : 0;
}

/* Section 3.2. Everything after the first ':' behind the host is the port. */
static void split_authority(struct url *u)
{
    const char *end = u->authority.s + u->authority.n;
    const char *at = memrchr(u->authority.s, '@', u->authority.n);
    const char *host = at ? at + 1 : u->authority.s;
    const char *bracket = *host == '[' ? memchr(host, ']', (size_t)(end - host)) : NULL;
    const char *from = bracket ? bracket : host;
    const char *colon = memchr(from, ':', (size_t)(end - from));

    if (at)
        u->user = (struct url_part){ u->authority.s, (size_t)(at - u->authority.s) };
    if (colon)
        u->port = (struct url_part){ colon + 1, (size_t)(end - colon - 1) };
    u->host = (struct url_part){ host, (size_t)((colon ? colon : end) - host) };
}

struct url_part url_authority(const char *text)
{
    size_t scheme = scheme_length(text);
    const char *rest = scheme ? text + scheme + strlen(SLASHES) : text;

    return (struct url_part){ rest, strcspn(rest, "/?#") };
}

struct url url_split(const char *text)
{
    struct url u = { .authority = url_authority(text) };
    const char *rest = u.authority.s + u.authority.n;

    if (u.authority.s > text)
        u.scheme = (struct url_part){ text, (size_t)(u.authority.s - text) - strlen(SLASHES) };
    split_authority(&u);
    u.path = (struct url_part){ rest, strcspn(rest, "?#") };
    rest += u.path.n;
    if (*rest == '?')
        u.query = (struct url_part){ rest + 1, strcspn(rest + 1, "#") };
    return u;
}

bool url_has_scheme(const char *url, const char *scheme)
{
    size_t n = strlen(scheme);

    return strncasecmp(url, scheme, n) == 0 && strncmp(url + n, SLASHES, strlen(SLASHES)) == 0;
}

char *url_part_text(struct url_part part)
{
    return part.s ? xstrndup(part.s, part.n) : xstrdup("");
}
