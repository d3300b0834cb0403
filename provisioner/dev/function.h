/* function.h: one Lambda function on this machine: its process, kept running, and its Runtime API.
 */
#ifndef FIFOQ_DEV_FUNCTION_H
#define FIFOQ_DEV_FUNCTION_H

#include "aws.h"
#include "dev/runtime_api.h"
#include "dev/say.h"

struct function;

struct function_options {
    const char *who;  /* "ingest": in lines, and the handler */
    const char *name; /* "orders-ingest" */
    const char *arn;
    const char *region;
    unsigned memory_mb;
    int64_t timeout_ms;
    const char *bootstrap, *dir; /* the executable; the folder with settings.json */
    char *const *env;            /* NULL-terminated; what all functions get; borrowed */
    const char *own_env;         /* one more entry for this one, "NAME=value"; NULL: none */
    struct aws *aws;             /* whose credentials the process gets; borrowed; NULL: none */
    struct say *say;             /* borrowed */
};

/* Starts it. A process that ends is started again, at once and then ever later, at most every 5 s.
 * ERR_IO. */
CHECKED int function_start(struct function **out, const struct function_options *o, struct err *e);

/* From any thread; one runs at a time, the others wait. When there are other credentials than
 * the process has, another is started first. A timeout ends the process, as in Lambda.
 */
void function_invoke(struct function *f, const char *event, struct invoke_result *r);

/* The process is asked (SIGTERM) to bring what is in flight to an orderly end, and is not started
 * again: later invocations end as cut. */
void function_wind_down(struct function *f);

/* What is in flight ends now, from any thread. */
void function_cut(struct function *f);

/* SIGTERM, after two seconds (at once when cut) SIGKILL; NULL is fine. Nobody may invoke any more.
 */
void function_stop(struct function *f);

#endif
