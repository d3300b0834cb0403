/*
 * runtime_api.h: Lambda's Runtime API for one function with one execution environment at a time.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
#ifndef FIFOQ_DEV_RUNTIME_API_H
#define FIFOQ_DEV_RUNTIME_API_H

#include "err.h"
#include "macros.h"

#include <stddef.h>
#include <stdint.h>

struct runtime_api;

enum invoke_outcome {
    INVOKE_OK,      /* the function returned a response */
    INVOKE_ERROR,   /* the function reported an error, during init or for the event */
    INVOKE_DIED,    /* its process exited first */
    INVOKE_TIMEOUT, /* no response in time: the caller must kill the process */
    INVOKE_CUT,     /* runtime_api_cut */
};

struct invoke_result {
    enum invoke_outcome outcome;
    char *body; /* INVOKE_OK: the response, NUL-terminated; otherwise the reason in one line; for
                   the caller to free */
    size_t len;
    int64_t took_ms; /* from the event's delivery to the response */
};
void invoke_result_done(struct invoke_result *r);
#define auto_result __attribute__((cleanup(invoke_result_done))) struct invoke_result

/* Listens on a free port of 127.0.0.1. arn: the function's, sent with each event. ERR_IO. */
CHECKED int runtime_api_new(struct runtime_api **out, const char *arn, struct err *e);
/* Call it after the process has exited and without a running invocation. NULL is fine. */
void runtime_api_free(struct runtime_api *api);
/* "127.0.0.1:41234/WORD": the value of AWS_LAMBDA_RUNTIME_API; borrowed. WORD is a random secret:
 * requests without it are refused. */
const char *runtime_api_address(const struct runtime_api *api);

/* Call it before a new process starts. */
void runtime_api_started(struct runtime_api *api);
/* Call it after the process has exited, with the reason in one line; its unfinished invocation
 * fails. Returns the reason, for the caller to free: the init error that the process reported,
 * otherwise why. */
char *runtime_api_ended(struct runtime_api *api, const char *why);
/* The number of events that the current or last process received. */
unsigned runtime_api_handed(struct runtime_api *api);

/* Delivers `event` to the process and waits for the response: timeout_ms after the delivery, and
 * init_ms after now (or after a later start of the process) for a process that does not request an
 * event. One invocation at a time.
 */
void runtime_api_invoke(struct runtime_api *api, const char *event, int64_t timeout_ms,
                        int64_t init_ms, struct invoke_result *r);

/* Aborts the running invocation, and every later one. */
void runtime_api_cut(struct runtime_api *api);

#endif
