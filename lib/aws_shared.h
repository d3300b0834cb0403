/*
 * aws_shared.h: answers about a whole account and region, for a run that reads many pipelines. A
 * question about one name ("rules that begin with P-") is answered from one list of all, which is
 * asked once. For reads that may be as old as the run.
 */
#ifndef FIFOQ_AWS_SHARED_H
#define FIFOQ_AWS_SHARED_H

#include "aws.h"

/* Of one client; any thread may use it. */
struct aws_shared *aws_shared_new(void);
void aws_shared_free(struct aws_shared *shared); /* NULL is fine */

/* Like aws_call: true with *rc, and *reply (may be NULL) or *e. False: this question is not
 * answered from a list, or the list cannot be read, so ask AWS. */
bool aws_shared_answers(struct aws *a, const struct aws_service *s, const char *action,
                        const json_t *params, json_t **reply, int *rc, struct err *e);

#endif
