/* process.h: runs a program and takes what it prints. */
#ifndef FIFOQ_IDENTITY_PROCESS_H
#define FIFOQ_IDENTITY_PROCESS_H

#include "base.h"

struct process_result {
    int status; /* of its exit; 128 and the signal that ended it */
    char *out;  /* stdout, NUL-terminated, never NULL */
    char *err;  /* the beginning of stderr, likewise */
};

struct process_limits {
    int64_t limit_ms;   /* then it is ended: SIGTERM, and SIGKILL half a second later */
    bool (*stop)(void); /* NULL: nobody asks; once it says so, it is ended after grace_ms */
    int64_t grace_ms;
};

/*
 * argv[0] is looked for in PATH; no shell. stdin and the terminal are ours, so that it may ask for
 * something; what it starts in turn is not killed, and waited for only
 * while nothing has been printed (3 s). ERR_CREDENTIALS when it
 * cannot be started, prints more than 64 KiB on stdout or takes too long, ERR_INTERRUPTED after
 * stop.
 */
CHECKED int process_run(char **argv, const struct process_limits *limits, struct process_result *r,
                        struct err *e);
void process_result_done(struct process_result *r); /* cleanses */

#endif
