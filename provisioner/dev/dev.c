/* dev.c: `fifoq dev`: starts the functions, the stream poller and the scheduler, and stops them. */
#include "dev/dev.h"
#include "aws_call.h"
#include "aws_identify.h"
#include "aws_names.h"
#include "clock.h"
#include "dev/environment.h"
#include "dev/function.h"
#include "dev/scheduler.h"
#include "dev/stream.h"
#include "dev/unpack.h"
#include "json.h"
#include "mem.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum {
    LOOK_MS = 50,
    TELL_MS = 1500, /* short work ends without a message */
};

struct dev {
    const struct dev_options *o;
    struct say say;
    struct unpacked files;
    char **env;
    char *stream_arn;
    struct function *ingest, *drain;
    pthread_t stream_thread, drain_thread;
    bool has_stream, has_drain; /* the thread runs */
    atomic_bool ending;
    atomic_bool stream_over, drain_over;
    int stream_rc; /* the result of the stream's thread */
    struct err stream_err;
    int64_t started_ms;
};

static atomic_bool hurry;

void dev_hurry(void)
{
    atomic_store(&hurry, true);
}

/* Prerequisites */

static char *queue_name(const struct config *c)
{
    return c->queue.existing ? xstrdup(c->queue.existing) : xasprintf("%s.fifo", c->pipeline);
}

static int check_queue(const struct dev *d, const char *name, struct err *e)
{
    const struct config *c = d->o->config;
    bool theirs = c->queue.existing && strcmp(name, c->queue.existing) == 0;
    auto_json json_t *params = json_pack("{s:s}", "QueueName", name);
    if (aws_call(d->o->aws, &aws_sqs, "GetQueueUrl", params, NULL, e) == 0)
        return 0;
    if (e->code != ERR_NOT_FOUND)
        return -1;
    return err_set(e, ERR_NOT_FOUND, "queue '%s' not found; %s", name,
                   theirs ? "create it, or correct queue.existing" : "run 'fifoq up' first");
}

static int check_queues(const struct dev *d, struct err *e)
{
    auto_free char *name = queue_name(d->o->config);
    auto_free char *turn = config_turn_queue(d->o->config);

    if (check_queue(d, name, e) < 0)
        return -1;
    return turn ? check_queue(d, turn, e) : 0;
}

static int check_stream(struct dev *d, struct err *e)
{
    const struct config *c = d->o->config;
    auto_json json_t *params = json_pack("{s:s}", "TableName", c->table.name);
    auto_json json_t *reply = NULL;
    const json_t *table = NULL;
    const char *arn = NULL;

    if (aws_call(d->o->aws, &aws_dynamodb, "DescribeTable", params, &reply, e) < 0) {
        if (e->code != ERR_NOT_FOUND)
            return -1;
        return err_set(e, ERR_NOT_FOUND, "table '%s' not found; %s", c->table.name,
                       c->table.create ? "run 'fifoq up' first"
                                       : "create it, or set table.create and run 'fifoq up'");
    }
    table = json_object_get(reply, "Table");
    arn = jget_str(table, "LatestStreamArn");
    if (!arn || !jget_bool(jget_obj(table, "StreamSpecification"), "StreamEnabled", false))
        return err_set(e, ERR_NOT_FOUND, "table '%s' has no stream; run 'fifoq up' to enable it",
                       c->table.name);
    d->stream_arn = xstrdup(arn);
    return 0;
}

static int prepare(struct dev *d, struct err *e)
{
    const struct config *c = d->o->config;
    if (!d->o->aws->account && aws_identify(d->o->aws, NULL, e) < 0)
        return -1;
    if (check_queues(d, e) < 0 || (c->has_ingest && check_stream(d, e) < 0))
        return -1;
    d->env = environment_make(d->o->aws);
    return unpack(c, d->o->bootstrap, &d->files, e);
}

/* Threads and functions */

static int start_function(struct dev *d, const char *who, int64_t timeout_ms, struct function **f,
                          struct err *e)
{
    const struct config *c = d->o->config;
    auto_free char *name = xasprintf("%s-%s", c->pipeline, who);
    auto_free char *resource = xasprintf("function:%s", name);
    auto_free char *arn = aws_arn(d->o->aws, "lambda", resource);
    struct function_options o = { .who = who,
                                  .name = name,
                                  .arn = arn,
                                  .region = d->o->aws->region,
                                  .memory_mb = c->functions.memory_mb,
                                  .timeout_ms = timeout_ms,
                                  .bootstrap = d->files.bootstrap,
                                  .dir = d->files.dir,
                                  .env = d->env,
                                  .own_env = strcmp(who, "ingest") == 0 ? d->o->ingest_env : NULL,
                                  .aws = d->o->aws,
                                  .say = &d->say };
    return function_start(f, &o, e);
}

static void *stream_main(void *arg)
{
    struct dev *d = arg;
    struct stream_options o = { .aws = d->o->aws,
                                .arn = d->stream_arn,
                                .table = d->o->config->table.name,
                                .ingest = &d->o->config->ingest,
                                .start = d->o->from_latest ? SHARD_LATEST : SHARD_OLDEST,
                                .invoke = function_invoke,
                                .function = d->ingest,
                                .say = &d->say,
                                .ending = &d->ending };
    d->stream_rc = stream_run(&o, &d->stream_err);
    atomic_store(&d->stream_over, true);
    return NULL;
}

static void *drain_main(void *arg)
{
    struct dev *d = arg;
    struct scheduler_options o = { .drain = &d->o->config->drain,
                                   .every_ms = d->o->every_ms,
                                   .invoke = function_invoke,
                                   .function = d->drain,
                                   .say = &d->say,
                                   .ending = &d->ending };
    scheduler_run(&o);
    atomic_store(&d->drain_over, true);
    return NULL;
}

static int start(struct dev *d, struct err *e)
{
    const struct config *c = d->o->config;
    int64_t drain_ms = (int64_t)c->drain.timeout_s * 1000;
    if (c->has_ingest && start_function(d, "ingest", INGEST_TIMEOUT_S * 1000, &d->ingest, e) < 0)
        return -1;
    if (c->has_drain && start_function(d, "drain", drain_ms, &d->drain, e) < 0)
        return -1;
    if (c->has_ingest)
        d->has_stream = pthread_create(&d->stream_thread, NULL, stream_main, d) == 0;
    if (c->has_drain)
        d->has_drain = pthread_create(&d->drain_thread, NULL, drain_main, d) == 0;
    if (d->has_stream != c->has_ingest || d->has_drain != c->has_drain)
        return err_set(e, ERR_IO, "cannot start a thread");
    return 0;
}

/* Watching */

static bool time_to_end(const struct dev *d)
{
    if (atomic_load(&hurry) || (d->o->stop && d->o->stop()))
        return true;
    if (d->o->for_ms > 0 && clock_mono_ms() - d->started_ms >= d->o->for_ms)
        return true;
    return d->has_stream && atomic_load(&d->stream_over);
}

static void abort_functions(struct dev *d)
{
    if (d->ingest)
        function_cut(d->ingest);
    if (d->drain)
        function_cut(d->drain);
}

static bool threads_over(const struct dev *d)
{
    return (!d->has_stream || atomic_load(&d->stream_over)) &&
           (!d->has_drain || atomic_load(&d->drain_over));
}

/* Starts nothing new and waits for running invocations, unless dev_hurry was called. */
static void finish(struct dev *d)
{
    int64_t tell_at = clock_mono_ms() + TELL_MS;
    bool was_cut = false;
    atomic_store(&d->ending, true);
    while (!threads_over(d)) {
        clock_sleep_ms(LOOK_MS);
        if (atomic_load(&hurry) && !was_cut) {
            abort_functions(d);
            was_cut = true;
        }
        if (was_cut || clock_mono_ms() < tell_at)
            continue;
        tell_at = INT64_MAX;
        say(&d->say, SAY_FRAME, "dev", -1,
            "finishing running invocations; Ctrl-C again stops immediately");
        if (d->has_drain && !atomic_load(&d->drain_over))
            function_wind_down(d->drain); /* it may have hundreds of messages to go */
    }
    if (d->has_stream)
        (void)pthread_join(d->stream_thread, NULL);
    if (d->has_drain)
        (void)pthread_join(d->drain_thread, NULL);
    if (atomic_load(&hurry))
        abort_functions(d);
    function_stop(d->ingest);
    function_stop(d->drain);
}

static void print_start(struct dev *d)
{
    const struct config *c = d->o->config;
    auto_free char *queue = queue_name(c);
    auto_buf text = BUF(BUF_SMALL);
    if (c->has_ingest)
        buf_printf(&text, "table %s -> ", c->table.name);
    buf_puts(&text, queue);
    if (c->has_drain && d->o->every_ms > 0)
        buf_printf(&text, " -> drain every %g s", (double)d->o->every_ms / 1000);
    else if (c->has_drain)
        buf_printf(&text, " -> drain by %zu schedule%s", c->drain.n_schedules,
                   c->drain.n_schedules == 1 ? "" : "s");
    buf_puts(&text, d->o->for_ms > 0 ? "" : "; Ctrl-C stops it");
    if (d->o->for_ms > 0)
        buf_printf(&text, "; stops after %g s", (double)d->o->for_ms / 1000);
    say(&d->say, SAY_FRAME, "dev", -1, "%s", buf_str(&text));
}

static void print_end(struct dev *d)
{
    const struct config *c = d->o->config;
    const struct say *s = &d->say; /* all other threads are finished */
    char a[SAY_COUNT];
    char b[SAY_COUNT];
    auto_buf text = BUF(BUF_SMALL);
    uint64_t failures = 0;

    buf_puts(&text, "ended");
    if (c->has_ingest)
        buf_printf(&text, ": %s in %s", say_count(s->records, "record", a),
                   s->batches == 1 ? "1 batch" : "");
    if (c->has_ingest && s->batches != 1)
        buf_printf(&text, "%llu batches", (unsigned long long)s->batches);
    if (c->has_drain)
        buf_printf(&text, "%s %llu delivered in %s", c->has_ingest ? ";" : ":",
                   (unsigned long long)s->delivered, say_count(s->runs, "run", b));
    failures = s->ingest_failures + s->drain_failures;
    if (failures > 0)
        buf_printf(&text, "; %s", say_count(failures, "failure", a));
    say(&d->say, SAY_FRAME, "dev", clock_mono_ms() - d->started_ms, "%s", buf_str(&text));
}

static void release(struct dev *d)
{
    unpacked_done(&d->files);
    environment_free(d->env);
    free(d->stream_arn);
    say_done(&d->say);
}

static int run(struct dev *d, struct err *e)
{
    int rc = 0;

    if (prepare(d, e) < 0)
        return -1;
    d->started_ms = clock_mono_ms();
    print_start(d);
    rc = start(d, e);
    while (rc == 0 && !time_to_end(d))
        clock_sleep_ms(LOOK_MS);
    finish(d);
    if (rc == 0 && d->stream_rc != 0) {
        *e = d->stream_err;
        rc = -1;
    }
    print_end(d);
    return rc;
}

int dev_run(const struct dev_options *o, struct err *e)
{
    struct dev d = { .o = o };
    int rc = 0;

    say_init(&d.say, o->out, o->color, o->quiet, o->verbose);
    rc = run(&d, e);
    release(&d);
    return rc;
}
