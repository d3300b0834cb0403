/* scheduler.h: runs drain when it is due, one run at a time. */
#ifndef FIFOQ_DEV_SCHEDULER_H
#define FIFOQ_DEV_SCHEDULER_H

#include "config/config.h"
#include "dev/function.h"

#include <stdatomic.h>

struct scheduler_options {
    const struct config_drain *drain; /* borrowed, like everything here */
    int64_t every_ms;                 /* above 0: instead of the schedules */
    void (*invoke)(struct function *f, const char *event, struct invoke_result *r);
    struct function *function;
    struct say *say;
    const atomic_bool *ending;
};

/* Runs until *ending; the run in flight is finished. */
void scheduler_run(const struct scheduler_options *o);

#endif
