/*
 * lock.h: at most one run changes a pipeline at a time. The lock is a named text in a store that
 * all runs share; whoever creates it holds it.
 *
 * A lock is over once its time is up or its holder is known to be dead. Who finds it so takes the
 * right to break it first, which is a lock of its own named after the text that it breaks: of
 * several, one wins, and what a winner made meanwhile is never taken for what was over.
 */
#ifndef FIFOQ_LOCK_H
#define FIFOQ_LOCK_H

#include "err.h"
#include "macros.h"

#include <stdbool.h>
#include <stdint.h>

/* Where locks are kept. Keys are short words of [a-z0-9-]. All answer 0, or -1 with *e. */
struct lock_store {
    void *to;
    /* *there is set, and nothing written, when there is one already. */
    int (*create)(void *to, const char *key, const char *text, bool *there, struct err *e);
    /* *text is the caller's; NULL when there is none. */
    int (*read)(void *to, const char *key, char **text, struct err *e);
    int (*write)(void *to, const char *key, const char *text,
                 struct err *e);                             /* over what is there */
    int (*remove)(void *to, const char *key, struct err *e); /* gone already is success */
    /* Pauses before look number `look` (0, 1, ...) at a lock that can neither be made nor read: its
     * name may rest after it was given back. False once that took too long. NULL: no pause, some
     * looks. */
    bool (*rest)(void *to, int look);
    int64_t (*now_ms)(void *to); /* since 1970, by a clock that all runs share within minutes */
};

/* Who takes it: told to those who find it taken. Strings live as long as the lock. */
struct lock_owner {
    const char *who;     /* "jane@host (ARN)" */
    const char *process; /* where it runs, for `ended`; "" when that cannot be told */
    long pid;
    const char *command;                /* "up" */
    bool (*ended)(const char *process); /* true only when the process is known to be no more */
};

struct lock;

/*
 * Takes the lock, or answers ERR_REFUSED that names the holder, since when and until when. force:
 * whoever holds it. A thread prolongs it for as long as it is held; term_ms is how long it outlives
 * a holder that died (0: 15 minutes). *l is the caller's, to be given to lock_release.
 */
CHECKED int lock_take(struct lock **l, const struct lock_store *store, const struct lock_owner *o,
                      bool force, int64_t term_ms, struct err *e);
/* Only looks: ERR_REFUSED that names the holder, 0 when there is none or it is *over. */
CHECKED int lock_look(const struct lock_store *store, const struct lock_owner *o, bool *over,
                      struct err *e);
/* What an earlier holder left and lock_take broke, as words for the user; NULL when nothing. */
const char *lock_broke(const struct lock *l);
/* True once it is somebody else's: nothing more may be changed. Any thread. */
bool lock_lost(struct lock *l);
/* When it ends if it is not prolonged any more, in ms since 1970. */
int64_t lock_until_ms(struct lock *l);
/* Gives it back and frees *l, also when that fails: then it ends by itself. NULL is fine. */
CHECKED int lock_release(struct lock *l, struct err *e);

#endif
