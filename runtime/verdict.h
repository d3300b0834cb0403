/* verdict.h: what an answer of a destination means, and how long to wait before the next try. Pure,
 * except for the jitter. */
#ifndef FIFOQ_VERDICT_H
#define FIFOQ_VERDICT_H

#include "destination.h"

enum verdict {
    VERDICT_TAKEN,   /* the destination has it */
    VERDICT_AGAIN,   /* not now, or unknown */
    VERDICT_AUTH,    /* our credentials are refused, whatever the message */
    VERDICT_REFUSED, /* this message is refused permanently */
};

/* status 0: no answer came. asked_ms: what Retry-After asks for, -1: missing: with it, 403
 * and 413 say "not now". */
enum verdict verdict_of(const struct destination *d, int status, int64_t asked_ms);
/* Retry-After beside 403, 429 and 503 holds for every message. */
bool verdict_pauses(int status);

/* After try number `tries` (1, 2, ...) failed: about 1, 2, 4 ... s, at most 15 min, with jitter. */
int64_t verdict_backoff_ms(long tries);
/* The same for a message that is refused and blocks its group: about 10, 20, 40 ... s, at most 15
 * min. */
int64_t verdict_block_ms(long tries);

#endif
