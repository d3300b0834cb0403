/* process_run.c: one program, its two outputs, and a limit. */
#include "identity/process.h"

#include "buf.h"
#include "clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUT, ERR, PIPES, ERR_MAX = 4096, WAIT_MS = 50, NOT_STARTED = 127 };
#define OUT_MAX ((size_t)64 << 10)

struct run {
    pid_t pid;
    int fds[PIPES]; /* -1: at its end */
    struct buf bufs[PIPES];
};

void process_result_done(struct process_result *r)
{
    free_cleansed(r->out);
    free_cleansed(r->err);
    *r = (struct process_result){ 0 };
}

static void fd_close(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

static int spawn(struct run *r, char **argv, const int out[2], const int err[2], struct err *e)
{
    posix_spawn_file_actions_t actions;
    int why;

    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    (void)posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
    why = posix_spawnp(&r->pid, argv[0], &actions, NULL, argv, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    return why ? err_set(e, ERR_CREDENTIALS, "it cannot be started: %s", strerror(why)) : 0;
}

static int start(struct run *r, char **argv, struct err *e)
{
    int out[2] = { -1, -1 }, err[2] = { -1, -1 };
    int rc;

    if (pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)
        rc = err_set(e, ERR_CREDENTIALS, "it cannot be started: %s", strerror(errno));
    else
        rc = spawn(r, argv, out, err, e);
    fd_close(&out[1]);
    fd_close(&err[1]);
    r->fds[OUT] = out[0];
    r->fds[ERR] = err[0];
    return rc;
}

/* What is there to read. Of stderr the beginning is kept. */
static void take(struct run *r, int which)
{
    char piece[4096];
    ssize_t n = read(r->fds[which], piece, sizeof(piece));
    size_t room = r->bufs[which].cap - r->bufs[which].len;

    if (n < 0 && errno == EINTR)
        return;
    if (n <= 0) {
        fd_close(&r->fds[which]);
        return;
    }
    buf_add(&r->bufs[which], piece, which == ERR && (size_t)n > room ? room : (size_t)n);
    volatile char *clean = piece;
    for (size_t i = 0; i < sizeof(piece); i++)
        clean[i] = 0;
}

/* Once it has ended, what somebody else still holds open is not waited for. */
static bool ended(struct run *r, int *status)
{
    return waitpid(r->pid, status, WNOHANG) == r->pid;
}

static bool run_until(struct run *r, int64_t deadline_ms, int *status)
{
    bool over = false;

    for (;;) {
        struct pollfd polled[PIPES] = { { r->fds[OUT], POLLIN, 0 }, { r->fds[ERR], POLLIN, 0 } };
        int ready = poll(polled, PIPES, WAIT_MS);

        for (int i = 0; ready > 0 && i < PIPES; i++)
            if (polled[i].revents)
                take(r, i);
        if (over && ready <= 0)
            return true;
        over = over || ended(r, status);
        if (over && r->fds[OUT] < 0 && r->fds[ERR] < 0)
            return true;
        if (!over && clock_mono_ms() >= deadline_ms)
            return false;
    }
}

static int finish(struct run *r, int64_t limit_ms, struct process_result *result, struct err *e)
{
    int status = 0;

    if (!run_until(r, clock_mono_ms() + limit_ms, &status)) {
        (void)kill(r->pid, SIGKILL);
        (void)waitpid(r->pid, &status, 0);
        return err_set(e, ERR_CREDENTIALS, "it took longer than %lld s and was ended",
                       (long long)(limit_ms / 1000));
    }
    if (buf_failed(&r->bufs[OUT]))
        return err_set(e, ERR_CREDENTIALS, "it printed more than 64 KiB");
    if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_STARTED && !r->bufs[OUT].len &&
        !r->bufs[ERR].len) /* posix_spawn(3) may say it this way */
        return err_set(e, ERR_CREDENTIALS, "it cannot be started");
    result->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    for (int i = 0; i < PIPES; i++) {
        char *text = buf_steal(&r->bufs[i]);

        *(i == OUT ? &result->out : &result->err) = text ? text : xstrdup("");
    }
    return 0;
}

int process_run(char **argv, int64_t limit_ms, struct process_result *result, struct err *e)
{
    struct run r = { .bufs = { BUF(OUT_MAX), BUF(ERR_MAX) } };
    int rc = start(&r, argv, e);

    if (rc == 0)
        rc = finish(&r, limit_ms, result, e);
    for (int i = 0; i < PIPES; i++) {
        fd_close(&r.fds[i]);
        buf_done(&r.bufs[i]);
    }
    return rc;
}
