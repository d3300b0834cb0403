/* many.c: see many.h. */
#include "commands/many.h"

#include "commands/exit_code.h"
#include "mem.h"
#include "parallel.h"
#include "ui/interrupt.h"
#include "ui/terminal.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Enough that AWS's rates are the limit: a pipeline's reads take 0.2 s. */
enum { WIDTH = 8 };

struct running {
    struct many *m;
    int *codes;
    pthread_mutex_t lock; /* of the members below */
    size_t done;
    bool live;
};

static void tell(struct running *r)
{
    (void)pthread_mutex_lock(&r->lock);
    r->done++;
    if (r->live)
        (void)fprintf(stderr, "\r\033[K%zu of %zu %s", r->done, r->m->targets->n, r->m->doing);
    (void)pthread_mutex_unlock(&r->lock);
}

static void run_one(void *arg, size_t i)
{
    struct running *r = arg;
    const struct target *t = &r->m->targets->list[i];
    auto_session s = { .options = r->m->options,
                       .file = t->file,
                       .environment = t->environment,
                       .clients = r->m->clients };
    struct err e = { 0 };
    int code = EXIT_INTERRUPTED;

    if (!interrupted())
        code = r->m->run(r->m->arg, &s, i, &e);
    r->codes[i] = code < 0 ? (int)exit_code_of(e.code) : code;
    tell(r);
}

static int worst(const int *codes, size_t n)
{
    static const int order[] = { EXIT_INTERRUPTED, EXIT_FAILED,  EXIT_BAD_USAGE,
                                 EXIT_REFUSED,     EXIT_DIFFERS, EXIT_UNREADABLE };

    for (size_t k = 0; k < COUNTOF(order); k++) {
        for (size_t i = 0; i < n; i++) {
            if (codes[i] == order[k])
                return order[k];
        }
    }
    return EXIT_DONE;
}

int many_worse(int a, int b)
{
    const int both[] = { a, b };

    return worst(both, COUNTOF(both));
}

int many_run(struct many *m)
{
    size_t n = m->targets->n;
    auto_free int *codes = xcalloc(n + 1, sizeof(*codes));
    struct running r = { .m = m, .codes = codes, .lock = PTHREAD_MUTEX_INITIALIZER };
    struct clients *own = NULL;

    r.live = !m->options->quiet && !m->options->verbose && terminal_live(stderr);
    if (!m->clients)
        m->clients = own = clients_new(true);
    parallel_each(n, WIDTH, run_one, &r);
    clients_free(own);
    if (r.live)
        (void)fputs("\r\033[K", stderr);
    return interrupted() ? EXIT_INTERRUPTED : worst(codes, n);
}

char *many_root(void)
{
    char folder[PATH_MAX];
    auto_free char *here = getcwd(folder, sizeof(folder)) ? xstrdup(folder) : xstrdup("");

    while (*here && *folder) {
        auto_free char *git = xasprintf("%s/.git", folder);
        char *slash = strrchr(folder, '/');

        if (access(git, F_OK) == 0)
            return xstrdup(folder);
        *(slash ? slash : folder) = '\0';
    }
    return steal(here);
}
