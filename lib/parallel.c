/* parallel.c: runs a loop's iterations in parallel. */
#include "parallel.h"

#include "mem.h"

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
int parallel_start(pthread_t *thread, void *(*run)(void *), void *arg)
{
    pthread_attr_t attr;
    sigset_t all, before;
    int rc;

    sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    (void)pthread_attr_init(&attr);
    (void)pthread_attr_setstacksize(&attr, STACK_BYTES);
    rc = pthread_create(thread, &attr, run, arg);
    (void)pthread_attr_destroy(&attr);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc ? -1 : 0;
}

void parallel_each(size_t n, size_t width, parallel_fn *fn, void *arg)
{
    struct turns t = { .n = n, .fn = fn, .arg = arg };
    size_t want = n < width ? n : width, started = 0;
    auto_free pthread_t *threads = NULL;

    if (want <= 1) {
        (void)run_turns(&t);
        return;
    }
    threads = xcalloc(want - 1, sizeof(*threads));
    while (started < want - 1 && parallel_start(&threads[started], run_turns, &t) == 0)
        started++;
    (void)run_turns(&t);
    for (size_t i = 0; i < started; i++)
        (void)pthread_join(threads[i], NULL);
}
