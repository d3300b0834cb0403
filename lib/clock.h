/* clock.h: time, through one seam, so that tests can hold it still. */
#ifndef FIFOQ_CLOCK_H
#define FIFOQ_CLOCK_H

#include <stdint.h>

struct clock {
    int64_t (*wall_ms)(void);     /* since 1970-01-01 UTC */
    int64_t (*mono_ms)(void);     /* since an arbitrary start, never backwards */
    void (*sleep_ms)(int64_t ms); /* returns at once for ms <= 0 */
};

/* NULL restores the system's clock. Set before threads start. */
void clock_use(const struct clock *c);

int64_t clock_wall_ms(void);
int64_t clock_mono_ms(void);
void clock_sleep_ms(int64_t ms);

enum { CLOCK_TEXT = 32 };
/* "2026-01-02T03:04:05.678Z" (RFC 3339, UTC); out has CLOCK_TEXT bytes. */
void clock_rfc3339(int64_t wall_ms, char *out);
/* "20260102T030405Z", the format of SigV4. */
void clock_iso_basic(int64_t wall_ms, char *out);
/* An HTTP date (RFC 9110 section 5.6.7, all three forms) or "2026-01-02T03:04:05Z" in ms since
 * 1970; -1: neither. */
int64_t clock_parse_date(const char *text);

#endif
