/*
 * sqs_server.h: the SQS in memory over HTTP on 127.0.0.1, with faults, a clock that may be moved,
 * and a few requests of its own:
 *   POST /_fifoq/clock  {"advance_ms": N}  moves the virtual clock; answers {"now_ms": ...}
 *   POST /_fifoq/faults [rules]            in place of those before (sqs_faults.h)
 *   GET  /_fifoq/faults                    {"throttled": 2}: how often since then
 *   GET  /_fifoq/calls                     {"SendMessage": 3}: how often each action was called
 *   POST /_fifoq/reset                     no queues, no faults, no counts; the clock stays
 */
#ifndef FIFOQ_SQS_SQS_SERVER_H
#define FIFOQ_SQS_SQS_SERVER_H

#include "err.h"
#include "macros.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct sqs_server_options {
    const char *account, *region;
    uint16_t port;       /* 0: any that is free */
    bool virtual_clock;  /* time stands still unless it is moved */
    const json_t *rules; /* of faults, an array; NULL: none */
    uint64_t seed;
};

struct sqs_server;

/* Serves from then on, in threads of its own. ERR_CONFIG: the rules; ERR_IO: the port. */
CHECKED int sqs_server_start(const struct sqs_server_options *o, struct sqs_server **out,
                             struct err *e);
/* "http://127.0.0.1:9324", the server's own. */
const char *sqs_server_url(const struct sqs_server *s);
/* Breaks what is under way, and releases it. NULL is fine. */
void sqs_server_stop(struct sqs_server *s);

#endif
