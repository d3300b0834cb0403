/* runtime_server.c: the Runtime API over HTTP. /next suspends its connection until there is an
 * event. */
#include "dev/runtime_state.h"
#include "mem.h"
#include "sqs/local_only.h"

#include <netinet/in.h>
#include <openssl/crypto.h>
#include <string.h>

#define PREFIX RUNTIME_PREFIX "/invocation/"

static enum MHD_Result answer_json(struct MHD_Connection *c, unsigned status, const char *text)
{
    struct MHD_Response *r =
        MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result rc;

    if (!r)
        return MHD_NO;
    (void)MHD_add_response_header(r, "Content-Type", "application/json");
    rc = MHD_queue_response(c, status, r);
    MHD_destroy_response(r);
    return rc;
}

static enum MHD_Result answer(struct MHD_Connection *c, struct runtime_answer a)
{
    auto_free char *text = NULL;

    if (!a.type)
        return answer_json(c, a.status, "{\"status\":\"OK\"}\n");
    text = xasprintf("{\"errorMessage\":\"%s\",\"errorType\":\"%s\"}\n", a.type, a.type);
    return answer_json(c, a.status, text);
}

static void header_number(struct MHD_Response *r, const char *name, int64_t value)
{
    char digits[24];
    (void)snprintf(digits, sizeof(digits), "%lld", (long long)value);
    (void)MHD_add_response_header(r, name, digits);
}

static enum MHD_Result answer_event(struct MHD_Connection *c, const struct runtime_api *api,
                                    const struct invocation *i)
{
    struct MHD_Response *r =
        MHD_create_response_from_buffer(strlen(i->event), (void *)i->event, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result rc;

    if (!r)
        return MHD_NO;
    (void)MHD_add_response_header(r, "Content-Type", "application/json");
    (void)MHD_add_response_header(r, "Lambda-Runtime-Aws-Request-Id", i->request_id);
    (void)MHD_add_response_header(r, "Lambda-Runtime-Invocation-Id", i->invocation_id);
    (void)MHD_add_response_header(r, "Lambda-Runtime-Invoked-Function-Arn", api->arn);
    (void)MHD_add_response_header(r, "Lambda-Runtime-Trace-Id", i->trace_id);
    header_number(r, "Lambda-Runtime-Deadline-Ms", i->deadline_wall_ms);
    rc = MHD_queue_response(c, MHD_HTTP_OK, r);
    MHD_destroy_response(r);
    return rc;
}

/* Called again when a suspended connection is resumed. The later of two requests wins: the client
 * of the earlier one is gone. */
static enum MHD_Result serve_next(struct runtime_api *api, struct MHD_Connection *c,
                                  struct request *q)
{
    enum MHD_Result rc;
    const struct invocation *i = NULL;

    (void)pthread_mutex_lock(&api->lock);
    q->connection = NULL;
    q->woken = false;
    if (api->waiting == q)
        api->waiting = NULL;
    rc = MHD_NO;
    i = api->closing || q->drop ? NULL : runtime_next(api);
    if (i) {
        rc = answer_event(c, api, i);
    } else if (!api->closing && !q->drop) {
        runtime_server_drop(api);
        api->waiting = q;
        q->connection = c;
        MHD_suspend_connection(c);
        rc = MHD_YES;
    }
    (void)pthread_mutex_unlock(&api->lock);
    return rc;
}

static enum MHD_Result serve_register(struct runtime_api *api, struct MHD_Connection *c)
{
    char id[UUID_TEXT];
    struct runtime_answer a = { 0 };
    struct MHD_Response *r = NULL;
    enum MHD_Result rc;
    auto_free char *text = NULL;

    (void)pthread_mutex_lock(&api->lock);
    a = runtime_register(api,
                         MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Lambda-Extension-Name"));
    (void)memcpy(id, api->extension_id, UUID_TEXT);
    (void)pthread_mutex_unlock(&api->lock);
    if (a.type)
        return answer(c, a);
    text = xasprintf("{\"functionName\":\"%s\",\"functionVersion\":\"$LATEST\"}\n",
                     strrchr(api->arn, ':') ? strrchr(api->arn, ':') + 1 : api->arn);
    r = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_COPY);
    if (!r)
        return MHD_NO;
    (void)MHD_add_response_header(r, "Content-Type", "application/json");
    (void)MHD_add_response_header(r, "Lambda-Extension-Identifier", id);
    rc = MHD_queue_response(c, MHD_HTTP_OK, r);
    MHD_destroy_response(r);
    return rc;
}

/* Suspended until the process exits; then called again to close the connection without a response.
 */
static enum MHD_Result serve_extension(struct runtime_api *api, struct MHD_Connection *c,
                                       struct request *q)
{
    enum MHD_Result rc = MHD_NO;
    struct runtime_answer a = { 0 };

    (void)pthread_mutex_lock(&api->lock);
    a = runtime_extension(
        api, MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Lambda-Extension-Identifier"));
    if (!api->closing && !q->drop && !a.type) {
        runtime_server_drop_extension(api);
        api->extension = q;
        q->connection = c;
        MHD_suspend_connection(c);
        rc = MHD_YES;
    } else if (!api->closing && !q->drop) {
        rc = answer(c, a);
    }
    (void)pthread_mutex_unlock(&api->lock);
    return rc;
}

/* "UUID/response" or "UUID/error" after the prefix. */
static enum MHD_Result serve_result(struct runtime_api *api, struct MHD_Connection *c,
                                    const char *rest, const struct request *q)
{
    const char *slash = strchr(rest, '/');
    bool error = slash && strcmp(slash, "/error") == 0;
    const char *mode = NULL;
    const char *invocation_id = NULL;
    struct runtime_answer a = { 0 };
    auto_free char *id = NULL;

    if (!slash || (!error && strcmp(slash, "/response") != 0))
        return answer(c, (struct runtime_answer){ 404, "NotFound" });
    mode = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Lambda-Runtime-Function-Response-Mode");
    if (mode)
        return answer(c, (struct runtime_answer){ 400, "InvalidFunctionResponseMode" });
    id = xstrndup(rest, (size_t)(slash - rest));
    invocation_id = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Lambda-Runtime-Invocation-Id");
    (void)pthread_mutex_lock(&api->lock);
    a = runtime_take(api, id, invocation_id, error, buf_str(&q->body), q->body.len, q->too_large);
    (void)pthread_mutex_unlock(&api->lock);
    return answer(c, a);
}

/* The path after the secret word; NULL: wrong word. */
static const char *path_behind_word(const struct runtime_api *api, const char *path)
{
    size_t n = strlen(api->word);

    return *path == '/' && strlen(path) > n + 1 && path[n + 1] == '/' &&
                   !CRYPTO_memcmp(path + 1, api->word, n)
               ? path + n + 1
               : NULL;
}

static enum MHD_Result serve(struct runtime_api *api, struct MHD_Connection *c, const char *path,
                             bool post, struct request *q)
{
    if (!post && strcmp(path, PREFIX "next") == 0)
        return serve_next(api, c, q);
    if (post && strcmp(path, EXTENSION_PREFIX "/register") == 0)
        return serve_register(api, c);
    if (!post && strcmp(path, EXTENSION_PREFIX "/event/next") == 0)
        return serve_extension(api, c, q);
    if (!post && strcmp(path, "/2018-06-01/ping") == 0)
        return answer_json(c, MHD_HTTP_OK, "\"pong\"\n");
    if (post && strcmp(path, RUNTIME_PREFIX "/init/error") == 0) {
        struct runtime_answer a = { 0 };

        (void)pthread_mutex_lock(&api->lock);
        a = runtime_take_init(api, buf_str(&q->body), q->body.len);
        (void)pthread_mutex_unlock(&api->lock);
        return answer(c, a);
    }
    if (post && strncmp(path, PREFIX, strlen(PREFIX)) == 0)
        return serve_result(api, c, path + strlen(PREFIX), q);
    return answer(c, (struct runtime_answer){ 404, "NotFound" });
}

// NOLINTNEXTLINE(readability-function-size): libmicrohttpd's signature
static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *path,
                                  const char *method, const char *version, const char *data,
                                  size_t *n, void **state)
{
    struct request *q = *state;
    bool post = false;

    (void)version;
    if (!q) {
        q = xcalloc(1, sizeof(*q));
        q->body = BUF(RUNTIME_BODY_MAX + 1);
        *state = q;
        return MHD_YES;
    }
    if (*n > 0) {
        q->too_large = q->too_large || q->body.len + *n > RUNTIME_BODY_MAX;
        if (!q->too_large)
            buf_add(&q->body, data, *n);
        *n = 0;
        return MHD_YES;
    }
    post = strcmp(method, "POST") == 0;
    if (!post && strcmp(method, "GET") != 0)
        return answer(c, (struct runtime_answer){ 405, "MethodNotAllowed" });
    path = local_only_problem(c) ? NULL : path_behind_word(arg, path);
    if (!path)
        return answer(c, (struct runtime_answer){ 403, "Forbidden" });
    return serve(arg, c, path, post, q);
}

static void on_completed(void *arg, struct MHD_Connection *c, void **state,
                         enum MHD_RequestTerminationCode how)
{
    struct runtime_api *api = arg;
    struct request *q = *state;

    (void)c;
    (void)how;
    if (!q)
        return;
    (void)pthread_mutex_lock(&api->lock);
    if (api->waiting == q)
        api->waiting = NULL;
    if (api->extension == q)
        api->extension = NULL;
    (void)pthread_mutex_unlock(&api->lock);
    buf_done(&q->body);
    free(q);
    *state = NULL;
}

int runtime_server_start(struct runtime_api *api, struct err *e)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) } };
    const union MHD_DaemonInfo *info = NULL;

    api->daemon = MHD_start_daemon(MHD_USE_AUTO_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL,
                                   NULL, on_request, api, MHD_OPTION_SOCK_ADDR, &at,
                                   MHD_OPTION_NOTIFY_COMPLETED, on_completed, api, MHD_OPTION_END);
    info = api->daemon ? MHD_get_daemon_info(api->daemon, MHD_DAEMON_INFO_BIND_PORT) : NULL;
    if (!info)
        return err_set(e, ERR_IO, "cannot listen on 127.0.0.1 for the functions");
    (void)snprintf(api->address, sizeof(api->address), "127.0.0.1:%u/%s", (unsigned)info->port,
                   api->word);
    return 0;
}

void runtime_server_stop(struct runtime_api *api)
{
    if (!api->daemon)
        return;
    (void)pthread_mutex_lock(&api->lock);
    api->closing = true;
    runtime_server_wake(api);
    runtime_server_drop_extension(api);
    (void)pthread_mutex_unlock(&api->lock);
    MHD_stop_daemon(api->daemon);
    api->daemon = NULL;
}

void runtime_server_wake(struct runtime_api *api)
{
    struct request *q = api->waiting;
    if (!q || q->woken)
        return;
    q->woken = true; /* a second resume would undo the next suspension */
    MHD_resume_connection(q->connection);
}

void runtime_server_drop_extension(struct runtime_api *api)
{
    struct request *q = api->extension;
    if (!q)
        return;
    q->drop = true;
    api->extension = NULL;
    MHD_resume_connection(q->connection);
}

void runtime_server_drop(struct runtime_api *api)
{
    if (!api->waiting)
        return;
    api->waiting->drop = true;
    runtime_server_wake(api);
    api->waiting = NULL;
}
