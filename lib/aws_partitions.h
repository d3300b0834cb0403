/* aws_partitions.h: the partitions of AWS, and what the name of a region says.
 * https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html */
#ifndef FIFOQ_AWS_PARTITIONS_H
#define FIFOQ_AWS_PARTITIONS_H

#include "err.h"
#include "macros.h"

#include <stdbool.h>

/* A partition: accounts, ARNs and host names of its own. Static. */
struct aws_partition {
    const char *name;              /* the second part of ARNs: "aws-cn" */
    const char *dns_suffix;        /* "amazonaws.com.cn" */
    const char *dual_stack_suffix; /* "api.amazonwebservices.com.cn" */
    const char *home;              /* IAM is signed for this region */
    const char *regions;           /* how its regions begin, blanks between: "us- eu- ap-" */
};
/* By the pattern of its regions; a region of no pattern counts as one of partition "aws". */
const struct aws_partition *aws_partition_find(const char *region);

/* The principals that roles and permissions name. They are the same in every partition, China's
 * too: only other services (EC2, CodeDeploy, ...) have some of their own.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html */
#define AWS_PRINCIPAL_EVENTS "events.amazonaws.com"
#define AWS_PRINCIPAL_LAMBDA "lambda.amazonaws.com"

/* What a region's name may be. ERR_USAGE says what is wrong with it. */
CHECKED int aws_region_check(const char *region, struct err *e);
/* Takes "fips-" and "-fips" out of region, in place; true when there was some: "us-east-1-fips" is
 * an old way to ask for FIPS endpoints. */
bool aws_region_plain(char *region);

#endif
