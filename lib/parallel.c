/* parallel.c: runs a loop's iterations in parallel. */
#include "parallel.h"

#include "mem.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#define STACK_BYTES ((size_t)512 << 10)

struct turns {
    atomic_size_t next;
    size_t n;
    parallel_fn *fn;
    void *arg;
};

static void *run_turns(void *arg)
{
    struct turns *t = arg;
    size_t i;

    while ((i = atomic_fetch_add(&t->next, 1)) < t->n)
        t->fn(t->arg, i);
    return NULL;
}

/* Signals belong to the main thread. */
static size_t start_threads(pthread_t *threads, size_t n, struct turns *t)
{
    pthread_attr_t attr;
    sigset_t all, before;
    size_t started = 0;

    sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    (void)pthread_attr_init(&attr);
    (void)pthread_attr_setstacksize(&attr, STACK_BYTES);
    while (started < n && pthread_create(&threads[started], &attr, run_turns, t) == 0)
        started++;
    (void)pthread_attr_destroy(&attr);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

void parallel_each(size_t n, size_t width, parallel_fn *fn, void *arg)
{
    struct turns t = { .n = n, .fn = fn, .arg = arg };
    size_t want = n < width ? n : width, started;
    auto_free pthread_t *threads = NULL;

    if (want <= 1) {
        (void)run_turns(&t);
        return;
    }
    threads = xcalloc(want - 1, sizeof(*threads));
    started = start_threads(threads, want - 1, &t);
    (void)run_turns(&t);
    for (size_t i = 0; i < started; i++)
        (void)pthread_join(threads[i], NULL);
}
