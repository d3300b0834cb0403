/* environment.h: the environment that both functions get: endpoints, proxies, credentials, and
 * nothing else of ours. */
#ifndef FIFOQ_DEV_ENVIRONMENT_H
#define FIFOQ_DEV_ENVIRONMENT_H

#include "aws.h"

/* NULL-terminated "NAME=value" strings for processes that call AWS where `a` does, still without
 * credentials. */
char **environment_make(const struct aws *a);
/* Puts these credentials in the place of those that may be there; the strings of the list are its
 * own, and it may move. */
void environment_credentials(char ***env, const struct creds *c);
/* Cleanses and frees; NULL is fine. */
void environment_free(char **env);

#endif
