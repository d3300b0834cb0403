/* envs.c: the processes of the bootstrap: starting them, setting their time, reading from them,
 * ending them. */
#include "parts.h"

#include "json.h"
#include "mem.h"
#include "sim.h"
#include "text.h"
#include "wire.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int bootstrap_main(void); /* runtime/main.c */

/* Three of them are shorter than the margin of a lease over a request. */
enum { STALL_MAX_MS = 600, STALL_AGAIN_MS = 5000 };

static void set_environment(const struct world *w, bool ingest)
{
    const char *const values[][2] = {
        { "_HANDLER", ingest ? "ingest" : "drain" },
        { "LAMBDA_TASK_ROOT", w->dir },
        { "AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001" },
        { "AWS_LAMBDA_FUNCTION_NAME", ingest ? "soak-ingest" : "soak-drain" },
        { "AWS_REGION", "eu-west-1" },
        { "AWS_ACCESS_KEY_ID", "AKIDEXAMPLE" },
        { "AWS_SECRET_ACCESS_KEY", "S3CRET-function" },
        { "AWS_SESSION_TOKEN", "S3CRET-session" },
    };

    (void)clearenv();
    for (size_t i = 0; i < COUNTOF(values); i++)
        (void)setenv(values[i][0], values[i][1], 1);
}

static _Noreturn void be_bootstrap(const struct world *w, bool ingest, int fd, uint64_t seed)
{
    set_environment(w, ingest);
    (void)dup2(fileno(w->log), STDERR_FILENO);
    sim_begin(fd, seed, w->now_ms);
    _exit(bootstrap_main());
}

struct env *env_start(struct world *w, bool ingest, int number)
{
    struct env *env = xcalloc(1, sizeof(*env));
    uint64_t seed = (uint64_t)dice_roll(&w->dice, INT64_MAX);
    int ends[2];

    if (number >= ENVS_MAX || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
        abort();
    *env = (struct env){ .number = number, .ingest = ingest, .fd = ends[0] };
    (void)fflush(stdout);
    env->pid = fork();
    if (env->pid < 0)
        abort();
    if (env->pid == 0) {
        (void)close(ends[0]);
        be_bootstrap(w, ingest, ends[1], seed);
    }
    (void)close(ends[1]);
    world_note(w, "%s %d starts", ingest ? "ingest" : "drain", number);
    return env;
}

/* The process has ended, for any reason. */
static int env_reap(struct world *w, struct env *env)
{
    int status = 0;

    while (waitpid(env->pid, &status, 0) < 0)
        continue;
    (void)close(env->fd);
    env->gone = true;
    functions_env_gone(w, env);
    return status;
}

void env_kill(struct world *w, struct env *env)
{
    if (env->gone)
        return;
    world_note(w, "%s %d is killed", env->ingest ? "ingest" : "drain", env->number);
    (void)kill(env->pid, SIGKILL);
    (void)env_reap(w, env);
}

/* Requests */

static struct request *request_read(struct world *w, struct env *env, struct wire_in *in)
{
    struct request *r = xcalloc(1, sizeof(*r));
    const char *body;
    int64_t n;

    *r = (struct request){ .env = env, .refs = 1, .headers = json_object() };
    r->began_ms = r->sent_ms = w->now_ms;
    r->after_signal = env->terminated;
    r->number = wire_int(in);
    r->timeout_ms = wire_int(in);
    r->method = xstrdup(wire_text(in, NULL));
    r->url = xstrdup(wire_text(in, NULL));
    body = wire_text(in, &r->body_len);
    r->body = xmalloc(r->body_len + 1);
    memcpy(r->body, body ? body : "", r->body_len + 1);
    n = wire_int(in);
    for (int64_t i = 0; i < n; i++) {
        char *name = xstrdup(wire_text(in, NULL));
        for (char *s = name; *s; s++)
            if (*s >= 'A' && *s <= 'Z')
                *s |= 0x20;
        json_object_set_new(r->headers, name, json_string(wire_text(in, NULL)));
        free(name);
    }
    return r;
}

void request_release(struct request *r)
{
    if (--r->refs > 0)
        return;
    free(r->method);
    free(r->url);
    free(r->body);
    json_decref(r->headers);
    json_decref(r->said);
    free(r);
}

const char *sent_header(const struct request *r, const char *name)
{
    const char *value = jget_str(r->headers, name);

    return value ? value : "";
}

static void route(struct world *w, struct request *r)
{
    static const struct {
        const char *prefix;
        void (*take)(struct world *w, struct request *r);
    } routes[] = {
        { "http://127.0.0.1:9001/", functions_request },
        { "https://sqs.eu-west-1.amazonaws.com", queues_request },
        { "https://ssm.eu-west-1.amazonaws.com", store_request },
        { "https://d", api_request },
        { "https://auth.example/token", token_request },
    };

    for (size_t i = 0; i < COUNTOF(routes); i++)
        if (str_starts(r->url, routes[i].prefix)) {
            routes[i].take(w, r);
            return;
        }
    world_violation(w, "a request to '%s'", r->url);
}

/* The process, or one of its threads, is not scheduled for a while. */
static bool stalls(struct world *w, const struct env *env, int64_t *ms)
{
    if (!env->now || !world_fault(w, FAULT_STALLED, w->plan.stall))
        return false;
    *ms = dice_between(&w->dice, 1, STALL_MAX_MS);
    return true;
}

static void on_stall_over(struct world *w, void *arg)
{
    struct request *r = arg;

    r->sent_ms = w->now_ms;
    if (r->env->gone)
        request_release(r);
    else
        route(w, r);
}

/* Whether the process dies while it sends: then the request may still arrive, or not. */
static void take_request(struct world *w, struct env *env, struct wire_in *in)
{
    struct request *r = request_read(w, env, in);
    bool dies = world_fault(w, FAULT_KILLED_SENDING, env->now ? w->plan.kill_sending : 0);
    int64_t stall_ms;

    if (!dies && stalls(w, env, &stall_ms)) {
        world_after(w, stall_ms, on_stall_over, r);
        return;
    }
    if (dies && dice_chance(&w->dice, 500)) {
        env_kill(w, env);
        request_release(r);
        return;
    }
    route(w, r);
    if (dies)
        env_kill(w, env);
}

/* Reading, until it waits for the world. */
static void on_wake(struct world *w, void *arg);

struct wake {
    struct env *env;
    uint64_t number;
};

static void take_idle(struct world *w, struct env *env, struct wire_in *in)
{
    int64_t wake_ms = wire_int(in);
    struct wake *wake;

    env->wakes++;
    if (wake_ms == INT64_MAX)
        return;
    wake = xcalloc(1, sizeof(*wake));
    *wake = (struct wake){ env, env->wakes };
    world_at(w, wake_ms, on_wake, wake);
}

static void take_end(struct world *w, struct env *env)
{
    int status = env_reap(w, env);

    world_note(w, "%s %d ends", env->ingest ? "ingest" : "drain", env->number);
    if (status != 0)
        world_violation(w, "%s %d ended by itself: %s %d", env->ingest ? "ingest" : "drain",
                        env->number, WIFSIGNALED(status) ? "signal" : "status",
                        WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

static void listen_to(struct world *w, struct env *env)
{
    while (!env->gone) {
        auto_wire in = { 0 };
        if (!wire_receive(env->fd, &in)) {
            take_end(w, env);
            return;
        }
        switch (wire_int(&in)) {
        case SAID_REQUEST: take_request(w, env, &in); break;
        case SAID_IDLE: take_idle(w, env, &in); return;
        default:
            world_violation(w, "%s %d: every thread waits for another",
                            env->ingest ? "ingest" : "drain", env->number);
            env_kill(w, env);
        }
    }
}

static void go_on(struct world *w, struct env *env, const struct request *r, const struct answer *a)
{
    auto_buf out = BUF(2 * WIRE_MAX), bytes = BUF(WIRE_MAX);

    wire_put_int(&out, TOLD_GO);
    wire_put_int(&out, w->now_ms);
    wire_put_int(&out, r ? r->number : 0);
    if (r) {
        wire_put_int(&out, (int64_t)a->code);
        wire_put_int(&out, a->unreachable);
        answer_bytes(&w->dice, a, &bytes);
        wire_put_text(&out, buf_str(&bytes), bytes.len);
    }
    if (wire_send(env->fd, &out))
        listen_to(w, env);
    else
        take_end(w, env);
}

/* Whether the process does not notice it yet: then it is delivered again later. */
static bool unnoticed(struct world *w, struct env *env, world_fn *fn, void *arg)
{
    int64_t ms;

    if (env->gone)
        return false;
    if (env->stalled_until_ms + STALL_AGAIN_MS <= w->now_ms && stalls(w, env, &ms)) {
        env->stalled_until_ms = w->now_ms + ms;
        env->store_trouble = true; /* an answer may arrive too late for it */
    }
    if (env->stalled_until_ms <= w->now_ms)
        return false;
    world_at(w, env->stalled_until_ms, fn, arg);
    return true;
}

static void on_wake(struct world *w, void *arg)
{
    struct wake *wake = arg;

    if (unnoticed(w, wake->env, on_wake, wake))
        return;
    if (!wake->env->gone && wake->env->wakes == wake->number)
        go_on(w, wake->env, NULL, NULL);
    free(wake);
}

/* The first frames of a new process arrive when it has run as far as it can. */
static void on_first(struct world *w, void *arg)
{
    struct env *env = arg;

    if (!env->gone)
        listen_to(w, env);
}

void env_listen(struct world *w, struct env *env)
{
    world_after(w, 20, on_first, env);
}

void env_terminate(struct world *w, struct env *env)
{
    auto_buf out = BUF(64);

    if (env->gone)
        return;
    world_note(w, "%s %d gets SIGTERM", env->ingest ? "ingest" : "drain", env->number);
    wire_put_int(&out, TOLD_TERMINATE);
    env->terminated = true;
    if (wire_send(env->fd, &out))
        listen_to(w, env);
}

/* Answers */

struct delivery_event {
    struct request *r;
    struct answer a;
};

static void on_answer(struct world *w, void *arg)
{
    struct delivery_event *d = arg;
    struct env *env = d->r->env;

    if (unnoticed(w, env, on_answer, d))
        return;
    if (!env->gone && !d->r->answered) {
        d->r->answered = true;
        if (d->r->heard)
            d->r->heard(w, d->r, d->a.code == ERR_OK && !d->a.broken ? d->a.status : 0);
        go_on(w, env, d->r, &d->a);
    }
    request_release(d->r);
    free(d->a.head);
    free(d->a.body);
    free(d);
}

void request_answer(struct world *w, struct request *r, int64_t after_ms, struct answer a)
{
    struct delivery_event *d = xcalloc(1, sizeof(*d));
    int64_t at_ms = w->now_ms + after_ms;

    if (r->timeout_ms && at_ms > r->sent_ms + r->timeout_ms) {
        at_ms = r->sent_ms + r->timeout_ms;
        free(a.head);
        free(a.body);
        a = answer_error(ERR_TIMEOUT);
    }
    *d = (struct delivery_event){ r, a };
    r->refs++;
    world_at(w, at_ms, on_answer, d);
}

struct answer answer_status(int status)
{
    return (struct answer){ .status = status };
}

struct answer answer_error(enum err_code code)
{
    return (struct answer){ .code = code };
}

struct answer answer_json(int status, json_t *body)
{
    struct answer a = { .status = status, .body = json_text(body) };

    a.body_len = strlen(a.body);
    json_decref(body);
    return a;
}
