/* dpop.h: a proof that the sender of a token owns its key (RFC 9449). */
#ifndef FIFOQ_DPOP_H
#define FIFOQ_DPOP_H

#include "err.h"
#include "macros.h"

#include <stdint.h>

/* *proof: the value of the DPoP header for a POST to url, for the caller to free_cleansed. pem: a
 * private key on the curve P-256; ERR_CREDENTIALS for anything else. */
CHECKED int dpop_proof(const char *pem, const char *url, int64_t wall_ms, char **proof,
                       struct err *e);

#endif
