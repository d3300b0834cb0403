/* test_schedule.c: which expressions are schedules, and their times, compared with a scan of
 * minutes. */
#include "config/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <cmocka.h>

enum { MINUTE = 60000 };

static const char *const valid[] = {
    "cron(0 2 ? * SAT *)",
    "cron(0 12 * * ? *)",
    "cron(5,35 14 * * ? *)",
    "cron(15 10 ? * 6L 2002-2005)",
    "cron(0 2 ? * SAT#3 *)",
    "cron(* * ? * SAT#3 *)",
    "cron(0/5 5 ? JAN 1-5 2022)",
    "cron(0/15 * * * ? *)",
    "cron(0/10 * ? * MON-FRI *)",
    "cron(0/5 8-17 ? * MON-FRI *)",
    "cron(0-15/1 0-23/2 1-31/30 * ? *)",
    "cron(1-7/2,11-23/2,10 * * * ? *)",
    "cron(15/65 * * * ? *)",
    "cron(0 0 1 FEB/2 ? *)",
    "cron(00 08 01 01 ? *)",
    "cron(0 8 1W * ? *)",
    "cron(0 8 L * ? *)",
    "cron(0 8 LW * ? *)",
    "cron(0 8 ? * L *)",
    "cron(0 8 ? * friL *)",
    "cron(0 8 ? * 3#1 *)",
    "cron(0/30 20-2 ? * MON-FRI *)",
    "cron(0 8 ? jan-mar sat-sun 2199)",
    "cron(0\t8  ? * 1,3,5 *)",
    "rate(1 minute)",
    "rate(1 hour)",
    "rate(1 day)",
    "rate(5 minutes)",
    "rate(2 hours)",
    "rate(10 days)",
};

static const char *const invalid[][2] = {
    { "cron(0 1 * * * *)", "exactly one of day-of-month and day-of-week must be '?'" },
    { "cron(0 1 ? * ? *)", "exactly one of day-of-month and day-of-week must be '?'" },
    { "cron(0 1 1 * MON *)", "exactly one of day-of-month and day-of-week must be '?'" },
    { "cron(7 20 * * NOT *)", "day-of-week 'NOT'" },
    { "cron(7 20 ? * NOT *)", "day-of-week 'NOT': invalid value; allowed: 1-7" },
    { "cron(INVALID)", "has 1 field; cron() has six" },
    { "cron(0 dummy ? * MON-FRI *)", "hour 'dummy': invalid value; allowed: 0-23" },
    { "cron(71 8 1 * ? *)", "minute '71': invalid value; allowed: 0-59" },
    { "cron(0 24 1 * ? *)", "hour '24'" },
    { "cron(0 8 32 * ? *)", "day-of-month '32'" },
    { "cron(0 8 0 * ? *)", "day-of-month '0'" },
    { "cron(0 8 1 13 ? *)", "month '13'" },
    { "cron(0 8 ? * 0 *)", "day-of-week '0'" },
    { "cron(0 8 ? * 8 *)", "day-of-week '8'" },
    { "cron(0 8 ? * 02 *)", "day-of-week '02'" },
    { "cron(0 8 ? * 2/2 *)", "'/' is not allowed here" },
    { "cron(0 8 ? * 3#1,6#3 *)", "day-of-week '3#1,6#3'" },
    { "cron(0 8 ? * 3#6 *)", "day-of-week '3#6'" },
    { "cron(0 8 L,5 * ? *)", "day-of-month 'L,5'" },
    { "cron(0 8 32W * ? *)", "day-of-month '32W'" },
    { "cron(0 8 L-3 * ? *)", "day-of-month 'L-3'" },
    { "cron(? 8 1 * ? *)", "minute '?'" },
    { "cron(0 8 1 ? ? *)", "month '?'" },
    { "cron(0 8 1 * ? 1969)", "year '1969': invalid value; allowed: 1970-2199" },
    { "cron(0 8 1 * ? 2030-2020)", "the range ends before it begins" },
    { "cron(0/0 8 1 * ? *)", "expected a number from 1 after '/'" },
    { "cron(0 0 1 2/FEB ? *)", "expected a number from 1 after '/'" },
    { "cron(0, 8 1 * ? *)", "minute '0,'" },
    { "cron(-1 8 1 * ? *)", "minute '-1'" },
    { "cron(000 8 1 * ? *)", "minute '000'" },
    { "cron( 0 8 1 * ? *)", "spaces after '('" },
    { "cron(0 8 1 * ? * )", "spaces after '('" },
    { "cron()", "has 0 fields" },
    { "CRON(0 8 1 * ? *)", "invalid schedule" },
    { "cron(0 8 1 * ? * *)", "has 7 fields" },
    { "0 8 1 * ? *", "use cron(0 8 1 * ? *)" },
    { "INVALID", "invalid schedule" },
    { "", "invalid schedule" },
    { "rate(10 seconds)", "invalid rate" },
    { "rate(10 years)", "invalid rate" },
    { "rate(1 minutes)", "use rate(1 minute)" },
    { "rate(1 hours)", "use rate(1 hour)" },
    { "rate(1 days)", "use rate(1 day)" },
    { "rate(10 minute)", "use rate(10 minutes)" },
    { "rate(10 hour)", "use rate(10 hours)" },
    { "rate(10 day)", "use rate(10 days)" },
    { "rate()", "invalid rate" },
    { "rate(10)", "invalid rate" },
    { "rate(10 minutess)", "invalid rate" },
    { "rate(foo minutes)", "invalid rate" },
    { "rate(0 minutes)", "invalid rate" },
    { "rate(-10 minutes)", "invalid rate" },
    { "rate(+1 minute)", "invalid rate" },
    { "rate(10 MINUTES)", "invalid rate" },
    { "rate( 10 minutes )", "invalid rate" },
    { "rate(10  minutes)", "invalid rate" },
    { " rate(10 minutes)", "invalid schedule" },
    { "rate(99999999999999999999 days)", "invalid rate" },
};

/* crontab lines: Sunday is 0 (or 7) there and 1 in EventBridge. */
static const char *const crontab[][2] = {
    { "*/5 * * * *", "Use cron(*/5 * * * ? *)" },
    { "cron(0 9 * * 1-5)", "Use cron(0 9 ? * MON-FRI *)" },
    { "0 9 * * 0", "Use cron(0 9 ? * SUN *)" },
    { "0 9 * * 7", "Use cron(0 9 ? * SUN *)" },
    { "0 9 * * 1,3,5", "Use cron(0 9 ? * MON,WED,FRI *)" },
    { "0 9 * * */2", "Use cron(0 9 ? * SUN,TUE,THU,SAT *)" },
    { "0 9 * * mon", "Use cron(0 9 ? * MON *)" },
    { "0 9 1 * *", "Use cron(0 9 1 * ? *)" },
    { "0 9 1 * 1", "Use cron(0 9 1 * ? *) and cron(0 9 ? * MON *)" },
    { "cron(0 9 ? * 5)", "Use cron(0 9 ? * FRI *)" },
    { "0 9 * * 5-7", "Use cron(0 9 ? * SUN,FRI,SAT *)" },
    { "0 25 * * *", "has 5 fields; cron() has six" },
    { "0 9 * * 8", "has 5 fields; cron() has six" },
};

static void test_valid(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNTOF(valid); i++) {
        struct schedule s;
        struct err e = { 0 };
        if (schedule_parse(valid[i], &s, &e) < 0)
            fail_msg("%s: %s", valid[i], e.msg);
    }
}

static void refused(const char *expression, const char *why)
{
    struct schedule s;
    struct err e = { 0 };

    if (schedule_parse(expression, &s, &e) == 0)
        fail_msg("'%s' was taken", expression);
    assert_int_equal(e.code, ERR_CONFIG);
    if (!strstr(e.msg, why))
        fail_msg("'%s': '%s' does not say '%s'", expression, e.msg, why);
}

static void test_invalid(void **state)
{
    char longer[300] = "cron(0";

    (void)state;
    for (size_t i = 0; i < COUNTOF(invalid); i++)
        refused(invalid[i][0], invalid[i][1]);
    memset(longer + 6, ' ', 280);
    refused(longer, "at most 256 characters");
}

static void test_crontab(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNTOF(crontab); i++)
        refused(crontab[i][0], crontab[i][1]);
}

static int64_t at(const char *text)
{
    struct tm t = { 0 };

    assert_non_null(strptime(text, "%Y-%m-%d %H:%M:%S", &t));
    return (int64_t)timegm(&t) * 1000;
}

/* Examples of AWS's own pages and plain calendars. */
static const char *const known[][3] = {
    { "cron(0 12 * * ? *)", "2026-11-23 12:00:00", "2026-11-24 12:00:00" }, /* strictly after */
    { "cron(0 12 * * ? *)", "2026-11-23 11:59:59", "2026-11-23 12:00:00" },
    { "cron(0/5 9-17 ? * MON-FRI *)", "2026-11-20 17:55:00", "2026-11-23 09:00:00" },
    { "cron(0 8 L * ? *)", "2028-02-01 00:00:00", "2028-02-29 08:00:00" },
    { "cron(0 8 LW * ? *)", "2026-01-01 00:00:00", "2026-01-30 08:00:00" },
    { "cron(0 8 1W * ? *)", "2026-08-01 00:00:00", "2026-08-03 08:00:00" },
    { "cron(0 8 31W * ? *)", "2026-05-01 00:00:00", "2026-05-29 08:00:00" },
    { "cron(0 8 31W * ? *)", "2026-06-01 00:00:00", "2026-07-31 08:00:00" },
    { "cron(0 8 15W * ? *)", "2026-11-01 00:00:00", "2026-11-16 08:00:00" },
    { "cron(0 2 ? * SAT#3 *)", "2026-11-01 00:00:00", "2026-11-21 02:00:00" },
    { "cron(0 2 ? * SAT#5 *)", "2026-11-01 00:00:00", "2027-01-30 02:00:00" },
    { "cron(15 10 ? * 6L 2030)", "2026-11-01 00:00:00", "2030-01-25 10:15:00" },
    { "cron(0 0 29 2 ? *)", "2096-03-01 00:00:00", "2104-02-29 00:00:00" },
    { "cron(0 0 ? * L *)", "2026-11-23 00:00:00", "2026-11-28 00:00:00" },
    { "cron(0/30 22-1 ? * FRI *)", "2026-11-27 01:30:00", "2026-11-27 22:00:00" },
    { "cron(59 23 31 12 ? 2199)", "1970-01-01 00:00:00", "2199-12-31 23:59:00" },
    { "rate(5 minutes)", "2026-11-23 12:00:07", "2026-11-23 12:05:07" },
};

static void test_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNTOF(known); i++) {
        struct schedule s;
        struct err e = { 0 };
        assert_int_equal(schedule_parse(known[i][0], &s, &e), 0);
        if (schedule_next(&s, at(known[i][1])) != at(known[i][2]))
            fail_msg("%s after %s is not %s", known[i][0], known[i][1], known[i][2]);
    }
}

static void test_never(void **state)
{
    struct schedule s;
    struct err e = { 0 };

    (void)state;
    assert_int_equal(schedule_parse("cron(0 8 30 2 ? *)", &s, &e), 0);
    assert_int_equal(schedule_next(&s, 0), -1);
    assert_int_equal(schedule_parse("cron(0 8 1 1 ? 2020)", &s, &e), 0);
    assert_int_equal(schedule_next(&s, at("2026-11-23 00:00:00")), -1);
    assert_int_equal(schedule_parse("cron(59 23 31 12 ? 2199)", &s, &e), 0);
    assert_int_equal(schedule_next(&s, at("2199-12-31 23:59:00")), -1);
    assert_int_equal(schedule_next(&s, INT64_MAX), -1);
    assert_int_equal(schedule_parse("cron(0 0 1 1 ? 1970)", &s, &e), 0);
    assert_int_equal(schedule_next(&s, -1), 0);
}

/* The oracle: does this minute match the text? Written from the documentation, with the C library's
 * calendar. */
static int oracle_number(const char *s, size_t n)
{
    static const char names[] = "SUNMONTUEWEDTHUFRISAT",
                      months[] = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";

    for (size_t i = 0; n == 3 && i < 7; i++)
        if (strncasecmp(names + 3 * i, s, 3) == 0)
            return (int)i + 1;
    for (size_t i = 0; n == 3 && i < 12; i++)
        if (strncasecmp(months + 3 * i, s, 3) == 0)
            return (int)i + 1;
    return (int)strtoll(s, NULL, 10);
}

static bool oracle_item(const char *item, int value, int min, int max)
{
    size_t n = strcspn(item, "/"), first = strcspn(item, "-/");
    int step = item[n] ? (int)strtoll(item + n + 1, NULL, 10) : 1, from, to;

    from = *item == '*' ? min : oracle_number(item, first);
    to = item[first] == '-'        ? oracle_number(item + first + 1, n - first - 1)
         : *item == '*' || item[n] ? max
                                   : from;
    if (to >= from)
        return value >= from && value <= to && (value - from) % step == 0;
    if (value < from)
        value += max - min + 1;
    return value <= to + max - min + 1 && (value - from) % step == 0;
}

static bool oracle_list(const char *field, int value, int min, int max)
{
    char copy[64], *rest = copy;
    bool any = false;

    (void)snprintf(copy, sizeof(copy), "%s", field);
    for (char *item; (item = strsep(&rest, ","));)
        any = any || oracle_item(item, value, min, max);
    return any;
}

static int oracle_last_day(const struct tm *t)
{
    struct tm next = { .tm_year = t->tm_year, .tm_mon = t->tm_mon + 1, .tm_mday = 0 };

    (void)timegm(&next);
    return next.tm_mday;
}

static int oracle_weekday(const struct tm *t, int day)
{
    struct tm d = { .tm_year = t->tm_year, .tm_mon = t->tm_mon, .tm_mday = day };

    (void)timegm(&d);
    return d.tm_wday;
}

/* The day from Monday to Friday of this month with the least distance to n; the two days of a
 * weekend never tie. */
static int oracle_nearest(const struct tm *t, int n)
{
    int last = oracle_last_day(t);

    for (int distance = 0; n <= last && distance < 4; distance++)
        for (int sign = -1; sign <= 1; sign += 2) {
            int d = n + sign * distance;
            if (d >= 1 && d <= last && oracle_weekday(t, d) % 6)
                return d;
        }
    return -1;
}

static bool oracle_day(const char *dom, const char *dow, const struct tm *t)
{
    size_t n = strlen(dow);
    const char *hash = strchr(dow, '#');
    int last = oracle_last_day(t), day = t->tm_mday, weekday = t->tm_wday + 1;

    if (strcmp(dom, "L") == 0)
        return day == last;
    if (strcmp(dom, "LW") == 0) {
        while (oracle_weekday(t, last) % 6 == 0)
            last--;
        return day == last;
    }
    if (dom[strlen(dom) - 1] == 'W')
        return day == oracle_nearest(t, (int)strtoll(dom, NULL, 10));
    if (strcmp(dom, "?") != 0)
        return oracle_list(dom, day, 1, 31);
    if (strcmp(dow, "L") == 0)
        return weekday == 7;
    if (dow[n - 1] == 'L')
        return weekday == oracle_number(dow, n - 1) && day + 7 > last;
    if (hash)
        return weekday == oracle_number(dow, (size_t)(hash - dow)) &&
               (day - 1) / 7 + 1 == hash[1] - '0';
    return oracle_list(dow, weekday, 1, 7);
}

static bool oracle(char fields[6][32], int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm t;

    assert_non_null(gmtime_r(&seconds, &t));
    return oracle_list(fields[0], t.tm_min, 0, 59) && oracle_list(fields[1], t.tm_hour, 0, 23) &&
           oracle_list(fields[3], t.tm_mon + 1, 1, 12) &&
           oracle_list(fields[5], t.tm_year + 1900, 1970, 2199) &&
           oracle_day(fields[2], fields[4], &t);
}

static uint64_t random_state = 88172645463325252U;

static unsigned pick(unsigned n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)(random_state % n);
}

static void random_list(char *out, size_t room, unsigned min, unsigned max, bool step)
{
    unsigned a = min + pick(max - min + 1), b = min + pick(max - min + 1), c = 1 + pick(max);

    switch (pick(step ? 7 : 4)) {
    case 0: (void)snprintf(out, room, "*"); break;
    case 1: (void)snprintf(out, room, "%u", a); break;
    case 2: (void)snprintf(out, room, "%u-%u", a, b); break;
    case 3: (void)snprintf(out, room, "%u,%u", a, b); break;
    case 4: (void)snprintf(out, room, "%u/%u", a, c); break;
    case 5: (void)snprintf(out, room, "%u-%u/%u,%u", a, b, c, min); break;
    default: (void)snprintf(out, room, "*/%u", c); break;
    }
}

static void random_days(char *dom, char *dow, size_t room)
{
    unsigned kind = pick(8);
    static const char *const names[] = { "SUN", "mon", "TUE", "WED", "THU", "Fri", "SAT" };

    (void)snprintf(dom, room, "?");
    (void)snprintf(dow, room, "?");
    switch (kind) {
    case 0: (void)snprintf(dom, room, "L"); break;
    case 1: (void)snprintf(dom, room, "LW"); break;
    case 2: (void)snprintf(dom, room, "%uW", 1 + pick(31)); break;
    case 3: (void)snprintf(dow, room, "%uL", 1 + pick(7)); break;
    case 4: (void)snprintf(dow, room, "%s#%u", names[pick(7)], 1 + pick(5)); break;
    case 5: (void)snprintf(dow, room, "%s-%s", names[pick(7)], names[pick(7)]); break;
    case 6: random_list(dow, room, 1, 7, false); break;
    default: random_list(dom, room, 1, 31, true); break;
    }
}

/* From a random minute: schedule_next's answer matches, and no minute between the two does. */
static void scan(char fields[6][32], const struct schedule *s, const char *expression)
{
    int64_t from =
        at("2024-01-01 00:00:00") + (int64_t)pick(3 * 366 * 1440) * MINUTE + pick(MINUTE);
    int64_t next = schedule_next(s, from), horizon = from + (int64_t)40 * 1440 * MINUTE;
    int64_t end = next < 0 || next > horizon ? horizon : next;

    if (next >= 0 && (next <= from || next % MINUTE || !oracle(fields, next)))
        fail_msg("%s after %lld: %lld does not fit", expression, (long long)from, (long long)next);
    for (int64_t t = from - from % MINUTE + MINUTE; t < end; t += MINUTE)
        if (oracle(fields, t))
            fail_msg("%s after %lld: %lld was passed over", expression, (long long)from,
                     (long long)t);
}

static void test_scan(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        char fields[6][32], expression[256];
        struct schedule s;
        struct err e = { 0 };
        random_list(fields[0], 32, 0, 59, true);
        random_list(fields[1], 32, 0, 23, true);
        random_days(fields[2], fields[4], 32);
        random_list(fields[3], 32, 1, 12, true);
        (void)snprintf(fields[5], 32, "%s", pick(4) ? "*" : pick(2) ? "2025/2" : "2024,2026-2027");
        (void)snprintf(expression, sizeof(expression), "cron(%s %s %s %s %s %s)", fields[0],
                       fields[1], fields[2], fields[3], fields[4], fields[5]);
        if (schedule_parse(expression, &s, &e) < 0)
            fail_msg("%s", e.msg);
        scan(fields, &s, expression);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid),   cmocka_unit_test(test_invalid),
        cmocka_unit_test(test_crontab), cmocka_unit_test(test_known),
        cmocka_unit_test(test_never),   cmocka_unit_test(test_scan),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
