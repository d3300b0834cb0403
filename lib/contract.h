/*
 * contract.h: the words that the provisioner writes and the runtime reads. They are defined here
 * once; both programs walk these tables. The members of settings.json are in settings_rows.h.
 */
#ifndef FIFOQ_CONTRACT_H
#define FIFOQ_CONTRACT_H

#include "template.h"

/* Lists of words end with NULL. A word's number is its place in its list; the first is the default
 * where there is one. */
int word_number(const char *const *words, const char *word); /* -1: unknown, or NULL */
void words_put(const char *const *words, struct buf *out);   /* "block, dead-letter, drop" */

/* eventName of a stream record: word number i is the bit 1 << i. */
enum { EVENT_INSERT = 1, EVENT_MODIFY = 2, EVENT_REMOVE = 4 };
extern const char *const event_words[];
unsigned event_bit(const char *name); /* 0: unknown, or NULL */
json_t *event_names(unsigned events); /* in the order of the words; the caller's */

enum on_reject { REJECT_BLOCK, REJECT_DEAD_LETTER, REJECT_DROP };
extern const char *const reject_words[];

enum ingest_order {
    ORDER_STRICT, /* a record is sent after the answer for the one before it in its group */
    ORDER_BATCH   /* up to ten records of a group in one call, in their order */
};
extern const char *const order_words[];

enum body_type { BODY_JSON, BODY_FORM, BODY_TEXT, BODY_XML };
extern const char *const body_type_words[];

extern const char *const log_level_words[]; /* by enum log_level */

/* The roots that a text's ${...} may use. destination_roots ends with `param`, whose members are
 * the configuration's parameters; `members` NULL: any steps. */
enum { DESTINATION_ROOTS = 7 }; /* with the end */
extern const struct template_root ingest_roots[];
extern const struct template_root destination_roots[DESTINATION_ROOTS];
/* parameters: their names, ended by NULL; borrowed. */
void destination_roots_fill(struct template_root out[static DESTINATION_ROOTS],
                            const char *const *parameters);
/* The end of destination_roots: `param` alone, for what is the same for every message. */
const struct template_root *param_roots(const struct template_root *roots);
bool root_is_value(const struct template_root *root); /* it has no steps */
/* Sample values for each root that is one value or has named members; an object, the caller's. */
json_t *roots_sample(const struct template_root *roots);

/* Time. */
enum {
    LEASE_MARGIN_S = 30,  /* a message stays hidden this much longer than a run may last */
    SEND_MARGIN_S = 2,    /* no request may last into a run's last seconds */
    START_MARGIN_S = 1,   /* a run begins slightly late */
    INGEST_TIMEOUT_S = 60 /* of the function */
};

/* Authentication. */
enum {
    AUTH_MEMBERS = 9, /* of one kind, at most */
    AUTH_HEADERS = 6, /* added to a request by one kind, at most */
};

enum auth_type {
    AUTH_TEXT,      /* without placeholders */
    AUTH_TEMPLATE,  /* one string that may hold placeholders */
    AUTH_TEMPLATES, /* a list of 1 to 10 of them */
    AUTH_MAP,       /* name -> template, at most 20 */
};

enum {
    AUTH_OPTIONAL = 1, /* may be null or absent */
    AUTH_SECRET = 2,   /* a literal secret is refused: it must hold ${param.NAME} */
    AUTH_LINES = 4,    /* may end with a line break: PEM, and a key's bytes */
    AUTH_NAME = 8,     /* a header's name (RFC 9110), or of a map its names */
    AUTH_URL = 16,     /* begins with http:// or https:// */
};

struct auth_member {
    const char *name; /* "": the kind's value is a string itself */
    enum auth_type type;
    unsigned flags;
    const char *const *words;          /* AUTH_TEXT: its values; NULL: anything but "" */
    const struct template_root *roots; /* the roots of its templates; NULL: those of the kind */
};

struct auth_kind {
    const char *name;
    bool only_param;  /* the same for every message: only ${param.NAME} in its templates */
    bool wants_token; /* requests a token first */
    const char *headers[AUTH_HEADERS + 1];    /* that it adds, with fixed names */
    struct auth_member members[AUTH_MEMBERS]; /* ended by one without name */
};

enum {
    AUTH_BEARER,
    AUTH_BASIC,
    AUTH_HEADER,
    AUTH_QUERY,
    AUTH_OAUTH2,
    AUTH_HMAC,
    AUTH_MTLS,
    AUTH_SIGV4,
    AUTH_KINDS
};
extern const struct auth_kind auth_kinds[AUTH_KINDS];
const struct auth_kind *auth_kind_find(const char *name); /* NULL: unknown */
void auth_kinds_put(struct buf *out);                     /* "bearer, basic, ..." */

/* The members, in the order of their kind's table. */
enum { BASIC_USERNAME, BASIC_PASSWORD };
enum { NAMED_NAME, NAMED_VALUE }; /* of header and query */
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
enum { SIGV4_SERVICE, SIGV4_REGION };

enum oauth2_style { STYLE_BASIC, STYLE_BODY, STYLE_TLS };
extern const char *const oauth2_styles[];
enum hmac_algorithm { HMAC_SHA256, HMAC_SHA1, HMAC_SHA512 };
extern const char *const hmac_algorithms[];
enum hmac_encoding { HMAC_HEX, HMAC_BASE64 };
extern const char *const hmac_encodings[];

#endif
