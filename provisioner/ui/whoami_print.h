/* whoami_print.h: prints the AWS identity, region and endpoints, and their sources. */
#ifndef FIFOQ_WHOAMI_PRINT_H
#define FIFOQ_WHOAMI_PRINT_H

#include "aws.h"

#include <stdio.h>

/* The known facts; an unknown member is NULL (also in *aws). Borrowed. */
struct whoami {
    const struct aws *aws;
    const char *profile;     /* for settings and credentials */
    const char *region_from; /* as in struct session */
    const char *file;        /* the configuration; NULL: none */
    const char *arn, *user_id;
    int64_t now_ms;
};

/* Prints one line per fact, then the endpoints; never the secret key or the session token. */
void whoami_print_text(const struct whoami *w, FILE *to);
/* {"version", "provider", "profile", "key_id", "expires", "account", "arn", "user_id", "region",
 * "region_from", "partition", "endpoints"}, null if unknown; for the caller to free. */
json_t *whoami_json(const struct whoami *w);

#endif
