/* dev.h: `fifoq dev` runs both halves of a pipeline on this machine with the real table, queue and
 * parameters: a stream poller, a scheduler and Lambda's Runtime API for the same bootstrap that
 * `fifoq up` uploads.
 */
#ifndef FIFOQ_DEV_H
#define FIFOQ_DEV_H

#include "aws.h"
#include "config/config.h"

#include <stdio.h>

struct dev_options {
    const struct config *config; /* borrowed, like everything here */
    struct aws *aws;
    struct http *http;      /* the transport under aws; not otherwise used */
    int64_t every_ms;       /* run drain at this interval, first immediately; 0: on its schedules */
    int64_t for_ms;         /* stop after this time; 0: run until stopped */
    bool from_latest;       /* read the stream from now on; otherwise from its oldest record
                               (TRIM_HORIZON) */
    const char *ingest_env; /* "NAME=value": from ingest's environment on AWS; NULL: none */
    bool quiet;             /* only failures, the start and the end */
    bool verbose;           /* also empty ticks and every line of the functions' logs */
    const char *bootstrap;  /* an executable to run instead of the embedded one; NULL: embedded */
    bool (*stop)(void);     /* polled from several threads, about 20 times a second; NULL: never */
    FILE *out;              /* for the lines; one write per line */
    bool color;
};

/* Runs until for_ms is over or stop() says true. Running invocations are then finished within their
 * deadline, or aborted after dev_hurry(). 0: stopped normally. -1: could not start or continue:
 * ERR_NOT_FOUND (no queue or no table, with what to do), ERR_CONFIG, ERR_IO, ERR_AWS, ERR_NET.
 */
CHECKED int dev_run(const struct dev_options *o, struct err *e);

/* Async-signal-safe: stops without waiting for running invocations. For the second Ctrl-C. */
void dev_hurry(void);

#endif
