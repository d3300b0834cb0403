/* destination.h: an HTTP API that messages go to: its settings, and the request for a message. No
 * network here. */
#ifndef FIFOQ_DESTINATION_H
#define FIFOQ_DESTINATION_H

#include "auth.h"
#include "creds.h"
#include "http.h"
#include "sigv4.h"

/* parameters: the names that ${param.NAME} may have, ended by NULL. *out needs destination_done in
 * either case. */
CHECKED int destination_parse(const json_t *o, const char *const *parameters,
                              struct destination *out, struct err *e);
void destination_done(struct destination *d);

void destination_each_template(const struct destination *d,
                               void (*fn)(void *arg, const struct template *t), void *arg);

/* Adds the names of the parameters that the destination's templates use to the set (an object,
 * values true). */
void destination_parameters(const struct destination *d, json_t *set);

/* One message on its way. Strings are borrowed. */
struct outgoing {
    const char *id, *group, *sequence;
    long attempt;     /* 1, 2, ... */
    const char *text; /* the message as the queue holds it */
    size_t text_len;
    const json_t *message;     /* the same as an exact tree */
    const json_t *parameters;  /* NAME -> value, an exact tree; NULL: none */
    int64_t now_ms;            /* wall clock: when it is sent */
    const char *token;         /* what auth_wants_token asks for */
    struct sigv4_keys *keys;   /* kept for SigV4; may be NULL */
    const struct creds *creds; /* what SigV4 signs with, and for which region */
    const char *region;
};

/* A request and everything that it points to. */
struct destination_request {
    struct http_request http;
    struct http_header *headers;
    char *url, *body; /* body: NULL when the message's own text is sent */
    char *certificate, *key, *ca;
};

/* ERR_NOT_FOUND or ERR_PARSE: this message cannot become a request (a reject). ERR_CREDENTIALS:
 * no message can, because of the authentication. e never holds a value; after "destination 'NAME':
 * " it begins with the field's path in settings.json, a step or more before each ": " (try.h relies
 * on it). */
CHECKED int destination_request(const struct destination *d, const struct outgoing *m,
                                struct destination_request *out, struct err *e);
void destination_request_done(struct destination_request *q); /* cleanses */

/* destination_body.c */
/* What is sent as Content-Type unless the settings say otherwise; static. */
const char *body_content_type(enum body_type type);
/* Appends the body; values: what templates see. For a destination with a body of its own only. */
CHECKED int body_render(const struct destination *d, const json_t *values, struct buf *out,
                        struct err *e);

/* For the kinds of authentication. Takes over value; the name is borrowed. */
void request_header(struct destination_request *out, const char *name, char *value);
/* Whatever is not visible ASCII percent-encoded; the caller's. */
char *header_safe(const char *value);
/* RFC 9110 section 5.6.2: what methods and headers' names are. */
bool is_token(const char *s);

/* Whether its requests have a body: those of GET, DELETE and HEAD do not. */
bool destination_has_body(const struct destination *d);
/* "." and ".." stay themselves under percent-encoding: whether a segment of the path is one. */
bool url_climbs(const char *url);
/* False: neither http:// nor https://. The scheme is made lower case (RFC 3986 section 3.1: any
 * case is the same). */
bool url_take_scheme(char *url);

bool destination_accepts(const struct destination *d, int status);
/* How long a message may take, including the request for a token where there is one. */
int64_t destination_needs_ms(const struct destination *d);

#endif
