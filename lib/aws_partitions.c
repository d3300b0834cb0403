/* aws_partitions.c: AWS's partitions, from botocore's partitions.json. */
#include "aws_partitions.h"

#include "text.h"

#include <ctype.h>
#include <string.h>

enum { REGION_MAX = 63 }; /* a label of host names */

static const struct aws_partition partitions[] = {
    { "aws", "amazonaws.com", "api.aws", "us-east-1", "us- eu- ap- sa- ca- me- af- il- mx-" },
    { "aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "cn-north-1", "cn-" },
    { "aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu", "eusc-de-east-1", "eusc-de-" },
    { "aws-iso", "c2s.ic.gov", "api.aws.ic.gov", "us-iso-east-1", "us-iso-" },
    { "aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud", "us-isob-east-1", "us-isob-" },
    { "aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", "eu-isoe-west-1", "eu-isoe-" },
    { "aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov", "us-isof-south-1", "us-isof-" },
    { "aws-us-gov", "amazonaws.com", "api.aws", "us-gov-west-1", "us-gov-" },
};

/* What follows a prefix: a word, a hyphen, digits. */
static bool is_place(const char *rest)
{
    size_t word = 0;
    const char *digits;

    while (isalnum((unsigned char)rest[word]) || rest[word] == '_')
        word++;
    digits = rest + word + 1;
    return word && rest[word] == '-' && *digits && digits[strspn(digits, "0123456789")] == '\0';
}

static bool partition_has(const struct aws_partition *p, const char *region)
{
    const char *prefix = p->regions;

    while (*prefix) {
        size_t n = strcspn(prefix, " ");

        if (strncmp(region, prefix, n) == 0 && is_place(region + n))
            return true;
        prefix += n;
        prefix += strspn(prefix, " ");
    }
    return false;
}

const struct aws_partition *aws_partition_find(const char *region)
{
    for (size_t i = 0; i < COUNTOF(partitions); i++)
        if (partition_has(&partitions[i], region))
            return &partitions[i];
    return &partitions[0];
}

int aws_region_check(const char *region, struct err *e)
{
    size_t n = strlen(region);

    if (!n || n > REGION_MAX || region[0] == '-' || region[n - 1] == '-' ||
        strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-") != n ||
        strspn(region, "0123456789") == n)
        return err_set(e, ERR_USAGE, "invalid AWS region '%s'; expected a name such as 'eu-west-1'",
                       region);
    if (str_starts(region, "aws-") && str_ends(region, "-global"))
        return err_set(e, ERR_USAGE,
                       "'%s' means a whole partition; use one region, such as 'eu-west-1'", region);
    return 0;
}

/* Removes each `word` from text. */
static bool take_out(char *text, const char *word)
{
    size_t n = strlen(word);
    bool found = false;

    for (char *at = strstr(text, word); at; at = strstr(at, word)) {
        memmove(at, at + n, strlen(at + n) + 1);
        found = true;
    }
    return found;
}

bool aws_region_plain(char *region)
{
    bool before = take_out(region, "fips-");

    return take_out(region, "-fips") || before;
}
