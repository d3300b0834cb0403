/* kinds.h: all kinds, and what a row passes to each besides the name. Strings are borrowed from the
 * configuration unless noted. */
#ifndef FIFOQ_KINDS_H
#define FIFOQ_KINDS_H

#include "config/config.h"
#include "kinds/kind.h"

extern const struct kind kind_dynamodb_table, kind_dynamodb_table_existing, kind_sqs_queue,
    kind_sqs_queue_existing, kind_ssm_parameter, kind_ssm_parameter_existing, kind_log_group,
    kind_iam_role, kind_lambda_function, kind_invoke_config, kind_event_source, kind_event_rule,
    kind_lambda_permission;

struct dynamodb_table {
    const struct config_table_keys *keys; /* of a table that fifoq creates */
    bool old_images;                      /* filters, templates or events need the old image */
    const char *reader;                   /* our function that reads its stream, or NULL */
};

struct sqs_queue {
    bool fifo;
    unsigned visibility_s, retention_s;
    const char *kms;          /* the key that encrypts it; NULL: SQS's own */
    bool ours_to_drain;       /* no consumer except our drain is allowed */
    bool is_turn;             /* it holds drain's turn (runtime/turn.h), nothing to lose */
    bool left_behind;         /* our drain consumed it earlier and now consumes another */
    const char *functions[2]; /* ours; their rows judge their mappings */
};

struct sqs_queue_existing {
    unsigned drain_timeout_s, least_visibility_s; /* 0: without drain, any value is accepted */
};

struct ssm_parameter {
    const struct config_parameter *config;
    const char *kms;    /* the key that encrypts it; NULL: alias/aws/ssm */
    const char *folder; /* of the configuration file: FROM_FILE is relative to it */
};

struct log_group {
    unsigned retention_days;
};

/* The resources of a role that may be encrypted with a customer-managed key. Borrowed. */
struct role_keys {
    const char *own;           /* the configuration's `kms`, for queues of fifoq; or NULL */
    const char *queue, *table; /* existing ones, whose keys are read from AWS; or NULL */
    const json_t *parameters;  /* the same: an array of names; or NULL */
    bool own_parameters;       /* `own` also encrypts parameters */
    bool sends, sends_own;     /* messages to the queue; to queues of fifoq */
};

/* The tag with a role's region: IAM itself has none. */
#define REGION_TAG "fifoq:region"
/* https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
enum { IAM_ROLE_NAME_MAX = 64 };

struct iam_role {
    const char *description;
    const char *path, *boundary; /* boundary: a policy's ARN; NULL: none is wanted */
    const struct err
        *undecided; /* why the row's name may be another region's role; NULL: it is ours */
    struct role_keys keys;
    const char *policy; /* the name of its template */
    json_t *grants;     /* owned: placeholder -> array of "service:resource" (policy_render) */
};

struct lambda_function {
    const char *handler, *description;
    const char *role; /* "PATHNAME", with the slashes around the path; NULL: unknown */
    unsigned timeout_s;
    bool reads_stream;                /* its mapping from a table's stream has its own row */
    const struct config_start *start; /* if it reads a stream; else NULL */
    const struct config_functions *config;
};

struct event_source {
    const char *table;    /* the table whose stream it reads */
    const char *failures; /* the queue for records that were given up */
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
    const char *rules; /* the names of the rules that may call it, with '*'; NULL for leftovers */
};

#endif
