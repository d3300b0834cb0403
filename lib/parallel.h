/* parallel.h: runs blocking code in parallel. */
#ifndef FIFOQ_PARALLEL_H
#define FIFOQ_PARALLEL_H

#include "macros.h"

#include <pthread.h>
#include <stddef.h>

/* Processes item i of arg; called on several threads at once. */
typedef void parallel_fn(void *arg, size_t i);

/* Calls fn(arg, 0 .. n-1), at most `width` at the same time, and returns when all are done. One of
 * the threads is the caller's own, so n = 1 costs nothing. When no more threads can be created,
 * those that exist do the rest. */
void parallel_each(size_t n, size_t width, parallel_fn *fn, void *arg);

/* A thread that gets no signals; to be joined. -1: there can be no more. */
CHECKED int parallel_start(pthread_t *thread, void *(*run)(void *), void *arg);

#endif
