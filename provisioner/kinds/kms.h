/*
 * kms.h: the rights of the two roles on customer-managed keys. Keys of AWS itself (alias/aws/...)
 * need none: their own policy allows every user of the service.
 */
#ifndef FIFOQ_KMS_H
#define FIFOQ_KMS_H

#include "aws_pages.h"
#include "kinds/kind.h"
#include "kinds/kinds.h"

/* The number of requests that role_keys_ask adds. */
size_t role_keys_count(const struct role_keys *k);
/* Fills asks, which has room for them; the caller sends them together with others. */
void role_keys_ask(const struct ctx *c, const struct role_keys *k, struct aws_ask *asks);
/* *statements: a new array of policy statements for the keys in the answers. -1 with *e when a key
 * cannot be read. A resource that does not exist has no key. */
CHECKED int role_keys_take(const struct ctx *c, const struct role_keys *k,
                           const struct aws_ask *asks, json_t **statements, struct err *e);

/*
 * A new statement: `actions` on `keys` (an array) through `services`. Actions and services are
 * separated by spaces. A key is an ARN, an id in this account and region, or an alias, which
 * becomes the condition kms:ResourceAliases. NULL when no key needs rights.
 */
json_t *kms_statement(const struct aws *a, const char *sid, const char *services,
                      const char *actions, const json_t *keys);

#endif
