/* environment.h: the environment of both functions: endpoints, proxies and credentials, nothing
 * else of fifoq's own. */
#ifndef FIFOQ_DEV_ENVIRONMENT_H
#define FIFOQ_DEV_ENVIRONMENT_H

#include "aws.h"

/* NULL-terminated "NAME=value" strings for processes that use the same endpoints as `a`, without
 * credentials. */
char **environment_make(const struct aws *a);
/* Replaces the credentials in *env, if any. *env owns its strings and may be reallocated. */
void environment_credentials(char ***env, const struct creds *c);
/* Cleanses and frees; NULL is fine. */
void environment_free(char **env);

#endif
