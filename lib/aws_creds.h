/* aws_creds.h: the client's credentials over time, renewed before they expire. */
#ifndef FIFOQ_AWS_CREDS_H
#define FIFOQ_AWS_CREDS_H

#include "aws.h"

/* A copy of the current credentials, the caller's (creds_done); renewed first when they expire
 * within 15 minutes. A failed renewal is an error (ERR_CREDENTIALS) only once they have expired. */
CHECKED int aws_creds_now(struct aws *a, struct creds *out, struct err *e);
/* After AWS said that these have expired: 0 when there are others now. For some seconds after a
 * failed renewal both functions fail at once, so that waiting calls do not retry one after another.
 */
CHECKED int aws_creds_renew(struct aws *a, const struct creds *ended, struct err *e);

#endif
