/* sso_token.c: the cached token of 'aws sso login'.
 * https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_CreateToken.html */
#include "identity/sso.h"

#include "aws_call.h"
#include "clock.h"
#include "encode.h"
#include "identity/words.h"
#include "json.h"
#include "log.h"
#include "mem.h"

#include <openssl/evp.h>
#include <string.h>

enum { REFRESH_MS = 15 * 60000 };

int sso_login_needed(const struct asking *a, const char *why, struct err *e)
{
    return err_set(e, ERR_CREDENTIALS, "%s; run 'aws sso login --profile %s' and try again", why,
                   a->profile);
}

/* ~/.aws/sso/cache/SHA-1 of the session's name or of the start URL.json */
static char *cache_path(const struct sso *s)
{
    const char *name = s->session ? s->session : s->start_url;
    unsigned char digest[EVP_MAX_MD_SIZE];
    char hex[2 * EVP_MAX_MD_SIZE + 1];
    unsigned n = 0;
    auto_free char *folder = path_expand("~/.aws/sso/cache");

    if (EVP_Digest(name, strlen(name), digest, &n, EVP_sha1(), NULL) != 1)
        return NULL;
    hex_encode(digest, n, hex);
    return xasprintf("%s/%s.json", folder, hex);
}

/* True if the cache has all that a refresh needs and the client's registration is valid. */
static bool can_refresh(const json_t *cached)
{
    const char *until = jget_str(cached, "registrationExpiresAt");

    return jget_str(cached, "refreshToken") && jget_str(cached, "clientId") &&
           jget_str(cached, "clientSecret") && until && when_parse(until) > clock_wall_ms();
}

static int refresh_call(const struct asking *a, const struct sso *s, const json_t *cached,
                        json_t **reply, struct err *e)
{
    auto_json json_t *params =
        json_pack("{s:s, s:s, s:s, s:s}", "grantType", "refresh_token", "clientId",
                  jget_str(cached, "clientId"), "clientSecret", jget_str(cached, "clientSecret"),
                  "refreshToken", jget_str(cached, "refreshToken"));
    struct aws oidc = { 0 };
    int rc;

    if (identity_client(a->id, s->region, NULL, &oidc, e) < 0)
        return -1;
    rc = aws_call(&oidc, &aws_sso_oidc, "CreateToken", params, reply, e);
    aws_done(&oidc);
    return rc;
}

/* The new token in the cache format of AWS's tools; NULL: the reply has no valid token. */
static json_t *token_of(const struct sso *s, const json_t *cached, const json_t *reply)
{
    int64_t lasts_ms = expires_in_ms(reply);
    auto_free char *ends = when_text(clock_wall_ms() + lasts_ms);
    const char *more = jget_str(reply, "refreshToken");
    json_t *new;

    if (!jget_str(reply, "accessToken") || lasts_ms <= 0)
        return NULL;
    new = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "startUrl", s->start_url, "region",
                    s->region, "accessToken", jget_str(reply, "accessToken"), "expiresAt", ends,
                    "clientId", jget_str(cached, "clientId"), "clientSecret",
                    jget_str(cached, "clientSecret"), "registrationExpiresAt",
                    jget_str(cached, "registrationExpiresAt"));
    if (new &&more)
        (void)json_object_set_new(new, "refreshToken", json_string(more));
    return new;
}

/* Replaces *cached and its file. If a refresh fails or is impossible, the old token stays. */
static int token_refresh(const struct asking *a, const struct sso *s, const char *path,
                         json_t **cached, struct err *e)
{
    auto_json json_t *reply = NULL;
    struct err kept = { 0 };
    json_t *new;

    if (!s->session || !can_refresh(*cached))
        return 0;
    if (refresh_call(a, s, *cached, &reply, e) < 0)
        return -1;
    new = token_of(s, *cached, reply);
    if (!new)
        return err_set(e, ERR_CREDENTIALS, "sso-oidc:CreateToken returned no token");
    if (cache_write(path, new, &kept) < 0)
        log_event(LOG_WARN, "credentials", "cannot save the new SSO token", kept.msg, NULL);
    json_decref(*cached);
    *cached = new;
    return 0;
}

static bool is_valid(const json_t *cached)
{
    return when_parse(jget_str(cached, "expiresAt")) > clock_wall_ms();
}

/* why: the reason of a failed refresh; NULL: none was tried. */
static int fail_expired(const struct asking *a, const struct err *why, struct err *e)
{
    auto_free char *text =
        why ? xasprintf("the SSO session expired and could not be renewed (%s)", why->msg) : NULL;

    if (!why || why->code != ERR_INTERRUPTED)
        return sso_login_needed(a, text ? text : "the SSO session expired", e);
    *e = *why;
    return -1;
}

int sso_token(const struct asking *a, const struct sso *s, char **token, struct err *e)
{
    auto_free char *path = cache_path(s);
    auto_json json_t *cached = path ? cache_read(path) : NULL;
    const char *ends = jget_str(cached, "expiresAt");
    struct err why = { 0 };
    bool failed = false;

    if (!jget_str(cached, "accessToken") || !ends || when_parse(ends) < 0)
        return sso_login_needed(a, "no SSO session found", e);
    if (when_parse(ends) - clock_wall_ms() < REFRESH_MS)
        failed = token_refresh(a, s, path, &cached, &why) < 0;
    if (!is_valid(cached))
        return fail_expired(a, failed ? &why : NULL, e);
    *token = xstrdup(jget_str(cached, "accessToken"));
    return 0;
}
