/* providers.h: what the credential providers share; each provider has its own file. */
#ifndef FIFOQ_PROVIDERS_H
#define FIFOQ_PROVIDERS_H

#include "identity/identity.h"

struct identity {
    struct identity_options o;
    struct aws_options aws; /* region is ours */
    struct aws_endpoints endpoints;
    char *profile;
    bool renewing; /* no prompt for a code; a command that finishes after Ctrl-C still gets
                      credentials */
};

/* The arg of a creds_provider_fn. */
struct asking {
    struct identity *id;
    const char *profile;
    bool by_profile;            /* the profile was named explicitly: the environment is ignored */
    const struct asking *above; /* the profile whose source this is; NULL: none */
};

extern creds_provider_fn provide_environment, provide_assume_role, provide_web_identity,
    provide_sso, provide_credentials_file, provide_login, provide_process, provide_config_file,
    provide_container, provide_metadata;

/* Providers that read only one profile, for a role's source; the last row has no name. */
extern const struct creds_provider profile_providers[];

/* The profile's value; NULL: absent or empty. */
const char *asking_get(const struct asking *a, const char *key);
/* Returns 0 with the reason "profile 'P' has no KEY". */
int asking_lacks(const struct asking *a, const char *key, struct err *e);

/* The callback that stops a provider; NULL while renewing, which is never stopped. */
bool (*identity_stop(const struct identity *id))(void);
/* A client for one call; anonymous when creds is NULL, otherwise takes ownership like aws_init. */
CHECKED int identity_client(const struct identity *id, const char *region, struct creds *creds,
                            struct aws *a, struct err *e);
/* The member names of a JSON object with credentials; NULL: not read. */
struct creds_members {
    const char *key_id, *secret, *token, *expires;
    bool needs_token, needs_expires;
};
extern const struct creds_members creds_members_sts; /* AccessKeyId ... SessionToken, Expiration */
extern const struct creds_members
    creds_members_host; /* with Token instead: from a local endpoint */
/* ERR_CREDENTIALS for a missing member; the message contains no value. */
CHECKED int creds_from_json(const json_t *o, const struct creds_members *m, struct creds *out,
                            struct err *e);

/* Parses "2026-01-02T03:04:05Z", also with a fraction, an offset, a space or "UTC"; -1: invalid. */
int64_t when_parse(const char *text);
/* "YYYY-MM-DDTHH:MM:SSZ", for the caller to free. */
char *when_text(int64_t wall_ms);

/* expiresIn (seconds) of a token endpoint's reply, in milliseconds; 0: absent. */
int64_t expires_in_ms(const json_t *reply);

/* Reads a JSON object from AWS's cache; NULL without an error if there is none or it is invalid. */
json_t *cache_read(const char *path);
/* Writes atomically; only the owner may read the file. */
CHECKED int cache_write(const char *path, const json_t *value, struct err *e);

#endif
