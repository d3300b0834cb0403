/* function.c: keeps one function's process running. */
#include "dev/function.h"
#include "buf.h"
#include "clock.h"
#include "dev/environment.h"
#include "dev/function_creds.h"
#include "dev/process.h"
#include "mem.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    INIT_MS = 10000, /* Lambda's limit for the init phase */
    BACKOFF_MIN_MS = 100,
    BACKOFF_MAX_MS = 5000,
    GRACE_MS = 2000,
    TICK_MS = 50,
    LAST_LINES = 5,
};
#define LOG_LINE_MAX ((size_t)256 * 1024)

struct function {
    const char *who;
    char *bootstrap, *dir;
    char **env; /* complete, NULL-terminated, owned; used only by the keeper thread */
    struct function_creds creds;
    int64_t timeout_ms;
    struct say *say;
    struct runtime_api *api;
    pthread_t keeper;
    pthread_mutex_t turn; /* held during an invocation */
    pthread_mutex_t lock; /* protects pid */
    pid_t pid;            /* 0: no process */
    atomic_uint lives;    /* number of processes started */
    atomic_bool renewing; /* the process is stopped because of new credentials */
    atomic_bool winding, ending, cut;
    char *last[LAST_LINES]; /* the keeper's: the last unprinted lines, oldest first */
    struct say_repeat deaths, logs;
};

static void env_add(char ***env, size_t *n, char *entry)
{
    *env = xrealloc(*env, (*n + 2) * sizeof(char *));
    (*env)[(*n)++] = entry;
    (*env)[*n] = NULL;
}

/* https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 */
static char **env_make(const struct function_options *o, const char *address)
{
    char **env = NULL;
    size_t n = 0;
    for (size_t i = 0; o->env[i]; i++)
        env_add(&env, &n, xstrdup(o->env[i]));
    if (o->own_env)
        env_add(&env, &n, xstrdup(o->own_env));
    env_add(&env, &n, xasprintf("AWS_LAMBDA_RUNTIME_API=%s", address));
    env_add(&env, &n, xasprintf("_HANDLER=%s", o->who));
    env_add(&env, &n, xasprintf("LAMBDA_TASK_ROOT=%s", o->dir));
    env_add(&env, &n, xasprintf("AWS_REGION=%s", o->region));
    env_add(&env, &n, xasprintf("AWS_DEFAULT_REGION=%s", o->region));
    env_add(&env, &n, xasprintf("AWS_LAMBDA_FUNCTION_NAME=%s", o->name));
    env_add(&env, &n, xstrdup("AWS_LAMBDA_FUNCTION_VERSION=$LATEST"));
    env_add(&env, &n, xasprintf("AWS_LAMBDA_FUNCTION_MEMORY_SIZE=%u", o->memory_mb));
    env_add(&env, &n, xasprintf("AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/%s", o->name));
    env_add(&env, &n, xstrdup("AWS_LAMBDA_LOG_STREAM_NAME=dev"));
    env_add(&env, &n, xstrdup("AWS_LAMBDA_INITIALIZATION_TYPE=on-demand"));
    return env;
}

static void signal_group(struct function *f, int sig)
{
    (void)pthread_mutex_lock(&f->lock);
    if (f->pid > 0)
        (void)kill(-f->pid, sig);
    (void)pthread_mutex_unlock(&f->lock);
}

/* Signals the group of this process, unless another process has replaced it. */
static void signal_one(struct function *f, pid_t pid, int sig)
{
    (void)pthread_mutex_lock(&f->lock);
    if (f->pid == pid)
        (void)kill(-pid, sig);
    (void)pthread_mutex_unlock(&f->lock);
}

/* The process's output, line by line */

static void keep_line(struct function *f, const char *line)
{
    free(f->last[0]);
    (void)memmove(f->last, f->last + 1, (LAST_LINES - 1) * sizeof(char *));
    f->last[LAST_LINES - 1] = xstrdup(line);
}

static void print_log_line(struct function *f, struct buf *line)
{
    if (line->len > 0) {
        if (!say_log(f->say, &f->logs, f->who, buf_str(line)))
            keep_line(f, buf_str(line));
    }
    buf_clear(line);
}

static void split_output(struct function *f, struct buf *line, const char *data, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (data[i] == '\n' || line->len + 1 >= LOG_LINE_MAX)
            print_log_line(f, line);
        if (data[i] != '\n')
            buf_putc(line, data[i]);
    }
}

/* True while there may be more output. */
static bool output_read(struct function *f, int fd, struct buf *line, int wait_ms)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    char data[8192];
    ssize_t n = 0;

    if (poll(&p, 1, wait_ms) <= 0)
        return true;
    n = read(fd, data, sizeof(data));
    if (n > 0)
        split_output(f, line, data, (size_t)n);
    return n > 0;
}

static bool process_over(pid_t pid)
{
    siginfo_t info = { 0 };
    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == pid;
}

/* Prints the output of the process until it exits, and stops it when the function is ending. */
static void process_watch(struct function *f, pid_t pid, int fd)
{
    auto_buf line = BUF(LOG_LINE_MAX + 1);
    int64_t kill_at = 0;
    bool open = true;
    size_t left = 0;

    while (!process_over(pid)) {
        int64_t now = 0;

        if (open)
            open = output_read(f, fd, &line, TICK_MS);
        else
            clock_sleep_ms(TICK_MS);
        if (!atomic_load(&f->ending))
            continue;
        now = clock_mono_ms();
        if (kill_at == 0) {
            signal_group(f, SIGTERM);
            kill_at = now + GRACE_MS;
        }
        if (now >= kill_at || atomic_load(&f->cut))
            signal_group(f, SIGKILL);
    }
    while (open && left++ < LAST_LINES * 16 && output_read(f, fd, &line, 0)) {
    }
    print_log_line(f, &line);
}

/* Kills the rest of the process group first: until waitpid, the group's id cannot be reused. */
static int process_reap(struct function *f, pid_t pid)
{
    int status = 0;
    (void)pthread_mutex_lock(&f->lock);
    (void)kill(-pid, SIGKILL);
    f->pid = 0;
    (void)waitpid(pid, &status, 0);
    (void)pthread_mutex_unlock(&f->lock);
    return status;
}

/* with_lines: also print the last output, because the process reported no reason. */
static void report_death(struct function *f, const char *why, bool with_lines)
{
    enum say_kind kind;

    if (atomic_load(&f->ending) || atomic_load(&f->winding) || atomic_load(&f->renewing))
        return;
    kind = say_is_news(&f->deaths, why, strlen(why)) ? SAY_WARNING : SAY_NOTHING;
    say(f->say, kind, f->who, -1, "%s; restarting it", why);
    for (size_t i = 0; with_lines && i < LAST_LINES; i++) {
        auto_free char *words = f->last[i] ? say_log_words(f->last[i]) : NULL;
        if (words)
            say(f->say, kind, f->who, -1, "| %s", words);
    }
}

static void clear_last_lines(struct function *f)
{
    for (size_t i = 0; i < LAST_LINES; i++)
        free(steal(f->last[i]));
}

/* Runs one process from start to exit. */
static void run_process(struct function *f)
{
    struct err e = { 0 };
    pid_t pid = 0;
    int fd = -1;
    char status[PROCESS_TEXT];
    auto_free char *why = NULL;
    auto_free char *ended = NULL;

    clear_last_lines(f);
    function_creds_take(&f->creds, &f->env);
    runtime_api_started(f->api);
    if (process_start(f->bootstrap, f->dir, f->env, &pid, &fd, &e) < 0) {
        why = runtime_api_ended(f->api, e.msg);
        report_death(f, why, false);
        return;
    }
    (void)pthread_mutex_lock(&f->lock);
    f->pid = pid;
    (void)pthread_mutex_unlock(&f->lock);
    (void)atomic_fetch_add(&f->lives, 1);
    process_watch(f, pid, fd);
    (void)close(fd);
    process_status(process_reap(f, pid), status);
    ended = xasprintf("the bootstrap %s", status);
    if (atomic_load(&f->winding))
        runtime_api_cut(f->api);
    why = runtime_api_ended(f->api, ended);
    report_death(f, why, strcmp(why, ended) == 0);
}

static void pause_ms(const struct function *f, int64_t ms)
{
    int64_t until = clock_mono_ms() + ms;
    while (!atomic_load(&f->ending) && !atomic_load(&f->winding) && clock_mono_ms() < until)
        clock_sleep_ms(TICK_MS);
}

static void *keeper_run(void *arg)
{
    struct function *f = arg;
    int64_t delay = BACKOFF_MIN_MS;
    while (!atomic_load(&f->ending) && !atomic_load(&f->winding)) {
        run_process(f);
        if (runtime_api_handed(f->api) > 1)
            delay = BACKOFF_MIN_MS;
        pause_ms(f, delay);
        delay = delay * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : delay * 2;
    }
    runtime_api_cut(f->api);
    return NULL;
}

static void function_free(struct function *f)
{
    runtime_api_free(f->api);
    clear_last_lines(f);
    say_repeat_done(&f->deaths);
    say_repeat_done(&f->logs);
    environment_free(f->env);
    function_creds_done(&f->creds);
    free(f->bootstrap);
    free(f->dir);
    (void)pthread_mutex_destroy(&f->turn);
    (void)pthread_mutex_destroy(&f->lock);
    free(f);
}

int function_start(struct function **out, const struct function_options *o, struct err *e)
{
    struct function *f = xcalloc(1, sizeof(*f));
    f->who = o->who;
    f->bootstrap = xstrdup(o->bootstrap);
    f->dir = xstrdup(o->dir);
    f->timeout_ms = o->timeout_ms;
    f->say = o->say;
    function_creds_init(&f->creds, o->aws, o->say, o->who);
    (void)pthread_mutex_init(&f->turn, NULL);
    (void)pthread_mutex_init(&f->lock, NULL);
    if (runtime_api_new(&f->api, o->arn, e) < 0) {
        function_free(f);
        return -1;
    }
    f->env = env_make(o, runtime_api_address(f->api));
    if (pthread_create(&f->keeper, NULL, keeper_run, f) != 0) {
        function_free(f);
        return err_set(e, ERR_IO, "cannot start a thread for '%s'", o->who);
    }
    *out = f;
    return 0;
}

/* The process; 0: none. */
static pid_t running(struct function *f)
{
    pid_t pid = 0;

    (void)pthread_mutex_lock(&f->lock);
    pid = f->pid;
    (void)pthread_mutex_unlock(&f->lock);
    return pid;
}

/* Waits for the next process to start; false: timed out or stopping. */
static bool wait_for_next(const struct function *f, unsigned lives, int64_t ms)
{
    int64_t until = clock_mono_ms() + ms;
    while (atomic_load(&f->lives) == lives) {
        if (atomic_load(&f->ending) || atomic_load(&f->winding) || clock_mono_ms() >= until)
            return false;
        clock_sleep_ms(TICK_MS);
    }
    return true;
}

/* The caller holds `turn`, so the process is idle. Stops it; the keeper starts another. */
static void credentials_renew(struct function *f)
{
    unsigned lives = atomic_load(&f->lives);
    pid_t pid = running(f);
    if (!pid || !function_creds_changed(&f->creds))
        return;
    atomic_store(&f->renewing, true);
    signal_one(f, pid, SIGTERM);
    if (!wait_for_next(f, lives, GRACE_MS)) {
        signal_one(f, pid, SIGKILL);
        (void)wait_for_next(f, lives, INIT_MS);
    }
    atomic_store(&f->renewing, false);
}

void function_invoke(struct function *f, const char *event, struct invoke_result *r)
{
    (void)pthread_mutex_lock(&f->turn);
    credentials_renew(f);
    runtime_api_invoke(f->api, event, f->timeout_ms, INIT_MS, r);
    if (r->outcome == INVOKE_TIMEOUT)
        signal_group(f, SIGKILL);
    (void)pthread_mutex_unlock(&f->turn);
}

void function_wind_down(struct function *f)
{
    atomic_store(&f->winding, true);
    signal_group(f, SIGTERM);
}

void function_cut(struct function *f)
{
    atomic_store(&f->cut, true);
    runtime_api_cut(f->api);
}

void function_stop(struct function *f)
{
    if (!f)
        return;
    atomic_store(&f->ending, true);
    (void)pthread_join(f->keeper, NULL);
    function_free(f);
}
