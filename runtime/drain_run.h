/* drain_run.h: one drain run: its deadline, why it stops, what it counts. */
#ifndef FIFOQ_DRAIN_RUN_H
#define FIFOQ_DRAIN_RUN_H

#include "drain.h"
#include "message.h"

enum { RECEIVE_MAX = 10 }; /* messages in one answer */

/* LAST_WORD_MS before the deadline every call is over, except those that give back what is left
 * (run_give_back_until_ms). */
enum { MARGIN_MS = SEND_MARGIN_S * 1000, IN_PLACE_MS = 5000, LAST_WORD_MS = 300 };

enum run_stop { RUN_GOES, RUN_TIME, RUN_PAUSED, RUN_REFUSED, RUN_SIGNAL, RUN_TURN };

struct run_counts {
    long received, delivered, retried, rejected;
};

struct drain_run {
    struct drain *drain;
    int64_t deadline_ms;  /* monotonic clock: the answer is due */
    pthread_mutex_t lock; /* guards what follows */
    enum run_stop stop;
    struct run_counts counts; /* received: under drain.held.lock */
    bool refreshed;           /* parameters were fetched again once */
};

void run_set_stop(struct drain_run *r, enum run_stop why); /* the first reason stays */
/* Whether the process was asked to end. */
bool run_is_signalled(const struct drain *d);
bool run_is_stopped(struct drain_run *r);
/* Until when messages may be given back (monotonic clock): 100 ms before the deadline. After a
 * signal at least 400 ms from now: Lambda sends it when the deadline has passed, and waits half a
 * second (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html, "Shutdown
 * phase"). */
int64_t run_give_back_until_ms(const struct drain_run *r);
void run_count(struct drain_run *r, long *counter);
/* Sleeps until until_ms (monotonic clock), or until the run is stopped. */
void run_sleep_until(struct drain_run *r, int64_t until_ms);
void message_log(enum log_level level, const char *what, const struct message *m,
                 const char *reason);

#endif
