/* settings.c: AWS's settings; the environment wins over the profile. */
#include "identity/settings.h"

#include "env.h"
#include "mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Where settings are looked up. */
struct look {
    const struct shared_config *files;
    const char *profile;
};

/* A setting's value; text is NULL when it is not set. */
struct found {
    const char *text; /* borrowed */
    char *from;       /* for messages */
};

#define auto_found __attribute__((cleanup(found_done))) struct found

static void found_done(struct found *f)
{
    free(f->from);
}

static const char *file_of(const struct look *l, const char *key)
{
    return shared_config_get_credentials(l->files, l->profile, key)
               ? shared_credentials_path(l->files)
               : shared_config_path(l->files);
}

static struct found look_in_profile(const struct look *l, const char *key)
{
    const char *text = shared_config_get(l->files, l->profile, key);

    return (struct found){
        .text = text,
        .from = text ? xasprintf("'%s' of profile '%s' in '%s'", key, l->profile, file_of(l, key))
                     : NULL,
    };
}

static struct found look_up(const struct look *l, const char *name, const char *key)
{
    const char *text = env_get(name);

    return text ? (struct found){ text, xstrdup(name) } : look_in_profile(l, key);
}

static int look_up_bool(const struct look *l, const char *name, const char *key, bool *out,
                        struct err *e)
{
    auto_found f = look_up(l, name, key);

    return f.text ? aws_setting_bool(f.from, f.text, out, e) : 0;
}

/* "dynamodb_streams" */
static char *section_name(enum aws_id id)
{
    char *name = xstrdup(aws_id_name(id));

    for (char *c = name; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return name;
}

/* Reads [services NAME] for the services that have no URL yet. */
static int services_read(const struct look *l, const char *section, struct aws_endpoints *s,
                         struct err *e)
{
    if (!shared_config_has_section(l->files, "services", section))
        return err_set(e, ERR_USAGE,
                       "profile '%s' has 'services = %s', but [services %s] is missing in '%s'",
                       l->profile, section, section, shared_config_path(l->files));
    for (int id = 0; id < AWS_IDS; id++) {
        auto_free char *name = section_name((enum aws_id)id);
        const char *url = shared_config_service(l->files, section, name, "endpoint_url");
        auto_free char *from = xasprintf("'endpoint_url' of '%s' in [services %s] in '%s'", name,
                                         section, shared_config_path(l->files));

        if (url && !s->url[id] && aws_endpoints_set(s, (enum aws_id)id, url, from, e) < 0)
            return -1;
    }
    return 0;
}

static int urls_read(const struct look *l, struct aws_endpoints *s, struct err *e)
{
    auto_found services = look_in_profile(l, "services"), url = look_in_profile(l, "endpoint_url");

    if (aws_endpoints_urls(s, e) < 0)
        return -1;
    if (s->rest) /* AWS_ENDPOINT_URL overrides the files */
        return 0;
    if (services.text && services_read(l, services.text, s, e) < 0)
        return -1;
    return url.text ? aws_endpoints_set_rest(s, url.text, url.from, e) : 0;
}

static int endpoints_read(const struct look *l, struct aws_endpoints *s, struct err *e)
{
    auto_found sts = look_up(l, "AWS_STS_REGIONAL_ENDPOINTS", "sts_regional_endpoints");
    bool ignore = false;

    if (look_up_bool(l, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", &s->fips, e) < 0 ||
        look_up_bool(l, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint", &s->dual_stack, e) <
            0 ||
        look_up_bool(l, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls",
                     &ignore, e) < 0)
        return -1;
    if (sts.text && aws_setting_sts(sts.from, sts.text, &s->sts_global, e) < 0)
        return -1;
    return ignore ? 0 : urls_read(l, s, e);
}

/* Account-based endpoints only save AWS a look-up: fifoq ignores them unless they are required. */
static int account_mode_check(const struct look *l, struct err *e)
{
    auto_found f = look_up(l, "AWS_ACCOUNT_ID_ENDPOINT_MODE", "account_id_endpoint_mode");

    if (!f.text || strcmp(f.text, "preferred") == 0 || strcmp(f.text, "disabled") == 0)
        return 0;
    return err_set(
        e, ERR_USAGE,
        "%s: invalid value '%s'; expected preferred or disabled. fifoq calls DynamoDB at regional "
        "endpoints, never at account-based ones",
        f.from, f.text);
}

static int retries_read(const struct look *l, struct aws_settings *s, struct err *e)
{
    auto_found attempts = look_up(l, "AWS_MAX_ATTEMPTS", "max_attempts");
    auto_found mode = look_up(l, "AWS_RETRY_MODE", "retry_mode");

    if (attempts.text &&
        aws_setting_attempts(attempts.from, attempts.text, &s->max_attempts, e) < 0)
        return -1;
    return mode.text ? aws_setting_retry_mode(mode.from, mode.text, &s->retry_mode, e) : 0;
}

char *aws_settings_region(const struct shared_config *files, const char *profile, const char **from)
{
    static const char *const variables[] = { "AWS_REGION", "AWS_DEFAULT_REGION" };
    const char *region = NULL;

    for (size_t i = 0; i < COUNTOF(variables) && !region; i++) {
        region = env_get(variables[i]);
        *from = variables[i];
    }
    if (!region) {
        region = files ? shared_config_get(files, profile ? profile : "default", "region") : NULL;
        *from = region ? "profile" : NULL;
    }
    return region ? xstrdup(region) : NULL;
}

int aws_settings_read(const struct shared_config *files, const char *profile,
                      struct aws_settings *out, struct err *e)
{
    const struct look l = { files, profile ? profile : "default" };
    auto_found ca = look_up(&l, "AWS_CA_BUNDLE", "ca_bundle");

    if (profile && shared_config_needs(files, profile, e) < 0)
        return -1;
    out->region = aws_settings_region(files, profile, &out->region_from);
    out->ca_file = ca.text ? path_at_home(ca.text) : NULL;
    out->ca_from = steal(ca.from);
    if (endpoints_read(&l, &out->endpoints, e) < 0 || account_mode_check(&l, e) < 0)
        return -1;
    return retries_read(&l, out, e);
}

void aws_settings_done(struct aws_settings *s)
{
    free(s->region);
    free(s->ca_file);
    free(s->ca_from);
    aws_endpoints_done(&s->endpoints);
    *s = (struct aws_settings){ 0 };
}
