/* ticks.h: when drain is due, and with which input; no I/O. */
#ifndef FIFOQ_DEV_TICKS_H
#define FIFOQ_DEV_TICKS_H

#include "config/config.h"

struct tick {
    const struct schedule *when; /* NULL: every period */
    int64_t period_ms;           /* of rates too; 0: cron */
    int64_t next_ms;             /* wall clock; -1: never again */
    char *input;                 /* the event that the schedule's target sends */
};

struct ticks {
    struct tick *list;
    size_t n;
};

/* every_ms above 0 replaces all schedules and is due immediately. Rates start at now_ms. Borrows
 * drain. */
void ticks_init(struct ticks *t, const struct config_drain *drain, int64_t every_ms,
                int64_t now_ms);
void ticks_done(struct ticks *t);

/* The input of a due tick, the longest overdue first (borrowed), or NULL. All ticks that a schedule
 * missed until now_ms count as one.
 */
const char *ticks_take(struct ticks *t, int64_t now_ms);

#endif
