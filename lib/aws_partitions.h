/* aws_partitions.h: AWS's partitions, and what a region's name says.
 * https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html */
#ifndef FIFOQ_AWS_PARTITIONS_H
#define FIFOQ_AWS_PARTITIONS_H

#include "err.h"
#include "macros.h"

#include <stdbool.h>

/* A partition has its own accounts, ARNs and host names. Static. */
struct aws_partition {
    const char *name;              /* the second part of ARNs: "aws-cn" */
    const char *dns_suffix;        /* "amazonaws.com.cn" */
    const char *dual_stack_suffix; /* "api.amazonwebservices.com.cn" */
    const char *home;              /* IAM is signed for this region */
    const char *regions;           /* prefixes of its regions, separated by spaces: "us- eu- ap-" */
};
/* Found by the pattern of its regions; an unknown region counts as one of partition "aws". */
const struct aws_partition *aws_partition_find(const char *region);

/* The principals of roles and permissions. They are the same in every partition, China's too: only
 * other services (EC2, CodeDeploy, ...) have their own.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html */
#define AWS_PRINCIPAL_EVENTS "events.amazonaws.com"
#define AWS_PRINCIPAL_LAMBDA "lambda.amazonaws.com"

/* Validates a region's name. ERR_USAGE says what is wrong with it. */
CHECKED int aws_region_check(const char *region, struct err *e);
/* Removes "fips-" and "-fips" from region, in place; true when there was some: "us-east-1-fips" is
 * an old way to ask for FIPS endpoints. */
bool aws_region_plain(char *region);

#endif
