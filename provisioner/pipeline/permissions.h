/*
 * permissions.h: the actions that each command may call. One table: the client refuses any other
 * action, and `fifoq policy` prints it as an IAM policy.
 */
#ifndef FIFOQ_PIPELINE_PERMISSIONS_H
#define FIFOQ_PIPELINE_PERMISSIONS_H

#include "aws.h"
#include "pipeline/pipeline.h"

/* For struct aws. A command that permissions.c does not list (or NULL) may call nothing. */
const struct aws_permits *permissions_of(const char *command);

/* The commands that permissions_policy knows: "up, drift, ...". The caller frees it. */
char *permissions_commands(void);

/*
 * The minimal IAM policy of a command; *out is a new document. a: only its partition, region and
 * account are used; the last two may be "*". ERR_USAGE: unknown command.
 */
CHECKED int permissions_policy(const char *command, const struct config *c, const struct aws *a,
                               json_t **out, struct err *e);

/* The size limits of a managed policy and of a role's inline policies, in characters without white
 * space.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
enum { POLICY_MANAGED_MAX = 6144, POLICY_INLINE_MAX = 10240 };

#endif
