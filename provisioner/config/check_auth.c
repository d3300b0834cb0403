/* check_auth.c: authentication: one kind, no secret in the configuration, and what each kind asks
 * of the rest. */
#include "config/check.h"
#include "config/config.h"
#include "template.h"

#include <string.h>
#include <strings.h>

#define KINDS "bearer, basic, header, query, oauth2, hmac, mtls, sigv4"

/* Also what was wrong by itself, and unknown keys. */
static size_t kinds_written(const struct check *c, const char *path)
{
    size_t n = 0, len = strlen(path);
    const char *at;
    json_t *position;

    json_object_foreach((json_t *)c->positions, at, position)
        n += !strncmp(at, path, len) && at[len] == '.' && !strpbrk(at + len + 1, ".[");
    return n;
}

static void note_other(void *arg, const char *root, const char *path)
{
    bool *other = arg;

    (void)path;
    *other = *other || strcmp(root, "param") != 0;
}

/* What is fetched or read once serves every message. */
static void check_only_param(const struct check *c, const char *path, const char *text)
{
    struct template *t = NULL;
    bool other = false;
    struct err e;

    if (text && template_compile_text(text, &t, &e) == 0)
        template_each_path(t, note_other, &other);
    template_free(t);
    if (other)
        check_wrong(c, path,
                    "this is the same for every message, so only ${param.NAME} can stand in it");
}

/* Members whose values are secrets, or the same for every message, or both. */
static void check_values(const struct check *c, const char *path, const json_t *auth)
{
    static const struct {
        const char *member;
        bool secret, only_param;
    } values[] = {
        { "bearer", true, false },
        { "basic.username", false, false },
        { "basic.password", true, false },
        { "header.value", true, false },
        { "query.value", true, false },
        { "oauth2.client_id", false, true },
        { "oauth2.client_secret", true, true },
        { "oauth2.scope", false, true },
        { "oauth2.audience", false, true },
        { "mtls.certificate", false, true },
        { "mtls.key", true, true },
    };

    for (size_t i = 0; i < COUNTOF(values); i++) {
        auto_free char *at = xasprintf("%s.%s", path, values[i].member);
        const char *text = jget_path_str(auth, values[i].member);
        if (!str_starts(values[i].member, "mtls.")) /* PEM has many lines */
            (void)check_one_line(c, at, text);
        if (values[i].secret)
            check_secret(c, at, text);
        if (values[i].only_param)
            check_only_param(c, at, text);
    }
}

/* "Bearer ${param.k}" */
static void check_bearer(const struct check *c, const char *path, const json_t *auth)
{
    const char *text = jget_str(auth, "bearer");
    auto_free char *at = xasprintf("%s.bearer", path);

    if (text && !strncasecmp(text, "Bearer ", 7))
        check_warn(c, at, "fifoq adds 'Bearer ' itself, so it would be sent twice; remove it here");
}

static void check_hmac(const struct check *c, const char *path, const json_t *auth)
{
    const json_t *secrets = jget_path(auth, "hmac.secrets"), *secret;
    size_t i;

    json_array_foreach(secrets, i, secret) {
        auto_free char *at = xasprintf("%s.hmac.secrets[%zu]", path, i);
        check_secret(c, at, json_string_value(secret));
        check_only_param(c, at, json_string_value(secret));
    }
}

static void check_oauth2(const struct check *c, const char *path, const json_t *auth)
{
    auto_free char *at = xasprintf("%s.oauth2.token_url", path);
    const char *url = jget_path_str(auth, "oauth2.token_url");

    if (url && strstr(url, "${"))
        check_wrong(c, at, "no placeholder can stand in it");
    else if (url)
        check_url(c, at, url);
}

static void check_mtls(const struct check *c, const char *path, const json_t *destination)
{
    auto_free char *at = xasprintf("%s.mtls", path);
    const char *url = jget_str(destination, "url");

    if (jget_path(destination, "auth.mtls") && url && !strncasecmp(url, "http://", 7))
        check_wrong(c, at, "a client certificate needs a url that begins with https://");
}

static void check_sigv4(const struct check *c, const char *path, const json_t *destination)
{
    auto_free char *at = xasprintf("%s.sigv4", path);
    auto_free char *service_at = xasprintf("%s.service", at);
    const char *service = jget_path_str(destination, "auth.sigv4.service");
    auto_free char *resource = config_sigv4_resource(destination);

    if (service && !strcmp(service, "s3"))
        check_wrong(c, service_at, "S3 has rules of its own for signatures, which fifoq has not");
    if (!service || resource)
        return;
    if (!strcmp(service, "lambda"))
        check_wrong(c, at,
                    "the url does not say which function it leads to; write resource: NAME, so "
                    "that the role of drain may invoke it");
    else if (!strcmp(service, "execute-api"))
        check_wrong(c, at,
                    "the url does not say which API it leads to; write resource: ID-OF-THE-API, so "
                    "that the role of drain may invoke it");
}

void check_auth(const struct check *c, const char *path, const json_t *destination)
{
    const json_t *auth = jget_obj(destination, "auth");
    size_t n = kinds_written(c, path);

    if (n != 1)
        check_wrong(c, path, "%s; use one of " KINDS,
                    n ? "a destination has one kind of auth, here are more"
                      : "the kind of auth is missing");
    check_values(c, path, auth);
    check_bearer(c, path, auth);
    check_hmac(c, path, auth);
    check_oauth2(c, path, auth);
    check_mtls(c, path, destination);
    check_sigv4(c, path, destination);
}
