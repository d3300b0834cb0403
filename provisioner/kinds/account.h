/* account.h: the limits of an account. */
#ifndef FIFOQ_ACCOUNT_H
#define FIFOQ_ACCOUNT_H

#include "aws.h"

/* Lambda's concurrent executions: those of the account in the region, and those that no function
 * has reserved. */
struct account_limits {
    json_int_t executions, unreserved;
};

/* Does not retry: many policies and most emulators do not know the call. */
CHECKED int account_limits_read(struct aws *a, struct account_limits *out, struct err *e);

#endif
