/* unpack.h: unpacks the package into a private folder, like Lambda. */
#ifndef FIFOQ_DEV_UNPACK_H
#define FIFOQ_DEV_UNPACK_H

#include "config/config.h"

struct unpacked {
    char *dir;       /* mode 0700, under TMPDIR or /tmp */
    char *bootstrap; /* the executable, absolute */
};

/* bootstrap: an executable; NULL: the embedded one for this machine's architecture. ERR_IO,
 * ERR_CONFIG (none embedded for this architecture). */
CHECKED int unpack(const struct config *c, const char *bootstrap, struct unpacked *out,
                   struct err *e);
/* Removes the folder. Zeroed is fine. */
void unpacked_done(struct unpacked *u);

#endif
