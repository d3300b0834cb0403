/* function_creds.h: the credentials of a function's process, and whether they have changed since
 * its start. */
#ifndef FIFOQ_DEV_FUNCTION_CREDS_H
#define FIFOQ_DEV_FUNCTION_CREDS_H

#include "aws.h"
#include "dev/say.h"

struct function_creds {
    struct aws *aws; /* borrowed; NULL: no credentials */
    struct say *say; /* borrowed; repeated identical failures are reported once */
    const char *who;
    pthread_mutex_t lock; /* protects the members below */
    struct creds held;    /* zeroed: none */
    struct say_repeat failures;
};

void function_creds_init(struct function_creds *c, struct aws *aws, struct say *say,
                         const char *who);
void function_creds_done(struct function_creds *c); /* cleanses */

/* Puts the current credentials into a process's environment (environment_credentials) and remembers
 * them. Without valid credentials, the environment is unchanged. */
void function_creds_take(struct function_creds *c, char ***env);
/* True if key, secret or token differ from the remembered ones. */
bool function_creds_changed(struct function_creds *c);

#endif
