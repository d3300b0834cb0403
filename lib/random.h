/* random.h: random bytes. */
#ifndef FIFOQ_RANDOM_H
#define FIFOQ_RANDOM_H

#include <stddef.h>

/* n random bytes from the system; for identifiers and jitter. */
void random_bytes(void *out, size_t n);

#endif
