/*
 * dev.h: `fifoq dev`: both halves of a pipeline on this machine, against the real table, queue and
 * parameters: the stream poller, the scheduler and Lambda's Runtime API around the very bootstrap
 * that `fifoq up` uploads.
 */
#ifndef FIFOQ_DEV_H
#define FIFOQ_DEV_H

#include "aws.h"
#include "config/config.h"

#include <stdio.h>

struct dev_options {
    const struct config *config; /* borrowed, like everything here */
    struct aws *aws;
    struct http *http; /* the transport under aws; not otherwise used */
    int64_t every_ms; /* fire drain on this period, at once the first time; 0: the real schedules */
    int64_t for_ms;   /* end after this long; 0: run until stopped */
    bool from_latest; /* read the stream from now on; else from its oldest record (TRIM_HORIZON) */
    const char *ingest_env; /* "NAME=value": what ingest's environment has on AWS; NULL: nothing */
    bool quiet;             /* only failures, the start and the end */
    bool verbose;           /* also empty ticks and every line of the functions' logs */
    const char *bootstrap;  /* an executable to run instead of the embedded one; NULL: embedded */
    bool (*stop)(void);     /* polled from several threads, about 20 times a second; NULL: never */
    FILE *out;              /* where the lines go; one line, one write */
    bool color;
};

/*
 * Runs until for_ms is over or stop() says true; what is in flight is then finished within its
 * deadline, or left at once after dev_hurry(). 0 when it ended so, -1 when it could not start or go
 * on: ERR_NOT_FOUND (no queue or no table, with what to do), ERR_CONFIG, ERR_IO, ERR_AWS, ERR_NET.
 */
CHECKED int dev_run(const struct dev_options *o, struct err *e);

/* Async-signal-safe: end at once, do not wait for what is in flight. For the second Ctrl-C. */
void dev_hurry(void);

#endif
