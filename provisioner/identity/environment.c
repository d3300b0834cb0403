/* environment.c: keys in environment variables.
 * https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html */
#include "env.h"
#include "identity/providers.h"
#include "mem.h"

int provide_environment(void *arg, struct creds *out, struct err *e)
{
    const char *expires = env_get("AWS_CREDENTIAL_EXPIRATION");
    const char *token = env_get("AWS_SECURITY_TOKEN"); /* the old name wins */
    int64_t expires_ms = expires ? when_parse(expires) : 0;
    int rc = creds_from_environment(arg, out, e);

    if (rc <= 0)
        return rc;
    if (expires_ms < 0) {
        creds_done(out);
        return err_set(
            e, ERR_CREDENTIALS,
            "invalid AWS_CREDENTIAL_EXPIRATION '%s'; expected a time like '2026-01-02T03:04:05Z'",
            expires);
    }
    if (token) {
        free_cleansed(out->token);
        out->token = xstrdup(token);
    }
    out->expires_ms = expires_ms;
    return rc;
}
