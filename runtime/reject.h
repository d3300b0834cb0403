/* reject.h: a final no, by on_reject. */
#ifndef FIFOQ_REJECT_H
#define FIFOQ_REJECT_H

#include "lease.h"

/* where: the destination's name or NULL; status 0: none. */
enum step reject(struct group *g, const char *where, int status, const char *reason);

#endif
