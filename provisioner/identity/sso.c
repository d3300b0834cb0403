/* sso.c: a role of IAM Identity Center, after 'aws sso login'.
 * https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_GetRoleCredentials.html */
#include "identity/sso.h"

#include "aws_call.h"
#include "identity/providers.h"
#include "json.h"
#include "mem.h"

#include <string.h>

enum { ROLE, ACCOUNT, START_URL, REGION, KEYS };

static const char *const keys[KEYS] = { "sso_role_name", "sso_account_id", "sso_start_url",
                                        "sso_region" };

/* Reads a value of the profile or of its session; they must not differ. */
static int read_value(const struct asking *a, const char *session, const char *key,
                      const char **value, struct err *e)
{
    const char *own = asking_get(a, key);
    const char *of_session =
        session ? shared_config_section(a->id->o.files, "sso-session", session, key) : NULL;

    if (own && of_session && strcmp(own, of_session) != 0)
        return err_set(e, ERR_CREDENTIALS, "%s differs between profile '%s' and [sso-session %s]",
                       key, a->profile, session);
    *value = of_session ? of_session : own;
    if (*value)
        return 0;
    return err_set(e, ERR_CREDENTIALS, "profile '%s' has no %s, which SSO requires", a->profile,
                   key);
}

static int read_sso_settings(const struct asking *a, struct sso *s, struct err *e)
{
    const struct shared_config *files = a->id->o.files;
    const char **values[KEYS] = { &s->role, &s->account, &s->start_url, &s->region };

    s->session = asking_get(a, "sso_session");
    if (s->session && !shared_config_has_section(files, "sso-session", s->session))
        return err_set(e, ERR_CREDENTIALS, "profile '%s': [sso-session %s] not found in '%s'",
                       a->profile, s->session, shared_config_path(files));
    for (size_t i = 0; i < KEYS; i++)
        if (read_value(a, s->session, keys[i], values[i], e) < 0)
            return -1;
    return 0;
}

static int role_call(const struct asking *a, const struct sso *s, const char *token,
                     struct creds *out, struct err *e)
{
    static const struct creds_members members = {
        .key_id = "accessKeyId",
        .secret = "secretAccessKey",
        .token = "sessionToken",
        .expires = "expiration",
        .needs_token = true,
        .needs_expires = true,
    };
    auto_json json_t *params = json_pack("{s:s, s:s, s:s}", "roleName", s->role, "accountId",
                                         s->account, "accessToken", token);
    auto_json json_t *reply = NULL;
    struct aws portal = { 0 };
    int rc;

    if (identity_client(a->id, s->region, NULL, &portal, e) < 0)
        return -1;
    rc = aws_call(&portal, &aws_sso, "GetRoleCredentials", params, &reply, e);
    aws_done(&portal);
    if (rc < 0 && (e->status == 401 || strcmp(e->aws_code, "UnauthorizedException") == 0))
        return sso_login_needed(a, "the SSO session expired", e);
    return rc < 0 ? -1 : creds_from_json(jget_obj(reply, "roleCredentials"), &members, out, e);
}

int provide_sso(void *arg, struct creds *out, struct err *e)
{
    const struct asking *a = arg;
    const struct shared_config *files = a->id->o.files;
    struct sso s = { 0 };
    auto_secret char *token = NULL;

    if (!shared_config_says(files, a->profile, keys[ROLE]) &&
        !shared_config_says(files, a->profile, keys[ACCOUNT]))
        return asking_lacks(a, "sso_account_id", e);
    if (read_sso_settings(a, &s, e) < 0 || sso_token(a, &s, &token, e) < 0)
        return -1;
    if (role_call(a, &s, token, out, e) < 0)
        return err_wrap(e, "profile '%s': role '%s' of account '%s'", a->profile, s.role,
                        s.account);
    out->provider = "sso";
    return 1;
}
