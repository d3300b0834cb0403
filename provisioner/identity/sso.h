/* sso.h: shared by the two halves of SSO: the role's credentials, and the token for them. */
#ifndef FIFOQ_SSO_H
#define FIFOQ_SSO_H

#include "identity/providers.h"

/* A profile's settings; all borrowed. */
struct sso {
    const char *session; /* NULL: the old form without an sso-session */
    const char *start_url, *region, *role, *account;
};

/* The cached token of 'aws sso login', for the caller to free; refreshed if it expires within 15
 * minutes and the session can be refreshed. ERR_CREDENTIALS: missing or expired. */
CHECKED int sso_token(const struct asking *a, const struct sso *s, char **token, struct err *e);
/* Sets ERR_CREDENTIALS with the command to run. */
int sso_login_needed(const struct asking *a, const char *why, struct err *e);

#endif
