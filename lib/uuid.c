/* uuid.c: see uuid.h. */
#include "uuid.h"

#include "encode.h"
#include "random.h"

#include <stdio.h>

void uuid_v4(char out[static UUID_TEXT])
{
    unsigned char b[16];
    char hex[2 * sizeof(b) + 1];

    random_bytes(b, sizeof(b));
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    hex_encode(b, sizeof(b), hex);
    (void)snprintf(out, UUID_TEXT, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
                   hex + 20);
}
