/* drain.h: sends the oldest messages of the queue to the destinations, in order; a message is
 * deleted only after all of them accepted it. */
#ifndef FIFOQ_DRAIN_H
#define FIFOQ_DRAIN_H

#include "held.h"
#include "metrics.h"
#include "pace.h"
#include "parameters.h"
#include "pause.h"
#include "queue.h"
#include "settings.h"
#include "taken.h"
#include "tokens.h"
#include "turn.h"

#include <signal.h>

/* How requests are sent: http_send, or a test's function. */
typedef int drain_send_fn(void *arg, const struct http_request *q, struct http_response *r,
                          struct err *e);

/* Lives as long as the process. */
struct drain {
    const struct settings *all;            /* borrowed */
    const struct settings_drain *settings; /* of these */
    bool reads_messages; /* a destination's template uses the message; otherwise it is sent as it
                            is, and needs no tree */
    struct queue queue, dead; /* dead.url is NULL when there are no dead letters */
    struct parameters parameters;
    struct tokens tokens;
    struct pace pace;
    struct turns turns; /* its pace is the one above */
    struct pauses pauses;
    drain_send_fn *send;
    void *arg;
    struct metrics *metrics; /* borrowed; may be NULL */
    struct taken taken;
    const volatile sig_atomic_t
        *stop; /* set from outside: receive nothing more, give the rest back; may be NULL */

    struct held held;
};

/* The account (aws->account) may be unknown until the first run. */
CHECKED int drain_init(struct drain *d, const struct settings *s, struct aws *aws,
                       drain_send_fn *send, void *arg, struct err *e);
void drain_done(struct drain *d);

/*
 * One run: until max_messages (of the event {"schedule", "max_messages"}, else of the settings)
 * were received, the queue is empty or deadline_ms (wall clock) is near. *answer, the caller's,
 * counts: received, delivered, retried (tries that were repeated in place), rejected, left
 * (neither delivered nor rejected), and says in "stopped" why it ended early. Errors (nothing was
 * received then): ERR_CONFIG, ERR_PARSE (the event), or those of aws_call.
 */
CHECKED int drain_run(struct drain *d, const json_t *event, int64_t deadline_ms, json_t **answer,
                      struct err *e);

/*
 * From another thread, during a run, after *stop was set: gives back, at once, all groups that were
 * not started, ten messages a call. A group with a request in flight is left to its thread:
 * the messages after it stay behind it in the queue, and its message must not be given to another
 * drain while a destination may still be working on it. If the process ends before the answer, the
 * lease, which is longer than any request, keeps it hidden.
 */
void drain_give_back(struct drain *d);

#endif
