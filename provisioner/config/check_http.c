/* check_http.c: destinations: where requests go, with which headers, and how long they take. */
#include "config/check.h"
#include "config/fields.h"
#include "config/host.h"
#include "contract.h"
#include "utf8.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A template that is one text, taken apart: its literal parts joined, and what its placeholders
 * are. */
struct text_parts {
    struct buf literal;
    size_t before_first; /* literal bytes before the first placeholder */
    size_t n_holes;
    bool param;
};

static void text_part(void *arg, const char *literal, const char *path)
{
    struct text_parts *p = arg;

    if (literal) {
        buf_puts(&p->literal, literal);
        return;
    }
    if (!p->n_holes++)
        p->before_first = p->literal.len;
    p->param = p->param || str_starts(path, "param.");
}

/* The caller calls buf_done on the literal. */
static struct text_parts text_parts_of(const char *text)
{
    struct text_parts p = { .literal = BUF(BUF_LARGE) };
    struct template *t = NULL;
    struct err e;

    if (template_compile_text(text, &t, &e) == 0)
        template_each_part(t, text_part, &p);
    template_free(t);
    return p;
}

/* Only what RFC 3986 lets stand in a url; % is taken on trust. */
static const char *url_odd_character(const char *s)
{
    for (; *s; s++)
        if (!isalnum((unsigned char)*s) && !strchr("-._~:/?#[]@!$&'()*+,;=%", *s))
            return s;
    return NULL;
}

static bool is_loopback(const char *host, size_t n)
{
    static const char *const hosts[] = { "localhost", "127.0.0.1", "[::1]" };

    for (size_t i = 0; i < COUNTOF(hosts); i++)
        if (n == strlen(hosts[i]) && !strncasecmp(host, hosts[i], n))
            return true;
    return false;
}

/* host[:port], both well-formed; *host_len is the host's part. */
static bool authority_fits(const char *s, size_t n, size_t *host_len)
{
    const char *bracket = *s == '[' ? memchr(s, ']', n) : NULL;
    size_t host = bracket ? (size_t)(bracket - s) + 1 : strcspn(s, ":/?#");
    const char *port = s + host + 1;
    size_t digits = host < n ? n - host - 1 : 0;

    *host_len = host;
    if (!host || host > n || *s == '.' || *s == '-')
        return false;
    for (size_t i = 0; i < host; i++)
        if (!isalnum((unsigned char)s[i]) && !strchr(bracket ? "[]:." : "-._", s[i]))
            return false;
    if (host == n)
        return true;
    return s[host] == ':' && digits >= 1 && digits <= 5 && strspn(port, "0123456789") >= digits &&
           strtoul(port, NULL, 10) >= 1 && strtoul(port, NULL, 10) <= 65535;
}

bool check_one_line(const struct check *c, const char *path, const char *text)
{
    if (!text || !str_ends(text, "\n"))
        return true;
    check_wrong(
        c, path,
        "the text ends with a line break; write it on one line, or use |- instead of |, and "
        ">- instead of >");
    return false;
}

/* What cannot stand in a url, and how it is written instead. */
static void url_odd(const struct check *c, const char *path, const char *odd)
{
    auto_buf escaped = BUF(64);
    uint32_t character;
    const char *next = utf8_next(odd, &character);

    for (const char *s = odd; s < next; s++)
        buf_printf(&escaped, "%%%02X", (unsigned)(unsigned char)*s);
    if (character == ' ')
        check_wrong(c, path, "a space cannot stand in a url; write %%20");
    else if (utf8_invisible(character))
        check_wrong(c, path, "U+%04X cannot stand in a url; remove it, or write %s",
                    (unsigned)character, buf_str(&escaped));
    else
        check_wrong(c, path, "'%.*s' cannot stand in a url; write %s", (int)(next - odd), odd,
                    buf_str(&escaped));
}

static void host_wrong(const struct check *c, const char *path, const char *authority, size_t n)
{
    auto_free char *host = xstrndup(authority, n), *ascii = host_to_ascii(host);

    if (ascii && strcmp(ascii, host) != 0)
        check_wrong(c, path, "write the host '%.100s' as %.200s", host, ascii);
    else
        check_wrong(c, path, "'%.100s' is not a host, or not a host and a port", host);
}

void check_url(const struct check *c, const char *path, const char *text)
{
    if (!check_one_line(c, path, text))
        return;
    struct text_parts p = text_parts_of(text);
    auto_free char *url = buf_steal(&p.literal);
    bool plain = !strncasecmp(url, "http://", 7), tls = !strncasecmp(url, "https://", 8);
    const char *authority = url + (plain ? 7 : 8), *odd = url_odd_character(url);
    size_t start = plain ? 7 : 8, n, host = 0, all = p.n_holes ? p.before_first : strlen(url);

    if ((!plain && !tls) || start > all) {
        check_wrong(c, path,
                    "a url begins with https:// (or http://, to this machine only), and its scheme "
                    "and host "
                    "hold no placeholder");
        return;
    }
    n = strcspn(authority, "/?#");
    if (memchr(authority, '@', n))
        check_wrong(
            c, path,
            "a user or password cannot stand in a url; use auth: {basic: {username: ..., password: "
            "...}}");
    else if (start + n >= all && p.n_holes)
        check_wrong(c, path,
                    "the host holds no placeholder: begin the path with '/' before the first one");
    else if (!authority_fits(authority, n, &host))
        host_wrong(c, path, authority, n);
    else if (plain && !is_loopback(authority, host))
        check_wrong(c, path,
                    "http:// goes only to localhost, 127.0.0.1 or [::1]; use https://, so that "
                    "messages and "
                    "keys are not sent in the clear");
    if (odd && odd >= authority + n)
        url_odd(c, path, odd);
    if (strchr(url, '#'))
        check_wrong(c, path, "a fragment (#...) is never sent; write %%23 for a literal #");
}

void check_secret(const struct check *c, const char *path, const char *text)
{
    struct text_parts p;

    if (!text)
        return;
    p = text_parts_of(text);
    if (!p.param)
        check_wrong(c, path,
                    "a secret does not stand in this file: put it into parameters (parameters: "
                    "{NAME: {from: env:VAR}}) "
                    "and write ${param.NAME} here");
    buf_done(&p.literal);
}

static void check_header_value(const struct check *c, const char *path, const char *text)
{
    if (!check_one_line(c, path, text))
        return;
    struct text_parts p = text_parts_of(text);
    const char *s = buf_str(&p.literal);

    for (size_t i = 0; s[i]; i++)
        if (((unsigned char)s[i] < ' ' && s[i] != '\t') || s[i] == 0x7f) {
            check_wrong(c, path, "a header's value is one line without control characters");
            break;
        }
    buf_done(&p.literal);
}

/* What the transport writes itself, or what would change where one request ends. */
static void check_header_name(const struct check *c, const char *path, const char *name)
{
    static const char *const refused[] = { "Host",       "Content-Length", "Transfer-Encoding",
                                           "Connection", "Upgrade",        "TE",
                                           "Trailer",    "Expect" };

    for (size_t i = 0; i < COUNTOF(refused); i++)
        if (!strcasecmp(name, refused[i]))
            check_wrong(c, path, "the header '%s' is written by fifoq itself; leave it out", name);
}

static bool is_secret_header(const char *name)
{
    static const char *const secret[] = { "Authorization", "Proxy-Authorization", "X-Api-Key",
                                          "Api-Key", "X-Auth-Token" };

    for (size_t i = 0; i < COUNTOF(secret); i++)
        if (!strcasecmp(name, secret[i]))
            return true;
    return false;
}

/* Names that this request has already, without regard to case. */
struct header_names {
    const struct check *c;
    json_t *seen; /* lower-case name -> path */
};

static void header_once(const struct header_names *h, const char *path, const char *name)
{
    auto_free char *lower = xstrdup(name);
    const char *first;

    for (char *s = lower; *s; s++)
        *s = (char)tolower((unsigned char)*s);
    first = json_string_value(json_object_get(h->seen, lower));
    if (first)
        check_wrong(h->c, path, "the header '%s' is set by %s already", name, first);
    else
        (void)json_object_set_new(h->seen, lower, json_string(path));
}

/* Those that a kind of auth brings itself. */
static void check_auth_headers(const struct header_names *h, const char *path, const json_t *auth)
{
    for (const struct auth_kind *kind = auth_kinds; kind < auth_kinds + AUTH_KINDS; kind++) {
        bool own_form = kind == &auth_kinds[AUTH_HMAC] && jget_path_str(auth, "hmac.header");
        for (size_t i = 0; json_object_get(auth, kind->name) && !own_form && kind->headers[i]; i++)
            header_once(h, path, kind->headers[i]);
    }
}

static void check_headers(const struct check *c, const char *path, const json_t *destination)
{
    static const char *const named[] = { "auth.header.name", "auth.hmac.header",
                                         "auth.hmac.timestamp_header" };
    auto_json json_t *seen = json_object();
    struct header_names h = { c, seen };
    const json_t *auth = jget_obj(destination, "auth");
    const char *key, *name;
    auto_free char *key_path = xasprintf("%s.idempotency_header", path);
    auto_free char *auth_path = xasprintf("%s.auth", path);
    json_t *value;

    check_auth_headers(&h, auth_path, auth);
    for (size_t i = 0; i < COUNTOF(named); i++) {
        auto_free char *own_path = xasprintf("%s.%s", path, named[i]);
        const char *own = jget_path_str(destination, named[i]);
        if (own)
            check_header_name(c, own_path, own);
        if (own)
            header_once(&h, own_path, own);
    }
    json_object_foreach(jget_obj(destination, "headers"), name, value) {
        auto_free char *at = xasprintf("%s.headers.%s", path, name);
        check_header_name(c, at, name);
        check_header_value(c, at, json_string_value(value));
        header_once(&h, at, name);
        if (is_secret_header(name))
            check_secret(c, at, json_string_value(value));
    }
    key = jget_str(destination, "idempotency_header");
    if (!key)
        return;
    check_header_name(c, key_path, key);
    header_once(&h, key_path, key);
}

enum { RUN_MARGIN_S = SEND_MARGIN_S + START_MARGIN_S };

static void check_timeout(const struct check *c, const char *path, const json_t *destination)
{
    json_int_t mine = jget_int(destination, "timeout", -1);
    json_int_t run = json_integer_value(jget_path(c->tree, "drain.timeout"));
    bool token = jget_path(destination, "auth.oauth2") != NULL;
    auto_buf given = BUF(64), limit = BUF(64);

    if (mine < 0 || !run || (token ? 2 * mine : mine) + RUN_MARGIN_S <= run)
        return;
    field_duration(mine, &given);
    field_duration(run, &limit);
    check_wrong(c, path,
                "%s is too long: a request%s must end %d s before the run does (drain.timeout: %s)",
                buf_str(&given), token ? ", and as long a one for a token before it," : "",
                RUN_MARGIN_S, buf_str(&limit));
}

static void check_success(const struct check *c, const char *path, const json_t *destination)
{
    const json_t *list = jget_array(destination, "success"), *range;
    bool any = !list;
    size_t i;

    json_array_foreach(list, i, range)
        any = any || !json_is_array(range) || json_integer_value(json_array_get(range, 0)) < 300;
    if (!any)
        check_wrong(c, path,
                    "no 2xx status is listed; add the ones that mean success: [200-299, ...]");
}

static void check_destination(const struct check *c, const char *path, const json_t *destination)
{
    const char *url = jget_str(destination, "url");
    const json_t *auth = jget_obj(destination, "auth");
    auto_free char *url_path = xasprintf("%s.url", path), *auth_path = xasprintf("%s.auth", path);
    auto_free char *timeout_path = xasprintf("%s.timeout", path);
    auto_free char *success_path = xasprintf("%s.success", path);

    const char *probe = jget_path_str(destination, "check.url");
    auto_free char *probe_path = xasprintf("%s.check.url", path);

    if (url)
        check_url(c, url_path, url);
    if (probe)
        check_url(c, probe_path, probe);
    if (probe)
        check_only_param(c, probe_path, probe);
    if (auth)
        check_auth(c, auth_path, destination);
    check_headers(c, path, destination);
    check_body(c, path, destination);
    check_ca(c, path, destination);
    check_timeout(c, timeout_path, destination);
    check_success(c, success_path, destination);
}

void check_destinations(const struct check *c)
{
    const json_t *list = jget_path(c->tree, "drain.destinations"), *d;
    size_t i;

    json_array_foreach(list, i, d) {
        auto_free char *path = xasprintf("drain.destinations[%zu]", i);
        if (json_is_object(d))
            check_destination(c, path, d);
    }
}
