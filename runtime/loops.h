/* loops.h: the threads of a run, each of which receives messages and delivers groups. */
#ifndef FIFOQ_LOOPS_H
#define FIFOQ_LOOPS_H

#include "drain_run.h"

/*
 * Receives and delivers until `most` messages were received, the queue is empty, the run is
 * stopped, or less than need_ms remain for what would be received. At most parallel_groups groups
 * are delivered at a time. What is left then has been given back. A failed receive is an error;
 * what other receives had brought is delivered all the same.
 */
CHECKED int loops_run(struct drain_run *r, long most, int64_t need_ms, struct err *e);

#endif
