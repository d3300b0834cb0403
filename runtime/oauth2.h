/*
 * oauth2.h: the request for an access token by client credentials, and its answer. No network here.
 * https://datatracker.ietf.org/doc/html/rfc6749#section-4.4
 */
#ifndef FIFOQ_OAUTH2_H
#define FIFOQ_OAUTH2_H

#include "destination.h"

enum { OAUTH2_HEADERS_MAX = 24 };

struct oauth2_request {
    struct http_request http;
    struct http_header headers[OAUTH2_HEADERS_MAX];
    size_t n_own; /* the last of them, whose values are freed */
    char *body, *authorization, *certificate, *key, *ca;
};

/* For the token of a destination, within its timeout and with its client certificate. values: what
 * templates see (an exact tree with `param`). ERR_CREDENTIALS: they cannot be used. */
CHECKED int oauth2_request(const struct destination *d, const json_t *values,
                           struct oauth2_request *out, struct err *e);
void oauth2_request_done(struct oauth2_request *q); /* cleanses */

struct oauth2_token {
    char *value;      /* what follows "Bearer "; the caller's (free_cleansed) */
    int64_t lasts_ms; /* from when it was requested */
};

/*
 * ERR_NET: not now (5xx, 429, 408, 403 with Retry-After). ERR_CREDENTIALS: refused, or no usable
 * token. e->status is the answer's; e->msg says what is wrong and holds nothing of the
 * answer but the error codes of RFC 6749 section 5.2.
 */
CHECKED int oauth2_answer(const struct http_response *r, struct oauth2_token *out, struct err *e);

#endif
