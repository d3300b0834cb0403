/* reject.h: a final no, by on_reject. */
#ifndef FIFOQ_REJECT_H
#define FIFOQ_REJECT_H

#include "lease.h"

struct refusal {
    const char *destination; /* its name; NULL: none was asked */
    int status;              /* of its answer; 0: none */
    const char *reason;
};

/* What on_reject wants done with the current message. */
enum step reject(struct group *g, const struct refusal *why);

#endif
