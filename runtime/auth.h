/* auth.h: how a destination knows us: its settings, and what a request gets by them. No network
 * here. */
#ifndef FIFOQ_AUTH_H
#define FIFOQ_AUTH_H

#include "contract.h"

struct destination_request; /* destination.h */
struct outgoing;

struct auth_value {
    char *text;                  /* a member that is no template; NULL: absent */
    struct template **templates; /* the others: one, a list, or a map's values */
    char **names;                /* of a map; else NULL */
    size_t n_templates;
};

struct auth {
    const struct auth_kind *kind;           /* NULL: none */
    struct auth_value values[AUTH_MEMBERS]; /* in the order of the kind's members */
    bool by_message; /* a value depends on the message, so that it can be the message's fault */
};

/*
 * auth: the member of that name in a destination's settings: NULL, null, or an object with one
 * kind. roots: what its templates may hold; some kinds are the same for every message and take only
 * `param`, which comes last of them. *out needs auth_done in either case. ERR_CONFIG.
 */
CHECKED int auth_parse(const json_t *auth, const struct template_root *roots, struct auth *out,
                       struct err *e);
void auth_done(struct auth *a);
/* Those that hold what a destination's templates hold; a signature's own are not among them. */
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
