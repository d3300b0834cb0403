/* package.h: the zip that Lambda runs: the bootstrap and the pipeline's settings; same content,
 * same bytes. */
#ifndef FIFOQ_KINDS_PACKAGE_H
#define FIFOQ_KINDS_PACKAGE_H

#include "config/config.h"

struct package {
    unsigned char *zip;
    size_t len;
    char *code_sha256; /* base64 of SHA-256, as Lambda's CodeSha256 */
    char *code; /* "VERSION-8hex": the value of the fifoq:code tag: which fifoq build made the
                   bootstrap */
};

/* The embedded bootstrap of the configured architecture with settings.json added;
 * ERR_IO. */
CHECKED int package_make(const struct config *c, struct package *out, struct err *e);
void package_done(struct package *p); /* zeroed is fine */

/* What `code` is for "arm64" or "x86_64"; NULL when this fifoq carries no bootstrap for it. The
 * caller's. */
char *package_code(const char *arch);

#endif
