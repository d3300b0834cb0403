/* sqs_host.h: the in-memory SQS with a clock, faults and waiting requests; private to sqs_host.c
 * and sqs_server.c. */
#ifndef FIFOQ_SQS_SQS_HOST_H
#define FIFOQ_SQS_SQS_HOST_H

#include "buf.h"
#include "sqs/sqs.h"
#include "sqs/sqs_faults.h"
#include "sqs/sqs_server.h"

#include <microhttpd.h>
#include <pthread.h>

/* One HTTP request while it is read or waits. */
struct sqs_pending {
    struct buf body;
    bool too_large;
    char *target;                      /* X-Amz-Target, or NULL */
    struct MHD_Connection *connection; /* set before sqs_host_begin */
    struct sqs_fault fault;
    struct sqs_response answer;
    bool begun, answered, ready,
        gone;         /* ready: the response can be sent; gone: the client has disconnected */
    int64_t asked_ms; /* when it was last run without finding a message */
    int64_t until_ms,
        due_ms; /* until_ms: waits for a message until then; due_ms: the response is sent then */
    struct sqs_pending *next; /* of the waiting requests, oldest first */
};

struct sqs_host {
    pthread_mutex_t lock; /* protects all below */
    pthread_cond_t changed;
    struct sqs_options options;
    struct sqs *sqs;
    struct sqs_faults *faults;
    uint64_t seed, seen; /* seen: the last sqs_changes */
    json_t *calls;       /* by action */
    bool virtual_clock, closing;
    int64_t now_ms; /* of the virtual clock */
    struct sqs_pending *waiting;
};

/* Lock held for all of these. */

/* True: p holds the response. False: p waits and its connection is suspended. */
bool sqs_host_begin(struct sqs_host *h, struct sqs_pending *p);
/* Removes a request that is finished or whose client has disconnected. */
void sqs_host_forget(struct sqs_host *h, struct sqs_pending *p);
/* Resumes all waiting requests that can be answered. */
void sqs_host_settle(struct sqs_host *h);
/* When sqs_host_settle must be called next without a request; INT64_MAX: never. */
int64_t sqs_host_due_ms(const struct sqs_host *h);
int64_t sqs_host_now_ms(const struct sqs_host *h);
/* Advances the virtual clock by ms, event by event. */
void sqs_host_advance(struct sqs_host *h, int64_t ms);
void sqs_host_reset(struct sqs_host *h);

#endif
