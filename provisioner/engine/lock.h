/*
 * lock.h: at most one run changes a pipeline at a time. The lock is a named text in a store that
 * all runs share; the run that creates it holds it.
 *
 * A lock can be broken once it has expired or its holder is known to be dead. A run that wants to
 * break it first takes a second lock, named after the text it breaks: only one run wins, and a new
 * lock made by the winner is never mistaken for the old one.
 */
#ifndef FIFOQ_LOCK_H
#define FIFOQ_LOCK_H

#include "err.h"
#include "macros.h"

#include <stdbool.h>
#include <stdint.h>

/* Where locks are stored. Keys are short words of [a-z0-9-]. All return 0, or -1 with *e set. */
struct lock_store {
    void *arg;
    /* *there: it exists already and nothing was written. */
    int (*create)(void *arg, const char *key, const char *text, bool *there, struct err *e);
    /* *text: freed by the caller; NULL if it does not exist. */
    int (*read)(void *arg, const char *key, char **text, struct err *e);
    int (*write)(void *arg, const char *key, const char *text, struct err *e); /* overwrites */
    int (*remove)(void *arg, const char *key, struct err *e); /* a missing lock is success */
    /* Pauses before attempt number `look` (0, 1, ...) at a lock that can neither be created nor
     * read: its name may be unusable for a while after its deletion. False after too many. NULL: a
     * few attempts without a pause. */
    bool (*rest)(void *arg, int look);
    int64_t (*now_ms)(void *arg); /* since 1970, by a clock that all runs share within minutes */
};

/* The holder, as shown to runs that find the lock taken. Strings must outlive the lock. */
struct lock_owner {
    const char *who;     /* "jane@host (ARN)" */
    const char *process; /* identifies the process, for `ended`; "": unknown */
    long pid;
    const char *command;                /* "up" */
    bool (*ended)(const char *process); /* true only if the process has certainly ended */
};

struct lock;

/*
 * Takes the lock, or fails with ERR_REFUSED that names the holder, its start and its expiry. force:
 * takes it from any holder. A thread renews it while it is held; term_ms is how long it outlives a
 * holder that died (0: 15 minutes). The caller gives *l to lock_release.
 */
CHECKED int lock_take(struct lock **l, const struct lock_store *store, const struct lock_owner *o,
                      bool force, int64_t term_ms, struct err *e);
/* Reads the lock only: ERR_REFUSED that names the holder, 0 when there is none or it is *over. */
CHECKED int lock_look(const struct lock_store *store, const struct lock_owner *o, bool *over,
                      struct err *e);
/* Describes the lock that lock_take broke, for the user; NULL if none. */
const char *lock_broke(const struct lock *l);
/* True once another run may hold it: nothing more may be changed. Any thread. */
bool lock_lost(struct lock *l);
/* When it expires if it is not renewed again, in ms since 1970. */
int64_t lock_until_ms(struct lock *l);
/* Releases the lock and frees *l, also on failure; the lock then expires. l may be NULL. */
CHECKED int lock_release(struct lock *l, struct err *e);

#endif
