/*
 * aws.h: one call of one action of an AWS service: build, sign, send, retry, and read the answer or
 * the error.
 *
 * All protocols look alike from here. Parameters are a JSON object with the members that AWS
 * documents. The reply is an object with the members and types of lib/aws_shapes.c; an answer
 * without a needed member is ERR_PARSE. Query services: lists wrapped in <member> are arrays, and
 * policy documents are JSON text, percent-decoded. A REST-JSON action reads its path, query and
 * header members from the same object (table in lib/aws_actions.c). lambda:Invoke accepts and
 * returns `Payload` as JSON, besides StatusCode, FunctionError and LogResult.
 */
#ifndef FIFOQ_AWS_H
#define FIFOQ_AWS_H

#include "aws_endpoints.h"
#include "aws_rates.h"
#include "aws_services.h"
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
    AWS_RETRY_LEGACY, /* of AWS's older tools: in fifoq the same as standard */
    AWS_RETRY_ADAPTIVE,
};

struct aws_codec; /* how a protocol writes calls and reads answers: lib/aws_wire.h */

struct aws_service {
    enum aws_id id;      /* selects its endpoints */
    const char *name;    /* in messages and tables: IAM's prefix */
    const char *signing; /* signing name */
    const struct aws_codec *codec;
    const struct aws_shape *shapes; /* its actions' answers: lib/aws_shapes.c */
    const char *target;             /* JSON: X-Amz-Target prefix */
    const char *version;            /* JSON: "1.0" or "1.1"; Query: the API version */
};

/* The actions that a command may call; constant. */
struct aws_permits {
    const char *command; /* in messages: "fifoq drift" */
    const char *hint;    /* what to do when AWS denies a call: "'fifoq policy up' prints ..." */
    bool (*allows)(const struct aws_permits *p, const struct aws_service *s, const char *action);
};

/* Shared by all threads once made, and never copied; struct aws_how says how one call differs. */
struct aws {
    char *region;     /* "eu-west-1" */
    char *partition;  /* "aws", "aws-cn", "aws-us-gov", ... */
    char *dns_suffix; /* "amazonaws.com", ... */
    char *account;    /* twelve digits; NULL until aws_identify or its owner sets it */
    struct aws_endpoints endpoints;
    char *ca_file;     /* the CA file that was set, for processes we start; NULL: none */
    bool anonymous;    /* calls are not signed and need no credentials */
    struct http *http; /* borrowed */
    struct retry_quota *quota;
    struct retry_limiters *limiters; /* of the mode adaptive; NULL: none */
    struct aws_rates *rates;         /* borrowed; NULL: calls do not wait for a turn */
    /* Called when a call has to wait for its turn, with the rate per second; NULL: no callback. */
    void (*paced)(void *paced_arg, const char *service, const char *action, double per_s);
    void *paced_arg;
    int max_attempts;
    enum aws_retry_mode retry_mode;    /* never AWS_RETRY_UNSET after aws_init */
    long timeout_ms;                   /* per attempt; 0: 60,000 */
    const struct aws_permits *permits; /* borrowed; NULL: every action. Another action is
                                          ERR_REFUSED and sends no request */
    int64_t deadline_ms; /* monotonic clock: no attempt begins or lasts beyond it; ERR_TIMEOUT,
                            unsent, when no time is left for the first; 0: none */
    bool read_only;      /* only reads are sent; the rest is ERR_REFUSED (aws_call_reads) */
    bool (*stop)(void);  /* called before each attempt: once true, none begins, and one that only
                            reads is given up; NULL: never */
    /* The seam for tests: when set, it replaces the network. Same contract as aws_call. */
    int (*fake)(void *arg, const struct aws_service *s, const char *action, const json_t *params,
                json_t **reply, struct err *e);
    void *arg;

    /* From here on: state that changes while calls are made. */
    struct creds creds; /* only through aws_creds_now */
    /* Finds new credentials, as creds_find does, before they expire and when AWS says that they
     * have expired; NULL: they are never renewed. Never called by two threads at once. */
    int (*renew)(void *renew_arg, struct creds *out, struct err *e);
    void *renew_arg;
    pthread_mutex_t creds_lock, renew_lock; /* of creds; of renew and of the members below */
    int64_t renew_after_ms;                 /* monotonic clock: no renewal begins before it */
    struct err renew_err;                   /* why the last one failed; ERR_OK: it succeeded */
    _Atomic int64_t skew_ms;                /* added to our clock; set by aws_call.c only */
    /* The same by the last answer's Date, at most a second early; set there as well. */
    _Atomic int64_t date_skew_ms;
};

struct aws_options {
    const char *region;       /* required */
    const char *endpoint_url; /* --endpoint-url: replaces all settings; NULL: not given */
    const struct aws_endpoints *endpoints; /* NULL: read from the environment */
    const char *ca_file;                   /* the file that http was made with; NULL: none */
    int max_attempts;                      /* 0: AWS_MAX_ATTEMPTS, else 3 */
    enum aws_retry_mode retry_mode;        /* unset: AWS_RETRY_MODE, else standard */
};

/*
 * Takes over *creds (left zeroed, also on failure). http is borrowed. ERR_USAGE: a missing or
 * invalid region, endpoint, number of attempts or retry mode, and an endpoint that AWS does not
 * have.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
CHECKED int aws_init(struct aws *a, const struct aws_options *o, struct http *http,
                     struct creds *creds, struct err *e);
void aws_done(struct aws *a);

/*
 * params may be NULL (no members); it is only read. *reply is the caller's, an empty object when
 * the answer has no body; reply may be NULL. On failure: ERR_NOT_FOUND for the codes that mean it,
 * ERR_CREDENTIALS for missing, wrong or expired ones, ERR_AWS, ERR_NET, ERR_TIMEOUT,
 * ERR_INTERRUPTED when a->stop said true before the first attempt. The message starts with
 * "service:Action"; e->aws_code, e->status and e->request_id are set where AWS gave them.
 */
CHECKED int aws_call(struct aws *a, const struct aws_service *s, const char *action,
                     const json_t *params, json_t **reply, struct err *e);

/* How one call differs from its client's others; zeroed: not at all. */
struct aws_how {
    long timeout_ms;                   /* the least per attempt (long polls) */
    int64_t deadline_ms;               /* instead of the client's; 0: the client's */
    const volatile sig_atomic_t *stop; /* once it is not 0, no attempt begins; NULL: never */
    int max_attempts;                  /* instead of the client's; 0: the client's */
    bool finish; /* the client's stop is ignored: what was begun is finished */
};

/* aws_call with these differences; also ERR_INTERRUPTED once *how->stop is set. */
CHECKED int aws_call_how(struct aws *a, const struct aws_service *s, const char *action,
                         const json_t *params, const struct aws_how *how, json_t **reply,
                         struct err *e);

/* Several aws_call_whole in parallel. Each ask has its own reply or error; params are taken over.
 */
struct aws_ask {
    const struct aws_service *service;
    const char *action;
    json_t *params; /* owned by the ask */
    json_t *reply;  /* owned by the ask */
    struct err err; /* code ERR_OK on success */
};
void aws_call_all(struct aws *a, struct aws_ask *asks, size_t n);
void aws_asks_done(struct aws_ask *asks, size_t n);
/* 0 when ask succeeded or failed with ERR_NOT_FOUND (reply is NULL then); else -1 with its error in
 * *e. */
CHECKED int aws_ask_check(const struct aws_ask *ask, struct err *e);

/* All pages of a list: calls until no token is returned and returns one array of all `list`
 * elements (the caller's). The paging members of an action are a row in lib/aws_actions.c. */
CHECKED int aws_call_pages(struct aws *a, const struct aws_service *s, const char *action,
                           const json_t *params, const char *list, json_t **all, struct err *e);

/* aws_call; the reply's list has the elements of all pages, where the action's row names one. */
CHECKED int aws_call_whole(struct aws *a, const struct aws_service *s, const char *action,
                           const json_t *params, json_t **reply, struct err *e);

/* sts:GetCallerIdentity; fills a->account and partition. *arn (may be NULL) is the caller's to
 * free. */
CHECKED int aws_identify(struct aws *a, char **arn, struct err *e);
/* The same with the identity; each string is the caller's to free.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
struct aws_caller {
    char *arn, *user_id;
};
CHECKED int aws_caller_read(struct aws *a, struct aws_caller *out, struct err *e);
void aws_caller_done(struct aws_caller *c);

/* A copy of the current credentials, the caller's (creds_done); renewed first when they expire
 * within 15 minutes. A failed renewal is an error (ERR_CREDENTIALS) only once they have expired. */
CHECKED int aws_creds_now(struct aws *a, struct creds *out, struct err *e);
/* After AWS said that these have expired: 0 when there are others now. For some seconds after a
 * failed renewal both functions fail at once, so that waiting calls do not retry one after another.
 */
CHECKED int aws_creds_renew(struct aws *a, const struct creds *ended, struct err *e);

/* Our clock with AWS's correction, in ms since 1970: within some minutes of AWS's own. */
int64_t aws_now_ms(const struct aws *a);
/* The time of the last answer, carried on by our clock. A Date has whole seconds, so this is up to
 * a second and the answer's travel time early, never late. Our own clock before the first answer.
 */
int64_t aws_date_ms(const struct aws *a);

/* True when the action only reads (table in lib/aws_actions.c; unknown actions do not). */
bool aws_action_reads(const struct aws_service *s, const char *action);
/* The same of a whole call: one that asks for a decrypted secret does not only read. */
bool aws_call_reads(const struct aws_service *s, const char *action, const json_t *params);

/* "https://sqs.eu-west-1.amazonaws.com" or the endpoint that is set; without a slash at the end;
 * the caller's. */
char *aws_endpoint(const struct aws *a, enum aws_id id);
/* https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html:
 * a queue's URL is SQS's plain endpoint, or the one that is set, the account and its name; the
 * caller's. It is a name: requests are sent to aws_endpoint, which FIPS or dual-stack may make
 * another host. Needs a->account. */
char *aws_queue_url(const struct aws *a, const char *queue);
/* "arn:aws:sqs:eu-west-1:123456789012:name": resource is the part after the account; the caller's.
 */
char *aws_arn(const struct aws *a, const char *service, const char *resource);
/* The same in another region than the client's. */
char *aws_arn_in(const struct aws *a, const char *region, const char *service,
                 const char *resource);
char *aws_arn_global(const struct aws *a, const char *service,
                     const char *resource); /* no region: IAM */

/* The partition and DNS suffix of a region, static strings. */
void aws_partition_of(const char *region, const char **partition, const char **dns_suffix);

/* Validate these settings; from is the setting's name, for ERR_USAGE. */
CHECKED int aws_setting_attempts(const char *from, const char *text, int *out, struct err *e);
CHECKED int aws_setting_retry_mode(const char *from, const char *text, enum aws_retry_mode *out,
                                   struct err *e);

#endif
