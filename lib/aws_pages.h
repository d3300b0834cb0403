/* aws_pages.h: calls side by side, and lists that come in pages. */
#ifndef FIFOQ_AWS_PAGES_H
#define FIFOQ_AWS_PAGES_H

#include "aws_call.h"

/* Several aws_call_whole in parallel. Each ask has its own reply or error; params are taken over.
 */
struct aws_ask {
    const struct aws_service *service;
    const char *action;
    json_t *params; /* owned by the ask */
    json_t *reply;  /* owned by the ask */
    struct err err; /* code ERR_OK on success */
};
void aws_call_all(struct aws *a, struct aws_ask *asks, size_t n);
void aws_asks_done(struct aws_ask *asks, size_t n);
/* 0 when ask succeeded or failed with ERR_NOT_FOUND (reply is NULL then); else -1 with its error in
 * *e. */
CHECKED int aws_ask_check(const struct aws_ask *ask, struct err *e);

/* All pages of a list: calls until no token is returned and returns one array of all `list`
 * elements (the caller's). The paging members of an action are a row in lib/aws_actions.c. */
CHECKED int aws_call_pages(struct aws *a, const struct aws_service *s, const char *action,
                           const json_t *params, const char *list, json_t **all, struct err *e);

/* aws_call; the reply's list has the elements of all pages, where the action's row names one. */
CHECKED int aws_call_whole(struct aws *a, const struct aws_service *s, const char *action,
                           const json_t *params, json_t **reply, struct err *e);

#endif
