/* process_run.c: runs one program within a time limit and reads its two outputs. */
#include "identity/process.h"

#include "buf.h"
#include "clock.h"
#include "mem.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    OUT,
    ERR,
    PIPES,
    ERR_MAX = 4096,
    WAIT_MS = 50,
    REST_MS = 3000,
    TERM_MS = 500,
    NOT_STARTED = 127
};
#define OUT_MAX ((size_t)64 << 10)

enum run_end { RUN_OVER, RUN_LOST, RUN_TOO_LONG, RUN_TOO_MUCH, RUN_STOPPED };

struct run {
    const struct process_limits *limits;
    pid_t pid;
    int status;
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

/* Otherwise the program would inherit our ignored and blocked signals. */
static void signals_reset(posix_spawnattr_t *attributes)
{
    sigset_t none, defaults;

    (void)sigemptyset(&none);
    (void)sigemptyset(&defaults);
    (void)sigaddset(&defaults, SIGPIPE);
    (void)sigaddset(&defaults, SIGCHLD);
    (void)posix_spawnattr_init(attributes);
    (void)posix_spawnattr_setsigmask(attributes, &none);
    (void)posix_spawnattr_setsigdefault(attributes, &defaults);
    (void)posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

static int spawn(struct run *r, char **argv, const int out[2], const int err[2], struct err *e)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int why;

    signals_reset(&attributes);
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    (void)posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
    why = posix_spawnp(&r->pid, argv[0], &actions, &attributes, argv, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)posix_spawnattr_destroy(&attributes);
    return why ? err_set(e, ERR_CREDENTIALS, "cannot start: %s", strerror(why)) : 0;
}

static int start(struct run *r, char **argv, struct err *e)
{
    int out[2] = { -1, -1 }, err[2] = { -1, -1 };
    int rc;

    if (pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)
        rc = err_set(e, ERR_CREDENTIALS, "cannot start: %s", strerror(errno));
    else
        rc = spawn(r, argv, out, err, e);
    fd_close(&out[1]);
    fd_close(&err[1]);
    r->fds[OUT] = out[0];
    r->fds[ERR] = err[0];
    return rc;
}

/* Reads one piece; of stderr only the beginning is kept. */
static void read_output(struct run *r, int which)
{
    char piece[4096];
    ssize_t n = read(r->fds[which], piece, sizeof(piece));
    size_t room = r->bufs[which].cap - r->bufs[which].len;
    volatile char *clean = NULL;

    if (n < 0 && errno == EINTR)
        return;
    if (n <= 0) {
        fd_close(&r->fds[which]);
        return;
    }
    buf_add(&r->bufs[which], piece, which == ERR && (size_t)n > room ? room : (size_t)n);
    clean = piece;
    for (size_t i = 0; i < sizeof(piece); i++)
        clean[i] = 0;
}

/* Waits up to WAIT_MS for output and reads it; true: there was some. */
static bool read_outputs(struct run *r)
{
    struct pollfd polled[PIPES] = { { r->fds[OUT], POLLIN, 0 }, { r->fds[ERR], POLLIN, 0 } };
    int ready = poll(polled, PIPES, WAIT_MS);

    for (int i = 0; ready > 0 && i < PIPES; i++)
        if (polled[i].revents)
            read_output(r, i);
    return ready > 0;
}

/* Reads the rest of the pipes after the exit. A grandchild is waited for only while it may still
 * print the credentials. */
static enum run_end read_rest(struct run *r)
{
    int64_t until_ms = clock_mono_ms() + REST_MS;
    bool good = WIFEXITED(r->status) && WEXITSTATUS(r->status) == 0;

    while ((r->fds[OUT] >= 0 || r->fds[ERR] >= 0) && !buf_failed(&r->bufs[OUT]) &&
           clock_mono_ms() < until_ms) {
        bool prints_later = good && r->fds[OUT] >= 0 && !r->bufs[OUT].len;

        if (!read_outputs(r) && !prints_later)
            break;
    }
    return buf_failed(&r->bufs[OUT]) ? RUN_TOO_MUCH : RUN_OVER;
}

static enum run_end run_until_over(struct run *r)
{
    const struct process_limits *l = r->limits;
    int64_t deadline_ms = clock_mono_ms() + l->limit_ms;
    bool stopping = false;

    for (;;) {
        pid_t ended = waitpid(r->pid, &r->status, WNOHANG);

        if (ended == r->pid)
            return read_rest(r);
        if (ended < 0 && errno == ECHILD)
            return RUN_LOST;
        if (buf_failed(&r->bufs[OUT]))
            return RUN_TOO_MUCH;
        if (!stopping && l->stop && l->stop()) {
            stopping = true;
            deadline_ms = clock_mono_ms() + l->grace_ms;
        }
        if (clock_mono_ms() >= deadline_ms)
            return stopping ? RUN_STOPPED : RUN_TOO_LONG;
        (void)read_outputs(r);
    }
}

/* SIGTERM first: the program may clean up. */
static void terminate_program(struct run *r)
{
    int64_t until_ms = clock_mono_ms() + TERM_MS;
    pid_t ended = 0;

    (void)kill(r->pid, SIGTERM);
    while (!ended && clock_mono_ms() < until_ms) {
        clock_sleep_ms(WAIT_MS / 5);
        ended = waitpid(r->pid, &r->status, WNOHANG);
    }
    if (ended)
        return;
    (void)kill(r->pid, SIGKILL);
    while (waitpid(r->pid, &r->status, 0) < 0 && errno == EINTR) {
    }
}

static int collect_result(struct run *r, struct process_result *result, struct err *e)
{
    if (WIFEXITED(r->status) && WEXITSTATUS(r->status) == NOT_STARTED && !r->bufs[OUT].len &&
        !r->bufs[ERR].len) /* posix_spawn(3) may report a failure like this */
        return err_set(e, ERR_CREDENTIALS, "cannot start");
    result->status = WIFEXITED(r->status) ? WEXITSTATUS(r->status) : 128 + WTERMSIG(r->status);
    for (int i = 0; i < PIPES; i++) {
        char *text = buf_steal(&r->bufs[i]);

        *(i == OUT ? &result->out : &result->err) = text ? text : xstrdup("");
    }
    return 0;
}

static int finish(struct run *r, struct process_result *result, struct err *e)
{
    enum run_end end = run_until_over(r);

    if (end != RUN_OVER && end != RUN_LOST)
        terminate_program(r);
    switch (end) {
    case RUN_OVER: return collect_result(r, result, e);
    case RUN_LOST: return err_set(e, ERR_CREDENTIALS, "its exit status is unknown");
    case RUN_TOO_MUCH: return err_set(e, ERR_CREDENTIALS, "printed more than 64 KiB on stdout");
    case RUN_STOPPED: return err_set(e, ERR_INTERRUPTED, "terminated: interrupted");
    case RUN_TOO_LONG: break;
    }
    return err_set(e, ERR_CREDENTIALS, "timed out after %lld s and was terminated",
                   (long long)(r->limits->limit_ms / 1000));
}

int process_run(char **argv, const struct process_limits *limits, struct process_result *result,
                struct err *e)
{
    struct run r = { .limits = limits, .bufs = { BUF(OUT_MAX), BUF(ERR_MAX) } };
    int rc = start(&r, argv, e);

    if (rc == 0)
        rc = finish(&r, result, e);
    for (int i = 0; i < PIPES; i++) {
        fd_close(&r.fds[i]);
        buf_done(&r.bufs[i]);
    }
    return rc;
}
