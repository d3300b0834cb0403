/* schedule_next.c: the next time of a schedule. Dates are proleptic Gregorian, times are UTC. */
#include "config/schedule.h"
#include "config/schedule_kinds.h"

enum {
    MINUTE_MS = 60000,
    YEAR_FIRST = 1970,
    YEAR_LAST = 2199,
    SUNDAY = 1,
    SATURDAY = 7,
};

struct moment {
    int year, month, day, hour, minute;
};

static int days_in_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

/* Days since 1970-01-01: the year is counted from March, so that the leap day is last. */
static int64_t day_number(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t from_march = (month + 9) % 12;

    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * from_march + 2) / 5 + day - 1 - 719468;
}

/* 1 is Sunday; 1970-01-01 was a Thursday. */
static int weekday_of(int year, int month, int day)
{
    return (int)((day_number(year, month, day) + 4) % 7) + 1;
}

static struct moment moment_of(int64_t minutes)
{
    int64_t left = minutes / 1440;
    struct moment m = { YEAR_FIRST, 1, 1, (int)(minutes / 60 % 24), (int)(minutes % 60) };

    m.year += (int)(left / 366); /* never too late */
    left -= day_number(m.year, 1, 1);
    for (int days; left >= (days = 337 + days_in_month(m.year, 2)); m.year++)
        left -= days;
    for (int days; left >= (days = days_in_month(m.year, m.month)); m.month++)
        left -= days;
    m.day += (int)left;
    return m;
}

/* Like Quartz: never out of the month, and no day at all in a month that has no day n. */
static int nearest_workday(int year, int month, int n)
{
    int last = days_in_month(year, month);

    if (n > last)
        return 0;
    switch (weekday_of(year, month, n)) {
    case SATURDAY: return n > 1 ? n - 1 : 3;
    case SUNDAY: return n < last ? n + 1 : n - 2;
    default: return n;
    }
}

static int last_workday(int year, int month)
{
    int last = days_in_month(year, month), weekday = weekday_of(year, month, last);

    return last - (weekday == SATURDAY ? 1 : weekday == SUNDAY ? 2 : 0);
}

static uint32_t weekdays_in(const struct schedule *s, int year, int month)
{
    int last = days_in_month(year, month), weekday = weekday_of(year, month, 1);
    uint32_t days = 0;

    for (int d = 1; d <= last; d++, weekday = weekday % 7 + 1)
        if (s->weekdays >> weekday & 1)
            days |= (uint32_t)1 << d;
    return days;
}

/* The days of this month, bit d for day d. */
static uint32_t schedule_days(const struct schedule *s, int year, int month)
{
    int last = days_in_month(year, month), day = 0;
    int first = 1 + (s->day_arg - weekday_of(year, month, 1) + 7) % 7;

    switch ((enum schedule_day)s->day_kind) {
    case DAY_OF_MONTH: return s->days & (uint32_t)(((uint64_t)2 << last) - 1);
    case DAY_OF_WEEK: return weekdays_in(s, year, month);
    case DAY_LAST: day = last; break;
    case DAY_LAST_WORKDAY: day = last_workday(year, month); break;
    case DAY_NEAREST_WORKDAY: day = nearest_workday(year, month, s->day_arg); break;
    case DAY_LAST_WEEKDAY: day = first + (last - first) / 7 * 7; break;
    case DAY_NTH_WEEKDAY: day = first + 7 * (s->day_nth - 1); break;
    }
    return day >= 1 && day <= last ? (uint32_t)1 << day : 0;
}

/* The first set bit at `from` or later; -1: none. */
static int bit_from(uint64_t bits, int from)
{
    for (int i = from; i < 64; i++)
        if (bits >> i & 1)
            return i;
    return -1;
}

/* Moves m to the first matching minute of its day that is m or later; false: none left. */
static bool time_of_day(const struct schedule *s, struct moment *m)
{
    int hour = bit_from(s->hours, m->hour);
    int minute = bit_from(s->minutes, hour == m->hour ? m->minute : 0);

    if (hour >= 0 && minute < 0) {
        hour = bit_from(s->hours, hour + 1);
        minute = bit_from(s->minutes, 0);
    }
    m->hour = hour;
    m->minute = minute;
    return hour >= 0 && minute >= 0;
}

/* The same for the days of m's month. */
static bool day_of_month(const struct schedule *s, struct moment *m)
{
    uint32_t days = s->months >> m->month & 1 ? schedule_days(s, m->year, m->month) : 0;

    for (int d = bit_from(days, m->day); d >= 0; d = bit_from(days, d + 1)) {
        if (d != m->day)
            m->hour = m->minute = 0;
        m->day = d;
        if (time_of_day(s, m))
            return true;
        m->hour = m->minute = 0;
    }
    return false;
}

static bool year_allowed(const struct schedule *s, int year)
{
    return s->years[(year - YEAR_FIRST) / 64] >> (year - YEAR_FIRST) % 64 & 1;
}

int64_t schedule_next(const struct schedule *s, int64_t from_ms)
{
    struct moment m;

    if (s->rate_ms)
        return from_ms + s->rate_ms;
    m = moment_of(from_ms < 0 ? 0 : from_ms / MINUTE_MS + 1);
    while (m.year <= YEAR_LAST) {
        if (year_allowed(s, m.year) && day_of_month(s, &m))
            return (day_number(m.year, m.month, m.day) * 1440 + m.hour * 60 + m.minute) * MINUTE_MS;
        m = m.month == 12 ? (struct moment){ m.year + 1, 1, 1, 0, 0 }
                          : (struct moment){ m.year, m.month + 1, 1, 0, 0 };
    }
    return -1;
}
