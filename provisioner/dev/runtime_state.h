/* runtime_state.h: what the Runtime API decides, between the HTTP server and the invoker; private
 * to runtime_*.c. */
#ifndef FIFOQ_DEV_RUNTIME_STATE_H
#define FIFOQ_DEV_RUNTIME_STATE_H

#include "buf.h"
#include "dev/runtime_api.h"
#include "uuid.h"

#include <microhttpd.h>
#include <pthread.h>

#define RUNTIME_BODY_MAX ((size_t)6 * 1024 * 1024 + 100)
#define RUNTIME_PREFIX   "/2018-06-01/runtime"
#define EXTENSION_PREFIX "/2020-01-01/extension"

/* One HTTP request while it is read or waits. */
struct request {
    struct buf body;
    bool too_large;
    struct MHD_Connection *connection; /* suspended; else NULL */
    bool woken;                        /* resumed, but not run yet */
    bool drop;                         /* to be closed without an answer */
};

/* One attempt to run one event. */
struct invocation {
    char request_id[UUID_TEXT], invocation_id[UUID_TEXT], trace_id[96];
    const char *event; /* borrowed from the invoker */
    int64_t timeout_ms, deadline_wall_ms, handed_ms, answered_ms;
    bool active, handed, answered;
    enum invoke_outcome outcome;
    char *body;
    size_t len;
};

struct runtime_api {
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t changed;
    struct invocation now;
    char last_id[UUID_TEXT];    /* answered before: a second answer is refused */
    char expired_id[UUID_TEXT]; /* timed out: an answer comes too late */
    bool running;               /* there is a process */
    bool asked;                 /* it has called /next at least once: the start is over */
    unsigned handed;            /* events it took */
    int64_t started_ms;
    char *init_error; /* what it reported before it ended */
    bool cut;
    bool closing;
    struct request *waiting;      /* in /next, suspended; NULL: nobody asks for an event */
    char extension_id[UUID_TEXT]; /* of the process's internal extension; "": none */
    struct request *extension;    /* in its /event/next, suspended until the process ends */

    char *arn;
    char address[64];     /* 127.0.0.1:PORT/WORD */
    char word[UUID_TEXT]; /* only the function's process knows it */
    struct MHD_Daemon *daemon;
};

/* An answer to a request: a status, and an error type when it is no success. */
struct runtime_answer {
    unsigned status;
    const char *type;
};

/* The function's answer to an event; id and invocation_id (NULL: not sent) as the process gave
 * them. Takes a copy of body, which may be cut off when too_large. Lock held. */
struct runtime_answer runtime_take(struct runtime_api *api, const char *id,
                                   const char *invocation_id, bool error, const char *body,
                                   size_t len, bool too_large);
/* The process cannot start. Lock held. */
struct runtime_answer runtime_take_init(struct runtime_api *api, const char *body, size_t len);
/* An internal extension of the process; 200 with a new api->extension_id. Lock held. */
struct runtime_answer runtime_register(struct runtime_api *api, const char *name);
/* Whether that id may wait for events; 200. Lock held. */
struct runtime_answer runtime_extension(const struct runtime_api *api, const char *id);
/* An event to hand over, marked as handed over; NULL: none yet. Lock held. */
const struct invocation *runtime_next(struct runtime_api *api);

/* The HTTP side. */
CHECKED int runtime_server_start(struct runtime_api *api, struct err *e);
void runtime_server_stop(struct runtime_api *api);
/* Lets the request that waits in /next, if any, look again. Lock held. */
void runtime_server_wake(struct runtime_api *api);
/* Closes that request. Lock held. */
void runtime_server_drop(struct runtime_api *api);
/* The same for the one that waits in /event/next. Lock held. */
void runtime_server_drop_extension(struct runtime_api *api);

#endif
