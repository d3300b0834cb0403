/*
 * malloc.c: the bootstrap's allocator, in place of musl's, which gives memory back to the kernel so
 * eagerly that a cold start spends a quarter of its CPU time there. Blocks up to 256 KiB are cut
 * from chunks and kept for reuse by size class: 16 bytes apart up to 1 KiB, then four to each power
 * of two. Larger ones are mappings of their own, of which 4 MB are kept. A Lambda environment does
 * the same work again and again, so what is kept is what will be asked for.
 */
#include <errno.h>
#include <malloc.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE          ((size_t)4096)
#define CHUNK         ((size_t)1 << 20)
#define FINE_MAX      ((size_t)1024) /* the largest of the classes 16 bytes apart */
#define FINE_CLASSES  64
#define SMALL_MAX     ((size_t)256 << 10)
#define SMALL_CLASSES (FINE_CLASSES + 32)
#define LARGEST       ((size_t)PTRDIFF_MAX - 2 * PAGE)

enum { SPINS = 64, KEPT_MAX = 8 };
#define KEPT_BYTES ((size_t)4 << 20) /* of all kept mappings together */
enum { BLOCK_MAPPED = SMALL_CLASSES, BLOCK_ALIGNED, BLOCK_FREE };

/* Right before the memory that the caller sees; 16 bytes, so that the memory is aligned for
 * anything. */
struct block {
    size_t
        size; /* that can be used; for BLOCK_ALIGNED: how far back the block is that it lies in */
    uint32_t class; /* of size, or one of the above */
    union {
        uint32_t kept; /* while free: the class to come back as */
        uint32_t used; /* of BLOCK_MAPPED: not fresh, so not zero */
    };
};
_Static_assert(sizeof(struct block) == 16, "the memory behind it must be aligned to 16 bytes");

struct free_block {
    struct block head;
    struct free_block *next;
};

/* Held for some ten instructions, so it is not worth a mutex: musl's costs more than the rest of
 * malloc. A thread that has waited longer than that lets the holder run. */
static atomic_flag taken = ATOMIC_FLAG_INIT;

static void lock(void)
{
    for (unsigned tries = 1; atomic_flag_test_and_set_explicit(&taken, memory_order_acquire);
         tries++)
        if (tries % SPINS == 0)
            (void)sched_yield();
}

static void unlock(void)
{
    atomic_flag_clear_explicit(&taken, memory_order_release);
}

static struct free_block *free_blocks[SMALL_CLASSES];
static char *chunk_at, *chunk_end;
static struct block *kept[KEPT_MAX]; /* mappings */
static size_t n_kept, kept_bytes;

static void *memory_of(struct block *b)
{
    return b + 1;
}

static struct block *block_of(void *p)
{
    return (struct block *)p - 1;
}

/* The class that holds n bytes, and the size that its blocks have. */
static uint32_t class_of(size_t n, size_t *size)
{
    unsigned power = 0;
    size_t base = 0, quarter = 0, k = 0;

    if (n <= FINE_MAX) {
        size_t class = n == 0 ? 0 : (n - 1) / 16;
        *size = (class + 1) * 16;
        return (uint32_t) class;
    }
    power = 63 - (unsigned)__builtin_clzll(n - 1); /* 2^power < n <= 2^(power + 1) */
    base = (size_t)1 << power;
    quarter = base / 4;
    k = (n - 1 - base) / quarter;
    *size = base + (k + 1) * quarter;
    return (uint32_t)(FINE_CLASSES + (power - 10) * 4 + k);
}

static void *map(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

static size_t mapping_size(size_t n)
{
    return (n + sizeof(struct block) + PAGE - 1) & ~(PAGE - 1);
}

/* Under the lock: a kept mapping of n to 2 n bytes; NULL: there is none. */
static struct block *kept_take(size_t n)
{
    for (size_t i = 0; i < n_kept; i++) {
        struct block *b = kept[i];
        if (b->size < n || b->size / 2 > n)
            continue;
        kept[i] = kept[--n_kept];
        kept_bytes -= b->size;
        return b;
    }
    return NULL;
}

static struct block *block_map(size_t n)
{
    size_t size = mapping_size(n);
    struct block *b = NULL;

    lock();
    b = kept_take(n);
    unlock();
    if (b) {
        b->class = BLOCK_MAPPED;
        return b;
    }
    b = map(size);
    if (b)
        *b = (struct block){ .size = size - sizeof(*b), .class = BLOCK_MAPPED };
    return b;
}

/* Each page of a fresh mapping costs a fault, so the few that an event needs are kept for the next.
 */
static void block_unmap(struct block *b)
{
    bool keep;

    lock();
    keep = n_kept < KEPT_MAX && b->size <= KEPT_BYTES - kept_bytes;
    if (keep) {
        b->class = BLOCK_FREE;
        b->used = 1;
        kept[n_kept++] = b;
        kept_bytes += b->size;
    }
    unlock();
    if (!keep)
        munmap(b, b->size + sizeof(*b));
}

/* Under the lock. */
static struct block *block_cut(size_t size)
{
    size_t whole = sizeof(struct block) + size;
    struct block *b = NULL;

    if ((size_t)(chunk_end - chunk_at) < whole) {
        char *chunk = map(CHUNK);
        if (!chunk)
            return NULL;
        chunk_at = chunk;
        chunk_end = chunk + CHUNK;
    }
    b = (struct block *)(void *)chunk_at;
    chunk_at += whole;
    b->size = size;
    return b;
}

static struct block *block_take(size_t n)
{
    struct block *b = NULL;
    struct free_block *f = NULL;
    size_t size;
    uint32_t class;

    if (n > LARGEST)
        return NULL;
    if (n > SMALL_MAX)
        return block_map(n);

    class = class_of(n, &size);
    lock();
    f = free_blocks[class];
    if (f)
        free_blocks[class] = f->next;
    b = f ? &f->head : block_cut(size);
    unlock();
    if (b)
        b->class = class;
    return b;
}

static void *take(size_t n)
{
    struct block *b = block_take(n);
    if (b)
        return memory_of(b);
    errno = ENOMEM;
    return NULL;
}

static void block_keep(struct block *b)
{
    struct free_block *f = (struct free_block *)(void *)b;
    lock();
    f->head.kept = b->class;
    f->next = free_blocks[b->class];
    free_blocks[b->class] = f;
    f->head.class = BLOCK_FREE;
    unlock();
}

static void block_give(struct block *b)
{
    int saved = errno;
    if (b->class < SMALL_CLASSES)
        block_keep(b);
    else if (b->class == BLOCK_MAPPED)
        block_unmap(b);
    else
        abort(); /* freed twice, or never ours */
    errno = saved;
}

void *malloc(size_t n)
{
    return take(n);
}

void *calloc(size_t n, size_t size)
{
    size_t all;
    void *p = NULL;

    if (__builtin_mul_overflow(n, size, &all)) {
        errno = ENOMEM;
        return NULL;
    }
    p = take(all);
    if (p && (all <= SMALL_MAX || block_of(p)->used)) /* a fresh mapping is zero already */
        memset(p, 0, all);
    return p;
}

void free(void *p)
{
    struct block *b = NULL;

    if (!p)
        return;
    b = block_of(p);
    if (b->class == BLOCK_ALIGNED)
        b = (struct block *)(void *)((char *)b - b->size);
    block_give(b);
}

size_t malloc_usable_size(void *p)
{
    struct block *around = NULL;
    struct block *b = NULL;

    if (!p)
        return 0;
    b = block_of(p);
    if (b->class != BLOCK_ALIGNED)
        return b->size;
    around = (struct block *)(void *)((char *)b - b->size);
    return (size_t)((char *)memory_of(around) + around->size - (char *)p);
}

/* Lets the kernel move the pages. */
static void *remap(struct block *b, size_t n)
{
    size_t size = mapping_size(n);
    b = mremap(b, b->size + sizeof(*b), size, MREMAP_MAYMOVE);
    if (b == MAP_FAILED) {
        errno = ENOMEM;
        return NULL;
    }
    b->size = size - sizeof(*b);
    return memory_of(b);
}

void *realloc(void *p, size_t n)
{
    size_t room = 0;
    void *copy = NULL;
    size_t have = 0;

    if (!p)
        return take(n);
    have = malloc_usable_size(p);
    if (n <= have && n >= have / 4)
        return p;
    if (block_of(p)->class == BLOCK_MAPPED && n > SMALL_MAX && n <= LARGEST)
        return remap(block_of(p), n);

    room = n > have && n < have + have / 8 ? have + have / 8 : n; /* what grows will grow again */
    copy = take(room);
    if (!copy)
        return NULL;
    memcpy(copy, p, have < n ? have : n);
    free(p);
    return copy;
}

void *aligned_alloc(size_t align, size_t n)
{
    uintptr_t start;
    char *aligned = NULL;
    struct block *b = NULL;
    char *p = NULL;

    if (align == 0 || (align & (align - 1)) != 0) {
        errno = EINVAL;
        return NULL;
    }
    if (align <= sizeof(struct block))
        return take(n);
    if (n > LARGEST || align > LARGEST - n) {
        errno = ENOMEM;
        return NULL;
    }
    p = take(n + align + sizeof(struct block));
    if (!p)
        return NULL;
    start = (uintptr_t)p + sizeof(struct block);
    aligned = p + sizeof(struct block) + (-start & (align - 1));
    b = block_of(aligned);
    *b =
        (struct block){ .size = (size_t)((char *)b - (char *)block_of(p)), .class = BLOCK_ALIGNED };
    return aligned;
}

void *memalign(size_t align, size_t n)
{
    return aligned_alloc(align, n);
}

int posix_memalign(void **out, size_t align, size_t n)
{
    int saved = errno;
    void *p = aligned_alloc(align, n);
    int why = p ? 0 : errno;
    errno = saved;
    if (p)
        *out = p;
    return why;
}
