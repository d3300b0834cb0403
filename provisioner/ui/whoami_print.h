/* whoami_print.h: who calls AWS, where, and how that was found. */
#ifndef FIFOQ_WHOAMI_PRINT_H
#define FIFOQ_WHOAMI_PRINT_H

#include "aws.h"

#include <stdio.h>

/* What is known; a member that is not is NULL (in *aws, too). Borrowed. */
struct whoami {
    const struct aws *aws;
    const char *profile;     /* that settings and credentials are looked up in */
    const char *region_from; /* as in struct session */
    const char *file;        /* the configuration; NULL: there is none */
    const char *arn, *user_id;
    int64_t now_ms;
};

/* One line a fact, then the endpoints. Secret key and session token are never shown. */
void whoami_print_text(const struct whoami *w, FILE *to);
/* {"version", "provider", "profile", "key_id", "expires", "account", "arn", "user_id", "region",
 * "region_from", "partition", "endpoints"}, null for what is not known; the caller's. */
json_t *whoami_json(const struct whoami *w);

#endif
