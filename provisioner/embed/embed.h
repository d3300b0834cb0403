/* embed.h: the files that fifoq carries inside itself, so that it is one file that runs from
 * anywhere. */
#ifndef FIFOQ_EMBED_H
#define FIFOQ_EMBED_H

#include <stddef.h>

struct blob {
    const unsigned char *data; /* a NUL follows the last byte, so text can be read as a string */
    size_t len;                /* without that NUL */
};

/* The zip that holds the static bootstrap for "arm64" or "x86_64" (as AWS spells them); NULL for
 * any other. */
const struct blob *embed_bootstrap_zip(const char *arch);

/* A file of templates/ by its name there, "ingest-policy.json" for example; NULL when there is none
 * of that name. */
const struct blob *embed_template(const char *name);

#endif
