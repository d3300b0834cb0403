/* check_http.c: destinations: where requests are sent, with which headers, and how long they may
 * take. */
#include "config/check.h"
#include "config/fields.h"
#include "contract.h"
#include "mem.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Headers that the transport writes itself, or that would change where a request ends. */
static void check_header_name(const struct check *c, const char *path, const char *name)
{
    static const char *const refused[] = { "Host",       "Content-Length", "Transfer-Encoding",
                                           "Connection", "Upgrade",        "TE",
                                           "Trailer",    "Expect" };

    for (size_t i = 0; i < COUNTOF(refused); i++)
        if (strcasecmp(name, refused[i]) == 0)
            check_wrong(c, path, "fifoq sets the header '%s' itself; remove it", name);
}

static bool is_secret_header(const char *name)
{
    static const char *const secret[] = { "Authorization", "Proxy-Authorization", "X-Api-Key",
                                          "Api-Key", "X-Auth-Token" };

    for (size_t i = 0; i < COUNTOF(secret); i++)
        if (strcasecmp(name, secret[i]) == 0)
            return true;
    return false;
}

/* The names of this request's headers, compared without case. */
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
        check_wrong(h->c, path, "the header '%s' is already set by %s", name, first);
    else
        (void)json_object_set_new(h->seen, lower, json_string(path));
}

/* The headers that a kind of auth adds. */
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
                "%s is too long: a request%s must end %d s before the run (drain.timeout: %s)",
                buf_str(&given), token ? ", and an equally long one for a token before it," : "",
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
                    "no 2xx status is listed; add those that mean success: [200-299, ...]");
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
