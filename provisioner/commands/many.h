/* many.h: a command for many pipelines, in one process. They share clients, answers about whole
 * accounts and AWS's rates; one that fails does not stop the others. */
#ifndef FIFOQ_MANY_H
#define FIFOQ_MANY_H

#include "commands/session.h"
#include "commands/targets.h"

/* One pipeline: *s has its options, file, environment and clients, and is not opened yet. Returns
 * an exit code, or -1 with *e. Called by several threads. */
typedef int many_fn(void *arg, struct session *s, size_t i, struct err *e);

struct many {
    const struct options *options;
    const struct targets *targets;
    const char *doing; /* for the progress: "compared" */
    many_fn *run;
    void *arg;
    struct clients *clients; /* NULL: of this run only */
};

/* Runs all, some at the same time. Returns the worst exit code: of EXIT_INTERRUPTED, EXIT_FAILED,
 * EXIT_BAD_USAGE, EXIT_REFUSED, EXIT_DIFFERS, EXIT_UNREADABLE, EXIT_DONE the first that occurs. */
int many_run(struct many *m);
int many_worse(int a, int b);

/* The folder that contains the repository's .git, else the working directory; for the caller to
 * free. */
char *many_root(void);

#endif
