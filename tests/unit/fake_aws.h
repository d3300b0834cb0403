/*
 * fake_aws.h: eight services as a JSON object instead of the network: what was created exists,
 * defaults are filled in as AWS does, functions and mappings need a few reads to settle. Tests
 * change the object as a change from outside.
 */
#ifndef FIFOQ_FAKE_AWS_H
#define FIFOQ_FAKE_AWS_H

#include "aws.h"
#include "json.h"

#include <pthread.h>

struct fake_aws {
    pthread_mutex_t lock;
    json_t *world; /* queues, tables, parameters, groups, roles, functions, mappings, rules: name ->
                    * resource */
    json_t *calls; /* "sqs:CreateQueue", in order */
    json_t *fails; /* "sqs:CreateQueue" -> {"code", "message", "times" (default: always), "missing"
                    * (true: ERR_NOT_FOUND)} */
    json_t *asked; /* every request's parameters, in the order of calls */
    int settle;    /* reads until a new resource is ready */
    /* StateReasonCode of new functions that fail; NULL: they work */
    const char *broken;
    /* StateTransitionReason of mappings that are disabled instead of enabled; NULL: they work */
    const char *disables;
};

void fake_aws_init(struct fake_aws *f, struct aws *a);
void fake_aws_done(struct fake_aws *f, struct aws *a);

/* The value at "queues|orders.fifo|Attributes|Policy"; borrowed, NULL when there is none. */
json_t *fake_aws_at(struct fake_aws *f, const char *path);
/* Sets the value there (taken over; NULL removes it). */
void fake_aws_put(struct fake_aws *f, const char *path, json_t *value);

/* The number of calls that begin with prefix ("sqs:"); "" for all. */
size_t fake_aws_count(const struct fake_aws *f, const char *prefix);
/* How many of them change something. */
size_t fake_aws_writes(const struct fake_aws *f);
void fake_aws_forget_calls(struct fake_aws *f);

#endif
