/* login.c: reads the session of 'aws login' from its cache and refreshes it there.
 * https://docs.aws.amazon.com/signin/latest/APIReference/API_CreateOAuth2Token.html */
#include "identity/providers.h"

#include "aws_call.h"
#include "aws_names.h"
#include "clock.h"
#include "encode.h"
#include "identity/dpop.h"
#include "identity/words.h"
#include "json.h"
#include "log.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

enum { REFRESH_MS = 5 * 60000 };

static const struct creds_members members = {
    .key_id = "accessKeyId",
    .secret = "secretAccessKey",
    .token = "sessionToken",
    .expires = "expiresAt",
    .needs_token = true,
    .needs_expires = true,
};

static int login_needed(const struct asking *a, const char *why, struct err *e)
{
    return err_set(e, ERR_CREDENTIALS, "%s; run 'aws login --profile %s' and try again", why,
                   a->profile);
}

/* The folder is AWS_LOGIN_CACHE_DIRECTORY or ~/.aws/login/cache; the file is named by the SHA-256
 * of the session's name. */
static char *cache_path(const char *session)
{
    const char *folder = getenv("AWS_LOGIN_CACHE_DIRECTORY");
    auto_free char *expanded = path_expand(folder ? folder : "~/.aws/login/cache");
    char digest[65];

    sha256_hex(session, strlen(session), digest);
    return xasprintf("%s/%s.json", expanded, digest);
}

static int refresh_call(const struct asking *a, const json_t *cached, json_t **reply, struct err *e)
{
    const char *own = jget_str(cached, "signInRegion");
    const char *region = own && *own ? own : a->id->aws.region;
    auto_free char *endpoint = NULL;
    auto_free char *url = NULL;
    auto_secret char *proof = NULL;
    auto_json json_t *params = NULL;
    struct aws signin = { 0 };
    int rc;

    if (identity_client(a->id, region, NULL, &signin, e) < 0)
        return -1;
    endpoint = aws_endpoint(&signin, AWS_ID_SIGNIN);
    url = xasprintf("%s/v1/token", endpoint);
    rc = dpop_proof(jget_str(cached, "dpopKey"), url, clock_wall_ms(), &proof, e);
    if (rc == 0) {
        params = json_pack("{s:s, s:s, s:s, s:s}", "clientId", jget_str(cached, "clientId"),
                           "refreshToken", jget_str(cached, "refreshToken"), "grantType",
                           "refresh_token", "DPoP", proof);
        rc = aws_call(&signin, &aws_signin, "CreateOAuth2Token", params, reply, e);
    }
    aws_done(&signin);
    return rc;
}

/* Writes the tokens of the reply into the cached object. */
static int store_refresh(json_t *cached, const json_t *reply, struct err *e)
{
    json_t *access = jget_obj(cached, "accessToken"), *given = jget_obj(reply, "accessToken");
    int64_t lasts_ms = expires_in_ms(reply);
    auto_free char *ends = when_text(clock_wall_ms() + lasts_ms);
    auto_json json_t *new = NULL;

    if (!jget_str(given, members.key_id) || !jget_str(given, members.secret) ||
        !jget_str(given, members.token) || !jget_str(reply, "refreshToken") || lasts_ms <= 0)
        return err_set(e, ERR_CREDENTIALS, "the sign-in service returned no token");
    new = json_pack("{s:s, s:s, s:s, s:O*, s:s}", members.key_id, jget_str(given, members.key_id),
                    members.secret, jget_str(given, members.secret), members.token,
                    jget_str(given, members.token), "accountId",
                    json_object_get(access, "accountId"), members.expires, ends);
    (void)json_object_set(cached, "accessToken", new);
    (void)json_object_set(cached, "refreshToken", json_object_get(reply, "refreshToken"));
    return 0;
}

static int login_refresh(const struct asking *a, const char *path, json_t *cached, struct err *e)
{
    auto_json json_t *reply = NULL;
    struct err kept = { 0 };

    if (refresh_call(a, cached, &reply, e) < 0 || store_refresh(cached, reply, e) < 0)
        return -1;
    if (cache_write(path, cached, &kept) < 0)
        log_event(LOG_WARN, "credentials", "cannot save the refreshed login", kept.msg, NULL);
    return 0;
}

static int cached_complete(const struct asking *a, const json_t *cached, struct err *e)
{
    static const char *const needed[] = { "refreshToken", "dpopKey", "clientId" };

    if (!cached)
        return login_needed(a, "no 'aws login' session found", e);
    for (size_t i = 0; i < COUNTOF(needed); i++)
        if (!jget_str(cached, needed[i]))
            return login_needed(a, "the cached 'aws login' session is incomplete", e);
    return 0;
}

/* A failed refresh is an error only once the cached credentials are expired. */
static int use_cached_login(const struct asking *a, const char *path, json_t *cached,
                            struct creds *out, struct err *e)
{
    struct err why = { 0 };

    if (creds_from_json(jget_obj(cached, "accessToken"), &members, out, e) < 0)
        return login_needed(a, "the cached 'aws login' session is incomplete", e);
    if (out->expires_ms - clock_wall_ms() > REFRESH_MS)
        return 0;
    if (login_refresh(a, path, cached, &why) < 0) {
        auto_free char *text =
            xasprintf("the session expired and could not be renewed (%s)", why.msg);

        if (out->expires_ms > clock_wall_ms())
            return 0;
        creds_done(out);
        if (why.code != ERR_INTERRUPTED)
            return login_needed(a, text, e);
        *e = why;
        return -1;
    }
    creds_done(out);
    return creds_from_json(jget_obj(cached, "accessToken"), &members, out, e);
}

int provide_login(void *arg, struct creds *out, struct err *e)
{
    const struct asking *a = arg;
    const char *session = asking_get(a, "login_session");
    auto_free char *path = session ? cache_path(session) : NULL;
    auto_json json_t *cached = path ? cache_read(path) : NULL;

    if (!session)
        return asking_lacks(a, "login_session", e);
    if (cached_complete(a, cached, e) < 0 || use_cached_login(a, path, cached, out, e) < 0)
        return -1;
    out->provider = "login";
    return 1;
}
