/* process.h: runs a program and returns its output. */
#ifndef FIFOQ_IDENTITY_PROCESS_H
#define FIFOQ_IDENTITY_PROCESS_H

#include "err.h"
#include "macros.h"

#include <stdbool.h>
#include <stdint.h>

struct process_result {
    int status; /* exit status, or 128 + the signal that killed it */
    char *out;  /* stdout, NUL-terminated, never NULL */
    char *err;  /* the beginning of stderr, NUL-terminated, never NULL */
};

struct process_limits {
    int64_t limit_ms;   /* then SIGTERM, and SIGKILL half a second later */
    bool (*stop)(void); /* NULL: never; once true, the program is terminated after grace_ms */
    int64_t grace_ms;
};

/* Looks up argv[0] in PATH and runs it without a shell. The program shares fifoq's stdin and
 * terminal, so it may prompt. Its children are not killed; they are waited for (3 s) only while
 * nothing has been printed. ERR_CREDENTIALS: it cannot start, prints more than 64 KiB on stdout, or
 * times out. ERR_INTERRUPTED: stop said true.
 */
CHECKED int process_run(char **argv, const struct process_limits *limits, struct process_result *r,
                        struct err *e);
void process_result_done(struct process_result *r); /* cleanses */

#endif
