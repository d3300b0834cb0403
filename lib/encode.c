/* encode.c: see encode.h. */
#include "encode.h"

#include "mem.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void hex_encode(const unsigned char *data, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[data[i] >> 4];
        out[2 * i + 1] = digits[data[i] & 15];
    }
    out[2 * n] = '\0';
}

void sha256_hex(const void *data, size_t n, char out[static 65])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];

    SHA256(data, n, digest);
    hex_encode(digest, sizeof(digest), out);
}

char *base64_encode(const void *data, size_t n)
{
    char *out = xmalloc(4 * ((n + 2) / 3) + 1);

    EVP_EncodeBlock((unsigned char *)out, data, (int)n);
    return out;
}

unsigned char *base64_decode(const char *text, size_t *n)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t len = strlen(text), data = strspn(text, alphabet), padding = strspn(text + data, "=");
    unsigned char *out;

    /* EVP_DecodeBlock alone would accept spaces and too much padding */
    if (len % 4 || data + padding != len || padding > 2 || len > INT32_MAX)
        return NULL;
    out = xmalloc(len + 1);
    if (EVP_DecodeBlock(out, (const unsigned char *)text, (int)len) < 0) {
        free(out);
        return NULL;
    }
    *n = len / 4 * 3 - padding;
    out[*n] = '\0';
    return out;
}
