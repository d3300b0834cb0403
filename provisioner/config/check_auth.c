/* check_auth.c: authentication: one kind, no secret in the configuration, and what each kind
 * requires of other fields. */
#include "config/check.h"
#include "config/config.h"
#include "contract.h"
#include "mem.h"
#include "url.h"

#include <string.h>
#include <strings.h>

/* Also true for invalid values and unknown keys. */
static size_t kinds_written(const struct check *c, const char *path)
{
    size_t n = 0, len = strlen(path);
    const char *at;
    json_t *position;

    json_object_foreach((json_t *)c->positions, at, position)
        n += strncmp(at, path, len) == 0 && at[len] == '.' && !strpbrk(at + len + 1, ".[");
    return n;
}

struct auth_text {
    const struct check *c;
    const struct auth_kind *kind;
    const struct auth_member *member;
};

static void check_text(const struct auth_text *t, const char *path, const char *text)
{
    if (!(t->member->flags & AUTH_LINES))
        (void)check_one_line(t->c, path, text);
    if (t->member->flags & AUTH_SECRET)
        check_secret(t->c, path, text);
    if (t->kind->only_param)
        check_only_param(t->c, path, text);
}

/* A template, or a list of them. */
static void check_member(const struct auth_text *t, const char *path, const json_t *value)
{
    const json_t *element;
    size_t i;

    if (json_is_string(value))
        check_text(t, path, json_string_value(value));
    json_array_foreach(value, i, element) {
        auto_free char *at = xasprintf("%s[%zu]", path, i);
        if (json_is_string(element))
            check_text(t, at, json_string_value(element));
    }
}

static void check_kind(const struct check *c, const char *path, const struct auth_kind *kind,
                       const json_t *value)
{
    for (const struct auth_member *m = kind->members; m < kind->members + AUTH_MEMBERS; m++) {
        const struct auth_text text = { c, kind, m };
        auto_free char *at = xasprintf("%s.%s", path, m->name ? m->name : "");
        if (!m->name || m->roots || (m->type != AUTH_TEMPLATE && m->type != AUTH_TEMPLATES))
            continue;
        check_member(&text, *m->name ? at : path,
                     *m->name ? json_object_get(value, m->name) : value);
    }
}

static void check_values(const struct check *c, const char *path, const json_t *auth)
{
    for (size_t i = 0; i < AUTH_KINDS; i++) {
        auto_free char *at = xasprintf("%s.%s", path, auth_kinds[i].name);
        check_kind(c, at, &auth_kinds[i], json_object_get(auth, auth_kinds[i].name));
    }
}

/* "Bearer ${param.k}" */
static void check_bearer(const struct check *c, const char *path, const json_t *auth)
{
    const char *text = jget_str(auth, "bearer");
    auto_free char *at = xasprintf("%s.bearer", path);

    if (text && strncasecmp(text, "Bearer ", 7) == 0)
        check_warn(c, at, "fifoq adds 'Bearer ' itself, so it would be sent twice; remove it here");
}

/* The key may be the user name, with no password. */
static void check_basic(const struct check *c, const char *path, const json_t *auth)
{
    const char *password = jget_path_str(auth, "basic.password");
    auto_free char *at =
        xasprintf("%s.basic.%s", path, password && !*password ? "username" : "password");

    if (password)
        check_secret(c, at, *password ? password : jget_path_str(auth, "basic.username"));
}

static bool is_written(const struct check *c, const char *path, const char *member)
{
    auto_free char *at = xasprintf("%s.%s", path, member);

    return json_object_get(c->positions, at) != NULL;
}

static void note_path(void *arg, const char *root, const char *path)
{
    (void)root;
    (void)json_object_set_new(arg, path, json_true());
}

/* A text with its own placeholders: returns their paths, the caller's. */
static json_t *check_own(const struct check *c, const char *path, const char *text,
                         const struct template_root *roots)
{
    json_t *paths = json_object();
    struct template *t = NULL;
    struct err e;

    if (template_compile_text(text, &t, &e) < 0 || template_check(t, roots, &e) < 0)
        check_wrong(c, path, "%s", e.msg);
    else
        template_each_path(t, note_path, paths);
    template_free(t);
    return paths;
}

/* path: of hmac. */
static void check_own_form(const struct check *c, const char *path, const json_t *hmac)
{
    auto_free char *signed_at = xasprintf("%s.signed", path);
    auto_free char *value_at = xasprintf("%s.value", path);
    auto_free char *secrets_at = xasprintf("%s.secrets", path);
    const struct auth_member *members = auth_kinds[AUTH_HMAC].members;
    const char *what = jget_str(hmac, "signed"), *value = jget_str(hmac, "value");
    auto_json json_t *in_signed =
        check_own(c, signed_at, what ? what : "${body}", members[HMAC_SIGNED].roots);
    auto_json json_t *in_value =
        check_own(c, value_at, value ? value : "${signature}", members[HMAC_VALUE].roots);

    if (json_array_size(jget_array(hmac, "secrets")) > 1)
        check_wrong(c, secrets_at, "expected one secret, because the header holds one signature");
    if (json_object_size(in_value) && !json_object_get(in_value, "signature"))
        check_wrong(c, value_at, "${signature} is missing");
    if (json_object_size(in_signed) && !json_object_get(in_signed, "body"))
        check_wrong(c, signed_at, "${body} is missing, so the signature would not cover the body");
    if (json_object_get(in_signed, "timestamp") && !json_object_get(in_value, "timestamp") &&
        !jget_str(hmac, "timestamp_header"))
        check_wrong(
            c, signed_at,
            "${timestamp} is signed but not sent; set timestamp_header, or add it to value");
}

static void check_hmac(const struct check *c, const char *path, const json_t *auth)
{
    static const char *const with_header[] = { "algorithm", "encoding", "signed", "value",
                                               "timestamp_header" };
    auto_free char *at = xasprintf("%s.hmac", path);
    const json_t *hmac = jget_obj(auth, "hmac");

    if (jget_str(hmac, "header")) {
        check_own_form(c, at, hmac);
        return;
    }
    for (size_t i = 0; hmac && !is_written(c, at, "header") && i < COUNTOF(with_header); i++)
        if (is_written(c, at, with_header[i])) {
            auto_free char *member_at = xasprintf("%s.%s", at, with_header[i]);
            check_wrong(c, member_at,
                        "Standard Webhooks fixes this; set header to use the receiver's own form");
        }
}

/* By its ending: client_assertion is a secret, client_assertion_type is not. */
static bool names_secret(const char *name)
{
    static const char *const endings[] = { "secret", "password", "assertion", "token", "key" };
    size_t n = strlen(name);

    for (size_t i = 0; i < COUNTOF(endings); i++) {
        size_t end = strlen(endings[i]);
        if (n >= end && strcasecmp(name + n - end, endings[i]) == 0)
            return true;
    }
    return false;
}

/* Members and headers that fifoq writes itself. */
static void check_reserved(const struct check *c, const char *path, const json_t *auth,
                           const char *member, const char *const *names)
{
    const char *name;
    json_t *value;

    json_object_foreach(jget_path(auth, member), name, value) {
        auto_free char *at = xasprintf("%s.%s.%s", path, member, name);
        for (size_t i = 0; names[i]; i++)
            if (strcasecmp(name, names[i]) == 0)
                check_wrong(c, at, "fifoq sets '%s' itself; remove it", name);
        check_only_param(c, at, json_string_value(value));
        if (names_secret(name))
            check_secret(c, at, json_string_value(value));
    }
}

/* With style: tls the certificate is the secret:
 * https://www.rfc-editor.org/rfc/rfc8705#section-2 */
static void check_client(const struct check *c, const char *path, const json_t *auth)
{
    auto_free char *secret_at = xasprintf("%s.oauth2.client_secret", path);
    auto_free char *style_at = xasprintf("%s.oauth2.style", path);
    const char *style = jget_path_str(auth, "oauth2.style");
    bool tls = style && strcmp(style, oauth2_styles[STYLE_TLS]) == 0;
    bool secret = is_written(c, path, "oauth2.client_secret");

    if (!style)
        return;
    if (tls && !json_object_get(auth, "mtls"))
        check_wrong(c, style_at, "style: tls needs a client certificate; add mtls: {...}");
    if (tls && jget_path_str(auth, "oauth2.client_secret"))
        check_wrong(c, secret_at, "style: tls uses no secret; remove it");
    if (!tls && !secret)
        check_wrong(c, secret_at, "missing; allowed: text, which may hold ${...}");
    else if (!tls && json_is_null(jget_path(auth, "oauth2.client_secret")))
        check_wrong(c, secret_at, "null is allowed only with style: tls");
}

static void check_oauth2(const struct check *c, const char *path, const json_t *auth)
{
    static const char *const form[] = { "client_id", "client_secret", "scope", "audience", NULL };
    static const char *const headers[] = {
        "Host",   "Content-Length",  "Transfer-Encoding", "Connection", "Content-Type",
        "Accept", "Accept-Encoding", "Authorization",     NULL
    };
    auto_free char *at = xasprintf("%s.oauth2.token_url", path);
    const char *url = jget_path_str(auth, "oauth2.token_url");

    if (!jget_obj(auth, "oauth2"))
        return;
    if (url && strstr(url, "${"))
        check_wrong(c, at, "placeholders are not allowed here");
    else if (url)
        check_url(c, at, url);
    check_client(c, path, auth);
    check_reserved(c, path, auth, "oauth2.form", form);
    check_reserved(c, path, auth, "oauth2.headers", headers);
}

void check_ca(const struct check *c, const char *path, const json_t *destination)
{
    auto_free char *at = xasprintf("%s.ca", path);
    const char *ca = jget_str(destination, "ca"), *url = jget_str(destination, "url");

    check_only_param(c, at, ca);
    if (ca && url && url_has_scheme(url, "http"))
        check_wrong(c, at, "ca needs a url that begins with https://");
}

static void check_mtls(const struct check *c, const char *path, const json_t *destination)
{
    auto_free char *at = xasprintf("%s.mtls", path);
    const char *url = jget_str(destination, "url");

    if (jget_path(destination, "auth.mtls") && url && url_has_scheme(url, "http"))
        check_wrong(c, at, "a client certificate needs a url that begins with https://");
}

static void check_sigv4(const struct check *c, const char *path, const json_t *destination)
{
    auto_free char *at = xasprintf("%s.sigv4", path);
    auto_free char *service_at = xasprintf("%s.service", at);
    const char *service = jget_path_str(destination, "auth.sigv4.service");
    auto_free char *resource = config_sigv4_resource(destination);

    if (service && strcmp(service, "s3") == 0)
        check_wrong(c, service_at, "S3 signs requests differently, which fifoq does not support");
    if (!service || resource)
        return;
    if (strcmp(service, "lambda") == 0)
        check_wrong(c, at,
                    "the url does not name its function; add resource: NAME, so that drain's role "
                    "may invoke it");
    else if (strcmp(service, "execute-api") == 0)
        check_wrong(c, at,
                    "the url does not name its API; add resource: API-ID, so that drain's role may "
                    "invoke it");
}

void check_auth(const struct check *c, const char *path, const json_t *destination)
{
    const json_t *auth = jget_obj(destination, "auth");
    auto_buf kinds = BUF(BUF_SMALL);
    size_t n = kinds_written(c, path), others = n - is_written(c, path, "mtls");

    auth_kinds_put(&kinds);
    if (n == 0 || others > 1)
        check_wrong(c, path, "%s: %s",
                    n ? "give exactly one kind of auth, with or without mtls"
                      : "missing kind of auth; use one of",
                    buf_str(&kinds));
    check_values(c, path, auth);
    check_bearer(c, path, auth);
    check_basic(c, path, auth);
    check_hmac(c, path, auth);
    check_oauth2(c, path, auth);
    check_mtls(c, path, destination);
    check_sigv4(c, path, destination);
}
