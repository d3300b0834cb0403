/* ingest.c: a few threads that take batches from the wave (wave.h), send them, and report the
 * answers to it. */
#include "ingest.h"

#include "clock.h"
#include "entry.h"
#include "mem.h"
#include "parallel.h"
#include "random.h"
#include "wave.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { SENDERS = 4, GUARD_MS = 1500, TIMEOUT_MS = 5000, LEAST_TIMEOUT_MS = 500 };
enum { BACKOFF_MIN_MS = 50, BACKOFF_MAX_MS = 2000 };

enum { DEDUPLICATION_MS = 5 * 60 * 1000, UNKNOWN_MAX = 10000 };

enum target { TO_QUEUE, TO_DEAD_LETTERS };

struct run {
    struct ingest *in;
    struct entry *entries;
    size_t n;
    int64_t last_send_ms; /* no call starts after it; monotonic clock */
    size_t n_sent, n_dead, n_before_start;

    pthread_mutex_t lock; /* guards the wave, the entries' states and the counters */
    pthread_cond_t work;  /* there may be something for another sender, or nothing any more */
    struct wave *wave;
    bool someone_sleeps;
};

void ingest_init(struct ingest *in, const struct settings *s, struct aws *aws)
{
    *in = (struct ingest){ .settings = s, .acked = acked_new(), .unknown = json_object() };
    queue_init(&in->queue, aws, s->queue);
    entry_plan_init(&in->plan, s);
    if (s->dead_letters)
        queue_init(&in->dead, aws, s->dead_letters);
}

void ingest_done(struct ingest *in)
{
    acked_free(in->acked);
    entry_plan_done(&in->plan);
    json_decref(in->unknown);
    queue_done(&in->queue);
    queue_done(&in->dead);
}

static int64_t backoff_ms(int failures)
{
    int64_t most = (int64_t)BACKOFF_MIN_MS << (failures < 6 ? failures + 1 : 7);
    uint32_t r;

    random_bytes(&r, sizeof(r));
    most = most < BACKOFF_MAX_MS ? most : BACKOFF_MAX_MS;
    return BACKOFF_MIN_MS + r % (most - BACKOFF_MIN_MS + 1);
}

static void settle_refused(struct run *r, size_t i, bool alone, const char *reason)
{
    struct entry *entry = &r->entries[i];
    struct queue_message m;

    if (!alone) { /* another message of the batch may be the cause */
        wave_again(r->wave, i, 0, true);
        return;
    }
    entry_reject(entry, r->in->settings, reason);
    if (entry->state == ENTRY_DEAD) {
        m = entry_message(entry);
        wave_elsewhere(r->wave, i, queue_message_size(&m), TO_DEAD_LETTERS);
    } else if (entry->state == ENTRY_BLOCKED) {
        wave_block(r->wave, i);
    } else {
        wave_acked(r->wave, i);
    }
}

/* Unknown whether the queue has this one: the time of the first try is what counts. */
static void note_unknown(struct ingest *in, const char *id, int64_t sent_ms)
{
    if (json_object_get(in->unknown, id))
        return;
    if (json_object_size(in->unknown) >= UNKNOWN_MAX)
        json_object_clear(in->unknown); /* only a count depends on it */
    json_object_set_new(in->unknown, id, json_integer((json_int_t)sent_ms));
}

/* The queue has it now. If an earlier try arrived too, longer ago than the queue remembers, the
 * queue has it twice. */
static void check_unknown(struct ingest *in, const char *id)
{
    int64_t first_ms = jget_int(in->unknown, id, -1);

    if (first_ms >= 0 && clock_wall_ms() - first_ms >= DEDUPLICATION_MS) {
        metrics_count(in->metrics, METRIC_DUPLICATE_POSSIBLE, METRICS_WHOLE);
        log_event(LOG_WARN, "sent again after more than five minutes: a duplicate is possible",
                  "id", id, NULL);
    }
    (void)json_object_del(in->unknown, id);
}

static void settle_sent(struct run *r, size_t i)
{
    struct entry *entry = &r->entries[i];

    check_unknown(r->in, entry->record.id);
    metrics_count(r->in->metrics, entry->state == ENTRY_DEAD ? METRIC_DEAD_LETTERED : METRIC_SENT,
                  METRICS_WHOLE);
    wave_acked(r->wave, i);
    acked_add(r->in->acked, entry->record.id);
    *(entry->state == ENTRY_DEAD ? &r->n_dead : &r->n_sent) += 1;
    log_event(LOG_DEBUG, entry->state == ENTRY_DEAD ? "dead letter sent" : "sent", "id",
              entry->record.id, "group", entry->group, "sequence", entry->record.sequence, NULL);
}

/* With ORDER_BATCH: records that the queue has before an earlier one of their group. A later batch
 * would go on with that, so the group ends here, unless the earlier one was refused: then it is
 * sent alone, to learn whether on_reject applies. */
static void check_order(struct run *r, const struct wave_batch *b, bool refused)
{
    for (size_t k = 0; k < b->n; k++) {
        const struct entry *entry = &r->entries[b->items[k]];

        if (!wave_overtook(r->wave, b->items[k]))
            continue;
        metrics_count(r->in->metrics, METRIC_ORDER_BROKEN, METRICS_WHOLE);
        log_event(LOG_ERROR, "order broken: the queue has it before an earlier record of its group",
                  "id", entry->record.id, "group", entry->group, "sequence", entry->record.sequence,
                  NULL);
        if (!refused)
            wave_stop_group(r->wave, b->items[k]);
    }
}

/* With the lock held. */
static void settle(struct run *r, const struct wave_batch *b, const struct queue_result *results,
                   int64_t sent_ms)
{
    const char *trouble = NULL;
    bool stop = false, refused = false;

    for (size_t k = 0; k < b->n; k++) {
        size_t i = b->items[k];
        if (results[k].outcome == QUEUE_SENT) {
            settle_sent(r, i);
            continue;
        }
        trouble = results[k].reason;
        if (results[k].outcome == QUEUE_REFUSED) {
            settle_refused(r, i, b->n == 1, trouble);
            refused = true;
            continue;
        }
        stop = stop || results[k].outcome == QUEUE_STOPPED;
        if (results[k].unknown)
            note_unknown(r->in, r->entries[i].record.id, sent_ms);
        metrics_count(r->in->metrics, METRIC_RETRIED, METRICS_WHOLE);
        wave_again(r->wave, i, clock_mono_ms() + backoff_ms(wave_failures(r->wave, i)), false);
    }
    check_order(r, b, refused);
    if (stop)
        wave_stop(r->wave);
    if (trouble)
        log_event(stop ? LOG_ERROR : LOG_WARN, "not sent yet", "reason", trouble, NULL);
}

static void send_batch(struct run *r, const struct wave_batch *b, struct queue_result *results)
{
    struct queue_message messages[WAVE_BATCH];

    for (size_t k = 0; k < b->n; k++)
        messages[k] = entry_message(&r->entries[b->items[k]]);
    queue_send(b->target == TO_DEAD_LETTERS ? &r->in->dead : &r->in->queue, messages, b->n,
               results);
}

/* With the lock held, which it releases while it waits. One thread sleeps until something is due,
 * the others until there is something for them. */
static void wait_for_work(struct run *r, int64_t wait_ms)
{
    int64_t left_ms = r->last_send_ms - clock_mono_ms();

    if (wait_ms < 0 || r->someone_sleeps) {
        (void)pthread_cond_wait(&r->work, &r->lock);
        return;
    }
    r->someone_sleeps = true;
    (void)pthread_mutex_unlock(&r->lock);
    clock_sleep_ms(wait_ms < left_ms ? wait_ms : left_ms + 1);
    (void)pthread_mutex_lock(&r->lock);
    r->someone_sleeps = false;
}

/* With the lock held, which it releases while it sends. */
static void send_and_settle(struct run *r, const struct wave_batch *batch)
{
    struct queue_result results[WAVE_BATCH];
    int64_t sent_ms = clock_wall_ms();

    (void)pthread_mutex_unlock(&r->lock);
    send_batch(r, batch, results);
    (void)pthread_mutex_lock(&r->lock);
    settle(r, batch, results, sent_ms);
}

/* With the lock held: this sender is about to send. Another one is needed for a further batch, or
 * to sleep until an item that failed is due. */
static void wake_another(struct run *r, const struct wave_batch *batch, int64_t wait_ms)
{
    if (batch->more || (wait_ms >= 0 && !r->someone_sleeps))
        (void)pthread_cond_signal(&r->work);
}

/* A sender that gets an answer looks for work next, so an answer alone wakes nobody. The sender
 * that finds the end wakes all. */
static void sender(void *arg, size_t unused)
{
    struct run *r = arg;
    struct wave_batch batch;
    enum wave_next next;
    int64_t wait_ms;

    (void)unused;
    (void)pthread_mutex_lock(&r->lock);
    for (;;) {
        if (clock_mono_ms() > r->last_send_ms)
            wave_stop(r->wave);
        next = wave_next(r->wave, clock_mono_ms(), &batch, &wait_ms);
        if (next == WAVE_END)
            break;
        if (next == WAVE_WAIT) {
            wait_for_work(r, wait_ms);
            continue;
        }
        wake_another(r, &batch, wait_ms);
        send_and_settle(r, &batch);
    }
    (void)pthread_cond_broadcast(&r->work);
    (void)pthread_mutex_unlock(&r->lock);
}

/* All records are read before the first is sent: an event from elsewhere is refused as a whole.
 */
static int read_records(struct run *r, const struct json_piece *event, struct err *e)
{
    auto_free struct stream_record *records = NULL;

    if (stream_records_read(event, &records, &r->n, e) < 0)
        return -1;
    r->entries = xcalloc(r->n, sizeof(*r->entries));
    r->wave = wave_new(r->n, r->in->settings->ingest.order == ORDER_BATCH);
    for (size_t i = 0; i < r->n; i++)
        r->entries[i].record = records[i];
    return 0;
}

/* The same second is not before: better twice than never. */
static bool is_before_start(struct run *r, const struct stream_record *record)
{
    int64_t start_s = r->in->settings->ingest.start_s;

    if (start_s == 0 || record->created_s == 0 || (int64_t)record->created_s >= start_s)
        return false;
    r->n_before_start++;
    metrics_count(r->in->metrics, METRIC_BEFORE_START, METRICS_WHOLE);
    return true;
}

/* Prepares every record, up to one that blocks: whatever is sent after that would be sent again
 * with each try. */
static void make_entries(struct run *r)
{
    const struct settings *s = r->in->settings;
    bool blocked = false;

    for (size_t i = 0; i < r->n; i++) {
        struct entry *entry = &r->entries[i];
        struct queue_message m;

        if (!blocked &&
            (!(entry->record.event & s->ingest.events) ||
             acked_has(r->in->acked, entry->record.id) || is_before_start(r, &entry->record)))
            continue;
        if (!blocked)
            entry_make(entry, &r->in->plan);
        blocked = blocked || entry->state == ENTRY_BLOCKED;
        if (blocked)
            wave_block(r->wave, i);
        if (blocked || entry->state == ENTRY_SKIP)
            continue;
        m = entry_message(entry);
        wave_add(r->wave, i, entry->group, queue_message_size(&m),
                 entry->state == ENTRY_DEAD ? TO_DEAD_LETTERS : TO_QUEUE);
    }
}

static json_t *make_answer(const struct run *r)
{
    const char *lowest = NULL;

    for (size_t i = 0; i < r->n; i++) {
        const char *sequence = r->entries[i].record.sequence;
        if (!wave_is_acked(r->wave, i) && (!lowest || sequence_compare(sequence, lowest) < 0))
            lowest = sequence;
    }
    return lowest ? json_pack("{s:[{s:s}]}", "batchItemFailures", "itemIdentifier", lowest)
                  : json_pack("{s:[]}", "batchItemFailures");
}

static void log_outcome(const struct run *r, const json_t *answer)
{
    const json_t *failures = json_object_get(answer, "batchItemFailures");
    const char *from = jget_str(json_array_get(failures, 0), "itemIdentifier");
    auto_json json_t *fields =
        json_pack("{s:I, s:I, s:I, s:s*}", "records", (json_int_t)r->n, "sent",
                  (json_int_t)r->n_sent, "dead_letters", (json_int_t)r->n_dead, "again_from", from);

    if (r->n_before_start)
        json_object_set_new(fields, "before_start", json_integer((json_int_t)r->n_before_start));

    log_object(from ? LOG_WARN : LOG_INFO, "ingest", fields);
}

static void count_rejects(const struct run *r)
{
    for (size_t i = 0; i < r->n; i++) {
        if (r->entries[i].rejected)
            metrics_count(r->in->metrics, METRIC_REJECTED, METRICS_WHOLE);
        if (r->entries[i].state == ENTRY_BLOCKED)
            metrics_count(r->in->metrics, METRIC_BLOCKED, METRICS_WHOLE);
    }
}

/* A group has at most one message on its way, so one group needs one sender. */
static void run_senders(struct run *r, int64_t deadline_ms)
{
    size_t groups = wave_groups(r->wave);
    int64_t left_ms = deadline_ms - clock_wall_ms() - GUARD_MS;
    int64_t timeout_ms = left_ms / 3 < TIMEOUT_MS ? left_ms / 3 : TIMEOUT_MS;

    timeout_ms = timeout_ms < LEAST_TIMEOUT_MS ? LEAST_TIMEOUT_MS : timeout_ms;
    r->in->queue.aws->timeout_ms = (long)timeout_ms;
    r->last_send_ms = clock_mono_ms() + left_ms - timeout_ms;
    (void)pthread_mutex_init(&r->lock, NULL);
    (void)pthread_cond_init(&r->work, NULL);
    parallel_each(groups < SENDERS ? groups : SENDERS, SENDERS, sender, r);
    (void)pthread_cond_destroy(&r->work);
    (void)pthread_mutex_destroy(&r->lock);
}

static void run_done(struct run *r)
{
    for (size_t i = 0; r->entries && i < r->n; i++)
        entry_done(&r->entries[i]);
    free(r->entries);
    wave_free(r->wave);
}

static int run(struct ingest *in, const struct json_piece *event, int64_t deadline_ms,
               json_t **answer, struct err *e)
{
    __attribute__((cleanup(run_done))) struct run r = { .in = in };

    if (read_records(&r, event, e) < 0)
        return -1;
    make_entries(&r);
    run_senders(&r, deadline_ms);
    *answer = make_answer(&r);
    log_outcome(&r, *answer);
    count_rejects(&r);
    return 0;
}

int ingest_run(struct ingest *in, const struct json_piece *event, int64_t deadline_ms,
               json_t **answer, struct err *e)
{
    int rc = run(in, event, deadline_ms, answer, e);

    metrics_write(in->metrics);
    return rc;
}
