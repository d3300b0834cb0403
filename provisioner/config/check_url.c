/* check_url.c: texts that become part of a request: urls, header values, secrets. */
#include "config/check.h"
#include "config/host.h"
#include "mem.h"
#include "template.h"
#include "text.h"
#include "url.h"
#include "utf8.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The parts of a template that is one text: its literal parts joined, and its placeholders. */
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

/* The characters that RFC 3986 allows in a url; what follows % is not checked. */
static const char *url_odd_character(const char *s)
{
    for (; *s; s++)
        if (!isalnum((unsigned char)*s) && !strchr("-._~:/?#[]@!$&'()*+,;=%", *s))
            return s;
    return NULL;
}

static bool is_loopback(struct url_part host)
{
    static const char *const hosts[] = { "localhost", "127.0.0.1", "[::1]" };

    for (size_t i = 0; i < COUNTOF(hosts); i++)
        if (host.n == strlen(hosts[i]) && strncasecmp(host.s, hosts[i], host.n) == 0)
            return true;
    return false;
}

static bool host_fits(struct url_part host)
{
    bool brackets = host.n && host.s[0] == '[' && host.s[host.n - 1] == ']';

    for (size_t i = 0; i < host.n; i++)
        if (!isalnum((unsigned char)host.s[i]) && !strchr(brackets ? "[]:." : "-._", host.s[i]))
            return false;
    return host.n && *host.s != '.' && *host.s != '-';
}

static bool port_fits(struct url_part port)
{
    unsigned long n = port.s ? strtoul(port.s, NULL, 10) : 1;

    return !port.s || (port.n >= 1 && port.n <= 5 && strspn(port.s, "0123456789") >= port.n &&
                       n >= 1 && n <= 65535);
}

bool check_one_line(const struct check *c, const char *path, const char *text)
{
    if (!text || !str_ends(text, "\n"))
        return true;
    check_wrong(c, path,
                "the text ends with a line break; put it on one line, or use |- instead of |, and "
                ">- instead of >");
    return false;
}

/* Reports a character that is not allowed in a url, and how to write it. */
static void url_odd(const struct check *c, const char *path, const char *odd)
{
    auto_buf escaped = BUF(64);
    uint32_t character;
    const char *next = utf8_next(odd, &character);

    for (const char *s = odd; s < next; s++)
        buf_printf(&escaped, "%%%02X", (unsigned)(unsigned char)*s);
    if (character == ' ')
        check_wrong(c, path, "a space is not allowed in a url; use %%20");
    else if (utf8_invisible(character))
        check_wrong(c, path, "U+%04X is not allowed in a url; remove it, or use %s",
                    (unsigned)character, buf_str(&escaped));
    else
        check_wrong(c, path, "'%.*s' is not allowed in a url; use %s", (int)(next - odd), odd,
                    buf_str(&escaped));
}

static void host_wrong(const struct check *c, const char *path, struct url_part authority)
{
    auto_free char *host = url_part_text(authority), *ascii = host_to_ascii(host);

    if (ascii && strcmp(ascii, host) != 0)
        check_wrong(c, path, "'%.100s' is not an ASCII host name; use %.200s", host, ascii);
    else
        check_wrong(c, path, "invalid host '%.100s'; expected HOST or HOST:PORT", host);
}

void check_url(const struct check *c, const char *path, const char *text)
{
    struct text_parts p = { 0 };
    bool plain = false, tls = false;
    struct url u;
    const char *end = NULL, *odd = NULL;
    size_t all = 0;
    auto_free char *url = NULL;

    if (!check_one_line(c, path, text))
        return;
    p = text_parts_of(text);
    url = buf_steal(&p.literal);
    plain = url_has_scheme(url, "http");
    tls = url_has_scheme(url, "https");
    u = url_split(url);
    end = u.path.s;
    odd = url_odd_character(url);
    all = p.n_holes ? p.before_first : strlen(url);

    if ((!plain && !tls) || u.authority.s > url + all) {
        check_wrong(c, path,
                    "a url begins with https:// (or http://, to this machine only); its scheme and "
                    "host cannot hold placeholders");
        return;
    }
    if (u.user.s)
        check_wrong(c, path,
                    "a user or password is not allowed in a url; use auth: {basic: {username: ..., "
                    "password: ...}}");
    else if (end >= url + all && p.n_holes)
        check_wrong(
            c, path,
            "the host cannot hold placeholders; begin the path with '/' before the first one");
    else if (!host_fits(u.host) || !port_fits(u.port))
        host_wrong(c, path, u.authority);
    else if (plain && !is_loopback(u.host))
        check_wrong(c, path,
                    "http:// is allowed only for localhost, 127.0.0.1 or [::1]; use https://, so "
                    "that messages and keys are encrypted");
    if (odd && odd >= end)
        url_odd(c, path, odd);
    if (strchr(url, '#'))
        check_wrong(c, path, "a fragment (#...) is never sent; use %%23 for a literal #");
}

void check_secret(const struct check *c, const char *path, const char *text)
{
    struct text_parts p;

    if (!text)
        return;
    p = text_parts_of(text);
    if (!p.param)
        check_wrong(c, path,
                    "do not put a secret in this file; add a parameter (parameters: {NAME: {from: "
                    "env:VAR}}) and use ${param.NAME} here");
    buf_done(&p.literal);
}

void check_header_value(const struct check *c, const char *path, const char *text)
{
    struct text_parts p = { 0 };
    const char *s = NULL;

    if (!check_one_line(c, path, text))
        return;
    p = text_parts_of(text);
    s = buf_str(&p.literal);

    for (size_t i = 0; s[i]; i++)
        if (((unsigned char)s[i] < ' ' && s[i] != '\t') || s[i] == 0x7f) {
            check_wrong(c, path, "a header's value must be one line without control characters");
            break;
        }
    buf_done(&p.literal);
}

static void note_other(void *arg, const char *root, const char *path)
{
    bool *other = arg;

    (void)path;
    *other = *other || strcmp(root, "param") != 0;
}

/* A text that is used once for all messages. */
void check_only_param(const struct check *c, const char *path, const char *text)
{
    struct template *t = NULL;
    bool other = false;
    struct err e;

    if (text && template_compile_text(text, &t, &e) == 0)
        template_each_path(t, note_other, &other);
    template_free(t);
    if (other)
        check_wrong(c, path,
                    "this is the same for every message, so only ${param.NAME} is allowed in it");
}
