/* providers.h: what the providers of credentials share; each stands in a file of its own. */
#ifndef FIFOQ_PROVIDERS_H
#define FIFOQ_PROVIDERS_H

#include "identity/identity.h"

struct identity {
    struct identity_options o;
    struct aws_options aws; /* region is ours */
    struct aws_endpoints endpoints;
    char *profile;
    bool renewing; /* nobody is asked for a code, and what is under way after Ctrl-C still gets them
                    */
};

/* What a provider is asked with (creds_provider_fn's arg). */
struct asking {
    struct identity *id;
    const char *profile;
    bool by_profile;            /* somebody named the profile: the environment does not count */
    const struct asking *above; /* the profile that has this one as its source; NULL: none */
};

extern creds_provider_fn provide_environment, provide_assume_role, provide_web_identity,
    provide_sso, provide_credentials_file, provide_login, provide_process, provide_config_file,
    provide_container, provide_metadata;

/* Those that look into one profile only, for roles; ended by a row without a name. */
extern const struct creds_provider profile_providers[];

/* A variable that is set and not empty, or NULL. */
const char *variable_get(const char *name);
/* Of the profile; NULL: absent or empty. */
const char *asking_get(const struct asking *a, const char *key);
/* 0, with "profile 'P' has no KEY" as the reason. */
int asking_lacks(const struct asking *a, const char *key, struct err *e);

/* Who says that a provider is to stop; NULL: nobody does, as of what renews. */
bool (*identity_stop(const struct identity *id))(void);
/* A client for one call: anonymous when creds is NULL, else they are taken over as by aws_init. */
CHECKED int identity_client(const struct identity *id, const char *region, struct creds *creds,
                            struct aws *a, struct err *e);
/* Which members of a JSON object hold what; a name that is NULL is not looked for. */
struct creds_members {
    const char *key_id, *secret, *token, *expires;
    bool needs_token, needs_expires;
};
extern const struct creds_members creds_members_sts;  /* AccessKeyId ... SessionToken, Expiration */
extern const struct creds_members creds_members_host; /* the same with Token: of an endpoint here */
/* ERR_CREDENTIALS for what is missing; no value is named. */
CHECKED int creds_from_json(const json_t *o, const struct creds_members *m, struct creds *out,
                            struct err *e);

/* "2026-01-02T03:04:05Z", also with a fraction, an offset, a blank or "UTC"; -1: it is none. */
int64_t when_parse(const char *text);
/* "YYYY-MM-DDTHH:MM:SSZ", the caller's. */
char *when_text(int64_t wall_ms);

/* expiresIn of a token endpoint's reply, which is in seconds; 0: it says none. */
int64_t expires_in_ms(const json_t *reply);

/* A JSON object out of a file of AWS's caches; NULL without an error: there is no usable one. */
json_t *cache_read(const char *path);
/* Atomically, readable by the owner alone. */
CHECKED int cache_write(const char *path, const json_t *value, struct err *e);

#endif
