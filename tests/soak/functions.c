/* functions.c: Lambda: which environment gets an event, its Runtime API, time limits, and how
 * environments end. https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html */
#include "parts.h"

#include "json.h"
#include "mem.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

#define API       "http://127.0.0.1:9001/2018-06-01/runtime/"
#define EXTENSION "http://127.0.0.1:9001/2020-01-01/extension/"
#define ARN       "arn:aws:lambda:eu-west-1:123456789012:function:soak-"
enum { SHUTDOWN_MS = 500 };

struct functions {
    struct env *envs; /* newest first */
    int n_envs;
    struct invocation *calls; /* not over */
    int n_calls;
};

void functions_start(struct world *w)
{
    w->functions = xcalloc(1, sizeof(*w->functions));
}

void functions_end(struct world *w)
{
    for (struct env *env = w->functions->envs; env; env = env->list)
        env_kill(w, env);
}

struct env *functions_envs(struct world *w)
{
    return w->functions->envs;
}

bool functions_busy(struct world *w, bool ingest)
{
    for (const struct env *env = w->functions->envs; env; env = env->list)
        if (!env->gone && env->ingest == ingest && env->now)
            return true;
    return false;
}

static void call_over(struct world *w, struct invocation *call, enum outcome outcome,
                      const json_t *body)
{
    struct env *env = call->env;

    if (call->over)
        return;
    call->over = true;
    world_note(w, "invocation %s is over: %s", call->id,
               outcome == OUTCOME_OK      ? "answered"
               : outcome == OUTCOME_ERROR ? "error"
                                          : "gone");
    call->done(w, call->arg, env, outcome, body);
}

void functions_env_gone(struct world *w, struct env *env)
{
    struct invocation *call = env->now;

    env->now = NULL;
    if (call)
        call_over(w, call, OUTCOME_GONE, NULL);
}

/* Time limits */

static void on_shutdown_over(struct world *w, void *arg)
{
    env_kill(w, arg);
}

static void on_deadline(struct world *w, void *arg)
{
    struct invocation *call = arg;
    struct env *env = call->env;

    if (call->over || env->gone || env->now != call)
        return;
    world_count(w, FAULT_TIMED_OUT);
    if (w->plan.stall == 0)
        world_violation(w, "%s %d does not answer before its deadline",
                        env->ingest ? "ingest" : "drain", env->number);
    call_over(w, call, OUTCOME_GONE, NULL);
    env->now = NULL;
    if (env->extension) {
        env_terminate(w, env);
        world_after(w, SHUTDOWN_MS, on_shutdown_over, env);
    } else {
        env_kill(w, env);
    }
}

static void on_accident(struct world *w, void *arg)
{
    struct invocation *call = arg;
    struct env *env = call->env;

    if (call->over || env->gone || env->now != call || w->calm)
        return;
    if (env->extension && dice_chance(&w->dice, 400)) {
        world_count(w, FAULT_TERMINATED);
        env_terminate(w, env);
        world_after(w, SHUTDOWN_MS, on_shutdown_over, env);
        return;
    }
    world_count(w, FAULT_KILLED);
    env_kill(w, env);
}

/* Handing over */

static void hand_over(struct world *w, struct env *env, struct invocation *call)
{
    struct request *next = env->next;
    struct answer a = { .status = 200, .body = steal(call->event) };
    int64_t took_ms = call->deadline_ms; /* a duration until now */

    call->env = env;
    call->deadline_ms = w->now_ms + took_ms;
    a.body_len = strlen(a.body);
    a.head = xasprintf("Content-Type: application/json\r\n"
                       "Lambda-Runtime-Aws-Request-Id: %s\r\n"
                       "Lambda-Runtime-Invocation-Id: %s-1\r\n"
                       "Lambda-Runtime-Deadline-Ms: %lld\r\n"
                       "Lambda-Runtime-Trace-Id: Root=1-5759e988-bd862e3fe1be46a994272793;"
                       "Parent=53995c3f42cd8ad8;Sampled=0\r\n"
                       "Lambda-Runtime-Invoked-Function-Arn: " ARN "%s\r\n",
                       call->id, call->id, (long long)call->deadline_ms,
                       env->ingest ? "ingest" : "drain");
    if (w->now_ms - env->idle_since_ms > 60000)
        w->faults[FAULT_FROZEN]++;
    env->now = call;
    env->next = NULL;
    env->run_began_ms = w->now_ms;
    env->store_trouble = env->queue_trouble = false;
    env->received = 0;
    request_answer(w, next, 0, a);
    request_release(next);
    world_at(w, call->deadline_ms, on_deadline, call);
    if (!w->calm && dice_chance(&w->dice, w->plan.kill))
        world_after(w, dice_roll(&w->dice, dice_chance(&w->dice, 500) ? 2000 : took_ms),
                    on_accident, call);
}

static struct env *new_env(struct world *w, bool ingest)
{
    struct functions *f = w->functions;
    struct env *env = env_start(w, ingest, f->n_envs++);

    env->list = f->envs;
    f->envs = env;
    env_listen(w, env);
    return env;
}

static struct env *waiting_env(struct world *w, bool ingest)
{
    for (struct env *env = w->functions->envs; env; env = env->list)
        if (!env->gone && env->ingest == ingest && env->next && !env->now)
            return env;
    return NULL;
}

/* Calls that have waited for a process that requests an event. */
static void dispatch(struct world *w)
{
    struct invocation **at = &w->functions->calls;

    while (*at) {
        struct invocation *call = *at;
        bool ingest = str_starts(call->id, "ingest");
        struct env *env = waiting_env(w, ingest);
        if (!env) {
            at = &call->next;
            continue;
        }
        *at = call->next;
        hand_over(w, env, call);
    }
}

void functions_invoke(struct world *w, bool ingest, struct invocation *call)
{
    struct functions *f = w->functions;
    struct env *env = waiting_env(w, ingest);
    struct invocation **end = &f->calls;

    (void)snprintf(call->id, sizeof(call->id), "%s-%d", ingest ? "ingest" : "drain", f->n_calls++);
    while (*end)
        end = &(*end)->next;
    *end = call;
    if (env && !w->calm && dice_chance(&w->dice, 60)) { /* Lambda removes it between two events */
        w->faults[FAULT_RECLAIMED]++;
        env_terminate(w, env);
        if (!env->gone)
            env_kill(w, env);
        env = NULL;
    }
    if (!env || (!w->calm && dice_chance(&w->dice, 50)))
        (void)new_env(w, ingest);
    dispatch(w);
}

/* The Runtime API */

static void take_next(struct world *w, struct request *r)
{
    struct env *env = r->env;

    if (env->now && !env->now->over) {
        world_violation(w, "a further event is asked for before the answer to '%s'", env->now->id);
        return;
    }
    env->now = NULL;
    env->next = r; /* keeps it */
    env->idle_since_ms = w->now_ms;
    dispatch(w);
}

static void take_result(struct world *w, struct request *r, bool ok)
{
    struct invocation *call = r->env->now;
    auto_json json_t *body = json_loadb(r->body, r->body_len, JSON_DECODE_ANY, NULL);
    auto_free char *id = xasprintf("%s-1", call ? call->id : "");

    if (!call || !strstr(r->url, call->id)) {
        if (call)
            world_violation(w, "an answer to '%s' instead of '%s'", r->url, call->id);
    } else if (strcmp(sent_header(r, "lambda-runtime-invocation-id"), id) != 0) {
        world_violation(w, "the answer does not echo the Invocation-Id");
    } else {
        if (ok)
            ledger_run_ends(w, call);
        call_over(w, call, ok ? OUTCOME_OK : OUTCOME_ERROR, body);
    }
    request_answer(w, r, 1, answer_status(202));
    request_release(r);
}

static void take_extension(struct world *w, struct request *r)
{
    struct answer a = answer_status(200);

    if (!str_ends(r->url, "register"))
        return; /* event/next: as long as the process lives */
    r->env->extension = true;
    a.head = xstrdup("Lambda-Extension-Identifier: 5f6c6b52-0001-4e2c-8a5b-1d2f00000001\r\n");
    request_answer(w, r, 1, a);
    request_release(r);
}

void functions_request(struct world *w, struct request *r)
{
    if (strcmp(r->url, API "invocation/next") == 0)
        take_next(w, r);
    else if (str_starts(r->url, API "invocation/"))
        take_result(w, r, str_ends(r->url, "/response"));
    else if (str_starts(r->url, EXTENSION))
        take_extension(w, r);
    else
        world_violation(w, "the Runtime API is asked '%s': %.200s", r->url, r->body);
}
