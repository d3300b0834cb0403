/* aws_endpoints.c: the host names of services, from botocore's endpoint rule sets: a row for each
 * service, and rows for the exceptions. */
#include "aws_endpoints.h"

#include "buf.h"
#include "mem.h"
#include "text.h"
#include "url.h"

#include <stdlib.h>
#include <string.h>

/* Index of a row's hosts: FIPS and dual-stack are bits. */
enum { PLAIN, FIPS, DUAL, FIPS_DUAL, VARIANTS };
#define ALL ((1U << VARIANTS) - 1)

/* In host names: $R is the region, $H the partition's home region, $S the partition's suffix (the
 * dual-stack one for dual-stack hosts). */
static const struct {
    const char *name; /* as in AWS_ENDPOINT_URL_<SERVICE> */
    const char *word; /* as 'fifoq whoami' prints it; NULL: it does not */
    const char *hosts[VARIANTS];
} services[AWS_IDS] = {
#define USUAL(prefix)                                                                              \
    {                                                                                              \
        prefix ".$R.$S", prefix "-fips.$R.$S", prefix ".$R.$S", prefix "-fips.$R.$S"               \
    }
    [AWS_ID_DYNAMODB] = { "DYNAMODB", "dynamodb", USUAL("dynamodb") },
    [AWS_ID_STREAMS] = { "DYNAMODB_STREAMS",
                         "streams",
                         { "streams.dynamodb.$R.$S", "streams.dynamodb-fips.$R.$S",
                           "streams-dynamodb.$R.$S", "streams-dynamodb-fips.$R.$S" } },
    [AWS_ID_EVENTS] = { "EVENTBRIDGE", "events", USUAL("events") },
    [AWS_ID_LAMBDA] = { "LAMBDA", "lambda", USUAL("lambda") },
    [AWS_ID_LOGS] = { "CLOUDWATCH_LOGS", "logs", USUAL("logs") },
    [AWS_ID_SQS] = { "SQS", "sqs", USUAL("sqs") },
    [AWS_ID_SSM] = { "SSM", "ssm", USUAL("ssm") },
    [AWS_ID_IAM] = { "IAM", "iam", { "iam.$H.$S", "iam-fips.$S", "iam.global.$S", "iam-fips.$S" } },
    [AWS_ID_STS] = { "STS", "sts", USUAL("sts") },
    [AWS_ID_SSO] = { "SSO", NULL, USUAL("portal.sso") },
    [AWS_ID_SSO_OIDC] = { "SSO_OIDC", NULL, USUAL("oidc") },
    [AWS_ID_SIGNIN] = { "SIGNIN",
                        NULL,
                        { "$R.signin.aws.amazon.com", "signin-fips.$R.$S", "signin.$R.$S",
                          "signin-fips.$R.$S" } },
    [AWS_ID_TAGGING] = { "RESOURCE_GROUPS_TAGGING_API", NULL, USUAL("tagging") },
#undef USUAL
};

#define GOV_REGIONS "us-gov-east-1 us-gov-west-1"

/* The first matching row wins. */
static const struct exception {
    unsigned services, variants; /* bits */
    const char *where;           /* partitions or regions */
    const char *host;            /* NULL: there is none */
} exceptions[] = {
#define S(id) (1U << AWS_ID_##id)
#define V(v)  (1U << (v))
    /* all that botocore lists there */
    { S(LAMBDA), V(DUAL), "eu-isoe-west-1 us-isof-east-1 us-isof-south-1", "lambda.$R.$S" },
    { ~0U, V(DUAL) | V(FIPS_DUAL), "aws-iso-e aws-iso-f", NULL },

    /* GovCloud's plain endpoints are FIPS endpoints */
    { S(DYNAMODB), V(FIPS), "aws-us-gov", "dynamodb.$R.$S" },
    { S(STREAMS), V(FIPS), "aws-us-gov", "streams.dynamodb.$R.$S" },
    { S(EVENTS), V(FIPS), GOV_REGIONS, "events.$R.$S" },
    { S(EVENTS), V(FIPS_DUAL), "aws-us-gov", "events.$R.$S" },
    { S(LOGS), V(FIPS), GOV_REGIONS, "logs.$R.$S" },
    { S(SQS), V(FIPS), "aws-us-gov", "sqs.$R.$S" },
    { S(SSM), V(FIPS), "aws-us-gov", "ssm.$R.$S" },
    { S(STS), V(FIPS), "aws-us-gov", "sts.$R.$S" },
    { S(SSO), V(FIPS), "aws-us-gov", "portal.sso.$R.$S" },
    { S(SSO_OIDC), V(FIPS), "aws-us-gov", "oidc.$R.$S" },

    /* one endpoint for a whole partition */
    { S(IAM), ALL, "aws-us-gov", "iam.us-gov.$S" },
    { S(IAM), V(PLAIN), "aws", "iam.$S" },
    { S(IAM), V(FIPS), "aws-iso aws-iso-b", "iam-fips.$H.$S" },
    { S(IAM), V(DUAL), "aws-iso aws-iso-b aws-iso-e aws-iso-f", "iam.$S" },
    { S(IAM), V(FIPS_DUAL), "aws", "iam-fips.global.$S" },

    { S(SIGNIN), V(PLAIN), "aws-cn", "$R.signin.amazonaws.cn" },
    { S(SIGNIN), V(PLAIN), "aws-eusc", "$R.signin.amazonaws-eusc.eu" },
    { S(SIGNIN), V(PLAIN), "aws-iso", "$R.signin.c2shome.ic.gov" },
    { S(SIGNIN), V(PLAIN), "aws-iso-b", "$R.signin.sc2shome.sgov.gov" },
    { S(SIGNIN), V(PLAIN), "aws-iso-e", "$R.signin.csphome.adc-e.uk" },
    { S(SIGNIN), V(PLAIN), "aws-iso-f", "$R.signin.csphome.hci.ic.gov" },
    { S(SIGNIN), V(PLAIN), "aws-us-gov", "$R.signin.amazonaws-us-gov.com" },
    { S(SIGNIN), V(FIPS), "us-gov-west-1", "signin-fips.amazonaws-us-gov.com" },
    { S(SIGNIN), V(FIPS), "aws-us-gov", "$R.signin-fips.amazonaws-us-gov.com" },
#undef S
#undef V
};

/* Regions older than STS's regional endpoints. */
static const char legacy_sts[] =
    "ap-northeast-1 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1 eu-north-1 "
    "eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2";

const char *aws_id_name(enum aws_id id)
{
    return services[id].name;
}

const char *aws_id_word(enum aws_id id)
{
    return services[id].word;
}

/* The host's pattern; NULL: AWS has none there. */
static const char *host_of(enum aws_id id, unsigned variant, const struct aws_partition *p,
                           const char *region)
{
    for (size_t i = 0; i < COUNTOF(exceptions); i++) {
        const struct exception *x = &exceptions[i];

        if ((x->services & (1U << id)) && (x->variants & (1U << variant)) &&
            (str_has_word(x->where, p->name) || str_has_word(x->where, region)))
            return x->host;
    }
    return services[id].hosts[variant];
}

static char *host_fill(const char *pattern, unsigned variant, const struct aws_partition *p,
                       const char *region)
{
    auto_buf out = BUF(512);

    for (const char *c = pattern; *c; c++) {
        if (*c != '$')
            buf_putc(&out, *c);
        else if (*++c == 'R')
            buf_puts(&out, region);
        else if (*c == 'H')
            buf_puts(&out, p->home);
        else
            buf_puts(&out, variant & DUAL ? p->dual_stack_suffix : p->dns_suffix);
    }
    return buf_steal(&out);
}

static struct aws_where own_where(enum aws_id id, const char *pattern, unsigned variant,
                                  const struct aws_partition *p, const char *region)
{
    auto_free char *host = host_fill(pattern, variant, p, region);

    return (struct aws_where){ .url = xasprintf("https://%s", host),
                               .signing_region = id == AWS_ID_IAM ? p->home : region };
}

int aws_endpoint_find(const struct aws_endpoints *settings, enum aws_id id, const char *region,
                      struct aws_where *out, struct err *e)
{
    static const struct aws_endpoints none;
    const struct aws_endpoints *s = settings ? settings : &none;
    const struct aws_partition *p = aws_partition_find(region);
    unsigned variant = (s->fips ? FIPS : 0) | (s->dual_stack ? DUAL : 0);
    const char *pattern = host_of(id, variant, p, region);

    if (!pattern)
        return err_set(e, ERR_USAGE,
                       "AWS has no dual-stack endpoints in partition '%s' (region '%s'); unset "
                       "AWS_USE_DUALSTACK_ENDPOINT and the profile's use_dualstack_endpoint",
                       p->name, region);
    if (s->url[id])
        *out = (struct aws_where){ xstrdup(s->url[id]), region, true };
    else if (id == AWS_ID_STS && variant == PLAIN && s->sts_global &&
             str_has_word(legacy_sts, region))
        *out = (struct aws_where){ xstrdup("https://sts.amazonaws.com"), "us-east-1", false };
    else
        *out = own_where(id, pattern, variant, p, region);
    return 0;
}

int aws_endpoints_check(const struct aws_endpoints *s, const char *region, struct err *e)
{
    for (int id = 0; id < AWS_ID_SSO; id++) {
        struct aws_where w = { 0 };

        if (aws_endpoint_find(s, (enum aws_id)id, region, &w, e) < 0)
            return -1;
        free(w.url);
    }
    return 0;
}

int aws_endpoint_split(const char *url, struct aws_endpoint_parts *out, struct err *e)
{
    bool web = str_starts(url, "http://") || str_starts(url, "https://");
    struct url_part authority = url_authority(url);
    const char *host = authority.s;
    size_t n = authority.n;

    if (!web || !n)
        return err_set(e, ERR_USAGE,
                       "invalid endpoint '%s': expected http://HOST[:PORT] or https://HOST[:PORT]",
                       url);
    if (strpbrk(host, "?# \t\r\n") || memchr(host, '@', n))
        return err_set(e, ERR_USAGE,
                       "invalid endpoint URL: only scheme, host, port and path are allowed");
    *out = (struct aws_endpoint_parts){ .host = host, .host_len = n, .base = host + n };
    return 0;
}
