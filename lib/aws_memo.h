/* aws_memo.h: one look at AWS. While it lasts, no question is asked twice: the rows of a function's
 * permissions all read the same policy. */
#ifndef FIFOQ_AWS_MEMO_H
#define FIFOQ_AWS_MEMO_H

#include "aws.h"
#include "aws_pages.h"

#include <jansson.h>

struct aws_memo; /* shared by all threads */

struct aws_memo *aws_memo_new(void);
void aws_memo_free(struct aws_memo *m); /* once no thread asks any more; NULL is fine */
/* Ends the look: all questions are asked again. Once no thread asks any more; NULL is fine. */
void aws_memo_forget(struct aws_memo *m);

/*
 * aws_call_whole, for actions that only read. A question already in flight is not asked again:
 * later callers share its answer or failure. A failure other than ERR_NOT_FOUND is not kept: later
 * callers ask again. *reply (may be NULL) is the caller's own copy.
 */
CHECKED int aws_memo_call(struct aws_memo *m, struct aws *a, const struct aws_service *s,
                          const char *action, const json_t *params, json_t **reply, struct err *e);

/* Adds an answer to a question, as if it had been asked; borrows params and reply. m may be NULL.
 */
void aws_memo_tell(struct aws_memo *m, const struct aws_service *s, const char *action,
                   const json_t *params, const json_t *reply);
/* The answer, a new reference, without asking AWS; NULL: none is known. m may be NULL. */
json_t *aws_memo_recall(struct aws_memo *m, const struct aws_service *s, const char *action,
                        const json_t *params);

/* aws_call_all with the memo. m may be NULL: then it is aws_call_all. Asks that do not only read
 * are not shared. */
void aws_memo_all(struct aws_memo *m, struct aws *a, struct aws_ask *asks, size_t n);

#endif
