/* destination.h: an HTTP API that messages go to: its settings, and the request for a message. No
 * network here. */
#ifndef FIFOQ_DESTINATION_H
#define FIFOQ_DESTINATION_H

#include "http.h"
#include "json.h"
#include "template.h"

enum auth_kind { AUTH_NONE, AUTH_BEARER, AUTH_BASIC, AUTH_HEADER, AUTH_QUERY };

struct destination_auth {
    enum auth_kind kind;
    char *name;                /* header, query: its name */
    struct template *value;    /* bearer, header, query; basic: the user's name */
    struct template *password; /* basic */
};

struct destination_header {
    char *name;
    struct template *value;
};

struct destination {
    char *name, *method;
    struct template *url;
    struct template *body; /* NULL: the message */
    struct destination_header *headers;
    size_t n_headers;
    struct destination_auth auth;
    long timeout_ms;
    int (*success)[2]; /* statuses, from and to */
    size_t n_success;
    char *idempotency_header; /* NULL: none */
};

/* parameters: the names that ${param.NAME} may have, ended by NULL. *out needs destination_done in
 * either case. */
CHECKED int destination_parse(const json_t *o, const char *const *parameters,
                              struct destination *out, struct err *e);
void destination_done(struct destination *d);

/* Adds the names of the parameters that the destination's templates use to the set (an object,
 * values true). */
void destination_parameters(const struct destination *d, json_t *set);

/* One message on its way. Strings are borrowed. */
struct outgoing {
    const char *id, *group, *sequence;
    long attempt;     /* 1, 2, ... */
    const char *text; /* the message as the queue holds it */
    size_t text_len;
    const json_t *message;    /* the same as an exact tree */
    const json_t *parameters; /* NAME -> value, an exact tree; NULL: none */
};

/* A request and everything that it points to. */
struct destination_request {
    struct http_request http;
    struct http_header *headers;
    char *url, *body; /* body: NULL when the message's own text is sent */
};

/* ERR_NOT_FOUND or ERR_PARSE: this message cannot become a request (a reject); e never holds a
 * value. */
CHECKED int destination_request(const struct destination *d, const struct outgoing *m,
                                struct destination_request *out, struct err *e);
void destination_request_done(struct destination_request *q); /* cleanses */

bool destination_accepts(const struct destination *d, int status);

#endif
