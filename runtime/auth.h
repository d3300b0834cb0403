/* auth.h: how a request proves its origin: the settings, and what they add to a request. No network
 * here. */
#ifndef FIFOQ_AUTH_H
#define FIFOQ_AUTH_H

#include "settings_rows.h"

struct destination_request; /* destination.h */
struct outgoing;

/*
 * auth: the member of that name in a destination's settings: NULL, null, or an object with one
 * kind. roots: what its templates may hold; some kinds are the same for every message and take only
 * `param`, which comes last of them. *out needs auth_done in either case. ERR_CONFIG.
 */
CHECKED int auth_parse(const json_t *auth, const struct template_root *roots, struct auth *out,
                       struct err *e);
void auth_done(struct auth *a);
/* Templates that hold what a destination's templates hold; those of a signature are not included.
 */
void auth_each_template(const struct auth *a, void (*fn)(void *arg, const struct template *t),
                        void *arg);

/* The kind asks for a token first (tokens.h), and gets it in outgoing.token. */
bool auth_wants_token(const struct auth *a);

/*
 * Adds to a request that is finished but for its authentication; values: what templates see.
 * ERR_CREDENTIALS: the settings or parameters cannot be used, whatever the message is.
 * ERR_NOT_FOUND or ERR_PARSE: this message cannot be sent. e never holds a value.
 */
CHECKED int auth_apply(const struct auth *a, const struct outgoing *m, const json_t *values,
                       struct destination_request *out, struct err *e);

#endif
