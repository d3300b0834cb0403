/* identity.h: who we are on AWS: the providers of credentials, in botocore's order.
 * https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html */
#ifndef FIFOQ_IDENTITY_H
#define FIFOQ_IDENTITY_H

#include "aws.h"
#include "identity/shared_config.h"

struct identity_options {
    const struct shared_config *files; /* borrowed */
    const char *profile; /* --profile; NULL: AWS_DEFAULT_PROFILE, AWS_PROFILE, "default" */
    const struct aws_options
        *aws;           /* for calls to STS and the like; all but region and endpoint_url,
                           which is left out as in AWS's own tools, is borrowed */
    struct http *http;  /* borrowed */
    bool (*stop)(void); /* NULL: never */
    /* Asks somebody without showing what is typed: a new string (free_cleansed), NULL: nobody is
     * there, or nothing was given. NULL: there is nobody to ask. */
    char *(*ask_code)(const char *question);
};

/* Constant once made, but for the memory that it asked for a code. */
struct identity;

struct identity *identity_new(const struct identity_options *o);
void identity_free(struct identity *id); /* NULL is fine */

/*
 * Asks the providers (creds_find). ERR_CREDENTIALS: a profile that was asked for by name and is not
 * there, a provider that applies and is broken, credentials that have ended, or none at all: then
 * the message has one line for each provider.
 */
CHECKED int identity_find(struct identity *id, struct creds *out, struct err *e);
/* The same for struct aws's renew: arg is the identity. Nobody is asked for a code. */
int identity_renew(void *arg, struct creds *out, struct err *e);

/* The profile that these options and the environment name; borrowed; NULL: none, so "default". */
const char *identity_profile(const char *given);

#endif
