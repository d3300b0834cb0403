/*
 * schedule.h: EventBridge schedule expressions: cron(...) and rate(...), checked and evaluated, in
 * UTC. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
 */
#ifndef FIFOQ_SCHEDULE_H
#define FIFOQ_SCHEDULE_H

#include "err.h"
#include "macros.h"

#include <stdint.h>

struct schedule {
    int64_t rate_ms;                        /* rate(...): the period; 0: cron */
    uint64_t minutes;                       /* bit m */
    uint32_t hours, days, months, weekdays; /* bit v; weekdays: bit 1 is Sunday */
    uint64_t years[4];                      /* bit year - 1970 */
    char day_kind;                          /* of day-of-month and day-of-week, see schedule.c */
    int day_arg, day_nth;
};

/* 0, or -1 with ERR_CONFIG that says which field is wrong and what is allowed (and, for a
 * five-field crontab line, its six-field form). */
CHECKED int schedule_parse(const char *expression, struct schedule *out, struct err *e);

/* The first time strictly after from_ms (ms since 1970, UTC); for a rate, from_ms + the period. -1:
 * never again. */
int64_t schedule_next(const struct schedule *s, int64_t from_ms);

/* cron-XXXXXXXX or rate-XXXXXXXX: the default name of a schedule. The caller frees. */
char *schedule_name(const char *expression);

#endif
