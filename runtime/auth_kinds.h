/* auth_kinds.h: what the kinds of authentication are made of; one file each, one row each in
 * auth.c. */
#ifndef FIFOQ_AUTH_KINDS_H
#define FIFOQ_AUTH_KINDS_H

#include "destination.h"

enum auth_type {
    AUTH_TEXT,      /* as it stands */
    AUTH_TEMPLATE,  /* one string that may hold placeholders */
    AUTH_TEMPLATES, /* a list of 1 to 10 of them */
    AUTH_MAP,       /* name -> template, at most 20 */
};

struct auth_member {
    const char *name; /* "": the kind's value is a string itself */
    enum auth_type type;
    bool optional;
    bool (*fits)(const char *text);    /* AUTH_TEXT, and the names of AUTH_MAP; NULL: not empty */
    const struct template_root *roots; /* what its templates hold; NULL: as the kind's others */
};

struct auth_job {
    const struct auth *auth;
    const struct outgoing *m;
    const json_t *values;
    struct destination_request *out;
};

typedef int auth_apply_fn(const struct auth_job *j, struct err *e);

struct auth_kind {
    const char *name;
    auth_apply_fn *apply;
    bool by_param_only; /* the same for every message */
    bool wants_token;
    struct auth_member members[AUTH_MEMBERS]; /* ended by one without name */
};

/* Appends the member's template (number i of its list), rendered; nothing when it is absent. */
CHECKED int auth_render(const struct auth *a, const json_t *values, size_t member, size_t i,
                        enum template_use use, struct buf *out, struct err *e);

/* The members as auth.c lists them. */
enum { BASIC_USERNAME, BASIC_PASSWORD };
enum { NAMED_NAME, NAMED_VALUE };
enum {
    HMAC_SECRETS,
    HMAC_HEADER,
    HMAC_ALGORITHM,
    HMAC_ENCODING,
    HMAC_SIGNED,
    HMAC_VALUE,
    HMAC_TIMESTAMP
};
enum { MTLS_CERTIFICATE, MTLS_KEY };
enum {
    OAUTH2_TOKEN_URL,
    OAUTH2_ID,
    OAUTH2_SECRET,
    OAUTH2_SCOPE,
    OAUTH2_AUDIENCE,
    OAUTH2_STYLE,
    OAUTH2_FORM,
    OAUTH2_HEADERS,
    OAUTH2_CA
};
enum { SIGV4_SERVICE, SIGV4_REGION };

/* auth_mtls.c: the client certificate and its key, checked; NULL for both without mtls. The
 * caller's (free_cleansed). ERR_CREDENTIALS. */
CHECKED int client_pair(const struct auth *mtls, const json_t *values, char **certificate,
                        char **key, struct err *e);
/* ca.c: certificates of authorities as PEM, checked. The caller's (free_cleansed).
 * ERR_CREDENTIALS. */
CHECKED int ca_bundle(const struct template *ca, const json_t *values, char **out, struct err *e);

/* auth_hmac.c: what HMAC_SIGNED and HMAC_VALUE may hold */
extern const struct template_root hmac_signed_roots[], hmac_value_roots[];
bool hmac_is_algorithm(const char *text);
bool hmac_is_encoding(const char *text);

auth_apply_fn auth_bearer, auth_basic, auth_header, auth_query; /* auth_static.c */
auth_apply_fn auth_hmac, auth_mtls, auth_oauth2, auth_sigv4;    /* a file each */

#endif
