/* identity.c: the table of credential providers, and the search through it. */
#include "identity/identity.h"

#include "clock.h"
#include "env.h"
#include "identity/providers.h"
#include "mem.h"

#include <stdlib.h>

/* clang-format off */
/* Providers that read only one profile; a role's source is found with them. */
#define OF_A_PROFILE                                             \
    { "assume-role-with-web-identity", provide_web_identity },   \
    { "sso", provide_sso },                                      \
    { "shared-credentials-file", provide_credentials_file },     \
    { "login", provide_login },                                  \
    { "custom-process", provide_process },                       \
    { "config-file", provide_config_file }

/* The order of botocore's create_credential_resolver, without its two file formats from before 2013. The names are its METHODs. */
static const struct creds_provider providers[] = {
    { "env", provide_environment },
    { "assume-role", provide_assume_role },
    OF_A_PROFILE,
    { "container-role", provide_container },
    { "iam-role", provide_metadata },
    { NULL, NULL },
};

const struct creds_provider profile_providers[] = { OF_A_PROFILE, { NULL, NULL } };
/* clang-format on */

const char *identity_profile(const char *given)
{
    const char *first = env_get("AWS_DEFAULT_PROFILE");

    return given ? given : first ? first : env_get("AWS_PROFILE");
}

struct identity *identity_new(const struct identity_options *o)
{
    struct identity *id = xcalloc(1, sizeof(*id));
    const char *profile = identity_profile(o->profile);

    id->o = *o;
    id->aws = *o->aws;
    id->aws.region = o->aws->region ? xstrdup(o->aws->region) : NULL;
    id->aws.endpoint_url = id->aws.ca_file = NULL;
    id->aws.endpoints = NULL;
    if (o->aws->endpoints)
        aws_endpoints_copy(&id->endpoints, o->aws->endpoints);
    id->profile = xstrdup(profile ? profile : "default");
    return id;
}

void identity_free(struct identity *id)
{
    if (!id)
        return;
    free((char *)id->aws.region);
    aws_endpoints_done(&id->endpoints);
    free(id->profile);
    free(id);
}

static int still_valid(const struct creds *c, struct err *e)
{
    auto_free char *when = c->expires_ms ? when_text(c->expires_ms) : NULL;

    if (!c->expires_ms || c->expires_ms > clock_wall_ms())
        return 0;
    return err_set(e, ERR_CREDENTIALS,
                   "AWS credentials (%s): expired at %s; renew them and try again", c->provider,
                   when);
}

int identity_find(struct identity *id, struct creds *out, struct err *e)
{
    struct asking a = { .id = id, .profile = id->profile, .by_profile = id->o.profile != NULL };
    struct creds found = { 0 };

    /* the default profile may be missing; a named one may not */
    if ((identity_profile(id->o.profile) && shared_config_needs(id->o.files, id->profile, e) < 0) ||
        creds_find(a.by_profile ? providers + 1 : providers, &a, &found, e) < 0)
        return -1;
    if (still_valid(&found, e) < 0) {
        creds_done(&found);
        return -1;
    }
    *out = found;
    return 0;
}

int identity_renew(void *arg, struct creds *out, struct err *e)
{
    struct identity *id = arg;

    id->renewing = true;
    return identity_find(id, out, e);
}
