/* reject.h: a message that is refused permanently, by on_reject. */
#ifndef FIFOQ_REJECT_H
#define FIFOQ_REJECT_H

#include "lease.h"

struct refusal {
    const char *destination; /* its name; NULL: none was asked */
    int status;              /* of its answer; 0: none */
    const char *reason;
};

/* Does with the current message what on_reject says. */
enum step reject(struct group *g, const struct refusal *why);

#endif
