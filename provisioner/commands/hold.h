/* hold.h: the pipeline's lock, held by this process while it changes something. */
#ifndef FIFOQ_HOLD_H
#define FIFOQ_HOLD_H

#include "commands/session.h"

/* Takes the lock for `fifoq VERB`; with --break-lock also from another holder, which is named on
 * stderr. ERR_REFUSED names the holder. verb is static. */
CHECKED int hold_acquire(const struct session *s, const char *verb, struct err *e);
/* Only checks: ERR_REFUSED when another run has the lock and --break-lock is not given. */
CHECKED int hold_check(const struct session *s, const char *verb, struct err *e);
/* Removes the lock of a run that crashed just before its end, if there is one. */
void hold_remove_stale(const struct session *s, const char *verb);
/* True once another run has taken the lock. */
bool hold_lost(const struct session *s);
/* True after Ctrl-C or once the lock is lost: ctx.stop while the lock is held; arg: the session. */
bool hold_stop(void *arg);
/* Reports a failure only on stderr: the work is already done. */
void hold_release(const struct session *s);

/* Of a session; not held yet. */
struct hold *hold_new(void);
void hold_free(struct hold *h); /* NULL is fine */

#endif
