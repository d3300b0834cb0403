/* sqs_host.h: the SQS in memory with a clock, faults and those who wait; private to
 * sqs_host.c and sqs_server.c. */
#ifndef FIFOQ_SQS_SQS_HOST_H
#define FIFOQ_SQS_SQS_HOST_H

#include "buf.h"
#include "sqs/sqs.h"
#include "sqs/sqs_faults.h"
#include "sqs/sqs_server.h"

#include <microhttpd.h>
#include <pthread.h>

/* One HTTP request while it is read, or waits. */
struct sqs_pending {
    struct buf body;
    bool too_large;
    char *target;                      /* X-Amz-Target, or NULL */
    struct MHD_Connection *connection; /* set before it is begun */
    struct sqs_fault fault;
    struct sqs_response answer;
    bool begun, answered, ready, gone; /* ready: to be sent; gone: the client is */
    int64_t asked_ms;                  /* when it last found nothing */
    int64_t until_ms, due_ms;          /* it waits for a message until then; it is answered then */
    struct sqs_pending *next;          /* of those that wait, the first to come first */
};

struct sqs_host {
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t changed;
    struct sqs_options options;
    struct sqs *sqs;
    struct sqs_faults *faults;
    uint64_t seed, seen; /* seen: of sqs_changes */
    json_t *calls;       /* by action */
    bool virtual_clock, closing;
    int64_t now_ms; /* of the virtual clock */
    struct sqs_pending *waiting;
};

/* Lock held for all of these. */

/* false: it waits now, and its connection is suspended; else the answer is in it. */
bool sqs_host_begin(struct sqs_host *h, struct sqs_pending *p);
/* It is over, or its client is gone. */
void sqs_host_forget(struct sqs_host *h, struct sqs_pending *p);
/* Lets go on whoever may. */
void sqs_host_settle(struct sqs_host *h);
/* When sqs_host_settle has to be called again although nobody calls; INT64_MAX: never. */
int64_t sqs_host_due_ms(const struct sqs_host *h);
int64_t sqs_host_now_ms(const struct sqs_host *h);
/* Moves the virtual clock, from one event to the next. */
void sqs_host_advance(struct sqs_host *h, int64_t ms);
void sqs_host_reset(struct sqs_host *h);

#endif
