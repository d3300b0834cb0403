/* environment.h: the environment that both functions get: credentials, endpoints, proxies, and
 * nothing else of ours. */
#ifndef FIFOQ_DEV_ENVIRONMENT_H
#define FIFOQ_DEV_ENVIRONMENT_H

#include "aws.h"

/* NULL-terminated "NAME=value" strings for processes that call AWS as `a` does. */
char **environment_make(const struct aws *a);
/* Cleanses and frees; NULL is fine. */
void environment_free(char **env);

#endif
