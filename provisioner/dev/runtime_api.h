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
    INVOKE_OK,      /* the function answered */
    INVOKE_ERROR,   /* the function reported an error, at the start or for the event */
    INVOKE_DIED,    /* its process ended first */
    INVOKE_TIMEOUT, /* no answer in time: the process has to be ended */
    INVOKE_CUT,     /* runtime_api_cut */
};

struct invoke_result {
    enum invoke_outcome outcome;
    char *body; /* INVOKE_OK: the answer, NUL-terminated; else why in one line; the caller's */
    size_t len;
    int64_t took_ms; /* from the event's handing over to the answer */
};
void invoke_result_done(struct invoke_result *r);
#define auto_result __attribute__((cleanup(invoke_result_done))) struct invoke_result

/* Listens on a free port of 127.0.0.1. arn: the function's, sent with each event. ERR_IO. */
CHECKED int runtime_api_new(struct runtime_api **out, const char *arn, struct err *e);
/* The process is gone and nobody invokes any more. NULL is fine. */
void runtime_api_free(struct runtime_api *api);
/* "127.0.0.1:41234/WORD": the value of AWS_LAMBDA_RUNTIME_API; borrowed. Whoever does not know the
 * word, which is new each time, gets no event and may not answer. */
const char *runtime_api_address(const struct runtime_api *api);

/* A new process is about to run. */
void runtime_api_started(struct runtime_api *api);
/* The process has ended, why in one line; an invocation that it owed an answer fails. The caller's:
 * the reason, which is the error that the process reported at its start when it did. */
char *runtime_api_ended(struct runtime_api *api, const char *why);
/* Events taken by the process that runs now or ran last. */
unsigned runtime_api_handed(struct runtime_api *api);

/*
 * Hands `event` to the process and waits for the answer: timeout_ms from handing over, and init_ms
 * from now (or from the process's start, when that comes later) for a process that does not ask for
 * an event. One invocation at a time.
 */
void runtime_api_invoke(struct runtime_api *api, const char *event, int64_t timeout_ms,
                        int64_t init_ms, struct invoke_result *r);

/* Ends the invocation in flight, and each later one at once. */
void runtime_api_cut(struct runtime_api *api);

#endif
