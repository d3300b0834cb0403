/* function.h: one Lambda function on this machine: its process, which is restarted when it exits,
 * and its Runtime API. */
#ifndef FIFOQ_DEV_FUNCTION_H
#define FIFOQ_DEV_FUNCTION_H

#include "aws.h"
#include "dev/runtime_api.h"
#include "dev/say.h"

struct function;

struct function_options {
    const char *who;  /* "ingest": the name in output lines, and the handler */
    const char *name; /* "orders-ingest" */
    const char *arn;
    const char *region;
    unsigned memory_mb;
    int64_t timeout_ms;
    const char *bootstrap, *dir; /* the executable; the folder with settings.json */
    char *const *env;            /* NULL-terminated; common to all functions; borrowed */
    const char *own_env;         /* one more entry for this function, "NAME=value"; NULL: none */
    struct aws *aws;             /* the source of the process's credentials; borrowed; NULL: none */
    struct say *say;             /* borrowed */
};

/* Starts the function. A process that exits is restarted, with a delay that grows from 0.1 s to 5
 * s. ERR_IO. */
CHECKED int function_start(struct function **out, const struct function_options *o, struct err *e);

/* May be called from any thread; invocations run one at a time. If the credentials have changed, a
 * new process is started first. A timeout kills the process, like in Lambda. */
void function_invoke(struct function *f, const char *event, struct invoke_result *r);

/* Asks the process (SIGTERM) to finish its invocation, and does not restart it: later invocations
 * return INVOKE_CUT. */
void function_wind_down(struct function *f);

/* Aborts the running invocation; from any thread. */
void function_cut(struct function *f);

/* Sends SIGTERM, and SIGKILL after two seconds (immediately after function_cut). No invocation may
 * be running or follow. NULL is fine. */
void function_stop(struct function *f);

#endif
