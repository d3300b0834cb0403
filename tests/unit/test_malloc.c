/* test_malloc.c: the bootstrap's allocator under another name, in addition to this machine's. */
#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

void *own_malloc(size_t n);
void *own_calloc(size_t n, size_t size);
void *own_realloc(void *p, size_t n);
void own_free(void *p);
void *own_aligned_alloc(size_t align, size_t n);
int own_posix_memalign(void **out, size_t align, size_t n);
size_t own_malloc_usable_size(void *p);

static const size_t sizes[] = { 0,    1,     15,     16,     17,     1023,    1024,   1025,
                                4000, 65536, 262143, 262144, 262145, 1000000, 9000000 };
#define N_SIZES (sizeof(sizes) / sizeof(sizes[0]))

static void assert_filled(const unsigned char *p, unsigned char with, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] != with)
            fail_msg("byte %zu of %zu is %u instead of %u", i, n, p[i], with);
}

static void all_that_is_usable_can_be_written(void **state)
{
    (void)state;
    unsigned char *p[N_SIZES];
    for (size_t i = 0; i < N_SIZES; i++) {
        p[i] = own_malloc(sizes[i]);
        assert_non_null(p[i]);
        assert_int_equal((uintptr_t)p[i] % 16, 0);
        assert_true(own_malloc_usable_size(p[i]) >= sizes[i]);
        memset(p[i], (int)i, own_malloc_usable_size(p[i]));
    }
    for (size_t i = 0; i < N_SIZES; i++) {
        assert_filled(p[i], (unsigned char)i, own_malloc_usable_size(p[i]));
        own_free(p[i]);
    }
}

static void calloc_is_zero_in_memory_used_before(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SIZES; i++) {
        unsigned char *p = own_malloc(sizes[i]);
        memset(p, 0xff, own_malloc_usable_size(p));
        own_free(p);
        p = own_calloc(1, sizes[i]);
        assert_filled(p, 0, sizes[i]);
        own_free(p);
    }
}

static void realloc_keeps_what_was_there(void **state)
{
    (void)state;
    for (size_t from = 0; from < N_SIZES; from++)
        for (size_t to = 0; to < N_SIZES; to++) {
            unsigned char *p = own_malloc(sizes[from]);
            memset(p, 7, sizes[from]);
            p = own_realloc(p, sizes[to]);
            assert_non_null(p);
            assert_true(own_malloc_usable_size(p) >= sizes[to]);
            assert_filled(p, 7, sizes[from] < sizes[to] ? sizes[from] : sizes[to]);
            own_free(p);
        }
    own_free(own_realloc(NULL, 10));
}

static void aligned_memory_is_aligned_and_can_grow(void **state)
{
    (void)state;
    for (size_t align = 1; align <= 65536; align *= 2)
        for (size_t i = 0; i < N_SIZES; i++) {
            unsigned char *p = own_aligned_alloc(align, sizes[i]);
            assert_int_equal((uintptr_t)p % align, 0);
            memset(p, 9, own_malloc_usable_size(p));
            p = own_realloc(p, sizes[i] + 100000);
            assert_filled(p, 9, sizes[i]);
            own_free(p);
        }
    void *out = &out;
    assert_int_equal(own_posix_memalign(&out, 3, 10), EINVAL);
    assert_ptr_equal(out, &out);
}

static void what_cannot_be_had_is_refused(void **state)
{
    (void)state;
    errno = 0;
    assert_null(own_malloc(SIZE_MAX));
    assert_int_equal(errno, ENOMEM);
    assert_null(own_malloc(PTRDIFF_MAX));
    assert_null(own_calloc(SIZE_MAX / 2, 3));
    assert_null(own_aligned_alloc(16384, SIZE_MAX - 100));
    void *p = own_malloc(100), *big = own_malloc(1000000);
    assert_null(own_realloc(p, SIZE_MAX));
    assert_null(own_realloc(big, SIZE_MAX));
    own_free(p);
    own_free(big);
    own_free(NULL);
    assert_int_equal(own_malloc_usable_size(NULL), 0);
}

static void freed_memory_is_used_again(void **state)
{
    (void)state;
    void *p = own_malloc(100);
    own_free(p);
    assert_ptr_equal(own_malloc(97), p);
    own_free(p);
}

enum { BLOCKS = 64, ROUNDS = 20000 };

/* Fills blocks with its own mark and checks that it is unchanged. */
static void *worker(void *mark)
{
    unsigned char *p[BLOCKS] = { 0 };
    size_t n[BLOCKS] = { 0 };
    unsigned char with = *(unsigned char *)mark;
    uint32_t random = with;
    for (int round = 0; round < ROUNDS; round++) {
        random = random * 1664525u + 1013904223u;
        size_t i = (random >> 8) % BLOCKS;
        for (size_t k = 0; k < n[i]; k++)
            if (p[i][k] != with)
                return mark;
        own_free(p[i]);
        n[i] = (random >> 16) % 3000;
        p[i] = own_malloc(n[i]);
        memset(p[i], with, n[i]);
    }
    for (size_t i = 0; i < BLOCKS; i++)
        own_free(p[i]);
    return NULL;
}

static void threads_do_not_share_blocks(void **state)
{
    (void)state;
    pthread_t threads[4];
    unsigned char marks[4] = { 1, 2, 3, 4 };
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, worker, &marks[i]), 0);
    for (int i = 0; i < 4; i++) {
        void *harmed;
        assert_int_equal(pthread_join(threads[i], &harmed), 0);
        assert_null(harmed);
    }
}

/* Large blocks are mappings, of which some are kept after free. */
static void a_kept_mapping_is_cleared(void **state)
{
    const size_t n = (size_t)1 << 20;
    unsigned char *dirty = NULL, *clean[4];
    (void)state;

    dirty = own_malloc(n);
    memset(dirty, 7, n);
    own_free(dirty);
    for (size_t i = 0; i < 4; i++) {
        clean[i] = own_calloc(1, n - 5000);
        assert_filled(clean[i], 0, n - 5000);
    }
    for (size_t i = 0; i < 4; i++)
        own_free(clean[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_is_usable_can_be_written),
        cmocka_unit_test(calloc_is_zero_in_memory_used_before),
        cmocka_unit_test(realloc_keeps_what_was_there),
        cmocka_unit_test(aligned_memory_is_aligned_and_can_grow),
        cmocka_unit_test(what_cannot_be_had_is_refused),
        cmocka_unit_test(freed_memory_is_used_again),
        cmocka_unit_test(a_kept_mapping_is_cleared),
        cmocka_unit_test(threads_do_not_share_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
