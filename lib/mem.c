/* mem.c: see mem.h. */
#include "mem.h"

#include <jansson.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static void *or_die(void *p)
{
    if (!p) {
        (void)fputs("fifoq: out of memory\n", stderr);
        abort();
    }
    return p;
}

void *xmalloc(size_t size)
{
    return or_die(malloc(size ? size : 1));
}

void *xcalloc(size_t n, size_t size)
{
    return or_die(calloc(n ? n : 1, size ? size : 1));
}

void *xrealloc(void *p, size_t size)
{
    return or_die(realloc(p, size ? size : 1));
}

char *xstrndup(const char *s, size_t n)
{
    char *copy = xmalloc(n + 1);

    memcpy(copy, s, n);
    copy[n] = '\0';
    return copy;
}

char *xstrdup(const char *s)
{
    return xstrndup(s, strlen(s));
}

char *xasprintf(const char *fmt, ...)
{
    va_list ap;
    char *s;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        abort();
    s = xmalloc((size_t)n + 1);
    va_start(ap, fmt);
    (void)vsnprintf(s, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return s;
}

void free_ptr(void *pp)
{
    free(*(void **)pp);
}

void free_cleansed(void *p)
{
    if (!p)
        return;
    explicit_bzero(p, malloc_usable_size(p));
    free(p);
}

void free_cleansed_ptr(void *pp)
{
    free_cleansed(*(void **)pp);
}

void *realloc_cleansed(void *old, size_t size)
{
    void *p = xmalloc(size);

    if (old) {
        size_t have = malloc_usable_size(old);
        memcpy(p, old, have < size ? have : size);
        free_cleansed(old);
    }
    return p;
}

/* The limit is for files; where cores are piped to a program it is ignored, and only
 * PR_SET_DUMPABLE prevents a core: core(5). */
void mem_no_core(void)
{
    static const struct rlimit none = { 0, 0 };

    (void)setrlimit(RLIMIT_CORE, &none); /* lowering is always allowed */
    (void)prctl(PR_SET_DUMPABLE, 0);
}

void mem_init(void)
{
    json_set_alloc_funcs(xmalloc, free_cleansed);
}
