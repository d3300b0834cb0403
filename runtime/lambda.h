/*
 * lambda.h: the loop of a custom runtime.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
#ifndef FIFOQ_LAMBDA_H
#define FIFOQ_LAMBDA_H

#include "extension.h"

#include <jansson.h>
#include <signal.h>

struct invocation {
    const char *request_id, *function_arn; /* borrowed for the call; function_arn may be "" */
    const char *body;
    size_t body_len;
    int64_t deadline_ms; /* wall clock */
    int64_t
        idle_ms; /* since the one before, by the wall clock: Lambda may have frozen the process */
};

/* *answer is the caller's. A failure is reported to Lambda with the type of its code. */
typedef int lambda_handler_fn(void *arg, const struct invocation *in, json_t **answer,
                              struct err *e);

struct lambda {
    struct http *http; /* for this API alone: its connections never go stale */
    struct extension extension;
    char *base;                        /* "http://127.0.0.1:9001/2018-06-01" */
    volatile sig_atomic_t *working;    /* set during an invocation */
    const volatile sig_atomic_t *stop; /* set: no further invocation is requested; may be NULL */
};

/* api: the value of AWS_LAMBDA_RUNTIME_API, host:port. */
CHECKED int lambda_init(struct lambda *l, const char *api, volatile sig_atomic_t *working,
                        const volatile sig_atomic_t *stop, struct err *e);
void lambda_done(struct lambda *l);

/* Asks for SIGTERM before Lambda ends the process; only before the first invocation. Where that is
 * not possible, everything works without it. */
void lambda_want_signal(struct lambda *l, const char *api);

/* Tells Lambda why the function cannot start; only before the first invocation, and the process
 * ends after it. */
void lambda_init_error(struct lambda *l, const struct err *why);

/* Handles invocations until *stop is set (0) or the Runtime API stops working (-1).
 */
CHECKED int lambda_loop(struct lambda *l, lambda_handler_fn *handler, void *arg, struct err *e);

/* "Function.ConfigInvalid": the type that Lambda gets with the message. */
const char *lambda_error_type(const struct err *e);

#endif
