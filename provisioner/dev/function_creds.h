/* function_creds.h: the credentials that a function's process was started with, and whether there
 * are others by now. */
#ifndef FIFOQ_DEV_FUNCTION_CREDS_H
#define FIFOQ_DEV_FUNCTION_CREDS_H

#include "aws.h"
#include "dev/say.h"

struct function_creds {
    struct aws *aws; /* borrowed; NULL: nobody gives any */
    struct say *say; /* borrowed: a renewal that fails is told, once as long as it fails alike */
    const char *who;
    pthread_mutex_t lock; /* of what follows */
    struct creds held;    /* zeroed: none */
    struct say_repeat failures;
};

void function_creds_init(struct function_creds *c, struct aws *aws, struct say *say,
                         const char *who);
void function_creds_done(struct function_creds *c); /* cleanses */

/* Puts what is valid now into a process's environment (environment_credentials), and remembers it.
 * When nothing is, the environment stays as it is. */
void function_creds_take(struct function_creds *c, char ***env);
/* There are other ones now than were taken: another key, secret or token. */
bool function_creds_changed(struct function_creds *c);

#endif
