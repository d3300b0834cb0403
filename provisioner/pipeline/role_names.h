/*
 * role_names.h: the names of the pipeline's two roles in this region. IAM has no regions: a role is
 * P-HALF if that name is free or belongs to this region, and P-HALF-REGION if P-HALF serves the
 * same pipeline in another region.
 */
#ifndef FIFOQ_PIPELINE_ROLE_NAMES_H
#define FIFOQ_PIPELINE_ROLE_NAMES_H

#include "aws.h"

enum role_half { ROLE_INGEST, ROLE_DRAIN, ROLE_HALVES };

struct role_names {
    char *name[ROLE_HALVES];           /* not NULL after role_names_decide */
    struct err undecided[ROLE_HALVES]; /* why the name could not be decided (it is P-HALF then);
                                          ERR_OK: it is known */
};

struct aws_memo;

/*
 * Reads both roles from IAM in parallel, through the memo (NULL: none). A role of an earlier build,
 * without a region tag, needs a second request. Never fails as a whole: failures are in undecided.
 * pipeline: P.
 */
void role_names_decide(struct role_names *out, struct aws *a, struct aws_memo *memo,
                       const char *pipeline);
void role_names_done(struct role_names *n);

#endif
