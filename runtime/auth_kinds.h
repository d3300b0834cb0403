/* auth_kinds.h: what the kinds of authentication are made of: one file each, and a row each in
 * contract.c. */
#ifndef FIFOQ_AUTH_KINDS_H
#define FIFOQ_AUTH_KINDS_H

#include "destination.h"

struct auth_job {
    const struct auth *auth;
    const struct outgoing *m;
    const json_t *values;
    struct destination_request *out;
};

typedef int auth_apply_fn(const struct auth_job *j, struct err *e);

/* A template of a member: number i of its list or map, 0 for one alone. */
struct auth_part {
    const struct auth *auth;
    size_t member, i;
    enum template_use use;
};

/* Appends it, rendered; nothing when it is absent. */
CHECKED int auth_render(const struct auth_part *p, const json_t *values, struct buf *out,
                        struct err *e);

/* auth_mtls.c: the client certificate and its key, checked; NULL for both without mtls. The
 * caller's (free_cleansed). ERR_CREDENTIALS. */
CHECKED int client_pair(const struct auth *mtls, const json_t *values, char **certificate,
                        char **key, struct err *e);
/* ca.c: certificates of authorities as PEM, checked. The caller's (free_cleansed).
 * ERR_CREDENTIALS. */
CHECKED int ca_bundle(const struct template *ca, const json_t *values, char **out, struct err *e);

auth_apply_fn auth_bearer, auth_basic, auth_header, auth_query; /* auth_static.c */
auth_apply_fn auth_hmac, auth_mtls, auth_oauth2, auth_sigv4;    /* a file each */

#endif
