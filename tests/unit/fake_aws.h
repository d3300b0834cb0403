/*
 * fake_aws.h: eight services as a JSON object behind the client's seam: what was created is there,
 * defaults are filled in as AWS fills them in, functions and mappings take a few looks to settle.
 * Tests change the object as somebody else would.
 */
#ifndef FIFOQ_FAKE_AWS_H
#define FIFOQ_FAKE_AWS_H

#include "aws.h"
#include "json.h"

#include <pthread.h>

struct fake_aws {
    pthread_mutex_t lock;
    json_t *world; /* queues, tables, parameters, groups, roles, functions, mappings, rules: name ->
                      thing */
    json_t *calls; /* "sqs:CreateQueue", in order */
    json_t *fails; /* "sqs:CreateQueue" -> {"code", "message", "times" (for ever without),
                      "missing" (true: ERR_NOT_FOUND)} */
    json_t *asked; /* every request's parameters, in the order of calls */
    int settle;    /* looks until what was made is ready */
    /* StateReasonCode of new functions that fail; NULL: they work */
    const char *broken;
    /* StateTransitionReason of mappings that are disabled instead of enabled; NULL: they work */
    const char *disables;
};

void fake_aws_init(struct fake_aws *f, struct aws *a);
void fake_aws_done(struct fake_aws *f, struct aws *a);

/* The value at "queues|orders.fifo|Attributes|Policy"; borrowed, NULL when there is none. */
json_t *fake_aws_at(struct fake_aws *f, const char *path);
/* Puts value (taken over; NULL removes) there. */
void fake_aws_put(struct fake_aws *f, const char *path, json_t *value);

/* How many calls there were that begin with prefix ("sqs:"); "" for all. */
size_t fake_aws_count(const struct fake_aws *f, const char *prefix);
/* How many of them change something. */
size_t fake_aws_writes(const struct fake_aws *f);
void fake_aws_forget_calls(struct fake_aws *f);

#endif
