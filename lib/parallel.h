/* parallel.h: blocking code, several at a time. */
#ifndef FIFOQ_PARALLEL_H
#define FIFOQ_PARALLEL_H

#include <stddef.h>

/* Does item i of what arg points to; runs on several threads at once. */
typedef void parallel_fn(void *arg, size_t i);

/* Calls fn(arg, 0 .. n-1), at most `width` at the same time, and returns when all are done. One of
 * the threads is the caller's own, so n = 1 costs nothing. When a thread cannot be had, the rest
 * runs on those there are. */
void parallel_each(size_t n, size_t width, parallel_fn *fn, void *arg);

#endif
