/* runtime_api.c: the state of the current invocation, and waiting for its result. */
#include "dev/runtime_api.h"
#include "clock.h"
#include "dev/runtime_state.h"
#include "encode.h"
#include "json.h"
#include "mem.h"
#include "random.h"

#include <string.h>
#include <time.h>

/* https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
 */
static void trace_make(char *out, size_t size)
{
    unsigned char b[20];
    char hex[41];
    random_bytes(b, sizeof(b));
    hex_encode(b, sizeof(b), hex);
    (void)snprintf(out, size, "Root=1-%08llx-%.24s;Parent=%.16s;Sampled=0",
                   (unsigned long long)(clock_wall_ms() / 1000), hex, hex + 24);
}

void invoke_result_done(struct invoke_result *r)
{
    free(r->body);
    *r = (struct invoke_result){ 0 };
}

int runtime_api_new(struct runtime_api **out, const char *arn, struct err *e)
{
    struct runtime_api *api = xcalloc(1, sizeof(*api));
    pthread_condattr_t monotonic;
    (void)pthread_mutex_init(&api->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&api->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    api->arn = xstrdup(arn);
    uuid_v4(api->word);
    if (runtime_server_start(api, e) < 0) {
        runtime_api_free(api);
        return -1;
    }
    *out = api;
    return 0;
}

void runtime_api_free(struct runtime_api *api)
{
    if (!api)
        return;
    runtime_server_stop(api);
    (void)pthread_cond_destroy(&api->changed);
    (void)pthread_mutex_destroy(&api->lock);
    free(api->now.body);
    free(api->init_error);
    free(api->arn);
    free(api);
}

const char *runtime_api_address(const struct runtime_api *api)
{
    return api->address;
}

void runtime_api_started(struct runtime_api *api)
{
    (void)pthread_mutex_lock(&api->lock);
    api->running = true;
    api->asked = false;
    api->handed = 0;
    api->started_ms = clock_mono_ms();
    free(steal(api->init_error));
    (void)pthread_cond_broadcast(&api->changed);
    (void)pthread_mutex_unlock(&api->lock);
}

static void finish(struct runtime_api *api, enum invoke_outcome outcome, char *body, size_t len)
{
    struct invocation *i = &api->now;
    i->outcome = outcome;
    i->body = body;
    i->len = len;
    i->answered = true;
    i->answered_ms = clock_mono_ms();
    (void)pthread_cond_broadcast(&api->changed);
}

static void finish_text(struct runtime_api *api, enum invoke_outcome outcome, char *text)
{
    finish(api, outcome, text, strlen(text));
}

char *runtime_api_ended(struct runtime_api *api, const char *why)
{
    enum invoke_outcome outcome;
    char *reason = NULL;

    (void)pthread_mutex_lock(&api->lock);
    outcome = api->cut ? INVOKE_CUT : api->init_error ? INVOKE_ERROR : INVOKE_DIED;
    reason = api->init_error ? steal(api->init_error) : xstrdup(why);
    api->running = false;
    runtime_server_drop(api);
    runtime_server_drop_extension(api);
    api->extension_id[0] = '\0'; /* it was the ended process's */
    if (api->now.active && !api->now.answered)
        finish_text(api, outcome, xstrdup(reason));
    (void)pthread_mutex_unlock(&api->lock);
    return reason;
}

unsigned runtime_api_handed(struct runtime_api *api)
{
    unsigned n = 0;

    (void)pthread_mutex_lock(&api->lock);
    n = api->handed;
    (void)pthread_mutex_unlock(&api->lock);
    return n;
}

const struct invocation *runtime_next(struct runtime_api *api)
{
    struct invocation *i = &api->now;
    api->asked = true;
    if (!i->active || i->answered)
        return NULL;
    if (!i->handed) {
        i->handed = true;
        i->handed_ms = clock_mono_ms();
        i->deadline_wall_ms = clock_wall_ms() + i->timeout_ms;
        api->handed++;
        (void)pthread_cond_broadcast(&api->changed);
    }
    return i;
}

/* An internal extension cannot subscribe to SHUTDOWN, and fifoq's subscribes to nothing: it never
 * gets an event. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html */
struct runtime_answer runtime_register(struct runtime_api *api, const char *name)
{
    if (!name || !*name)
        return (struct runtime_answer){ 403, "Extension.InvalidExtensionName" };
    if (api->asked || *api->extension_id)
        return (struct runtime_answer){ 403, "Extension.RegistrationClosed" };
    uuid_v4(api->extension_id);
    return (struct runtime_answer){ 200, NULL };
}

struct runtime_answer runtime_extension(const struct runtime_api *api, const char *id)
{
    if (!id || !*id)
        return (struct runtime_answer){ 403, "Extension.MissingHeader" };
    if (strcmp(id, api->extension_id) != 0)
        return (struct runtime_answer){ 403, "Extension.UnknownExtensionIdentifier" };
    return (struct runtime_answer){ 200, NULL };
}

/* "type: message" of an error document, otherwise the beginning of the text. */
static char *error_line(const char *body, size_t len)
{
    struct err ignored = { 0 };
    auto_json json_t *tree = NULL;
    if (json_parse(body, len, &tree, &ignored) == 0) {
        const char *type = jget_str(tree, "errorType");
        const char *message = jget_str(tree, "errorMessage");
        if (type || message)
            return xasprintf("%s%s%s", type ? type : "", type && message ? ": " : "",
                             message ? message : "");
    }
    return xasprintf("an error in an unknown format: %.*s", (int)(len < 200 ? len : 200), body);
}

// NOLINTNEXTLINE(readability-function-size): one more than the rule
struct runtime_answer runtime_take(struct runtime_api *api, const char *id,
                                   const char *invocation_id, bool error, const char *body,
                                   size_t len, bool too_large)
{
    struct invocation *i = &api->now;
    if (!i->active || strcmp(id, i->request_id) != 0) {
        if (*api->expired_id && strcmp(id, api->expired_id) == 0)
            return (struct runtime_answer){ 410, "Runtime.InvokeTimeout" };
        if (*api->last_id && strcmp(id, api->last_id) == 0)
            return (struct runtime_answer){ 403, "InvalidStateTransition" };
        return (struct runtime_answer){ 400, "InvalidRequestID" };
    }
    if (invocation_id && strcmp(invocation_id, i->invocation_id) != 0)
        return (struct runtime_answer){ 410, "Runtime.InvokeTimeout" };
    if (!i->handed || i->answered)
        return (struct runtime_answer){ 403, "InvalidStateTransition" };
    if (too_large) {
        finish_text(api, INVOKE_ERROR,
                    xasprintf("Function.ResponseSizeTooLarge: the response has more than %zu bytes",
                              RUNTIME_BODY_MAX));
        return (struct runtime_answer){ 413, "RequestEntityTooLarge" };
    }
    if (error)
        finish_text(api, INVOKE_ERROR, error_line(body, len));
    else
        finish(api, INVOKE_OK, xstrndup(body, len), len);
    return (struct runtime_answer){ 202, NULL };
}

struct runtime_answer runtime_take_init(struct runtime_api *api, const char *body, size_t len)
{
    if (api->asked)
        return (struct runtime_answer){ 403, "InvalidStateTransition" };
    free(api->init_error);
    api->init_error = error_line(body, len);
    return (struct runtime_answer){ 202, NULL };
}

/* The invocation's deadline on the monotonic clock; 0: none while no process runs. */
static int64_t give_up_ms(const struct runtime_api *api, int64_t since_ms, int64_t init_ms)
{
    if (api->now.handed)
        return api->now.handed_ms + api->now.timeout_ms;
    if (!api->running)
        return 0;
    return (api->started_ms > since_ms ? api->started_ms : since_ms) + init_ms;
}

static void wait_until(struct runtime_api *api, int64_t at_ms)
{
    int64_t left = 0;
    struct timespec t;
    int64_t ns = 0;

    if (at_ms == 0) {
        (void)pthread_cond_wait(&api->changed, &api->lock);
        return;
    }
    /* clock_use may replace clock_mono_ms, so only its difference is used */
    left = at_ms - clock_mono_ms();
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    ns = t.tv_nsec + (left > 0 ? left : 0) * 1000000;
    t.tv_sec += (time_t)(ns / 1000000000);
    t.tv_nsec = (long)(ns % 1000000000);
    (void)pthread_cond_timedwait(&api->changed, &api->lock, &t);
}

static void wait_answer(struct runtime_api *api, int64_t init_ms)
{
    int64_t since = clock_mono_ms();
    while (!api->now.answered) {
        int64_t at = 0;

        if (api->cut) {
            finish_text(api, INVOKE_CUT, xstrdup("stopped"));
            return;
        }
        at = give_up_ms(api, since, init_ms);
        if (at != 0 && clock_mono_ms() >= at) {
            bool handed = api->now.handed;
            (void)memcpy(api->expired_id, api->now.request_id, UUID_TEXT);
            finish_text(
                api, INVOKE_TIMEOUT,
                handed ? xasprintf("timed out after %g s", (double)api->now.timeout_ms / 1000)
                       : xasprintf("did not request an event within %g s", (double)init_ms / 1000));
            return;
        }
        wait_until(api, at);
    }
}

void runtime_api_invoke(struct runtime_api *api, const char *event, int64_t timeout_ms,
                        int64_t init_ms, struct invoke_result *r)
{
    struct invocation *i = NULL;

    (void)pthread_mutex_lock(&api->lock);
    i = &api->now;
    *i = (struct invocation){ .event = event, .timeout_ms = timeout_ms, .active = true };
    uuid_v4(i->request_id);
    uuid_v4(i->invocation_id);
    trace_make(i->trace_id, sizeof(i->trace_id));
    runtime_server_wake(api);
    wait_answer(api, init_ms);
    *r = (struct invoke_result){ .outcome = i->outcome,
                                 .body = steal(i->body),
                                 .len = i->len,
                                 .took_ms = i->handed ? i->answered_ms - i->handed_ms : 0 };
    (void)memcpy(api->last_id, i->request_id, UUID_TEXT);
    i->active = false;
    i->event = NULL;
    (void)pthread_mutex_unlock(&api->lock);
}

void runtime_api_cut(struct runtime_api *api)
{
    (void)pthread_mutex_lock(&api->lock);
    api->cut = true;
    (void)pthread_cond_broadcast(&api->changed);
    (void)pthread_mutex_unlock(&api->lock);
}
