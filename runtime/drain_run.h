/* drain_run.h: what the files of one drain run share. */
#ifndef FIFOQ_DRAIN_RUN_H
#define FIFOQ_DRAIN_RUN_H

#include "drain.h"
#include "message.h"

/* LAST_WORD_MS before the deadline every call has ended but the one that gives back what is left;
 * that one has until ANSWER_MS before it. */
enum { MARGIN_MS = SEND_MARGIN_S * 1000, IN_PLACE_MS = 5000, LAST_WORD_MS = 300, ANSWER_MS = 100 };

enum run_stop { RUN_GOES, RUN_TIME, RUN_PAUSED, RUN_REFUSED, RUN_SIGNAL, RUN_TURN };

struct run_counts {
    long received, delivered, retried, rejected;
};

struct drain_run {
    struct drain *drain;
    int64_t deadline_ms;  /* monotonic clock: the answer is to be there */
    pthread_mutex_t lock; /* guards what follows */
    enum run_stop stop;
    struct run_counts counts;
    bool refreshed; /* parameters were fetched again once */
};

/* Messages of one group, in order. Only one thread works on a group. */
struct group {
    struct drain_run *run;
    struct message **messages;
    size_t n, at; /* at: the one that is being delivered */
    bool begun;   /* it is under way, or was given back; under drain.held_lock */
};

enum step {
    STEP_NEXT, /* the message is dealt with: on to the next */
    STEP_END,  /* the group ends here; group_release gives back the rest */
};

/* drain.c */
void run_set_stop(struct drain_run *r, enum run_stop why); /* the first reason stays */
bool run_is_stopped(struct drain_run *r);
void run_count(struct drain_run *r, long *counter);
/* Sleeps until then (monotonic clock), or until the run is stopped. */
void run_sleep_until(struct drain_run *r, int64_t until_ms);
void message_log(enum log_level level, const char *what, const struct message *m,
                 const char *reason);

/* lease.c: visibility */
/* Holds the message and all after it until then; false: lost, and nothing of the group may be sent.
 */
bool group_hold(struct group *g, int64_t until_ms);
/* Gives the current message back, hidden for delay_ms: what is behind it in its group stays behind
 * it. */
void group_put_back(struct group *g, int64_t delay_ms);
/* Gives back, at once, whatever is not settled. */
void group_release(struct group *g);
/* The same for all groups that are not under way, in one call; afterwards they are begun. */
void groups_release(struct group *groups, size_t n);
/* Lets go of everything without a word: it may be somebody else's by now. */
void group_abandon(struct group *g);
/* Deletes the current message; STEP_END when that is not certain. */
enum step group_delete(struct group *g);

/* taken.c */
/* Before a message leaves this run for the queue. */
void taken_remember(struct drain *d, const struct message *m);
/* Sets m->taken to what is known from earlier runs. */
void taken_recall(struct drain *d, struct message *m);

/* deliver.c */
enum step deliver(struct group *g);

/* reject.c: a final no, by on_reject. where: the destination's name or NULL; status 0: none. */
enum step reject(struct group *g, const char *where, int status, const char *reason);

#endif
