/* clock.c: the system's clocks, or a test's. */
#include "clock.h"

#include "macros.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

static int64_t read_ms(clockid_t id)
{
    struct timespec t;

    (void)clock_gettime(id, &t); /* cannot fail for these two clocks */
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t system_wall_ms(void)
{
    return read_ms(CLOCK_REALTIME);
}

static int64_t system_mono_ms(void)
{
    return read_ms(CLOCK_MONOTONIC);
}

static void system_sleep_ms(int64_t ms)
{
    struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000 };

    while (ms > 0 && nanosleep(&t, &t) < 0 && errno == EINTR)
        continue;
}

static const struct clock system_clock = { system_wall_ms, system_mono_ms, system_sleep_ms };
static const struct clock *clock_now = &system_clock;

void clock_use(const struct clock *c)
{
    clock_now = c ? c : &system_clock;
}

int64_t clock_wall_ms(void)
{
    return clock_now->wall_ms();
}

int64_t clock_mono_ms(void)
{
    return clock_now->mono_ms();
}

void clock_sleep_ms(int64_t ms)
{
    clock_now->sleep_ms(ms);
}

static struct tm utc(int64_t wall_ms)
{
    time_t s = (time_t)(wall_ms / 1000);
    struct tm tm = { 0 };

    (void)gmtime_r(&s, &tm);
    return tm;
}

void clock_rfc3339(int64_t wall_ms, char *out)
{
    struct tm tm = utc(wall_ms);
    size_t n = strftime(out, CLOCK_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);

    (void)snprintf(out + n, CLOCK_TEXT - n, ".%03dZ", (int)(wall_ms % 1000));
}

void clock_iso_basic(int64_t wall_ms, char *out)
{
    struct tm tm = utc(wall_ms);

    (void)strftime(out, CLOCK_TEXT, "%Y%m%dT%H%M%SZ", &tm);
}

int64_t clock_parse_date(const char *text)
{
    static const char *const forms[] = {
        "%a, %d %b %Y %H:%M:%S GMT", /* IMF-fixdate */
        "%A, %d-%b-%y %H:%M:%S GMT", /* RFC 850 */
        "%a %b %d %H:%M:%S %Y",      /* asctime */
        "%Y-%m-%dT%H:%M:%SZ",
    };

    for (size_t i = 0; i < COUNTOF(forms); i++) {
        struct tm tm = { 0 };
        const char *end = strptime(text, forms[i], &tm);

        if (end && !*end)
            return (int64_t)timegm(&tm) * 1000;
    }
    return -1;
}
