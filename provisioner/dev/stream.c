/* stream.c: the stream poller. Shards are processed in parallel; a step fetches once or delivers
 * one batch. */
#include "dev/stream.h"
#include "aws_call.h"
#include "clock.h"
#include "config/filter.h"
#include "dev/batch.h"
#include "dev/forgotten.h"
#include "json.h"
#include "mem.h"
#include "parallel.h"

#include <string.h>

enum {
    POLL_MS = 250, /* four times a second, like Lambda */
    DESCRIBE_MS = 30000,
    NAP_MS = 50,
    BACKOFF_MIN_MS = 250,
    BACKOFF_MAX_MS = 5000,
    SHARDS_AT_ONCE = 4,
    RECORDS_AT_ONCE = 1000,
};

struct stream {
    const struct stream_options *o;
    struct shards shards;
    int64_t describe_at_ms;
    struct shard **work; /* due now */
    struct err *errors;  /* one per entry of work */
    size_t n_work;
    unsigned failures; /* of DescribeStream, in a row */
    struct forgotten forgotten;
};

static int64_t backoff_ms(unsigned failures)
{
    int64_t ms = BACKOFF_MIN_MS;
    for (unsigned i = 1; i < failures && ms < BACKOFF_MAX_MS; i++)
        ms *= 2;
    return ms < BACKOFF_MAX_MS ? ms : BACKOFF_MAX_MS;
}

/* Shards */

static int describe_page(struct stream *s, const char *after, json_t **reply, struct err *e)
{
    auto_json json_t *params =
        json_pack("{s:s, s:s*}", "StreamArn", s->o->arn, "ExclusiveStartShardId", after);
    return aws_call(s->o->aws, &aws_streams, "DescribeStream", params, reply, e);
}

static int describe(struct stream *s, struct err *e)
{
    auto_json json_t *all = json_array();
    auto_free char *after = NULL;
    do {
        auto_json json_t *reply = NULL;
        json_t *page = NULL;
        const char *last = NULL;

        if (describe_page(s, after, &reply, e) < 0)
            return -1;
        page = jget_array(json_object_get(reply, "StreamDescription"), "Shards");
        (void)json_array_extend(all, page);
        last = jget_path_str(reply, "StreamDescription.LastEvaluatedShardId");
        free(after);
        after = last && json_array_size(page) > 0 ? xstrdup(last) : NULL;
    } while (after);
    shards_update(&s->shards, all, s->o->start);
    return 0;
}

/* Fetching */

static int iterator_get(const struct stream *s, struct shard *x, struct err *e)
{
    const char *type = x->sequence                ? "AFTER_SEQUENCE_NUMBER"
                       : x->start == SHARD_LATEST ? "LATEST"
                                                  : "TRIM_HORIZON";
    auto_json json_t *params =
        json_pack("{s:s, s:s, s:s, s:s*}", "StreamArn", s->o->arn, "ShardId", x->id,
                  "ShardIteratorType", type, "SequenceNumber", x->sequence);
    auto_json json_t *reply = NULL;
    const char *iterator = NULL;

    if (aws_call(s->o->aws, &aws_streams, "GetShardIterator", params, &reply, e) < 0)
        return -1;
    iterator = jget_str(reply, "ShardIterator");
    if (!iterator)
        return err_set(e, ERR_PARSE, "streams:GetShardIterator: the response has no ShardIterator");
    x->iterator = xstrdup(iterator);
    return 0;
}

static bool record_wanted(const struct config_ingest *ingest, const json_t *record)
{
    return (ingest->events & event_bit(jget_str(record, "eventName"))) != 0 &&
           filter_pass(ingest->filter, record);
}

static void add_records(const struct stream *s, struct shard *x, const json_t *records)
{
    size_t i = 0;
    size_t dropped = 0;
    json_t *raw = NULL;
    json_array_foreach(records, i, raw) {
        json_t *record = batch_record(raw, s->o->aws->region, s->o->arn);
        const char *sequence = batch_sequence(record);
        if (*sequence) {
            free(x->sequence);
            x->sequence = xstrdup(sequence);
        }
        if (record_wanted(s->o->ingest, record)) {
            (void)json_array_append_new(x->pending, record);
        } else {
            json_decref(record);
            dropped++;
        }
    }
    if (dropped > 0) {
        char count[SAY_COUNT];
        say_sum(s->o->say, &s->o->say->filtered, dropped);
        say(s->o->say, SAY_NOTHING, "stream", -1, "%s filtered out",
            say_count(dropped, "record", count));
    }
}

static int fetch(const struct stream *s, struct shard *x, struct err *e)
{
    auto_json json_t *reply = NULL;
    const json_t *records = NULL;
    const char *next = NULL;
    auto_json json_t *params = NULL;

    if (!x->iterator && iterator_get(s, x, e) < 0)
        return -1;
    params = json_pack("{s:s, s:i}", "ShardIterator", x->iterator, "Limit", RECORDS_AT_ONCE);
    if (aws_call(s->o->aws, &aws_streams, "GetRecords", params, &reply, e) < 0)
        return -1;
    records = jget_array(reply, "Records");
    next = jget_str(reply, "NextShardIterator");
    add_records(s, x, records);
    free(x->iterator);
    x->iterator = next ? xstrdup(next) : NULL;
    x->closed = !next;
    x->due_ms = json_array_size(records) > 0 || x->closed ? 0 : clock_mono_ms() + POLL_MS;
    return 0;
}

/* Delivering */

static void schedule_retry(const struct stream *s, struct shard *x, size_t done, size_t n,
                           const char *why)
{
    int64_t delay = 0;
    bool news = false;
    auto_free char *text = NULL;

    x->failures = done > 0 ? 1 : x->failures + 1;
    delay = backoff_ms(x->failures);
    x->due_ms = clock_mono_ms() + delay;
    say_sum(s->o->say, &s->o->say->ingest_failures, 1);
    text = xasprintf("%zu of %zu records done, retrying the rest in %.2g s: %s", done, n,
                     (double)delay / 1000, why);
    news = say_is_news(&x->troubles, text, strlen(text));
    say(s->o->say, news ? SAY_WARNING : SAY_NOTHING, "ingest", -1, "%s", text);
}

/* Only with on_reject: block does each record surely become a message. */
static void report_delivery(const struct stream *s, size_t n, int64_t took_ms)
{
    char records[SAY_COUNT];
    char messages[SAY_COUNT];
    (void)say_count(n, "record", records);
    if (s->o->ingest->on_reject == REJECT_BLOCK)
        say(s->o->say, SAY_EVENT, "ingest", took_ms, "%s -> %s", records,
            say_count(n, "message", messages));
    else
        say(s->o->say, SAY_EVENT, "ingest", took_ms, "%s done", records);
}

static void deliver_ended(const struct stream *s, struct shard *x, size_t done, size_t n,
                          const struct invoke_result *r)
{
    for (size_t i = 0; i < done; i++)
        (void)json_array_remove(x->pending, 0);
    say_sum(s->o->say, &s->o->say->records, done);
    say_sum(s->o->say, &s->o->say->batches, 1);
    if (r->outcome == INVOKE_CUT)
        return;
    if (done < n) {
        schedule_retry(s, x, done, n,
                       r->outcome == INVOKE_OK ? "the function could not send them" : r->body);
        return;
    }
    x->failures = 0;
    x->due_ms = 0;
    say_repeat_done(&x->troubles);
    report_delivery(s, n, r->took_ms);
}

static void deliver(const struct stream *s, struct shard *x)
{
    size_t n = 0;
    auto_free char *event = batch_event(x->pending, s->o->ingest->batch_size, &n);
    auto_result r = { 0 };
    size_t done = 0;

    s->o->invoke(s->o->function, event, &r);
    done = r.outcome == INVOKE_OK ? batch_done(r.body, r.len, x->pending, n) : 0;
    deliver_ended(s, x, done, n, &r);
}

/* Stepping */

static void step(void *arg, size_t i)
{
    struct stream *s = arg;
    struct shard *x = s->work[i];
    if (atomic_load(s->o->ending))
        return;
    if (json_array_size(x->pending) == 0 && !x->closed && fetch(s, x, &s->errors[i]) < 0)
        return;
    if (json_array_size(x->pending) > 0)
        deliver(s, x);
    x->done = x->closed && json_array_size(x->pending) == 0;
}

static void retry_later(const struct stream *s, unsigned *failures, int64_t *due_ms,
                        const struct err *why)
{
    if (++*failures == 1)
        say(s->o->say, SAY_WARNING, "stream", -1, "%s; retrying", why->msg);
    *due_ms = clock_mono_ms() + backoff_ms(*failures);
}

/* https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html#API_streams_GetRecords_Errors
 */
static int step_failed(struct stream *s, struct shard *x, const struct err *why, struct err *e)
{
    if (why->code == ERR_CREDENTIALS) {
        *e = *why;
        return -1;
    }
    if (why->code ==
        ERR_NOT_FOUND) { /* the shard or the stream was deleted; DescribeStream tells which */
        x->closed = true;
        x->done = json_array_size(x->pending) == 0;
        s->describe_at_ms = 0;
    } else if (strcmp(why->aws_code, "ExpiredIteratorException") == 0) {
        free(steal(x->iterator));
    } else if (strcmp(why->aws_code, "TrimmedDataAccessException") == 0) {
        say(s->o->say, SAY_WARNING, "stream", -1,
            "records older than 24 hours were deleted from the stream; continuing with the oldest "
            "one");
        free(steal(x->iterator));
        free(steal(x->sequence));
        x->start = SHARD_OLDEST;
    } else {
        retry_later(s, &x->failures, &x->due_ms, why);
    }
    return 0;
}

/* Fills work; returns when the next shard is due if none is due now. */
static int64_t work_find(struct stream *s)
{
    int64_t now = clock_mono_ms();
    int64_t next = now + POLL_MS;
    s->work = xrealloc(s->work, (s->shards.n + 1) * sizeof(struct shard *));
    s->errors = xrealloc(s->errors, (s->shards.n + 1) * sizeof(struct err));
    s->n_work = 0;
    for (size_t i = 0; i < s->shards.n; i++) {
        struct shard *x = s->shards.list[i];
        if (!shard_ready(&s->shards, x))
            continue;
        if (x->due_ms <= now) {
            s->errors[s->n_work].code = ERR_OK;
            s->work[s->n_work++] = x;
        } else if (x->due_ms < next) {
            next = x->due_ms;
        }
    }
    return next;
}

static int work_do(struct stream *s, struct err *e)
{
    parallel_each(s->n_work, SHARDS_AT_ONCE, step, s);
    for (size_t i = 0; i < s->n_work; i++) {
        struct shard *x = s->work[i];
        if (s->errors[i].code != ERR_OK && step_failed(s, x, &s->errors[i], e) < 0)
            return -1;
        if (s->errors[i].code == ERR_OK && json_array_size(x->pending) == 0)
            x->failures = 0;
        if (x->done)
            s->describe_at_ms = 0; /* its children may be read now */
    }
    return 0;
}

static bool read_any(const struct stream *s)
{
    for (size_t i = 0; i < s->shards.n; i++)
        if (s->shards.list[i]->sequence)
            return true;
    return false;
}

static int describe_when_due(struct stream *s, struct err *e)
{
    struct err why = { 0 };

    if (clock_mono_ms() < s->describe_at_ms)
        return 0;
    if (describe(s, &why) == 0) {
        s->failures = 0;
        s->describe_at_ms = clock_mono_ms() + DESCRIBE_MS;
        return 0;
    }
    if (why.code == ERR_CREDENTIALS || why.code == ERR_NOT_FOUND) {
        *e = why;
        return -1;
    }
    retry_later(s, &s->failures, &s->describe_at_ms, &why);
    return 0;
}

static int loop(struct stream *s, struct err *e)
{
    while (!atomic_load(s->o->ending)) {
        int64_t next = 0;
        int64_t nap = 0;

        if (describe_when_due(s, e) < 0)
            return -1;
        next = work_find(s);
        if (s->n_work > 0) {
            if (work_do(s, e) < 0)
                return -1;
            continue;
        }
        forgotten_look(&s->forgotten, s->o, read_any(s));
        nap = next - clock_mono_ms();
        clock_sleep_ms(nap < NAP_MS ? nap : NAP_MS);
    }
    return 0;
}

int stream_run(const struct stream_options *o, struct err *e)
{
    struct stream s = { .o = o };
    int rc = loop(&s, e);
    shards_done(&s.shards);
    free(s.work);
    free(s.errors);
    return rc;
}
