/* embed.h: the files inside fifoq's executable, which needs no other files. */
#ifndef FIFOQ_EMBED_H
#define FIFOQ_EMBED_H

#include <stddef.h>

struct blob {
    const unsigned char *data; /* a NUL follows the last byte, so text can be read as a string */
    size_t len;                /* without that NUL */
};

/* The zip with the static bootstrap for "arm64" or "x86_64" (AWS's spelling); NULL for others. */
const struct blob *embed_bootstrap_zip(const char *arch);

/* The zip's SHA-256, computed when fifoq was built: a text that begins with 64 lower-case
 * hexadecimal digits; NULL for others. */
const struct blob *embed_bootstrap_sha256(const char *arch);

/* A file of templates/ by its name there, such as "ingest-policy.json"; NULL: not found. */
const struct blob *embed_template(const char *name);

#endif
