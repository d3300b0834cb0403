/*
 * crontab.c: converts a crontab line to EventBridge's syntax, for an error message.
 *
 * crontab counts weekdays from 0 (Sunday; 7 is Sunday too), has no '?', and runs when the day of
 * the month or the weekday matches: one line may need two expressions. Weekdays are written as
 * names, which mean the same in both.
 */
#include "buf.h"
#include "config/schedule.h"
#include "config/schedule_kinds.h"
#include "mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const weekdays[] = { "SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT" };

/* 0 to 7 or a name; -1: neither. */
static int crontab_weekday(const char *s, size_t n)
{
    for (int i = 0; i < 7; i++)
        if (n == 3 && strncasecmp(s, weekdays[i], 3) == 0)
            return i;
    return n == 1 && *s >= '0' && *s <= '7' ? *s - '0' : -1;
}

/* d, d-d or *, each with /step, into bits 0 to 6. */
static bool crontab_weekday_item(const char *s, unsigned *days)
{
    size_t n = strcspn(s, "/"), first = strcspn(s, "-/");
    bool star = n == 1 && *s == '*';
    int step = s[n] ? s[n + 1] - '0' : 1;
    int from = star ? 0 : crontab_weekday(s, first);
    int to = star              ? 6
             : s[first] == '-' ? crontab_weekday(s + first + 1, n - first - 1)
             : s[n]            ? 6
                               : from;

    if (from < 0 || to < from || step < 1 || step > 7 || (s[n] && s[n + 2]))
        return false;
    for (int d = from; d <= to; d += step)
        *days |= 1U << (d % 7);
    return true;
}

/* 0-6 or MON,WED as names: runs of three and more as a range. NULL: not such a list. */
static char *crontab_weekday_names(const char *field)
{
    auto_free char *copy = xstrdup(field);
    auto_buf out = BUF(BUF_SMALL);
    unsigned days = 0;
    char *rest = copy;

    for (char *item; (item = strsep(&rest, ","));)
        if (!crontab_weekday_item(item, &days))
            return NULL;
    if (days == 0x7f)
        return xstrdup("*");
    for (int d = 0; d < 7; d++) {
        int end = d;
        if (!(days >> d & 1))
            continue;
        while (end < 6 && (days >> (end + 1) & 1))
            end++;
        buf_printf(&out, "%s%s", out.len ? "," : "", weekdays[d]);
        if (end > d + 1) {
            buf_printf(&out, "-%s", weekdays[end]);
            d = end;
        }
    }
    return buf_steal(&out);
}

static char *crontab_expression(char *const f[5], const char *day, const char *weekday)
{
    char *text = xasprintf("cron(%s %s %s %s %s *)", f[0], f[1], day, f[3], weekday);
    struct schedule ignored;
    struct err e;

    if (schedule_parse(text, &ignored, &e) == 0)
        return text;
    free(text);
    return NULL;
}

char *crontab_hint(const char *line)
{
    auto_free char *copy = xstrdup(line), *names = NULL, *by_day = NULL, *by_weekday = NULL;
    char *f[5], *rest = copy;
    size_t n = 0;
    bool any_day, any_weekday;

    for (char *field; (field = strsep(&rest, " \t"));) {
        if (*field && n == 5)
            return NULL;
        if (*field)
            f[n++] = field;
    }
    names = n == 5 && strcmp(f[4], "?") != 0 ? crontab_weekday_names(f[4]) : NULL;
    if (!names)
        return NULL;
    any_day = strcmp(f[2], "*") == 0 || strcmp(f[2], "?") == 0;
    any_weekday = strcmp(names, "*") == 0;
    if (any_weekday)
        return crontab_expression(f, any_day ? "*" : f[2], "?");
    by_weekday = crontab_expression(f, "?", names);
    if (any_day || !by_weekday)
        return steal(by_weekday);
    by_day = crontab_expression(f, f[2], "?");
    return by_day ? xasprintf("%s and %s", by_day, by_weekday) : NULL;
}
