/* lease.h: the messages of one group, and how long they are hidden from others. */
#ifndef FIFOQ_LEASE_H
#define FIFOQ_LEASE_H

#include "drain_run.h"

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

/* The one that is being delivered. */
struct message *group_current(const struct group *g);
/* Holds the current message and all after it until then; false: lost, and nothing of the group may
 * be sent.
 */
bool group_hold(struct group *g, int64_t until_ms);
/* Gives the message back, hidden for delay_ms: what is behind it in its group stays behind
 * it. */
void message_put_back(struct drain_run *r, struct message *m, int64_t delay_ms);
/* Gives back, at once, whatever is not settled. */
void group_release(struct group *g);
/* The same for all groups that are not under way, in one call; afterwards they are begun. */
void groups_release(struct group *groups, size_t n);
/* Lets go of everything without a word: it may be somebody else's by now. */
void group_abandon(struct group *g);
/* Deletes the current message; STEP_END when that is not certain. */
enum step group_delete(struct group *g);

#endif
