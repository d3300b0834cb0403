/* aws_wire.h: what aws_call and the protocols exchange: a call on the wire, and its answer. */
#ifndef FIFOQ_AWS_WIRE_H
#define FIFOQ_AWS_WIRE_H

#include "aws.h"

enum { AWS_MORE_HEADERS = 4 };

/* A call before it is signed; the same for every attempt. Zeroed is empty. */
struct aws_wire {
    const char *method;       /* static */
    const char *content_type; /* static; NULL: none */
    char *target;             /* path and query, as sent: "/2015-03-31/functions/f?Qualifier=1" */
    char *amz_target;         /* X-Amz-Target; NULL: none */
    struct http_header more[AWS_MORE_HEADERS]; /* values borrowed from the parameters */
    size_t n_more;
    char *body; /* NULL: none */
    size_t body_len;
};
void aws_wire_done(struct aws_wire *w); /* cleanses: parameters hold secrets */

/*
 * in: an answer as the codec gave it, an object; text: its scalars are texts (XML). *out is the
 * caller's: the members that fifoq reads, each of its type, the needed ones present; null members
 * are left out. A mismatch is ERR_PARSE, a part that AWS kept back ERR_AWS. The answer of an action
 * without a shape is returned unchanged. No message holds a value of the answer.
 */
CHECKED int aws_answer_read(const struct aws_service *s, const char *action, const json_t *in,
                            bool text, json_t **out, struct err *e);

struct aws_codec {
    bool text; /* answers hold texts only */
    /* *w is zeroed; the caller ends it, also on failure. */
    int (*encode)(const struct aws_service *s, const char *action, const json_t *params,
                  struct aws_wire *w, struct err *e);
    /* For 2xx answers. *reply is the caller's, an object. */
    int (*decode)(const struct aws_service *s, const char *action, const struct http_response *r,
                  json_t **reply, struct err *e);
};

/* Compact JSON in one block of the right size, for packages of some MB. Freed with free_cleansed.
 */
char *aws_json_body(const json_t *value, size_t *len);

/* Ends messages about answers that are not AWS's. */
#define AWS_SOMEBODY_ELSE "check for a proxy, or another service at the endpoint"

/* The object in an answer's body, {} when there is none. */
CHECKED int aws_json_object(const struct http_response *r, json_t **reply, struct err *e);
/* A string, integer or boolean as text for a query or form, the caller's; NULL for anything else.
 */
char *aws_scalar_text(const json_t *value);

extern const struct aws_codec aws_rest_codec;

/* A REST-JSON action: how its parameters are mapped to path, query, headers and body. */
struct aws_binding {
    const char *wire,
        *member; /* the name on the wire, the parameter; a row without names ends a list */
};
struct aws_rest_action {
    const char *action;
    const char *method;
    const char *path;                          /* "{Member}" is that member, percent-encoded */
    const struct aws_binding *query, *headers; /* NULL: none; the rest is the body */
    const char *payload; /* this member alone is the body, and an answer's body is this member;
                            NULL: none */
};
const struct aws_rest_action *aws_rest_action_find(const char *action); /* NULL: unknown */

/* True if the code is one of the service's own (table in lib/aws_actions.c) for what does not
 * exist. */
bool aws_code_not_found(const struct aws_service *s, const char *code);

/* How an action returns its lists page by page. */
struct aws_pages {
    const char *service, *action;
    const char *ask;  /* the parameter for the token */
    const char *more; /* where the reply has the next token (names separated by dots) */
    const char *list; /* the reply's member that aws_call_whole collects; NULL: none */
};
const struct aws_pages *aws_pages_find(const char *service,
                                       const char *action); /* NULL: in one answer */

/* Reads an answer without success: AWS's error forms, or whatever it is instead. provider: of the
 * credentials that signed the call, NULL: none. Fills *e; returns -1. */
int aws_error(const struct aws *a, const struct aws_service *s, const char *action,
              const char *provider, const struct http_response *r, struct err *e);
/* The pure part, for tests and fuzzing: every string is "" when the answer does not say. */
struct aws_fault {
    char code[96];
    char message[700]; /* one line; what AWS computed from our request's headers is left out */
    char request_id[64];
};
void aws_fault_read(const struct http_response *r, struct aws_fault *f);
void aws_request_id(const struct http_response *r, char *out, size_t size);

/* XML as JSON: an object with one member, the root element. Lists of <member>s are arrays, maps of
 * <entry>s objects, everything else is text. */
CHECKED int aws_xml_parse(const char *text, size_t n, json_t **out, struct err *e);

#endif
