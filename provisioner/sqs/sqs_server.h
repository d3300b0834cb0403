/*
 * sqs_server.h: the in-memory SQS over HTTP on 127.0.0.1, with faults, a virtual clock and a few
 * requests of its own:
 *   POST /_fifoq/clock  {"advance_ms": N}  advances the virtual clock; returns {"now_ms": ...}
 *   POST /_fifoq/faults [rules]            replaces all rules (sqs_faults.h)
 *   GET  /_fifoq/faults                    {"throttled": 2}: faults since then
 *   GET  /_fifoq/calls                     {"SendMessage": 3}: calls per action
 *   POST /_fifoq/reset                     deletes queues, faults and counts, but keeps the clock
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
    uint16_t port;       /* 0: any free port */
    bool virtual_clock;  /* only POST /_fifoq/clock advances the time */
    const json_t *rules; /* fault rules, an array; NULL: none */
    uint64_t seed;
};

struct sqs_server;

/* Starts the server in its own threads. ERR_CONFIG: the rules; ERR_IO: the port. */
CHECKED int sqs_server_start(const struct sqs_server_options *o, struct sqs_server **out,
                             struct err *e);
/* "http://127.0.0.1:9324"; borrowed. */
const char *sqs_server_url(const struct sqs_server *s);
/* Resets all connections and frees the server. NULL is fine. */
void sqs_server_stop(struct sqs_server *s);

#endif
