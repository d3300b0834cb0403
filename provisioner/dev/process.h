/* process.h: a child process of our own group that never outlives us. */
#ifndef FIFOQ_DEV_PROCESS_H
#define FIFOQ_DEV_PROCESS_H

#include "err.h"
#include "macros.h"

#include <sys/types.h>

/*
 * Runs `path` in the folder `dir` with nothing but `env` (NULL-terminated "NAME=value"), nothing on
 * stdin, and stdout and stderr in *output (close it). It leads a process group of its own, and gets
 * SIGKILL when the calling thread ends, however it ends. ERR_IO.
 */
CHECKED int process_start(const char *path, const char *dir, char *const *env, pid_t *pid,
                          int *output, struct err *e);

/* "exited with status 3", "was ended by signal 9 (Killed)": what wait() said; out takes the text.
 */
#define PROCESS_TEXT 80
void process_status(int status, char out[static PROCESS_TEXT]);

#endif
