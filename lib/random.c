/* random.c: see random.h. */
#include "random.h"

#include <openssl/rand.h>
#include <stdlib.h>

void random_bytes(void *out, size_t n)
{
    if (RAND_bytes(out, (int)n) != 1)
        abort();
}
