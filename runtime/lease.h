/* lease.h: the messages of one group, and how long they are hidden from others. */
#ifndef FIFOQ_LEASE_H
#define FIFOQ_LEASE_H

#include "drain_run.h"

/* Messages of one group, in order, from one receive. Only one thread works on a group. */
struct group {
    struct drain_run *run;
    struct message *messages[RECEIVE_MAX];
    size_t n, at; /* at: the one that is being delivered */
};

enum step {
    STEP_NEXT, /* the message is done: continue with the next */
    STEP_END,  /* the group ends here; group_release gives back the rest */
};

/* The one that is being delivered. */
struct message *group_current(const struct group *g);
/* Keeps the current message and all after it hidden until until_ms. False: lost, and nothing of the
 * group may be sent.
 */
bool group_hold(struct group *g, int64_t until_ms);
/* Gives the message back, hidden for delay_ms: the messages behind it in its group stay behind
 * it. */
void message_put_back(struct drain_run *r, struct message *m, int64_t delay_ms);
/* Gives back at once what is not settled. */
void group_release(struct group *g);
/* The same for several groups, ten messages a call, the calls side by side. */
void groups_release(struct group *const *groups, size_t n);
/* Forgets the rest of the group without a call: another process may hold it by now. */
void group_abandon(struct group *g);
/* Deletes the current message; STEP_END when that failed or is unknown. */
enum step group_delete(struct group *g);

#endif
