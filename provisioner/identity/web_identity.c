/* web_identity.c: a role for a token signed by GitHub, GitLab, Kubernetes and the like.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
#include "identity/providers.h"

#include "aws_call.h"
#include "clock.h"
#include "files.h"
#include "json.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

/* The variable, unless the profile was named explicitly; otherwise the profile's key. */
static const char *setting(const struct asking *a, const char *variable, const char *key)
{
    const char *value = a->by_profile ? NULL : getenv(variable);

    return value ? (*value ? value : NULL) : asking_get(a, key);
}

static int token_read(const char *path, char **token, struct err *e)
{
    size_t n;

    if (file_read(path, token, e) < 0)
        return err_wrap(e, "the web identity token");
    if (!*token)
        return err_set(e, ERR_CREDENTIALS, "web identity token file '%s' not found", path);
    n = strlen(*token);
    while (n && ((*token)[n - 1] == '\n' || (*token)[n - 1] == '\r'))
        (*token)[--n] = '\0';
    return n ? 0 : err_set(e, ERR_CREDENTIALS, "web identity token file '%s' is empty", path);
}

static int web_call(const struct asking *a, const char *role, const char *token, struct creds *out,
                    struct err *e)
{
    auto_free char *session = xasprintf("fifoq-%lld", (long long)(clock_wall_ms() / 1000));
    const char *name = setting(a, "AWS_ROLE_SESSION_NAME", "role_session_name");
    auto_json json_t *params = json_pack("{s:s, s:s, s:s}", "RoleArn", role, "RoleSessionName",
                                         name ? name : session, "WebIdentityToken", token);
    auto_json json_t *reply = NULL;
    struct aws sts = { 0 };
    int rc;

    if (!params)
        return err_set(e, ERR_CREDENTIALS, "the web identity token is not valid UTF-8");
    if (identity_client(a->id, NULL, NULL, &sts, e) < 0)
        return -1;
    rc = aws_call(&sts, &aws_sts, "AssumeRoleWithWebIdentity", params, &reply, e);
    aws_done(&sts);
    return rc < 0 ? -1
                  : creds_from_json(jget_obj(reply, "Credentials"), &creds_members_sts, out, e);
}

int provide_web_identity(void *arg, struct creds *out, struct err *e)
{
    const struct asking *a = arg;
    const char *path = setting(a, "AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
    const char *role = setting(a, "AWS_ROLE_ARN", "role_arn");
    auto_secret char *token = NULL;

    if (!path) {
        if (a->by_profile)
            return asking_lacks(a, "web_identity_token_file", e);
        (void)err_set(e, ERR_CREDENTIALS, "AWS_WEB_IDENTITY_TOKEN_FILE is not set");
        return 0;
    }
    if (!role)
        return err_set(
            e, ERR_CREDENTIALS,
            "web identity token without a role; set AWS_ROLE_ARN, or role_arn in profile '%s'",
            a->profile);
    if (token_read(path, &token, e) < 0 || web_call(a, role, token, out, e) < 0)
        return err_wrap(e, "role '%s'", role);
    out->provider = "assume-role-with-web-identity";
    return 1;
}
