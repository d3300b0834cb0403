/* hold.h: the pipeline's lock, held by this process while it changes something. */
#ifndef FIFOQ_HOLD_H
#define FIFOQ_HOLD_H

#include "commands/session.h"

/* Takes the lock for `fifoq VERB`, whoever has it with --break-lock; says on stderr what it broke.
 * ERR_REFUSED names the holder. verb is static. */
CHECKED int hold_take(const struct session *s, const char *verb, struct err *e);
/* Takes nothing: ERR_REFUSED when another run has it, and --break-lock is not given. */
CHECKED int hold_look(const struct session *s, const char *verb, struct err *e);
/* Takes away the lock of a run that died just before its end, should there be one. */
void hold_tidy(const struct session *s, const char *verb);
/* True once it is somebody else's. */
bool hold_lost(void);
/* Ctrl-C, or it is lost: for ctx.stop while it is held. */
bool hold_stop(void);
/* What goes wrong is said on stderr: the work is done all the same. */
void hold_release(void);

#endif
