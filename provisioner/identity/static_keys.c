/* static_keys.c: keys in the credentials file or the config file.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-static-credentials.html */
#include "identity/providers.h"
#include "mem.h"

#include <string.h>

typedef const char *file_get_fn(const struct shared_config *c, const char *profile,
                                const char *key);

/* unread: why the file was not read; NULL: it was. */
static int file_keys(const struct asking *a, file_get_fn *get, const char *path, const char *unread,
                     struct creds *out, struct err *e)
{
    const struct shared_config *files = a->id->o.files;
    const char *key_id = get(files, a->profile, "aws_access_key_id");
    const char *secret = get(files, a->profile, "aws_secret_access_key");
    const char *token = get(files, a->profile, "aws_security_token");

    if (unread) {
        (void)err_set(e, ERR_CREDENTIALS, "'%s' cannot be read: %s", path, unread);
        return 0;
    }
    if (!key_id)
        return asking_lacks(a, "aws_access_key_id", e);
    if (!secret)
        return err_set(e, ERR_CREDENTIALS,
                       "profile '%s' in '%s' has aws_access_key_id but no aws_secret_access_key",
                       a->profile, path);
    token = token ? token : get(files, a->profile, "aws_session_token");
    *out = (struct creds){
        .key_id = xstrdup(key_id),
        .secret = xstrdup(secret),
        .token = token ? xstrdup(token) : NULL,
    };
    return 1;
}

int provide_credentials_file(void *arg, struct creds *out, struct err *e)
{
    const struct asking *a = arg;
    const struct shared_config *files = a->id->o.files;
    int rc = file_keys(a, shared_config_get_credentials, shared_credentials_path(files),
                       shared_credentials_unread(files), out, e);

    out->provider = "shared-credentials-file";
    return rc;
}

int provide_config_file(void *arg, struct creds *out, struct err *e)
{
    const struct asking *a = arg;
    const struct shared_config *files = a->id->o.files;
    int rc = file_keys(a, shared_config_get_config, shared_config_path(files),
                       shared_config_unread(files), out, e);

    out->provider = "config-file";
    return rc;
}
