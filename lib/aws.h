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
#include "sigv4.h"

#include <jansson.h>
#include <pthread.h>

/* https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html */
enum aws_retry_mode {
    AWS_RETRY_UNSET,
    AWS_RETRY_STANDARD,
    AWS_RETRY_LEGACY, /* of AWS's older tools: in fifoq the same as standard */
    AWS_RETRY_ADAPTIVE,
};

struct aws_shared; /* lib/aws_shared.h */
struct aws_codec;  /* how a protocol writes calls and reads answers: lib/aws_wire.h */

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
    char *ca_file;           /* the CA file that was set, for processes we start; NULL: none */
    bool anonymous;          /* calls are not signed and need no credentials */
    struct http *http;       /* borrowed */
    struct sigv4_keys *keys; /* NULL: signing keys are not kept */
    struct retry_quota *quota;
    struct retry_limiters *limiters; /* of the mode adaptive; NULL: none */
    struct aws_rates *rates;         /* borrowed; NULL: calls do not wait for a turn */
    /* Called when a call has waited for a second in total, and at every later wait, with the API's
     * rate per second, 0: unknown; NULL: no callback. Any thread calls it. */
    void (*paced)(void *paced_arg, const char *service, const char *action, double per_s);
    void *paced_arg;
    /* Asked by aws_call before AWS: true with *rc, and *reply or *e; false: it does not know. NULL:
     * nobody is asked (lib/aws_shared.h). */
    bool (*answers)(struct aws *a, const struct aws_service *s, const char *action,
                    const json_t *params, json_t **reply, int *rc, struct err *e);
    struct aws_shared *shared; /* of answers */
    int max_attempts;
    int64_t patience_ms; /* throttled calls: as in struct retry; 0: max_attempts counts */
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

/* Our clock with AWS's correction, in ms since 1970: within some minutes of AWS's own. */
int64_t aws_now_ms(const struct aws *a);
/* The time of the last answer, carried on by our clock. A Date has whole seconds, so this is up to
 * a second and the answer's travel time early, never late. Our own clock before the first answer.
 */
int64_t aws_date_ms(const struct aws *a);

/* Validate these settings; from is the setting's name, for ERR_USAGE. */
CHECKED int aws_setting_attempts(const char *from, const char *text, int *out, struct err *e);
CHECKED int aws_setting_retry_mode(const char *from, const char *text, enum aws_retry_mode *out,
                                   struct err *e);

#endif
