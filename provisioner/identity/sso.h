/* sso.h: between the two halves of SSO: the role's credentials, and the token that gives them. */
#ifndef FIFOQ_SSO_H
#define FIFOQ_SSO_H

#include "identity/providers.h"

/* What a profile says; all borrowed. */
struct sso {
    const char *session; /* NULL: the form of before sso-session */
    const char *start_url, *region, *role, *account;
};

/* The cached token of 'aws sso login', refreshed when it ends within 15 minutes and the session's
 * form allows it; the caller's. ERR_CREDENTIALS: there is none, or it has ended. */
CHECKED int sso_token(const struct asking *a, const struct sso *s, char **token, struct err *e);
/* ERR_CREDENTIALS with what to run. */
int sso_login_needed(const struct asking *a, const char *why, struct err *e);

#endif
