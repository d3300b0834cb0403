/* ticks.h: when drain is due, and with which input; pure. */
#ifndef FIFOQ_DEV_TICKS_H
#define FIFOQ_DEV_TICKS_H

#include "config/config.h"

struct tick {
    const struct schedule *when; /* NULL: every period */
    int64_t period_ms;           /* of rates too; 0: cron */
    int64_t next_ms;             /* wall clock; -1: never again */
    char *input;                 /* the event, as the schedule's target sends it */
};

struct ticks {
    struct tick *list;
    size_t n;
};

/* every_ms above 0 takes the place of all schedules, and is due at once. Rates count from now_ms.
 * Borrows drain. */
void ticks_init(struct ticks *t, const struct config_drain *drain, int64_t every_ms,
                int64_t now_ms);
void ticks_done(struct ticks *t);

/*
 * The input of a tick that is due, the longest overdue first (borrowed), or NULL. Whatever else the
 * same schedule has missed until now_ms is that same tick: at most one waits.
 */
const char *ticks_take(struct ticks *t, int64_t now_ms);

#endif
