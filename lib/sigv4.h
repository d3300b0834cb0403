/*
 * sigv4.h: AWS Signature Version 4 for requests, pure: no clock, no network, no environment.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
#ifndef FIFOQ_SIGV4_H
#define FIFOQ_SIGV4_H

#include "buf.h"
#include "http.h"

struct sigv4_request {
    const char *method;
    const char *path;  /* as in the request line, already percent-encoded; "" means "/" */
    const char *query; /* the text after '?', NULL or "" when there is none */
    const struct http_header
        *headers; /* all of these are signed; Host and X-Amz-Date must be among them */
    size_t n_headers;
    const void *body;
    size_t body_len;
};

/*
 * Signing keys that have been derived: they are the same for a day, region, service and secret, and
 * deriving one takes a third of a signature's time. A few are kept, and the oldest is replaced;
 * the secret itself is not. Threads share it.
 */
struct sigv4_keys;
struct sigv4_keys *sigv4_keys_new(void);
void sigv4_keys_free(struct sigv4_keys *keys);        /* cleanses; NULL is fine */
unsigned sigv4_keys_derived(struct sigv4_keys *keys); /* so far */

struct sigv4_scope {
    const char *key_id, *secret;
    const char *region, *service;
    const char *time;        /* "YYYYMMDDTHHMMSSZ", the value of X-Amz-Date */
    struct sigv4_keys *keys; /* NULL: the key is derived for each signature */
};

/* The specification's stages. The canonical path is normalised and encoded once more, which every
 * service but S3 requires. */
void sigv4_canonical_request(const struct sigv4_request *q, struct buf *out);
void sigv4_string_to_sign(const struct sigv4_scope *s, const char *canonical, size_t n,
                          struct buf *out);
void sigv4_signature(const struct sigv4_scope *s, const char *string_to_sign, size_t n,
                     char out[static 65]);
/* All stages: the value of the Authorization header, the caller's to free. */
char *sigv4_authorization(const struct sigv4_request *q, const struct sigv4_scope *s);

#endif
