/* aws_partitions.c: the partitions of AWS by region prefix, as botocore's partitions.json has them.
 */
#include "aws_wire.h"

static const struct partition {
    const char *prefix; /* of the region; "" is the rest */
    const char *name, *dns_suffix;
    const char *global_host; /* IAM's host, without the suffix */
    const char *home;        /* IAM is signed for this region */
} partitions[] = {
    { "cn-", "aws-cn", "amazonaws.com.cn", "iam.cn-north-1", "cn-north-1" },
    { "us-gov-", "aws-us-gov", "amazonaws.com", "iam.us-gov", "us-gov-west-1" },
    { "us-iso-", "aws-iso", "c2s.ic.gov", "iam.us-iso-east-1", "us-iso-east-1" },
    { "us-isob-", "aws-iso-b", "sc2s.sgov.gov", "iam.us-isob-east-1", "us-isob-east-1" },
    { "eu-isoe-", "aws-iso-e", "cloud.adc-e.uk", "iam.eu-isoe-west-1", "eu-isoe-west-1" },
    { "us-isof-", "aws-iso-f", "csp.hci.ic.gov", "iam.us-isof-south-1", "us-isof-south-1" },
    { "eusc-", "aws-eusc", "amazonaws.eu", "iam.eusc-de-east-1", "eusc-de-east-1" },
    { "", "aws", "amazonaws.com", "iam", "us-east-1" },
};

static const struct partition *partition_find(const char *region)
{
    const struct partition *p = partitions;

    while (!str_starts(region, p->prefix))
        p++;
    return p;
}

void aws_partition_of(const char *region, const char **partition, const char **dns_suffix)
{
    const struct partition *p = partition_find(region);

    *partition = p->name;
    *dns_suffix = p->dns_suffix;
}

const char *aws_home_region(const char *region)
{
    return partition_find(region)->home;
}

const char *aws_global_host(const char *region)
{
    return partition_find(region)->global_host;
}
