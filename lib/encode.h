/* encode.h: bytes as text: hexadecimal, base64, and SHA-256 in hexadecimal. */
#ifndef FIFOQ_ENCODE_H
#define FIFOQ_ENCODE_H

#include <stddef.h>

/* Lower-case hexadecimal of n bytes; out has 2 * n + 1 bytes. */
void hex_encode(const unsigned char *data, size_t n, char *out);
/* SHA-256 as 64 lower-case hexadecimal digits and a NUL. */
void sha256_hex(const void *data, size_t n, char out[static 65]);
/* Standard base64 with padding, a new string. */
char *base64_encode(const void *data, size_t n);
/* The bytes of a base64 text, NUL-terminated, length in *n; NULL when it is not base64. */
unsigned char *base64_decode(const char *text, size_t *n);

#endif
