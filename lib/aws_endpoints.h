/* aws_endpoints.h: where calls are sent: the host names of services, and the settings that replace
 * them.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html */
#ifndef FIFOQ_AWS_ENDPOINTS_H
#define FIFOQ_AWS_ENDPOINTS_H

#include "aws_partitions.h"
#include "aws_services.h"

#include <stddef.h>

/* The name in AWS_ENDPOINT_URL_<SERVICE>: "DYNAMODB_STREAMS". Static. */
const char *aws_id_name(enum aws_id id);
/* As 'fifoq whoami' prints it: "streams". Static; NULL from AWS_ID_SSO on. */
const char *aws_id_word(enum aws_id id);

/* The settings of endpoints; zeroed: none. */
struct aws_endpoints {
    bool fips, dual_stack;
    bool sts_global;     /* sts_regional_endpoints = legacy */
    char *url[AWS_IDS];  /* without a slash at the end; NULL: AWS's own */
    char *from[AWS_IDS]; /* the setting that gave it, for messages; NULL like url */
    char *rest;          /* the url of all services without their own; NULL: AWS's own */
};
void aws_endpoints_done(struct aws_endpoints *s);
void aws_endpoints_copy(struct aws_endpoints *to, const struct aws_endpoints *from);
void aws_endpoints_forget(struct aws_endpoints *s); /* all that is set by URL; the rest stays */
/* url for one service. from: the setting, for messages. ERR_USAGE when it is invalid. */
CHECKED int aws_endpoints_set(struct aws_endpoints *s, enum aws_id id, const char *url,
                              const char *from, struct err *e);
/* url for every service that has none yet. */
CHECKED int aws_endpoints_set_rest(struct aws_endpoints *s, const char *url, const char *from,
                                   struct err *e);
/* Reads AWS_ENDPOINT_URL_<SERVICE> and AWS_ENDPOINT_URL, in this order. ERR_USAGE names the
 * variable. */
CHECKED int aws_endpoints_urls(struct aws_endpoints *s, struct err *e);
/* The same, unless AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is true, and AWS_USE_FIPS_ENDPOINT,
 * AWS_USE_DUALSTACK_ENDPOINT and AWS_STS_REGIONAL_ENDPOINTS. */
CHECKED int aws_endpoints_environment(struct aws_endpoints *s, struct err *e);

/* true or false, in any case, as AWS's tools accept it. ERR_USAGE names the setting. */
CHECKED int aws_setting_bool(const char *from, const char *text, bool *out, struct err *e);
/* "regional" or "legacy". The same. */
CHECKED int aws_setting_sts(const char *from, const char *text, bool *legacy, struct err *e);

/* A resolved endpoint; url is the caller's to free. */
struct aws_where {
    char *url;                  /* no slash at the end */
    const char *signing_region; /* borrowed: region's or static */
    bool given;                 /* by a setting: not AWS's own */
};
/* settings may be NULL: none. ERR_USAGE when AWS has no such endpoint in the region's partition,
 * even where a URL is set, like botocore. */
CHECKED int aws_endpoint_find(const struct aws_endpoints *settings, enum aws_id id,
                              const char *region, struct aws_where *out, struct err *e);
/* 0 when it would be found for each service that fifoq builds with. */
CHECKED int aws_endpoints_check(const struct aws_endpoints *s, const char *region, struct err *e);

/* The parts of an endpoint. host is for the Host header; base is its path without a slash at the
 * end. */
struct aws_endpoint_parts {
    const char *host;
    size_t host_len;
    const char *base;
};
/* url: from aws_endpoint. ERR_USAGE says what is wrong. Borrows from url. */
CHECKED int aws_endpoint_split(const char *url, struct aws_endpoint_parts *out, struct err *e);

#endif
