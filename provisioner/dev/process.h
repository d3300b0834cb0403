/* process.h: starts a child process in its own process group that never outlives fifoq. */
#ifndef FIFOQ_DEV_PROCESS_H
#define FIFOQ_DEV_PROCESS_H

#include "err.h"
#include "macros.h"

#include <sys/types.h>

/* Runs `path` in the folder `dir` with only `env` (NULL-terminated "NAME=value") as environment, an
 * empty stdin, and stdout and stderr in *output, which the caller closes. The child leads its own
 * process group, and gets SIGKILL when the calling thread ends for any reason. ERR_IO.
 */
CHECKED int process_start(const char *path, const char *dir, char *const *env, pid_t *pid,
                          int *output, struct err *e);

/* Formats a status of wait(): "exited with status 3", "was killed by signal 9 (Killed)". */
enum { PROCESS_TEXT = 80 };
void process_status(int status, char out[static PROCESS_TEXT]);

#endif
