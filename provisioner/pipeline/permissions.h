/*
 * permissions.h: what each command may ask of AWS. One table: the client refuses what is not in it,
 * and `fifoq policy` prints it as an IAM policy.
 */
#ifndef FIFOQ_PIPELINE_PERMISSIONS_H
#define FIFOQ_PIPELINE_PERMISSIONS_H

#include "aws.h"
#include "pipeline/pipeline.h"

/* For struct aws. A command that permissions.c does not list (or NULL) may call nothing. */
const struct aws_permits *permissions_of(const char *command);

/* The commands that permissions_policy knows: "up, drift, ..."; the caller's. */
char *permissions_commands(void);

/*
 * The least that a command needs, as an IAM policy document; the caller's. a is only read for
 * names: its partition, region and account, of which the last two may be "*". ERR_USAGE: no such
 * command.
 */
CHECKED int permissions_policy(const char *command, const struct config *c, const struct aws *a,
                               json_t **out, struct err *e);

/* What fits into a managed policy and into the inline policies of a role, in characters without
 * white space.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
enum { POLICY_MANAGED_MOST = 6144, POLICY_INLINE_MOST = 10240 };

#endif
