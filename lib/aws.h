/*
 * aws.h: one call to one action of one AWS service: build, sign, send, retry, and read the answer
 * or the error.
 *
 * Every protocol looks alike from here: parameters are a JSON object with the members that AWS
 * documents, the reply is one too, with the members and types of lib/aws_shapes.c: what is not
 * there is not in the reply, and an answer without what is needed is ERR_PARSE. Query services:
 * lists wrapped in <member> are arrays, and policy documents are JSON text, no longer
 * percent-encoded. A REST-JSON action takes its path, query and header members from the same object
 * (table in lib/aws_actions.c). lambda:Invoke takes and gives `Payload` as JSON, besides
 * StatusCode, FunctionError and LogResult.
 */
#ifndef FIFOQ_AWS_H
#define FIFOQ_AWS_H

#include "aws_endpoints.h"
#include "aws_rates.h"
#include "creds.h"
#include "http.h"
#include "retry.h"
#include "retry_limiter.h"

#include <jansson.h>
#include <pthread.h>
#include <signal.h>

/* https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html */
enum aws_retry_mode {
    AWS_RETRY_UNSET,
    AWS_RETRY_STANDARD,
    AWS_RETRY_LEGACY, /* as AWS's older tools: fifoq does what it does in standard mode */
    AWS_RETRY_ADAPTIVE,
};

struct aws_codec; /* how a protocol writes calls and reads answers: lib/aws_wire.h */
struct aws_shape;

struct aws_service {
    enum aws_id id;      /* whose endpoints it has */
    const char *name;    /* in messages and tables: what IAM policies call it */
    const char *signing; /* signing name */
    const struct aws_codec *codec;
    const struct aws_shape *shapes; /* what its actions answer: lib/aws_shapes.c */
    const char *target;             /* JSON: X-Amz-Target prefix */
    const char *version;            /* JSON: "1.0" or "1.1"; Query: the API version */
};

extern const struct aws_service aws_dynamodb, aws_streams, aws_events, aws_lambda, aws_logs,
    aws_sqs, aws_ssm;
/* Query services: only programs that link fifoq_aws_query have them (they need an XML parser). */
extern const struct aws_service aws_iam, aws_sts;
/* The same programs have what gives credentials to people; REST-JSON, without signatures. */
extern const struct aws_service aws_sso, aws_sso_oidc, aws_signin;

/* What a command may call; constant. */
struct aws_permits {
    const char *command; /* in messages: "fifoq drift" */
    const char *hint;    /* what to do when AWS denies a call: "'fifoq policy up' prints ..." */
    bool (*allows)(const struct aws_permits *p, const struct aws_service *s, const char *action);
};

/* Shared by all threads once made, and never copied: how one call differs is struct aws_how. */
struct aws {
    char *region;     /* "eu-west-1" */
    char *partition;  /* "aws", "aws-cn", "aws-us-gov", ... */
    char *dns_suffix; /* "amazonaws.com", ... */
    char *account;    /* twelve digits; NULL until aws_identify or set by the owner */
    struct aws_endpoints endpoints;
    char *ca_file;     /* the certificates that were set, for processes we start; NULL: none */
    bool anonymous;    /* calls are not signed and need no credentials */
    struct http *http; /* borrowed */
    struct retry_quota *quota;
    struct retry_limiters *limiters; /* of the mode adaptive; NULL: none */
    struct aws_rates *rates;         /* borrowed; NULL: calls do not wait for a turn */
    /* Told when a call has to wait for its turn, of which so many come a second; NULL: nobody is.
     */
    void (*paced)(void *paced_to, const char *service, const char *action, double per_s);
    void *paced_to;
    int max_attempts;
    enum aws_retry_mode retry_mode;    /* never AWS_RETRY_UNSET after aws_init */
    long timeout_ms;                   /* per attempt; 0: 60,000 */
    const struct aws_permits *permits; /* borrowed; NULL: every action. Another one is ERR_REFUSED,
                                          and no request is made */
    int64_t deadline_ms; /* monotonic clock: no attempt begins without time before it, or outlasts
                            it; ERR_TIMEOUT, unsent, when there is none for the first; 0: none */
    bool read_only;      /* nothing but reads leaves: the rest is ERR_REFUSED (aws_call_reads) */
    bool (*stop)(void);  /* asked before each attempt: once it says true, none begins, and one that
                            only reads is given up; NULL: never */
    /* The seam for tests: when set, calls go here and nowhere else. Same contract as aws_call. */
    int (*fake)(void *to, const struct aws_service *s, const char *action, const json_t *params,
                json_t **reply, struct err *e);
    void *to;

    /* From here on: what changes while calls are made. */
    struct creds creds; /* only through aws_creds_now */
    /* Finds credentials anew, as creds_find does, before they end and when AWS says that they have
     * ended; NULL: they stay. Never called by two threads at once. */
    int (*renew)(void *renew_to, struct creds *out, struct err *e);
    void *renew_to;
    pthread_mutex_t creds_lock, renew_lock; /* of creds; of renew and what is said of it here */
    int64_t renew_after_ms;                 /* monotonic clock: not tried again before */
    struct err renew_err;                   /* why the last one failed; ERR_OK: it did not */
    int64_t skew_ms;      /* what to add to our clock; atomic access inside aws_call.c only */
    int64_t date_skew_ms; /* the same as the last answer's Date has it, a second too early at most;
                             atomic access there as well */
};

struct aws_options {
    const char *region;       /* needed */
    const char *endpoint_url; /* --endpoint-url: for every service, whatever else is set; NULL: not
                                 given */
    const struct aws_endpoints *endpoints; /* NULL: what the environment says */
    const char *ca_file;                   /* that http was made with; NULL: none */
    int max_attempts;                      /* 0: AWS_MAX_ATTEMPTS, else 3 */
    enum aws_retry_mode retry_mode;        /* unset: AWS_RETRY_MODE, else standard */
};

/*
 * Takes over *creds (left zeroed, also on failure). http is borrowed. A missing or impossible
 * region, endpoint, number of attempts or retry mode is ERR_USAGE; so is an endpoint that AWS does
 * not have.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
CHECKED int aws_init(struct aws *a, const struct aws_options *o, struct http *http,
                     struct creds *creds, struct err *e);
void aws_done(struct aws *a);

/*
 * params may be NULL (no members); it is only read. *reply is the caller's, an empty object when
 * the answer has no body; reply may be NULL when nobody wants it. On failure: ERR_NOT_FOUND for the
 * codes that say so, ERR_CREDENTIALS for missing, wrong or expired ones, ERR_AWS, ERR_NET,
 * ERR_TIMEOUT, ERR_INTERRUPTED when a->stop said true before the first attempt; the message starts
 * with "service:Action" and e->aws_code, e->status and
 * e->request_id are set where AWS gave them.
 */
CHECKED int aws_call(struct aws *a, const struct aws_service *s, const char *action,
                     const json_t *params, json_t **reply, struct err *e);

/* In what one call differs from its client's others; zeroed: in nothing. */
struct aws_how {
    long timeout_ms;                   /* at least that per attempt (long polls) */
    int64_t deadline_ms;               /* in place of the client's; 0: the client's */
    const volatile sig_atomic_t *stop; /* once it is not 0, no attempt begins; NULL: never */
    int max_attempts;                  /* in place of the client's; 0: the client's */
    bool finish; /* the client's stop is not asked: what was begun is brought to its end */
};

/* Like aws_call, in its own way: also ERR_INTERRUPTED once *how->stop is set. */
CHECKED int aws_call_how(struct aws *a, const struct aws_service *s, const char *action,
                         const json_t *params, const struct aws_how *how, json_t **reply,
                         struct err *e);

/* Several aws_call_whole side by side. Each ask ends with its own reply or error; params are taken
 * over. */
struct aws_ask {
    const struct aws_service *service;
    const char *action;
    json_t *params; /* owned by the ask */
    json_t *reply;  /* owned by the ask */
    struct err err; /* code ERR_OK when it went well */
};
void aws_call_all(struct aws *a, struct aws_ask *asks, size_t n);
void aws_asks_done(struct aws_ask *asks, size_t n);
/* 0 when ask went well or failed with ERR_NOT_FOUND (reply is NULL then); else -1 with its error in
 * *e. */
CHECKED int aws_ask_check(const struct aws_ask *ask, struct err *e);

/* All pages of a list: calls until no token comes back and answers one array of all `list` elements
 * (the caller's). The paging members of an action are a row in lib/aws_actions.c. */
CHECKED int aws_call_pages(struct aws *a, const struct aws_service *s, const char *action,
                           const json_t *params, const char *list, json_t **all, struct err *e);

/* aws_call with the reply's list put together from all pages, where the action's row names one. */
CHECKED int aws_call_whole(struct aws *a, const struct aws_service *s, const char *action,
                           const json_t *params, json_t **reply, struct err *e);

/* sts:GetCallerIdentity; fills a->account and partition. *arn (may be NULL) is the caller's. */
CHECKED int aws_identify(struct aws *a, char **arn, struct err *e);
/* The same, and who it is; each string is the caller's, to be freed.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
struct aws_caller {
    char *arn, *user_id;
};
CHECKED int aws_caller_read(struct aws *a, struct aws_caller *out, struct err *e);
void aws_caller_done(struct aws_caller *c);

/* A copy of the credentials as they are now, the caller's (creds_done); renewed first when they end
 * within 15 minutes. A renewal that fails is an error (ERR_CREDENTIALS) only once they have ended.
 */
CHECKED int aws_creds_now(struct aws *a, struct creds *out, struct err *e);
/* After AWS said that these have ended: 0 when there are others now. Like the above it fails at
 * once for some seconds after a renewal that failed: many calls do not try one after another. */
CHECKED int aws_creds_renew(struct aws *a, const struct creds *ended, struct err *e);

/* Our clock as AWS has corrected it, in ms since 1970: within some minutes of AWS's own. */
int64_t aws_now_ms(const struct aws *a);
/* The time as the last answer had it, carried on by our clock; a Date has whole seconds, so this is
 * early by a second and the answer's way, never late. Our own time before the first answer. */
int64_t aws_date_ms(const struct aws *a);

/* True when the action only reads (table in lib/aws_actions.c; unknown actions are not reads). */
bool aws_action_reads(const struct aws_service *s, const char *action);
/* The same of a whole call: one that asks for a decrypted secret is no mere read. */
bool aws_call_reads(const struct aws_service *s, const char *action, const json_t *params);

/* "https://sqs.eu-west-1.amazonaws.com" or what an endpoint setting says; no slash at the end; the
 * caller's. */
char *aws_endpoint(const struct aws *a, const struct aws_service *s);
/* https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html:
 * a queue's URL is SQS's plain endpoint, or the one that is set, the account and its name; the
 * caller's. It is a name: requests go to aws_endpoint, also where FIPS or dual-stack make that
 * another host. Needs a->account. */
char *aws_queue_url(const struct aws *a, const char *queue);
/* "arn:aws:sqs:eu-west-1:123456789012:name": resource is the part after the account; the caller's.
 */
char *aws_arn(const struct aws *a, const char *service, const char *resource);
/* The same in a region that is not the client's. */
char *aws_arn_in(const struct aws *a, const char *region, const char *service,
                 const char *resource);
char *aws_arn_global(const struct aws *a, const char *service,
                     const char *resource); /* no region: IAM */

/* The partition and DNS suffix of a region, static strings. */
void aws_partition_of(const char *region, const char **partition, const char **dns_suffix);

/* The values that these settings may have; from is the setting, for ERR_USAGE. */
CHECKED int aws_setting_attempts(const char *from, const char *text, int *out, struct err *e);
CHECKED int aws_setting_retry_mode(const char *from, const char *text, enum aws_retry_mode *out,
                                   struct err *e);

#endif
