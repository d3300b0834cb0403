/* creds_profile.c: the provider that reads AWS's own files. */
#include "creds_profile.h"

#include "files.h"

#include <stdlib.h>
#include <string.h>

/* Forms of credentials that need a call or a program; a role is refused even beside keys, which are
 * then its source only. */
static const struct form {
    const char *key;
    bool beside_keys;
} forms[] = {
    { "role_arn", true },       { "sso_session", false },
    { "sso_start_url", false }, { "credential_process", false },
    { "login_session", false }, { "web_identity_token_file", false },
};

/* A profile as both files have it. */
struct place {
    const char *name;
    char *paths[2]; /* by enum profile_file; NULL: there is no home */
    struct profile *found[2];
};

static char *file_path(const char *variable, const char *in_home)
{
    const char *path = getenv(variable), *home = getenv("HOME");

    if (path && *path)
        return str_starts(path, "~/") && home ? xasprintf("%s%s", home, path + 1) : xstrdup(path);
    return home && *home ? xasprintf("%s/.aws/%s", home, in_home) : NULL;
}

static void place_done(struct place *p)
{
    for (size_t i = 0; i < COUNTOF(p->paths); i++) {
        free(p->paths[i]);
        profile_free(p->found[i]);
    }
}

static int place_read(struct place *p, struct err *e)
{
    p->paths[PROFILE_CREDENTIALS] = file_path("AWS_SHARED_CREDENTIALS_FILE", "credentials");
    p->paths[PROFILE_CONFIG] = file_path("AWS_CONFIG_FILE", "config");
    for (size_t i = 0; i < COUNTOF(p->paths); i++) {
        auto_secret char *text = NULL;

        if (p->paths[i] && file_read(p->paths[i], &text, e) < 0)
            return -1;
        if (text)
            p->found[i] = profile_parse(text, (enum profile_file)i, p->name);
    }
    return 0;
}

static const char *place_get(const struct place *p, const char *key)
{
    const char *value = profile_get(p->found[PROFILE_CREDENTIALS], key);

    return value ? value : profile_get(p->found[PROFILE_CONFIG], key);
}

static const char *shown(const char *path)
{
    return path ? path : "(no HOME)";
}

/* A profile that nobody asked for by name may well be missing. */
static int not_there(const struct place *p, bool asked_for, struct err *e)
{
    const char *advice =
        asked_for ? ": 'aws configure list-profiles' shows those that there are" : "";

    (void)err_set(e, ERR_CREDENTIALS, "there is no profile '%s' in '%s' or '%s'%s", p->name,
                  shown(p->paths[PROFILE_CREDENTIALS]), shown(p->paths[PROFILE_CONFIG]), advice);
    return asked_for ? -1 : 0;
}

static int refuse_form(const struct place *p, bool has_keys, struct err *e)
{
    for (size_t i = 0; i < COUNTOF(forms); i++)
        if (place_get(p, forms[i].key) && (forms[i].beside_keys || !has_keys))
            return err_set(e, ERR_CREDENTIALS,
                           "profile '%s' has '%s', which fifoq does not support yet: run 'eval "
                           "\"$(aws configure export-credentials --profile %s --format env)\"' and "
                           "try again without the profile",
                           p->name, forms[i].key, p->name);
    return 0;
}

static int take_keys(const struct place *p, struct creds *out, struct err *e)
{
    const char *key_id = place_get(p, "aws_access_key_id");
    const char *secret = place_get(p, "aws_secret_access_key");
    const char *token = place_get(p, "aws_session_token");

    if (refuse_form(p, key_id && secret, e) < 0)
        return -1;
    if (!key_id && !secret) {
        (void)err_set(e, ERR_CREDENTIALS, "profile '%s' has no aws_access_key_id", p->name);
        return 0;
    }
    if (!key_id || !secret)
        return err_set(e, ERR_CREDENTIALS, "profile '%s' has %s but no %s", p->name,
                       key_id ? "aws_access_key_id" : "aws_secret_access_key",
                       key_id ? "aws_secret_access_key" : "aws_access_key_id");
    *out = (struct creds){
        .key_id = xstrdup(key_id),
        .secret = xstrdup(secret),
        .token = token ? xstrdup(token) : NULL,
        .provider = "profile",
    };
    return 1;
}

int creds_from_profile(void *arg, struct creds *out, struct err *e)
{
    struct place p = { .name = arg ? arg : "default" };
    int rc = place_read(&p, e);

    if (rc == 0)
        rc = p.found[PROFILE_CREDENTIALS] || p.found[PROFILE_CONFIG] ? take_keys(&p, out, e)
                                                                     : not_there(&p, arg, e);
    place_done(&p);
    return rc;
}

char *creds_profile_region(const char *name)
{
    struct place p = { .name = name ? name : "default" };
    struct err unused;
    const char *region = place_read(&p, &unused) == 0 ? place_get(&p, "region") : NULL;
    char *copy = region ? xstrdup(region) : NULL;

    place_done(&p);
    return copy;
}
