/* specs.h: what a row tells its kind beside the name. Strings are borrowed from the configuration
 * unless they say otherwise. */
#ifndef FIFOQ_SPECS_H
#define FIFOQ_SPECS_H

#include "config/config.h"

struct dynamodb_table {
    const struct config_table_keys *keys; /* of a table that fifoq makes */
    bool old_images;    /* filters, templates or events look at what an item was before */
    const char *reader; /* our function that reads its stream; NULL: none does */
};

struct sqs_queue {
    bool fifo;
    unsigned visibility_s, retention_s;
    const char *kms;          /* the key that encrypts it; NULL: SQS's own */
    bool ours_to_drain;       /* nobody but our drain consumes it, or nobody at all */
    bool is_turn;             /* its message is drain's own (runtime/turn.h): nobody's loss */
    bool left_behind;         /* our drain consumed it before; now it consumes another */
    const char *functions[2]; /* ours, whose mappings are not the queue's to judge */
};

struct sqs_queue_existing {
    unsigned drain_timeout_s, least_visibility_s; /* 0: nobody drains it, and any will do */
};

struct ssm_parameter {
    const struct config_parameter *config;
    const char *kms;    /* the key that encrypts it; NULL: alias/aws/ssm */
    const char *folder; /* of the configuration file: FROM_FILE is relative to it */
};

struct log_group {
    unsigned retention_days;
};

/* What of a role's surroundings may be encrypted with a key of a customer's. Borrowed. */
struct role_keys {
    const char *own; /* the configuration's `kms`, for the queues that fifoq makes; or NULL */
    const char *queue, *table; /* of others, whose keys are asked for; or NULL */
    const json_t *parameters;  /* the same: an array of names; or NULL */
    bool own_parameters;       /* `own` is for these as well */
    bool sends, sends_own;     /* messages to the queue; to queues that fifoq makes */
};

/* Which region a role serves: IAM itself has none. */
#define REGION_TAG "fifoq:region"
/* https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
enum { IAM_ROLE_NAME_MOST = 64 };

struct iam_role {
    const char *description;
    const char *path, *boundary; /* boundary: a policy's ARN, NULL: none is asked for */
    const struct err
        *undecided; /* why the row's name may be another region's role; NULL: it is not */
    struct role_keys keys;
    const char *policy; /* the name of its template */
    json_t *grants;     /* owned: placeholder -> array of "service:resource" (policy_render) */
};

struct lambda_function {
    const char *handler, *description;
    const char
        *role; /* "PATHNAME", with the slashes around the path; NULL: it is not known which */
    unsigned timeout_s;
    bool reads_stream;                /* a mapping of a table's stream to it is a row of its own */
    const struct config_start *start; /* of what reads a stream; else NULL */
    const struct config_functions *config;
};

struct event_source {
    const char *table;    /* whose stream it reads */
    const char *failures; /* the queue that is told about what was given up */
    unsigned batch_size;
    bool old_images; /* as in dynamodb_table */
    json_t *filters; /* owned: array of patterns */
    const struct config_start *start;
};

struct event_rule {
    const struct config_schedule *schedule;
    const char *function;
};

struct lambda_permission {
    const char *function;
    const char
        *rules; /* the names of those that may call it, '*' for any rest; NULL for leftovers */
};

#endif
