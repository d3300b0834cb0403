/*
 * role_names.h: what the pipeline's two roles are called in this region. IAM has no regions: a role
 * is P-HALF where that name is free or this region's, and P-HALF-REGION where P-HALF serves the
 * same pipeline in another region.
 */
#ifndef FIFOQ_PIPELINE_ROLE_NAMES_H
#define FIFOQ_PIPELINE_ROLE_NAMES_H

#include "aws.h"

enum role_half { ROLE_INGEST, ROLE_DRAIN, ROLE_HALVES };

struct role_names {
    char *name[ROLE_HALVES]; /* never NULL once decided */
    struct err
        undecided[ROLE_HALVES]; /* why the name is only P-HALF by default; ERR_OK: it is known */
};

/*
 * Asks IAM, all at once; only a role of an earlier build, which has no tag for its region, takes a
 * second question. Never fails as a whole: what is not known is in undecided. pipeline: P.
 */
void role_names_decide(struct role_names *out, struct aws *a, const char *pipeline);
void role_names_done(struct role_names *n);

#endif
