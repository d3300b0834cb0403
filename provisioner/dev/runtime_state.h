/* runtime_state.h: the Runtime API's state, shared by the HTTP server and the invoker; private to
 * runtime_*.c. */
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
    struct MHD_Connection *connection; /* suspended; otherwise NULL */
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
    pthread_mutex_t lock; /* protects all below */
    pthread_cond_t changed;
    struct invocation now;
    char last_id[UUID_TEXT];    /* answered: a second response is refused */
    char expired_id[UUID_TEXT]; /* timed out: a late response is refused */
    bool running;               /* a process exists */
    bool asked;                 /* it has called /next at least once: init is over */
    unsigned handed;            /* events it received */
    int64_t started_ms;
    char *init_error; /* the error it reported during init */
    bool cut;
    bool closing;
    struct request *waiting;      /* in /next, suspended; NULL: none */
    char extension_id[UUID_TEXT]; /* of the process's internal extension; "": none */
    struct request *extension;    /* in its /event/next, suspended until the process exits */

    char *arn;
    char address[64];     /* 127.0.0.1:PORT/WORD */
    char word[UUID_TEXT]; /* only the function's process knows it */
    struct MHD_Daemon *daemon;
};

/* A response: a status, and the error type unless it is a success. */
struct runtime_answer {
    unsigned status;
    const char *type;
};

/* Stores the function's response to an event; id and invocation_id (NULL: not sent) are from the
 * process. Copies body, which may be truncated if too_large. Lock held. */
struct runtime_answer runtime_take(struct runtime_api *api, const char *id,
                                   const char *invocation_id, bool error, const char *body,
                                   size_t len, bool too_large);
/* Stores the process's init error. Lock held. */
struct runtime_answer runtime_take_init(struct runtime_api *api, const char *body, size_t len);
/* Registers an internal extension: 200 with a new api->extension_id. Lock held. */
struct runtime_answer runtime_register(struct runtime_api *api, const char *name);
/* 200 if that id may wait for events. Lock held. */
struct runtime_answer runtime_extension(const struct runtime_api *api, const char *id);
/* The next event, marked as delivered; NULL: none yet. Lock held. */
const struct invocation *runtime_next(struct runtime_api *api);

/* The HTTP side. */
CHECKED int runtime_server_start(struct runtime_api *api, struct err *e);
void runtime_server_stop(struct runtime_api *api);
/* Resumes the request that waits in /next, if any. Lock held. */
void runtime_server_wake(struct runtime_api *api);
/* Closes that request. Lock held. */
void runtime_server_drop(struct runtime_api *api);
/* The same for the one that waits in /event/next. Lock held. */
void runtime_server_drop_extension(struct runtime_api *api);

#endif
