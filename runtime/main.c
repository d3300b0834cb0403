/* main.c: the bootstrap: settings, credentials, and the function that the handler's name picks. */
#include "aws.h"
#include "drain.h"
#include "env.h"
#include "ingest.h"
#include "lambda.h"
#include "log.h"
#include "mem.h"
#include "roots.h"
#include "version.h"
#include "warm.h"

#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONNECTION_AGE_S = 20, HELD_STILL_MS = 5000, CALL_TIMEOUT_MS = 10000 };

static volatile sig_atomic_t working, stopping;
static sem_t terminated; /* posted once `stopping` is set */

struct host {
    struct settings settings;
    struct http *http; /* AWS and the destinations */
    bool stale;        /* its connections are to be renewed */
    bool started;      /* the half is initialised */
    struct aws aws;
    struct ingest ingest;
    struct drain drain;
    struct metrics *metrics;
    pthread_t releaser; /* waits for `terminated` */
    bool has_releaser;
};

struct half {
    const char *handler;
    int (*init)(struct host *h, struct err *e); /* once */
    int (*run)(struct host *h, const struct invocation *in, json_t **answer, struct err *e);
    int (*check)(const struct host *h, struct err *e);
    bool wants_signal;  /* it has something to give back before the process ends */
    bool needs_account; /* so it is initialised by the first invocation, which tells it */
};

struct function {
    struct host *host;
    const struct half *half;
};

static int ingest_check(const struct host *h, struct err *e)
{
    return h->settings.has_ingest ? 0 : err_set(e, ERR_CONFIG, "settings.json has no ingest");
}

/* Its own loop repeats calls until the deadline. */
static int ingest_start(struct host *h, struct err *e)
{
    (void)e;
    h->aws.max_attempts = 1;
    ingest_init(&h->ingest, &h->settings, &h->aws);
    h->ingest.metrics = h->metrics = metrics_new(&h->settings, false);
    return 0;
}

static int ingest_event(struct host *h, const struct invocation *in, json_t **answer, struct err *e)
{
    const struct json_piece event = { .s = in->body, .n = in->body_len };

    return ingest_run(&h->ingest, &event, in->deadline_ms, answer, e);
}

static int drain_check(const struct host *h, struct err *e)
{
    return h->settings.has_drain ? 0 : err_set(e, ERR_CONFIG, "settings.json has no drain");
}

static int send_to_destination(void *http, const struct http_request *q, struct http_response *r,
                               struct err *e)
{
    return http_send(http, q, r, e);
}

static void *release_on_signal(void *drain)
{
    while (sem_wait(&terminated))
        ;
    drain_give_back(drain);
    return NULL;
}

/* Without it (no thread could be started) messages are given back as soon as the request in flight
 * is answered. */
static void start_releaser(struct host *h)
{
    sigset_t all, before;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before); /* the main thread handles signals */
    h->has_releaser = pthread_create(&h->releaser, NULL, release_on_signal, &h->drain) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void stop_releaser(struct host *h)
{
    if (!h->has_releaser)
        return;
    (void)sem_post(&terminated);
    (void)pthread_join(h->releaser, NULL);
}

static int drain_start(struct host *h, struct err *e)
{
    if (drain_init(&h->drain, &h->settings, &h->aws, send_to_destination, h->http, e) < 0) {
        drain_done(&h->drain);
        return -1;
    }
    h->drain.stop = &stopping;
    h->drain.metrics = h->metrics = metrics_new(&h->settings, true);
    start_releaser(h);
    return 0;
}

static int drain_event(struct host *h, const struct invocation *in, json_t **answer, struct err *e)
{
    auto_json json_t *event = NULL;

    if (json_parse(in->body, in->body_len, &event, e) < 0)
        return err_wrap(e, "the event");
    return drain_run(&h->drain, event, in->deadline_ms, answer, e);
}

static const struct half halves[] = {
    { "ingest", ingest_start, ingest_event, ingest_check, .needs_account = true },
    { "drain", drain_start, drain_event, drain_check, .wants_signal = true },
};

/* NULL: unknown handler. */
static const struct half *find_half(const char *handler)
{
    for (size_t i = 0; handler && i < COUNTOF(halves); i++)
        if (strcmp(halves[i].handler, handler) == 0)
            return &halves[i];
    return NULL;
}

static int open_http(struct http **out, struct err *e)
{
    const struct http_options o = { .user_agent = "fifoq/" FIFOQ_VERSION,
                                    .tls_hook = roots_install,
                                    .max_age_s = CONNECTION_AGE_S };

    return http_new(out, &o, e);
}

/* The account is the fifth part: arn:aws:lambda:eu-west-1:123456789012:function:orders-drain. */
static int take_account(struct aws *a, const char *arn, struct err *e)
{
    const char *s = arn;

    for (int colons = 0; s && colons < 4; colons++) {
        s = strchr(s, ':');
        s = s ? s + 1 : NULL;
    }
    if (!s || strspn(s, "0123456789") != 12 || s[12] != ':')
        return err_set(e, ERR_PARSE, "the invocation's function ARN '%.80s' has no account", arn);
    a->account = xstrndup(s, 12);
    return 0;
}

/* While the process was frozen, the servers may have closed their connections. */
static int renew_connections(struct host *h, const struct invocation *in, struct err *e)
{
    h->stale = h->stale || in->idle_ms >= HELD_STILL_MS;
    if (h->stale && http_renew(h->http, e) < 0)
        return -1;
    h->stale = false;
    return 0;
}

static int start(const struct function *f, struct err *e)
{
    f->host->started = f->half->init(f->host, e) == 0;
    return f->host->started ? 0 : -1;
}

/* After a failure the next invocation tries it again. */
static int first_invocation(const struct function *f, const struct invocation *in, struct err *e)
{
    if (take_account(&f->host->aws, in->function_arn, e) < 0)
        return -1;
    if (f->host->started || start(f, e) == 0)
        return 0;
    free(steal(f->host->aws.account));
    return -1;
}

/* What fails here, the first invocation tries again, and reports. */
static void prepare(const struct function *f)
{
    struct host *h = f->host;
    struct err unused;

    if (!f->half->needs_account)
        (void)start(f, &unused);
    warm_up(&h->aws, h->started ? &h->drain.parameters : NULL);
}

static int handle(void *arg, const struct invocation *in, json_t **answer, struct err *e)
{
    const struct function *f = arg;

    if (renew_connections(f->host, in, e) < 0)
        return -1;
    if (!f->host->aws.account && first_invocation(f, in, e) < 0)
        return -1;
    return f->half->run(f->host, in, answer, e);
}

/* The folder of settings.json; the caller's. */
static char *task_root(void)
{
    const char *root = env_get("LAMBDA_TASK_ROOT");
    char self[PATH_MAX];
    ssize_t n;

    if (root)
        return xstrdup(root);
    n = readlink("/proc/self/exe", self, sizeof(self));
    while (n > 0 && self[n - 1] != '/')
        n--;
    return n > 1 ? xstrndup(self, (size_t)n - 1) : xstrdup(".");
}

/* The more verbose of the two: Lambda itself drops what its own level excludes. */
static void set_level(enum log_level level)
{
    const char *lambda = getenv("AWS_LAMBDA_LOG_LEVEL");
    enum log_level other;

    if (lambda && log_level_parse(lambda, &other) && other < level)
        level = other;
    log_setup(LOG_JSON, level, STDERR_FILENO);
}

static int open_aws(struct host *h, struct err *e)
{
    static const struct creds_provider providers[] = {
        { "env", creds_from_environment },
        { NULL, NULL },
    };
    const char *region = env_get("AWS_REGION");
    const struct aws_options o = { .region = region };
    struct creds creds = { 0 };

    if (!region)
        return err_set(e, ERR_CONFIG, "AWS_REGION is not set");
    if (creds_find(providers, NULL, &creds, e) < 0 || open_http(&h->http, e) < 0 ||
        aws_init(&h->aws, &o, h->http, &creds, e) < 0) {
        creds_done(&creds);
        if (e->code == ERR_USAGE)
            e->code = ERR_CONFIG; /* an invalid region or endpoint */
        return -1;
    }
    h->aws.timeout_ms = CALL_TIMEOUT_MS;
    return 0;
}

static int host_init(struct host *h, const struct half **half, struct err *e)
{
    auto_free char *root = task_root();
    auto_free char *file = xasprintf("%s/settings.json", root);
    const char *handler = getenv("_HANDLER");

    *half = find_half(handler);
    if (!*half)
        return err_set(e, ERR_USAGE, "unknown handler '%.40s'; expected 'ingest' or 'drain'",
                       handler ? handler : "");
    if (settings_load(file, &h->settings, e) < 0 || settings_environment(&h->settings, e) < 0 ||
        (*half)->check(h, e))
        return -1;
    set_level(h->settings.log_level);
    return open_aws(h, e);
}

static void host_done(struct host *h)
{
    stop_releaser(h);
    ingest_done(&h->ingest);
    drain_done(&h->drain);
    metrics_free(h->metrics);
    aws_done(&h->aws);
    http_free(h->http);
    settings_done(&h->settings);
}

/* While it waits for an invocation there is nothing to finish; otherwise the work is stopped in an
 * orderly way. */
static void on_terminate(int signal_number)
{
    (void)signal_number;
    if (!working)
        _exit(0);
    stopping = 1;
    (void)sem_post(&terminated);
}

static void catch_signals(void)
{
    struct sigaction act = { .sa_handler = on_terminate };

    (void)sem_init(&terminated, 0, 0);
    (void)sigemptyset(&act.sa_mask);
    (void)sigaction(SIGTERM, &act, NULL);
    act.sa_handler = SIG_IGN;
    (void)sigaction(SIGPIPE, &act, NULL);
}

/* Logs it, and reports it to Lambda. */
static int give_up(struct lambda *l, const struct err *e)
{
    log_event(LOG_FATAL, "cannot start", "reason", e->msg, "type", lambda_error_type(e), NULL);
    lambda_init_error(l, e);
    return 1;
}

static int serve(struct lambda *l, const char *api)
{
    __attribute__((cleanup(host_done))) struct host host = { 0 };
    struct function f = { .host = &host };
    struct err e = { 0 };

    if (host_init(&host, &f.half, &e) < 0)
        return give_up(l, &e);
    if (f.half->wants_signal)
        lambda_want_signal(l, api);
    prepare(&f);
    if (lambda_loop(l, handle, &f, &e) < 0) {
        log_event(LOG_FATAL, "ended", "reason", e.msg, NULL);
        return 1;
    }
    return 0;
}

int main(void)
{
    const char *api = getenv("AWS_LAMBDA_RUNTIME_API");
    __attribute__((cleanup(lambda_done))) struct lambda l = { 0 };
    struct err e = { 0 };

    mem_no_core();
    mem_init();
    log_setup(LOG_JSON, LOG_INFO, STDERR_FILENO);
    catch_signals();
    if (!api || !*api) {
        log_event(LOG_FATAL,
                  "AWS_LAMBDA_RUNTIME_API is not set: this program runs inside AWS Lambda, or "
                  "under 'fifoq dev'",
                  NULL);
        return 1;
    }
    if (lambda_init(&l, api, &working, &stopping, &e) < 0) {
        log_event(LOG_FATAL, "cannot start", "reason", e.msg, NULL);
        return 1;
    }
    return serve(&l, api);
}
