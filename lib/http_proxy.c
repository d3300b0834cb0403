/* http_proxy.c: which proxy to use for a host, from the usual variables. */
#include "http_parts.h"
#include "mem.h"
#include "url.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The two spellings of a setting. An empty one in lower case disables the other. */
struct spelling {
    const char *lower, *upper;
};
static const struct spelling http = { "http_proxy", "HTTP_PROXY" },
                             https = { "https_proxy", "HTTPS_PROXY" },
                             none = { "no_proxy", "NO_PROXY" };

static const char *setting(const struct spelling *s, const char **variable)
{
    const char *value = getenv(s->lower);

    *variable = s->lower;
    if (!value && !(s == &http && getenv("REQUEST_METHOD"))) {
        *variable = s->upper;
        value = getenv(s->upper);
    }
    return value && *value ? value : NULL;
}

static bool same(struct url_part a, struct url_part b)
{
    return a.n == b.n && strncasecmp(a.s, b.s, a.n) == 0;
}

/* host is name, or ends with "." and name. */
static bool within(struct url_part host, struct url_part name)
{
    size_t more = host.n - name.n;

    if (same(host, name))
        return true;
    return host.n > name.n && host.s[more - 1] == '.' &&
           same((struct url_part){ host.s + more, name.n }, name);
}

static struct url_part without_port(struct url_part host)
{
    size_t n = host.n;

    while (n && isdigit((unsigned char)host.s[n - 1]))
        n--;
    return n && host.s[n - 1] == ':' ? (struct url_part){ host.s, n - 1 } : host;
}

static struct url_part trimmed(const char *s, size_t n)
{
    while (n && isspace((unsigned char)*s))
        s++, n--;
    while (n && isspace((unsigned char)s[n - 1]))
        n--;
    return (struct url_part){ s, n };
}

static bool bypassed(const char *list, struct url_part host)
{
    struct url_part name, only = without_port(host);

    if (strcmp(list, "*") == 0)
        return true;
    for (size_t n; *list; list += n + (list[n] == ',')) {
        n = strcspn(list, ",");
        name = trimmed(list, n);
        if (!name.n)
            continue;
        while (name.n && *name.s == '.')
            name.s++, name.n--;
        if (within(only, name) || within(host, name))
            return true;
    }
    return false;
}

void http_proxy_choose(const char *url, struct http_proxy *out)
{
    const struct spelling *s = url_has_scheme(url, "https") ? &https : &http;
    const char *variable, *ignored, *proxy = setting(s, &variable);
    const char *list = setting(&none, &ignored);

    *out = (struct http_proxy){ 0 };
    if (proxy && !(list && bypassed(list, url_authority(url))))
        *out = (struct http_proxy){ .url = xstrdup(proxy), .variable = variable };
}

void http_proxy_done(struct http_proxy *p)
{
    free_cleansed(p->url);
    *p = (struct http_proxy){ 0 };
}

/* Everything before the last @ may be a password. */
char *http_proxy_name(const struct http_proxy *p)
{
    const char *at = strrchr(p->url, '@');

    return url_part_text(url_authority(at ? at + 1 : p->url));
}
