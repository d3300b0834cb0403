/* fuzz_schedule.c: any text as a schedule; the next time of an accepted one is strictly later, on a
 * whole minute, and no other is in between. */
#include "config/schedule.h"
#include "mem.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const int64_t times[] = { -1,           0, 951782340000, 1709164799999, 4102444800000,
                                     7258118340000 };
    auto_free char *text = xstrndup((const char *)data, n);
    struct schedule s;
    struct err e;

    if (schedule_parse(text, &s, &e) < 0)
        return 0;
    for (size_t i = 0; i < COUNTOF(times); i++) {
        int64_t next = schedule_next(&s, times[i]);
        if (next >= 0 && next <= times[i])
            abort();
        if (next > 0 && !s.rate_ms && (next % 60000 || schedule_next(&s, next - 1) != next))
            abort();
    }
    return 0;
}
