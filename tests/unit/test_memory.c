/* test_memory.c: the bootstrap's memcpy, memmove and memset under other names: every size around
 * their borders, at every distance, and not a byte beyond. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

void *own_memcpy(void *restrict to, const void *restrict from, size_t n);
void *own_memmove(void *to, const void *from, size_t n);
void *own_memset(void *to, int c, size_t n);

enum { ROOM = 5000 };

/* 0 to 300, and some around 2,048 and above. */
static size_t next_size(size_t n)
{
    static const size_t large[] = { 2040, 2047, 2048, 2049, 2055, 2056, 4095, 4096, 4099 };

    for (size_t i = 0; n >= 300 && i < sizeof(large) / sizeof(*large); i++)
        if (large[i] > n)
            return large[i];
    return n < 300 ? n + 1 : ROOM;
}

static void fill(unsigned char *p)
{
    for (size_t i = 0; i < ROOM; i++)
        p[i] = (unsigned char)(i * 167 + (i >> 8));
}

static void test_copies(void **state)
{
    static unsigned char from[ROOM], have[ROOM], want[ROOM];
    (void)state;

    fill(from);
    for (size_t n = 0; n < ROOM; n = next_size(n))
        for (size_t at = 0; at < 17; at++) {
            memset(have, 1, ROOM);
            memset(want, 1, ROOM);
            for (size_t i = 0; i < n; i++)
                want[at + i] = from[2 * at + 1 + i];
            assert_ptr_equal(own_memcpy(have + at, from + 2 * at + 1, n), have + at);
            assert_memory_equal(have, want, ROOM);
        }
}

static void test_overlaps(void **state)
{
    static unsigned char have[ROOM], from[ROOM], want[ROOM];
    (void)state;

    fill(from);
    for (size_t n = 0; n < ROOM; n = next_size(n))
        for (size_t to = 0; to < 140; to += to < 80 ? 3 : 20) {
            fill(have);
            fill(want);
            for (size_t i = 0; i < n; i++)
                want[to + i] = from[70 + i];
            assert_ptr_equal(own_memmove(have + to, have + 70, n), have + to);
            assert_memory_equal(have, want, ROOM);
        }
}

static void test_sets(void **state)
{
    static unsigned char have[ROOM], want[ROOM];
    (void)state;

    for (size_t n = 0; n < ROOM; n = next_size(n))
        for (size_t at = 0; at < 17; at++) {
            fill(have);
            fill(want);
            for (size_t i = 0; i < n; i++)
                want[at + i] = 0xC3;
            assert_ptr_equal(own_memset(have + at, 0x1C3, n), have + at);
            assert_memory_equal(have, want, ROOM);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_overlaps),
        cmocka_unit_test(test_sets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
