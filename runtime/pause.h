/*
 * pause.h: until when each destination wants no requests (Retry-After). All processes of drain
 * share it through one parameter of the Parameter Store, text such as {"crm": 1790000000000}: epoch
 * ms by the destination's name. What is read or written there too late, or not at all, costs a
 * request that the destination refuses again, never a message; so no failure here stops a run.
 */
#ifndef FIFOQ_PAUSE_H
#define FIFOQ_PAUSE_H

#include "aws.h"
#include "settings.h"

#include <pthread.h>

struct pauses {
    struct aws *aws;                       /* borrowed */
    const struct settings_drain *settings; /* borrowed; pause NULL: pauses are not shared */
    pthread_mutex_t lock;                  /* guards what follows */
    int64_t *until_ms;                     /* by destination, wall clock; 0: no pause is known */
    int64_t *shared_ms;                    /* the same, as the parameter has it */
};

void pauses_init(struct pauses *p, struct aws *aws, const struct settings_drain *s);
void pauses_done(struct pauses *p);

/* No requests to the destination for ms from now; a longer pause stays. */
void pauses_ask(struct pauses *p, size_t destination, int64_t ms);
/* Wall clock, ms; in the past or 0: it may be asked. */
int64_t pauses_until_ms(struct pauses *p, size_t destination);
/* Whether a destination's pause lasts longer than ms from now. */
bool pauses_any(struct pauses *p, int64_t ms);

/* At a run's start: reads the pauses of other processes. Ends within PAUSES_CALL_MS. */
enum { PAUSES_CALL_MS = 2000 };
void pauses_read(struct pauses *p);
/* At a run's end: writes pauses that last longer than ms and are not in the parameter yet. */
void pauses_write(struct pauses *p, int64_t ms);

#endif
