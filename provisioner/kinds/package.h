/* package.h: the zip that Lambda runs: the bootstrap and the pipeline's settings. The same content
 * gives the same bytes. */
#ifndef FIFOQ_KINDS_PACKAGE_H
#define FIFOQ_KINDS_PACKAGE_H

#include "config/config.h"

struct package {
    unsigned char *zip;
    size_t len;
    char *code_sha256; /* base64 of SHA-256, as Lambda's CodeSha256 */
    char *code; /* "VERSION-8hex", the build of the bootstrap: the value of the fifoq:code tag */
};

/* The embedded bootstrap of the configured architecture with settings.json added;
 * ERR_IO. */
CHECKED int package_make(const struct config *c, struct package *out, struct err *e);
void package_done(struct package *p); /* *p may be zeroed */

/* `code` of this build for "arm64" or "x86_64"; NULL if it has no bootstrap for it. The caller
 * frees it. */
char *package_code(const char *arch);

#endif
