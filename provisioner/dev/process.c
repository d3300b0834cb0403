/* process.c: starts a child process; only async-signal-safe calls between fork and exec. */
#include "dev/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct child {
    const char *path, *dir;
    char *const *env;
    pid_t parent;
    int null, output, failure;
};

/* exec resets handlers, but ignored signals would stay ignored. */
static void signals_reset(void)
{
    static const int reset[] = { SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD };
    sigset_t none;

    for (size_t i = 0; i < COUNTOF(reset); i++)
        (void)signal(reset[i], SIG_DFL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void child_run(const struct child *c)
{
    char *argv[] = { (char *)c->path, NULL };
    bool ok = setpgid(0, 0) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
              getppid() == c->parent && dup2(c->null, STDIN_FILENO) >= 0 &&
              dup2(c->output, STDOUT_FILENO) >= 0 && dup2(c->output, STDERR_FILENO) >= 0 &&
              chdir(c->dir) == 0;
    int why = 0;
    ssize_t told = 0;

    if (ok) {
        signals_reset();
        (void)execve(c->path, argv, c->env);
    }
    why = errno;
    told = write(c->failure, &why, sizeof(why));
    _exit(told == (ssize_t)sizeof(why) ? 127 : 126);
}

static void close_all(int *fds, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (fds[i] >= 0)
            (void)close(fds[i]);
}

/* fds: null, output read, output write, failure read, failure write. */
static int open_all(int *fds)
{
    fds[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (fds[0] < 0 || pipe2(fds + 1, O_CLOEXEC) != 0 || pipe2(fds + 3, O_CLOEXEC) != 0)
        return -1;
    return 0;
}

/* The errno of a failed exec, otherwise 0. */
static int failure_read(int fd)
{
    int why = 0;
    ssize_t n = 0;
    do
        n = read(fd, &why, sizeof(why));
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof(why) ? why : 0;
}

static const char *hint(int why)
{
    return why == EACCES ? "; if its folder is mounted noexec, set TMPDIR to another folder" : "";
}

int process_start(const char *path, const char *dir, char *const *env, pid_t *pid, int *output,
                  struct err *e)
{
    int fds[] = { -1, -1, -1, -1, -1 };
    struct child c = { 0 };
    pid_t child = 0;
    int why = 0;

    if (open_all(fds) != 0) {
        why = errno;
        close_all(fds, COUNTOF(fds));
        return err_set(e, ERR_IO, "cannot run '%s': %s", path, strerror(why));
    }
    c = (struct child){ path, dir, env, getpid(), fds[0], fds[2], fds[4] };
    child = fork();
    if (child == 0)
        child_run(&c);
    why = child < 0 ? errno : 0;
    (void)close(fds[4]);
    fds[4] = -1;
    if (child > 0)
        why = failure_read(fds[3]);
    if (why != 0) {
        if (child > 0)
            (void)waitpid(child, NULL, 0);
        close_all(fds, COUNTOF(fds));
        return err_set(e, ERR_IO, "cannot run '%s': %s%s", path, strerror(why), hint(why));
    }
    *pid = child;
    *output = fds[1];
    fds[1] = -1;
    close_all(fds, COUNTOF(fds));
    return 0;
}

void process_status(int status, char out[static PROCESS_TEXT])
{
    if (WIFEXITED(status))
        (void)snprintf(out, PROCESS_TEXT, "exited with status %d", WEXITSTATUS(status));
    else
        (void)snprintf(out, PROCESS_TEXT, "was killed by signal %d (%s)", WTERMSIG(status),
                       strsignal(WTERMSIG(status)));
}
