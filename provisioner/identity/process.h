/* process.h: runs a program and takes what it prints. */
#ifndef FIFOQ_IDENTITY_PROCESS_H
#define FIFOQ_IDENTITY_PROCESS_H

#include "base.h"

struct process_result {
    int status; /* of its exit; 128 and the signal that ended it */
    char *out;  /* stdout, NUL-terminated, never NULL */
    char *err;  /* the beginning of stderr, likewise */
};

/*
 * argv[0] is looked for in PATH; no shell. stdin is ours. Killed after limit_ms. ERR_CREDENTIALS
 * when it cannot be started, prints more than 64 KiB on stdout, or takes too long.
 */
CHECKED int process_run(char **argv, int64_t limit_ms, struct process_result *r, struct err *e);
void process_result_done(struct process_result *r); /* cleanses */

#endif
