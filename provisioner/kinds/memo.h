/* memo.h: one look at AWS. While it lasts, what was asked already is not asked again: the rows of a
 * function's permissions all read the same policy. */
#ifndef FIFOQ_MEMO_H
#define FIFOQ_MEMO_H

#include "aws.h"

struct memo; /* shared by all threads */

struct memo *memo_new(void);
void memo_free(struct memo *m); /* once no thread asks any more; NULL is fine */

/*
 * aws_call_whole, for actions that only read. Who asks what another one is asking right now waits
 * for that answer, or for that failure. A failure is not kept: who comes later asks again. *reply
 * (may be NULL) is the caller's own copy.
 */
CHECKED int memo_call(struct memo *m, struct aws *a, const struct aws_service *s,
                      const char *action, const json_t *params, json_t **reply, struct err *e);

#endif
