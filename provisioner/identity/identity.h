/* identity.h: finds AWS credentials; the providers are tried in botocore's order.
 * https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html */
#ifndef FIFOQ_IDENTITY_H
#define FIFOQ_IDENTITY_H

#include "aws.h"
#include "identity/shared_config.h"

struct identity_options {
    const struct shared_config *files; /* borrowed */
    const char *profile; /* --profile; NULL: AWS_DEFAULT_PROFILE, AWS_PROFILE, "default" */
    const struct aws_options
        *aws; /* for calls to STS and the like; borrowed, but for region (copied) and endpoint_url
                 (ignored, like in AWS's own tools) */
    struct http *http;  /* borrowed */
    bool (*stop)(void); /* NULL: never */
    /* Prompts without echo. Returns a new string (free_cleansed), or NULL without a terminal or an
     * answer. The pointer itself is NULL where no prompt is possible. */
    char *(*ask_code)(const char *question);
};

/* Constant after identity_new, except for the flag that identity_renew sets. */
struct identity;

struct identity *identity_new(const struct identity_options *o);
void identity_free(struct identity *id); /* NULL is fine */

/* Tries the providers (creds_find). ERR_CREDENTIALS: a named profile was not found, a provider that
 * applies failed, the credentials are expired, or no provider applies. In the last case the message
 * has one line per provider.
 */
CHECKED int identity_find(struct identity *id, struct creds *out, struct err *e);
/* The same as struct aws's renew callback: arg is the identity. Never prompts for a code. */
int identity_renew(void *arg, struct creds *out, struct err *e);

/* The profile from --profile (given) or the environment; borrowed. NULL: use "default". */
const char *identity_profile(const char *given);

#endif
