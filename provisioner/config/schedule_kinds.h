/* schedule_kinds.h: shared by schedule.c, schedule_next.c and crontab.c. */
#ifndef FIFOQ_SCHEDULE_KINDS_H
#define FIFOQ_SCHEDULE_KINDS_H

/* struct schedule's day_kind: which days of a month match. Weekdays are 1 (Sunday) to 7. */
enum schedule_day {
    DAY_OF_MONTH,        /* the bits in days */
    DAY_OF_WEEK,         /* the bits in weekdays */
    DAY_LAST,            /* L */
    DAY_LAST_WORKDAY,    /* LW: the last day from Monday to Friday */
    DAY_NEAREST_WORKDAY, /* nW: day_arg, or the nearest day from Monday to Friday in the month */
    DAY_LAST_WEEKDAY,    /* dL: the last weekday day_arg */
    DAY_NTH_WEEKDAY,     /* d#k: the day_nth-th weekday day_arg */
};

/* A crontab line of five fields as valid cron() expressions (one, or two joined by "and"); NULL:
 * not such a line. The caller frees. */
char *crontab_hint(const char *line);

#endif
