/*
 * schedule.c: EventBridge schedule expressions, parsed and checked. Evaluation is in
 * schedule_next.c.
 *
 * One table row says what is allowed in a field. A range that runs past the end (FRI-MON, 20-2) is
 * accepted, because earlier editions of the AWS page showed it; a step then counts on through the
 * end. If EventBridge refuses one, change `wrap` in the table.
 */
#include "config/schedule.h"

#include "config/schedule_kinds.h"
#include "encode.h"
#include "mem.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    EXPRESSION_MAX = 256,
    N_FIELDS = 6,
};

static const char *const month_names[] = { "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL",
                                           "AUG", "SEP", "OCT", "NOV", "DEC", NULL };
static const char *const weekday_names[] = {
    "SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", NULL
};

static const struct cron_field {
    const char *name;
    int min, max;
    const char *const *names; /* of min, min + 1, ... */
    bool leading_zero, step, wrap;
    const char *allowed;
} cron_fields[N_FIELDS] = {
    { "minute", 0, 59, NULL, true, true, true, "0-59 , - * /" },
    { "hour", 0, 23, NULL, true, true, true, "0-23 , - * /" },
    { "day-of-month", 1, 31, NULL, true, true, true, "1-31 , - * ? / L LW 1W-31W" },
    { "month", 1, 12, month_names, true, true, true, "1-12 or JAN-DEC , - * /" },
    { "day-of-week", 1, 7, weekday_names, false, false, true,
      "1-7 (1 is Sunday) or SUN-SAT , - * ? L, 6L (the last Friday), 6#2 (the second Friday)" },
    { "year", 1970, 2199, NULL, false, true, false, "1970-2199 , - * /" },
};

/* One comma-separated piece, or a whole field. */
struct span {
    const char *s;
    size_t n;
};

struct cron_set {
    uint64_t bits[4]; /* bit value - (the year field's 1970, else 0) */
};

static int span_number(struct span t, bool leading_zero)
{
    int v = 0;

    if (!t.n || t.n > 4 || (t.n > 1 && t.s[0] == '0' && !leading_zero) || (leading_zero && t.n > 2))
        return -1;
    for (size_t i = 0; i < t.n; i++) {
        if (t.s[i] < '0' || t.s[i] > '9')
            return -1;
        v = v * 10 + (t.s[i] - '0');
    }
    return v;
}

/* A number or a name within the field's limits; -1: neither. */
static int cron_value(const struct cron_field *f, struct span t)
{
    int v = span_number(t, f->leading_zero);

    for (int i = 0; f->names && f->names[i]; i++)
        if (t.n == strlen(f->names[i]) && strncasecmp(t.s, f->names[i], t.n) == 0)
            v = f->min + i;
    return v >= f->min && v <= f->max ? v : -1;
}

/* The part before c; *rest is what follows it, with s NULL without c. */
static struct span span_cut(struct span t, char c, struct span *rest)
{
    const char *at = memchr(t.s, c, t.n);
    size_t n = at ? (size_t)(at - t.s) : t.n;

    *rest = at ? (struct span){ at + 1, t.n - n - 1 } : (struct span){ 0 };
    return (struct span){ t.s, n };
}

static int span_step(struct span t)
{
    int v = 0;

    if (!t.n || t.n > 4)
        return -1;
    for (size_t i = 0; i < t.n; i++) {
        if (t.s[i] < '0' || t.s[i] > '9')
            return -1;
        v = v * 10 + (t.s[i] - '0');
    }
    return v ? v : -1;
}

static void cron_add(const struct cron_field *f, int from, int to, int step, struct cron_set *set)
{
    int base = f->min >= 1970 ? 1970 : 0, size = f->max - f->min + 1;

    if (to < from)
        to += size;
    for (int v = from; v <= to; v += step) {
        int bit = (v > f->max ? v - size : v) - base;
        set->bits[bit / 64] |= (uint64_t)1 << (bit % 64);
    }
}

/* v, v-v or *, each with /step. NULL, or what is wrong. */
static const char *cron_item(const struct cron_field *f, struct span item, struct cron_set *set)
{
    struct span step_text, to_text, range = span_cut(item, '/', &step_text);
    struct span from_text = span_cut(range, '-', &to_text);
    bool star = range.n == 1 && range.s[0] == '*';
    int step = step_text.s ? span_step(step_text) : 1;
    int from = star ? f->min : cron_value(f, from_text);
    int to = to_text.s ? cron_value(f, to_text) : star || step_text.s ? f->max : from;

    if (step_text.s && !f->step)
        return "'/' is not allowed here";
    if (from < 0 || to < 0)
        return "invalid value";
    if (step < 0)
        return "expected a number from 1 after '/'";
    if (to < from && !f->wrap)
        return "the range ends before it begins";
    cron_add(f, from, to, step, set);
    return NULL;
}

static const char *cron_list(const struct cron_field *f, struct span text, struct cron_set *set)
{
    struct span rest = text;
    const char *wrong = NULL;

    while (rest.s && !wrong) {
        struct span item = span_cut(rest, ',', &rest);
        wrong = cron_item(f, item, set);
    }
    return wrong;
}

static bool span_is(struct span t, const char *word)
{
    return t.n == strlen(word) && memcmp(t.s, word, t.n) == 0;
}

/* L, LW, nW; true when the text is one of them. */
static bool cron_special_day(struct span t, struct schedule *out)
{
    int n = t.n > 1 && t.s[t.n - 1] == 'W'
                ? cron_value(&cron_fields[2], (struct span){ t.s, t.n - 1 })
                : -1;

    if (span_is(t, "L"))
        out->day_kind = DAY_LAST;
    else if (span_is(t, "LW"))
        out->day_kind = DAY_LAST_WORKDAY;
    else if (n > 0)
        out->day_kind = DAY_NEAREST_WORKDAY;
    else
        return false;
    out->day_arg = n;
    return true;
}

/* dL and d#k. A lone L is Saturday. */
static bool cron_special_weekday(struct span t, struct schedule *out)
{
    struct span nth, day = span_cut(t, '#', &nth);
    const struct cron_field *f = &cron_fields[4];
    int k = nth.s ? span_number(nth, false) : 0;

    if (nth.s && k >= 1 && k <= 5 && cron_value(f, day) > 0) {
        out->day_kind = DAY_NTH_WEEKDAY;
        out->day_arg = cron_value(f, day);
        out->day_nth = k;
        return true;
    }
    day = (struct span){ t.s, t.n - 1 };
    if (t.n < 2 || t.s[t.n - 1] != 'L' || cron_value(f, day) < 0)
        return false;
    out->day_kind = DAY_LAST_WEEKDAY;
    out->day_arg = cron_value(f, day);
    return true;
}

static const char *cron_days(const struct span fields[N_FIELDS], struct schedule *out, int *field)
{
    bool by_date = span_is(fields[4], "?"), by_weekday = span_is(fields[2], "?");
    struct cron_set set = { 0 };
    struct span text = by_date ? fields[2] : fields[4];
    const char *wrong;

    *field = by_date ? 2 : 4;
    if (by_date == by_weekday)
        return "exactly one of day-of-month and day-of-week must be '?'";
    if (by_date ? cron_special_day(text, out) : cron_special_weekday(text, out))
        return NULL;
    if (by_weekday && span_is(text, "L"))
        text = (struct span){ "7", 1 };
    wrong = cron_list(&cron_fields[*field], text, &set);
    out->day_kind = by_date ? DAY_OF_MONTH : DAY_OF_WEEK;
    *(by_date ? &out->days : &out->weekdays) = (uint32_t)set.bits[0];
    return wrong;
}

static int cron_wrong(const char *expression, int field, struct span text, const char *why,
                      struct err *e)
{
    return err_set(e, ERR_CONFIG, "'%s': %s '%.*s': %s; allowed: %s", expression,
                   cron_fields[field].name, (int)text.n, text.s, why, cron_fields[field].allowed);
}

static int cron_parse(const char *expression, const struct span fields[N_FIELDS],
                      struct schedule *out, struct err *e)
{
    static const int plain[] = { 0, 1, 3, 5 };
    struct cron_set sets[N_FIELDS] = { 0 };
    const char *wrong;
    int day;

    for (size_t i = 0; i < COUNTOF(plain); i++) {
        int f = plain[i];
        wrong = cron_list(&cron_fields[f], fields[f], &sets[f]);
        if (wrong)
            return cron_wrong(expression, f, fields[f], wrong, e);
    }
    wrong = cron_days(fields, out, &day);
    if (wrong)
        return cron_wrong(expression, day, fields[day], wrong, e);
    out->minutes = sets[0].bits[0];
    out->hours = (uint32_t)sets[1].bits[0];
    out->months = (uint32_t)sets[3].bits[0];
    memcpy(out->years, sets[5].bits, sizeof(out->years));
    return 0;
}

/* Splits at spaces; returns how many fields there are, of which the first `most` are stored. */
static size_t cron_split(const char *s, size_t n, struct span *fields, size_t most)
{
    size_t count = 0, i = 0;

    while (i < n) {
        size_t start = i;
        while (i < n && s[i] != ' ' && s[i] != '\t')
            i++;
        if (count < most)
            fields[count] = (struct span){ s + start, i - start };
        count++;
        while (i < n && (s[i] == ' ' || s[i] == '\t'))
            i++;
    }
    return count;
}

static int cron_field_count(const char *expression, const char *s, size_t n, size_t count,
                            struct err *e)
{
    auto_free char *body = xstrndup(s, n), *hint = crontab_hint(body);

    if (hint)
        return err_set(e, ERR_CONFIG,
                       "'%s' is a crontab line of five fields; cron() has six: ? for the unused "
                       "day, 1 for Sunday, and the year. Use %s",
                       expression, hint);
    return err_set(e, ERR_CONFIG,
                   "'%s' has %zu field%s; cron() has six: minute, hour, day-of-month, month, "
                   "day-of-week, year",
                   expression, count, count == 1 ? "" : "s");
}

static int rate_parse(const char *expression, struct span body, struct schedule *out, struct err *e)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = { { "minute", 60000 }, { "hour", 3600000 }, { "day", 86400000 } };
    struct span unit, number = span_cut(body, ' ', &unit);
    int64_t n = 0;

    for (size_t i = 0; i < number.n && n >= 0; i++)
        n = number.s[i] < '0' || number.s[i] > '9' || i > 8 ? -1 : n * 10 + (number.s[i] - '0');
    if (n > 0 && number.s[0] == '0')
        n = -1;
    for (size_t i = 0; n > 0 && unit.s && i < COUNTOF(units); i++) {
        size_t len = strlen(units[i].unit);
        bool plural = unit.n == len + 1 && unit.s[len] == 's';

        if ((unit.n != len && !plural) || memcmp(unit.s, units[i].unit, len) != 0)
            continue;
        if (plural == (n == 1))
            return err_set(e, ERR_CONFIG, "'%s': use rate(%lld %s%s)", expression, (long long)n,
                           units[i].unit, n == 1 ? "" : "s");
        *out = (struct schedule){ .rate_ms = n * units[i].ms };
        return 0;
    }
    return err_set(e, ERR_CONFIG,
                   "invalid rate '%s'; expected rate(N minutes), rate(N hours) or rate(N days), "
                   "with a whole number from 2 and one space, or rate(1 minute)",
                   expression);
}

static int schedule_unknown(const char *expression, struct err *e)
{
    struct span fields[N_FIELDS];
    size_t n = strlen(expression), count = cron_split(expression, n, fields, N_FIELDS);

    if (count == 5)
        return cron_field_count(expression, expression, n, count, e);
    if (count == N_FIELDS && !strchr(expression, '('))
        return err_set(e, ERR_CONFIG, "'%s': use cron(%s)", expression, expression);
    return err_set(e, ERR_CONFIG,
                   "invalid schedule '%s'; expected cron(minute hour day-of-month month "
                   "day-of-week year), rate(1 minute) or rate(N minutes|hours|days), in UTC",
                   expression);
}

int schedule_parse(const char *expression, struct schedule *out, struct err *e)
{
    struct span fields[N_FIELDS], body;
    struct schedule s = { 0 };
    size_t n = strlen(expression), count;

    if (n > EXPRESSION_MAX)
        return err_set(e, ERR_CONFIG, "a schedule has at most %d characters, this one has %zu",
                       EXPRESSION_MAX, n);
    if (str_starts(expression, "rate(") && str_ends(expression, ")"))
        return rate_parse(expression, (struct span){ expression + 5, n - 6 }, out, e);
    if (!str_starts(expression, "cron(") || !str_ends(expression, ")"))
        return schedule_unknown(expression, e);
    body = (struct span){ expression + 5, n - 6 };
    count = cron_split(body.s, body.n, fields, N_FIELDS);
    if (count && (!fields[0].n || body.s[body.n - 1] == ' ' || body.s[body.n - 1] == '\t'))
        return err_set(e, ERR_CONFIG, "'%s': spaces after '(' and before ')' are not allowed",
                       expression);
    if (count != N_FIELDS)
        return cron_field_count(expression, body.s, body.n, count, e);
    if (cron_parse(expression, fields, &s, e) < 0)
        return -1;
    *out = s;
    return 0;
}

char *schedule_name(const char *expression)
{
    char hex[65];

    sha256_hex(expression, strlen(expression), hex);
    return xasprintf("%.4s-%.8s", expression, hex);
}
