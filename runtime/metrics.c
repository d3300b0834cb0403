/* metrics.c: counting, and the documents. */
#include "metrics.h"

#include "clock.h"
#include "mem.h"
#include "random.h"

#include <pthread.h>
#include <stdlib.h>

#define NAMESPACE "fifoq"

enum { VALUES_MAX = 100 /* of one metric in one document */ };
enum {
    OF_INGEST = 1,
    OF_DRAIN = 2,
    OF_DESTINATION = 4,
    OF_DESTINATION_ONLY = 8,
    OF_START = 16,
    OF_BATCH = 32
};

/* Which documents have a count. Every run writes all of them, also zeros, so that an alarm can end.
 * OF_DESTINATION also counts for the pipeline; OF_START only with ingest.start,
 * OF_BATCH only with ingest.order: batch.
 */
static const struct {
    const char *name;
    unsigned where;
} counts[METRICS] = {
    [METRIC_SENT] = { "Sent", OF_INGEST },
    [METRIC_DELIVERED] = { "Delivered", OF_DRAIN | OF_DESTINATION_ONLY },
    [METRIC_RETRIED] = { "Retried", OF_INGEST | OF_DESTINATION },
    [METRIC_BEFORE_START] = { "BeforeStart", OF_START },
    [METRIC_REJECTED] = { "Rejected", OF_INGEST | OF_DRAIN | OF_DESTINATION },
    [METRIC_DEAD_LETTERED] = { "DeadLettered", OF_INGEST | OF_DRAIN },
    [METRIC_BLOCKED] = { "Blocked", OF_INGEST | OF_DRAIN },
    [METRIC_ORDER_BROKEN] = { "OrderBroken", OF_BATCH },
    [METRIC_DUPLICATE_POSSIBLE] = { "DuplicatePossible", OF_INGEST | OF_DRAIN },
};

struct tally {
    long counts[METRICS];
    int64_t latency_ms[VALUES_MAX], largest_ms;
    long latencies; /* seen; the first VALUES_MAX are kept, the others replace them at random */
};

struct metrics {
    const struct settings *settings;
    bool drain;
    pthread_mutex_t lock; /* guards what follows */
    struct tally whole, *destinations;
    size_t n;
    int64_t oldest_ms; /* -1: the queue was not asked */
};

struct metrics *metrics_new(const struct settings *s, bool drain)
{
    struct metrics *m = xcalloc(1, sizeof(*m));

    *m = (struct metrics){ .settings = s, .drain = drain, .oldest_ms = -1 };
    m->n = drain ? s->drain.n_destinations : 0;
    m->destinations = xcalloc(m->n, sizeof(*m->destinations));
    (void)pthread_mutex_init(&m->lock, NULL);
    return m;
}

void metrics_free(struct metrics *m)
{
    if (!m)
        return;
    (void)pthread_mutex_destroy(&m->lock);
    free(m->destinations);
    free(m);
}

void metrics_count(struct metrics *m, enum metric what, size_t destination)
{
    if (!m)
        return;
    (void)pthread_mutex_lock(&m->lock);
    (destination < m->n ? &m->destinations[destination] : &m->whole)->counts[what]++;
    (void)pthread_mutex_unlock(&m->lock);
}

void metrics_latency(struct metrics *m, size_t destination, int64_t ms)
{
    struct tally *t;
    uint32_t lot;
    long place;

    if (!m || destination >= m->n)
        return;
    ms = ms > 0 ? ms : 0; /* the queue's clock may differ */
    random_bytes(&lot, sizeof(lot));
    (void)pthread_mutex_lock(&m->lock);
    t = &m->destinations[destination];
    place = t->latencies < VALUES_MAX ? t->latencies : (long)(lot % (t->latencies + 1));
    if (place < VALUES_MAX)
        t->latency_ms[place] = ms;
    t->latencies++;
    t->largest_ms = ms > t->largest_ms ? ms : t->largest_ms;
    (void)pthread_mutex_unlock(&m->lock);
}

void metrics_age(struct metrics *m, int64_t ms)
{
    if (!m)
        return;
    (void)pthread_mutex_lock(&m->lock);
    ms = ms > 0 ? ms : 0;
    m->oldest_ms = ms > m->oldest_ms ? ms : m->oldest_ms;
    (void)pthread_mutex_unlock(&m->lock);
}

static void add_metric(json_t *metrics, const char *name, const char *unit, json_t *document,
                       json_t *value)
{
    json_array_append_new(metrics, json_pack("{s:s, s:s}", "Name", name, "Unit", unit));
    json_object_set_new(document, name, value);
}

static void add_counts(const struct tally *t, unsigned where, json_t *metrics, json_t *document)
{
    for (size_t i = 0; i < METRICS; i++)
        if (counts[i].where & where)
            add_metric(metrics, counts[i].name, "Count", document, json_integer(t->counts[i]));
}

/* A directive with those dimensions; returns its metrics, still empty. */
static json_t *add_directive(json_t *document, json_t *dimensions)
{
    json_t *metrics = json_array();
    json_t *directives = json_object_get(json_object_get(document, "_aws"), "CloudWatchMetrics");

    json_array_append_new(directives, json_pack("{s:s, s:o, s:o}", "Namespace", NAMESPACE,
                                                "Dimensions", dimensions, "Metrics", metrics));
    return metrics;
}

/*
 * Level and timestamp are for Lambda, which, where it is set to JSON logs, drops lines below its
 * own level: a line of metrics must always pass.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
 */
static json_t *new_document(const struct metrics *m)
{
    const char *lambda = getenv("AWS_LAMBDA_LOG_LEVEL");
    enum log_level level;
    char at[CLOCK_TEXT];
    int64_t now_ms = clock_wall_ms();
    bool above = lambda && log_level_parse(lambda, &level) && level > LOG_INFO;

    clock_rfc3339(now_ms, at);
    return json_pack("{s:{s:I, s:[]}, s:s, s:s, s:s, s:s}", "_aws", "Timestamp", (json_int_t)now_ms,
                     "CloudWatchMetrics", "timestamp", at, "level", above ? lambda : "INFO",
                     "message", "metrics", "Pipeline", m->settings->pipeline);
}

static unsigned kinds_of_whole(const struct metrics *m)
{
    const struct settings_ingest *in = &m->settings->ingest;

    if (m->drain)
        return OF_DRAIN;
    return OF_INGEST | (in->start_s ? OF_START : 0u) | (in->order == ORDER_BATCH ? OF_BATCH : 0u);
}

static json_t *whole_document(const struct metrics *m)
{
    json_t *document = new_document(m);
    json_t *metrics = add_directive(document, json_pack("[[s]]", "Pipeline"));

    add_counts(&m->whole, kinds_of_whole(m), metrics, document);
    if (m->oldest_ms >= 0)
        add_metric(metrics, "OldestAge", "Seconds", document, json_integer(m->oldest_ms / 1000));
    return document;
}

static json_t *latencies(const struct tally *t)
{
    json_t *values = json_array();

    for (long i = 0; i < t->latencies && i < VALUES_MAX; i++)
        json_array_append_new(values, json_integer(t->latency_ms[i]));
    if (t->latencies > VALUES_MAX)
        json_array_set_new(values, 0, json_integer(t->largest_ms));
    return values;
}

static json_t *destination_document(const struct metrics *m, size_t i)
{
    const struct tally *t = &m->destinations[i];
    json_t *document = new_document(m), *metrics;

    json_object_set_new(document, "Destination",
                        json_string(m->settings->drain.destinations[i].name));
    metrics =
        add_directive(document, json_pack("[[s], [s, s]]", "Pipeline", "Pipeline", "Destination"));
    add_counts(t, OF_DESTINATION, metrics, document);
    if (t->latencies)
        add_metric(metrics, "DeliveryLatency", "Milliseconds", document, latencies(t));
    metrics = add_directive(document, json_pack("[[s, s]]", "Pipeline", "Destination"));
    add_counts(t, OF_DESTINATION_ONLY, metrics, document);
    return document;
}

void metrics_write(struct metrics *m)
{
    if (!m)
        return;
    (void)pthread_mutex_lock(&m->lock);
    for (size_t i = 0; i <= m->n; i++) {
        auto_json json_t *document = i < m->n ? destination_document(m, i) : whole_document(m);

        log_document(document);
    }
    m->whole = (struct tally){ 0 };
    for (size_t i = 0; i < m->n; i++)
        m->destinations[i] = (struct tally){ 0 };
    m->oldest_ms = -1;
    (void)pthread_mutex_unlock(&m->lock);
}
