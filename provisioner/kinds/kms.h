/*
 * kms.h: what the two roles may do with customer-managed keys. Keys of AWS itself (alias/aws/...)
 * need nothing: their own policy allows whoever may use the service.
 */
#ifndef FIFOQ_KMS_H
#define FIFOQ_KMS_H

#include "kinds/kind.h"
#include "kinds/specs.h"

/* How many questions role_keys_ask adds. */
size_t role_keys_count(const struct role_keys *k);
/* They go out with others; asks has room for them. */
void role_keys_ask(const struct ctx *c, const struct role_keys *k, struct aws_ask *asks);
/* What they learned, as statements of a policy; an array, the caller's. -1 with *e when a key
 * cannot be seen. What does not exist has no key. */
CHECKED int role_keys_take(const struct ctx *c, const struct role_keys *k,
                           const struct aws_ask *asks, json_t **statements, struct err *e);

/*
 * One statement: `actions` on `keys` (an array) through `services` (both words with blanks
 * between). A key is an ARN, an id of this account and region, or an alias, which IAM knows by the
 * condition kms:ResourceAliases. NULL when none of them needs anything.
 */
json_t *kms_statement(const struct aws *a, const char *sid, const char *services,
                      const char *actions, const json_t *keys);

#endif
