/*
 * soak.c: runs seeds, each in its own process, several at a time; the last line is the summary.
 *
 *   soak FIRST COUNT [JOBS]     seeds FIRST .. FIRST+COUNT-1
 *   soak --stop FIRST COUNT     the same, until one fails
 *   soak --trace SEED           one seed, with everything that happens
 */
#include "mem.h"
#include "world.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct totals {
    long seeds, messages, violations, failed, faults[FAULT_KINDS];
};

/* The result of a seed's process. */
struct result {
    long messages, violations, faults[FAULT_KINDS];
};

static void run_seed(uint64_t seed, bool trace, struct result *out)
{
    struct world w;

    out->violations = world_run(&w, seed, trace);
    out->messages = w.messages;
    memcpy(out->faults, w.faults, sizeof(out->faults));
    world_done(&w);
}

static pid_t start(uint64_t seed, int *fd)
{
    int ends[2];
    pid_t pid;

    if (pipe(ends))
        abort();
    (void)fflush(stdout);
    pid = fork();
    if (pid < 0)
        abort();
    if (pid == 0) {
        struct result r = { 0 };
        (void)close(ends[0]);
        run_seed(seed, false, &r);
        (void)fflush(stdout);
        _exit(write(ends[1], &r, sizeof(r)) == (ssize_t)sizeof(r) ? 0 : 1);
    }
    (void)close(ends[1]);
    *fd = ends[0];
    return pid;
}

static void finish(uint64_t seed, pid_t pid, int fd, struct totals *t)
{
    struct result r = { 0 };
    bool whole = read(fd, &r, sizeof(r)) == (ssize_t)sizeof(r);
    int status = 0;

    (void)close(fd);
    (void)waitpid(pid, &status, 0);
    if (!whole || status != 0) {
        (void)printf("seed %llu  the world itself ended with status %d\n", (unsigned long long)seed,
                     status);
        r.violations++;
    }
    if (r.violations) {
        t->failed++;
        (void)printf("seed %llu failed: 'make soak SEED=%llu' shows it\n", (unsigned long long)seed,
                     (unsigned long long)seed);
    }
    t->seeds++;
    t->messages += r.messages;
    t->violations += r.violations;
    for (size_t i = 0; i < FAULT_KINDS; i++)
        t->faults[i] += r.faults[i];
}

static int report(const struct totals *t)
{
    long faults = 0;

    for (size_t i = 0; i < FAULT_KINDS; i++) {
        faults += t->faults[i];
        (void)printf("  %8ld  %s\n", t->faults[i], fault_names[i]);
    }
    (void)printf("soak: %ld seeds, %ld messages, %ld faults, %ld violations\n", t->seeds,
                 t->messages, faults, t->violations);
    return t->violations ? 1 : 0;
}

static int run_many(uint64_t first, uint64_t count, size_t jobs, bool stop)
{
    struct {
        uint64_t seed;
        pid_t pid;
        int fd;
    } running[64] = { 0 };
    struct totals t = { 0 };
    uint64_t started = 0;

    for (uint64_t i = 0; i < count; i++) {
        for (; started < count && started < i + jobs; started++) {
            size_t k = started % COUNTOF(running);
            running[k].seed = first + started;
            running[k].pid = start(first + started, &running[k].fd);
        }
        size_t k = i % COUNTOF(running);
        finish(running[k].seed, running[k].pid, running[k].fd, &t);
        if (stop && t.failed)
            count = started; /* only those that already run */
    }
    return report(&t);
}

int main(int argc, char **argv)
{
    struct result r = { 0 };
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    mem_init();
    if (argc == 3 && strcmp(argv[1], "--trace") == 0) {
        (void)setvbuf(stdout, NULL, _IOLBF, 0);
        run_seed(strtoull(argv[2], NULL, 10), true, &r);
        (void)printf("%ld messages, %ld violations\n", r.messages, r.violations);
        return r.violations ? 1 : 0;
    }
    if (argc == 4 && strcmp(argv[1], "--stop") == 0)
        return run_many(strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10), (size_t)cores,
                        true);
    if (argc < 3 || argc > 4) {
        (void)fprintf(stderr, "usage: soak [--stop] FIRST COUNT [JOBS] | soak --trace SEED\n");
        return 64;
    }
    if (argc == 4)
        cores = (long)strtoull(argv[3], NULL, 10);
    return run_many(strtoull(argv[1], NULL, 10), strtoull(argv[2], NULL, 10),
                    cores < 1    ? 1
                    : cores > 32 ? 32
                                 : (size_t)cores,
                    false);
}
