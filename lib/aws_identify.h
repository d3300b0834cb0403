/* aws_identify.h: who the credentials belong to. */
#ifndef FIFOQ_AWS_IDENTIFY_H
#define FIFOQ_AWS_IDENTIFY_H

#include "aws.h"

/* sts:GetCallerIdentity; fills a->account and partition. *arn (may be NULL) is the caller's to
 * free. */
CHECKED int aws_identify(struct aws *a, char **arn, struct err *e);
/* The same with the identity; each string is the caller's to free.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
struct aws_caller {
    char *arn, *user_id;
};
CHECKED int aws_caller_read(struct aws *a, struct aws_caller *out, struct err *e);
void aws_caller_done(struct aws_caller *c);

#endif
