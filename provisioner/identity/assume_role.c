/* assume_role.c: assumes a profile's role with the credentials of another profile or source.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html */
#include "identity/providers.h"

#include "aws_call.h"
#include "clock.h"
#include "json.h"
#include "mem.h"

#include <string.h>

/* The values of credential_source. */
static const struct creds_provider sources[] = {
    { "Environment", provide_environment },
    { "EcsContainer", provide_container },
    { "Ec2InstanceMetadata", provide_metadata },
};

static bool has_setting(const struct asking *a, const char *key)
{
    return shared_config_says(a->id->o.files, a->profile, key);
}

static bool has_keys(const struct asking *a)
{
    return has_setting(a, "aws_access_key_id") || has_setting(a, "aws_secret_access_key");
}

static bool has_role(const struct asking *a)
{
    return has_setting(a, "role_arn") && !has_setting(a, "web_identity_token_file");
}

static int find_named_source(const struct asking *a, const char *name, struct creds *out,
                             struct err *e)
{
    for (size_t i = 0; i < COUNTOF(sources); i++) {
        int rc;

        if (strcmp(sources[i].name, name) != 0)
            continue;
        rc = sources[i].get((void *)a, out, e);
        if (rc > 0)
            return 0;
        return err_wrap(e, "profile '%s': credential_source '%s'", a->profile, name);
    }
    return err_set(e, ERR_CREDENTIALS,
                   "profile '%s': unknown credential_source '%s'; expected Environment, "
                   "EcsContainer or Ec2InstanceMetadata",
                   a->profile, name);
}

/* A profile with keys may be its own source; any other repetition is a cycle. */
static int check_cycle(const struct asking *a, const struct asking *source, struct err *e)
{
    for (const struct asking *p = a; p; p = p->above)
        if (strcmp(p->profile, source->profile) == 0 && (p != a || !has_keys(source)))
            return err_set(e, ERR_CREDENTIALS,
                           "profile '%s': source_profile '%s' leads back to itself; one profile of "
                           "the chain needs its own credentials",
                           a->profile, source->profile);
    return 0;
}

static int find_profile_source(const struct asking *a, const char *name, struct creds *out,
                               struct err *e)
{
    struct asking source = { .id = a->id, .profile = name, .by_profile = true, .above = a };
    int rc = -1;

    if (!shared_config_has(a->id->o.files, name))
        return err_set(e, ERR_CREDENTIALS, "profile '%s': source_profile '%s' not found",
                       a->profile, name);
    if (check_cycle(a, &source, e) < 0)
        return -1;
    if (!has_keys(&source) && has_role(&source))
        rc = provide_assume_role(&source, out, e) > 0 ? 0 : -1;
    else
        rc = creds_find(profile_providers, &source, out, e);
    return rc < 0 ? err_wrap(e, "profile '%s': source_profile '%s'", a->profile, name) : 0;
}

static int find_source(const struct asking *a, struct creds *out, struct err *e)
{
    const char *profile = asking_get(a, "source_profile");
    const char *place = asking_get(a, "credential_source");

    if (profile && place)
        return err_set(
            e, ERR_CREDENTIALS,
            "profile '%s' has both source_profile and credential_source; use one of them",
            a->profile);
    if (profile)
        return find_profile_source(a, profile, out, e);
    if (place)
        return find_named_source(a, place, out, e);
    return err_set(e, ERR_CREDENTIALS,
                   "profile '%s' has role_arn but neither source_profile nor credential_source; "
                   "set one of them",
                   a->profile);
}

static void set_param(json_t *params, const char *name, const char *value)
{
    if (value)
        (void)json_object_set_new(params, name, json_string(value));
}

/* botocore, too, omits a duration that is not a number. */
static void set_duration(json_t *params, const char *text)
{
    size_t n = text ? strlen(text) : 0;

    if (n && n < 7 && strspn(text, "0123456789") == n)
        set_param(params, "DurationSeconds", text);
}

static int ask_code(const struct asking *a, const char *device, char **code, struct err *e)
{
    auto_free char *question = xasprintf("MFA code for '%s'", device);

    if (a->id->renewing)
        return err_set(
            e, ERR_CREDENTIALS,
            "profile '%s' needs a new MFA code for '%s'; run the command again to enter it",
            a->profile, device);
    *code = a->id->o.ask_code ? a->id->o.ask_code(question) : NULL;
    if (*code)
        return 0;
    return err_set(e, ERR_CREDENTIALS,
                   "profile '%s' needs an MFA code for '%s', but none was entered or no terminal "
                   "is available. Use a terminal, or a profile without mfa_serial",
                   a->profile, device);
}

static int role_call(const struct asking *a, struct creds *source, struct creds *out, struct err *e)
{
    auto_free char *session = xasprintf("fifoq-%lld", (long long)(clock_wall_ms() / 1000));
    const char *name = asking_get(a, "role_session_name"), *mfa = asking_get(a, "mfa_serial");
    auto_json json_t *params = json_object();
    auto_json json_t *reply = NULL;
    auto_secret char *code = NULL;
    struct aws sts = { 0 };
    int rc;

    if (mfa && ask_code(a, mfa, &code, e) < 0)
        return -1;
    set_param(params, "RoleArn", asking_get(a, "role_arn"));
    set_param(params, "RoleSessionName", name ? name : session);
    set_param(params, "ExternalId", asking_get(a, "external_id"));
    set_param(params, "SerialNumber", mfa);
    set_param(params, "TokenCode", code);
    set_duration(params, asking_get(a, "duration_seconds"));
    if (identity_client(a->id, NULL, source, &sts, e) < 0)
        return -1;
    rc = aws_call(&sts, &aws_sts, "AssumeRole", params, &reply, e);
    aws_done(&sts);
    return rc < 0 ? -1
                  : creds_from_json(jget_obj(reply, "Credentials"), &creds_members_sts, out, e);
}

int provide_assume_role(void *arg, struct creds *out, struct err *e)
{
    const struct asking *a = arg;
    struct creds source = { 0 };
    int rc;

    if (!has_role(a))
        return asking_lacks(a, "role_arn", e);
    if (!asking_get(a, "role_arn"))
        return err_set(e, ERR_CREDENTIALS, "profile '%s': role_arn is empty", a->profile);
    if (find_source(a, &source, e) < 0)
        return -1;
    rc = role_call(a, &source, out, e);
    creds_done(&source);
    if (rc < 0)
        return err_wrap(e, "profile '%s': role '%s'", a->profile, asking_get(a, "role_arn"));
    out->provider = "assume-role";
    return 1;
}
