/*
 * memory.c: the bootstrap's memcpy, memmove and memset for x86_64, in place of musl's, which begin
 * a string instruction even for a few bytes; that takes longer than the copy. Most copies here are
 * names, values and headers of under 64 bytes. musl's for aarch64 are good as they are.
 */
#ifdef __x86_64__

#include <stdint.h>
#include <string.h>

#define LARGE ((size_t)2048) /* from here on the string instruction is as fast */

/* Loads and stores of one register, at any address and of memory of any type. */
typedef uint16_t two __attribute__((aligned(1), may_alias));
typedef uint32_t four __attribute__((aligned(1), may_alias));
typedef uint64_t eight __attribute__((aligned(1), may_alias));
typedef long long sixteen __attribute__((vector_size(16), aligned(1), may_alias));

/* From both ends, which overlap; all is loaded before anything is stored. n <= 32. */
#define COPY_ENDS(type)                                                                            \
    do {                                                                                           \
        type first = *(const type *)from, last = *(const type *)(from + n - sizeof(type));         \
        *(type *)to = first;                                                                       \
        *(type *)(to + n - sizeof(type)) = last;                                                   \
    } while (0)

static void copy_small(char *to, const char *from, size_t n)
{
    if (n >= 16)
        COPY_ENDS(sixteen);
    else if (n >= 8)
        COPY_ENDS(eight);
    else if (n >= 4)
        COPY_ENDS(four);
    else if (n >= 2)
        COPY_ENDS(two);
    else if (n)
        *to = *from;
}

/* Upwards; the last 32 bytes are loaded first, because an overlap from above would change them. */
static void copy_up(char *to, const char *from, size_t n)
{
    const sixteen c = *(const sixteen *)(from + n - 32), d = *(const sixteen *)(from + n - 16);
    size_t i = 0;

    for (; i + 32 < n; i += 32) {
        const sixteen a = *(const sixteen *)(from + i), b = *(const sixteen *)(from + i + 16);

        *(sixteen *)(to + i) = a;
        *(sixteen *)(to + i + 16) = b;
    }
    *(sixteen *)(to + n - 32) = c;
    *(sixteen *)(to + n - 16) = d;
}

static void copy_down(char *to, const char *from, size_t n)
{
    const sixteen c = *(const sixteen *)from, d = *(const sixteen *)(from + 16);

    for (; n > 32; n -= 32) {
        const sixteen a = *(const sixteen *)(from + n - 32), b = *(const sixteen *)(from + n - 16);

        *(sixteen *)(to + n - 32) = a;
        *(sixteen *)(to + n - 16) = b;
    }
    *(sixteen *)to = c;
    *(sixteen *)(to + 16) = d;
}

static void copy_large(char *to, const char *from, size_t n)
{
    size_t words = n / 8, rest = n % 8;

    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
    copy_small(to, from, rest);
}

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
    if (n <= 32)
        copy_small(to, from, n);
    else if (n < LARGE)
        copy_up(to, from, n);
    else
        copy_large(to, from, n);
    return to;
}

void *memmove(void *to, const void *from, size_t n)
{
    size_t above = (uintptr_t)to - (uintptr_t)from;

    if (n <= 32)
        copy_small(to, from, n);
    else if (above < n)
        copy_down(to, from, n);
    else
        copy_up(to, from, n);
    return to;
}

void *memset(void *to, int c, size_t n)
{
    char *s = to;
    const uint64_t word = 0x0101010101010101U * (unsigned char)c;
    const sixteen all = { (long long)word, (long long)word };
    size_t words = n / 8;

    if (n < 16) {
        for (size_t i = 0; i < n; i++)
            ((volatile char *)s)[i] = (char)c;
        return to;
    }
    *(sixteen *)(s + n - 16) = all;
    if (n < LARGE)
        for (size_t i = 0; i + 16 < n; i += 16)
            *(sixteen *)(s + i) = all;
    else
        __asm__ volatile("rep stosq" : "+D"(s), "+c"(words) : "a"(word) : "memory");
    return to;
}

#else
typedef int memory_is_of_the_library; /* a file cannot be empty */
#endif
