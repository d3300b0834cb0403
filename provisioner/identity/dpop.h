/* dpop.h: proves that a token is used by the owner of a key (RFC 9449). */
#ifndef FIFOQ_DPOP_H
#define FIFOQ_DPOP_H

#include "base.h"

/* The value of the header DPoP for a POST to url, the caller's (free_cleansed). pem: a private key
 * on the curve P-256. ERR_CREDENTIALS: it is none. */
CHECKED int dpop_proof(const char *pem, const char *url, int64_t wall_ms, char **proof,
                       struct err *e);

#endif
