/* account.h: what an account allows, beyond its resources. */
#ifndef FIFOQ_ACCOUNT_H
#define FIFOQ_ACCOUNT_H

#include "aws.h"

/* Lambda's executions at once: of the account and region, and those that no function has reserved.
 */
struct account_limits {
    json_int_t executions, unreserved;
};

/* Asks once: this is worth no wait. Many policies and most emulators do not know the call. */
CHECKED int account_limits_read(struct aws *a, struct account_limits *out, struct err *e);

#endif
