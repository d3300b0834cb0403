/* sqs_attributes.c: a queue's attributes: ranges, defaults and effects.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
 */
#include "mem.h"
#include "sqs/sqs_actions.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENCRYPTION_TWICE                                                                           \
    "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS " \
    "SSE or SQS SSE."

struct number_row {
    const char *name;
    int64_t min, max, initial;
};

static const struct number_row numbers[SQS_NUMBERS] = {
    [SQS_DELAY_S] = { "DelaySeconds", 0, 900, 0 },
    [SQS_SIZE_MAX] = { "MaximumMessageSize", 1024, 1048576, 1048576 },
    [SQS_RETENTION_S] = { "MessageRetentionPeriod", 60, 1209600, 345600 },
    [SQS_WAIT_S] = { "ReceiveMessageWaitTimeSeconds", 0, 20, 0 },
    [SQS_HIDE_S] = { "VisibilityTimeout", 0, 43200, 30 },
};

enum text_type { TEXT_ANY, TEXT_DOCUMENT, TEXT_WORD };

struct text_row {
    const char *name;
    enum text_type type;
    bool fifo;                /* only of FIFO queues */
    const char *initial;      /* NULL: not set */
    const char *const *words; /* of TEXT_WORD */
};

static const char *const booleans[] = { "true", "false", NULL };
static const char *const scopes[] = { "queue", "messageGroup", NULL };
static const char *const limits[] = { "perQueue", "perMessageGroupId", NULL };
static const struct text_row texts[] = {
    { "ContentBasedDeduplication", TEXT_WORD, true, "false", booleans },
    { "DeduplicationScope", TEXT_WORD, true, "queue", scopes },
    { "FifoQueue", TEXT_WORD, true, "true", booleans },
    { "FifoThroughputLimit", TEXT_WORD, true, "perQueue", limits },
    { "KmsDataKeyReusePeriodSeconds", TEXT_ANY, false, NULL, NULL },
    { "KmsMasterKeyId", TEXT_ANY, false, NULL, NULL },
    { "Policy", TEXT_DOCUMENT, false, NULL, NULL },
    { "RedriveAllowPolicy", TEXT_DOCUMENT, false, NULL, NULL },
    { "RedrivePolicy", TEXT_DOCUMENT, false, NULL, NULL },
    { "SqsManagedSseEnabled", TEXT_WORD, false, "true", booleans },
};

/* Attributes that SQS computes. */
static const char *const facts[] = {
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
    "CreatedTimestamp",
    "LastModifiedTimestamp",
    "QueueArn",
};

static const struct text_row *text_row(const char *name, bool fifo)
{
    for (size_t i = 0; i < COUNTOF(texts); i++)
        if (strcmp(texts[i].name, name) == 0 && (fifo || !texts[i].fifo))
            return &texts[i];
    return NULL;
}

static const struct number_row *number_row(const char *name)
{
    for (size_t i = 0; i < COUNTOF(numbers); i++)
        if (strcmp(numbers[i].name, name) == 0)
            return &numbers[i];
    return NULL;
}

bool sqs_setting_is(const struct sqs_queue *q, const char *name, const char *value)
{
    const struct text_row *row = text_row(name, q->fifo);
    const char *have = jget_str(q->attributes, name);
    if (!have && row)
        have = row->initial;
    return have && strcmp(have, value) == 0;
}

int64_t sqs_delayed_until(const struct sqs_queue *q, int64_t sent_ms)
{
    return sent_ms + 1000 * q->numbers[SQS_DELAY_S];
}

/* The new attributes of a queue while they are checked. */
struct change {
    struct sqs_queue *queue;
    int64_t numbers[SQS_NUMBERS];
    json_t *attributes;
    const char *dead_arn; /* borrowed from policy */
    int64_t receive_max;
    json_t *policy;
};

static int bad_value(struct sqs_call *c, const char *name)
{
    return sqs_fail(c, SQS_INVALID_ATTRIBUTE_VALUE, "Invalid value for the parameter %s.", name);
}

static int set_number(struct sqs_call *c, struct change *x, const struct number_row *row,
                      const char *text)
{
    char *end = NULL;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end || value < row->min || value > row->max)
        return bad_value(c, row->name);
    x->numbers[row - numbers] = value;
    return 0;
}

static int set_text(struct sqs_call *c, struct change *x, const struct text_row *row,
                    const char *text, bool created)
{
    auto_json json_t *document = NULL;

    if (row->type == TEXT_WORD) {
        size_t i = 0;
        while (row->words[i] && strcmp(row->words[i], text) != 0)
            i++;
        if (!row->words[i])
            return bad_value(c, row->name);
    }
    if (strcmp(row->name, "FifoQueue") == 0 && (!created || strcmp(text, "true") != 0))
        return sqs_fail(c, SQS_INVALID_ATTRIBUTE_NAME, "Unknown Attribute FifoQueue.");
    document = row->type == TEXT_DOCUMENT ? json_loads(text, 0, NULL) : NULL;
    if (row->type == TEXT_DOCUMENT && *text && !json_is_object(document))
        return bad_value(c, row->name);
    if (*text)
        json_object_set_new(x->attributes, row->name, json_string(text));
    else
        json_object_del(x->attributes, row->name);
    return 0;
}

static int set_one(struct sqs_call *c, struct change *x, const char *name, const json_t *value,
                   bool created)
{
    const struct number_row *number = number_row(name);
    const struct text_row *text = text_row(name, x->queue->fifo);
    if (!json_is_string(value))
        return sqs_fail(c, SQS_SERIALIZATION, "Attributes: expected strings");
    if (number)
        return set_number(c, x, number, json_string_value(value));
    if (text)
        return set_text(c, x, text, json_string_value(value), created);
    return sqs_fail(c, SQS_INVALID_ATTRIBUTE_NAME, "Unknown Attribute %s.", name);
}

static int64_t receive_max_of(const json_t *policy)
{
    const json_t *v = json_object_get(policy, "maxReceiveCount");
    const char *text = json_string_value(v);
    return text ? strtoll(text, NULL, 10) : json_is_integer(v) ? json_integer_value(v) : 0;
}

static int check_redrive(struct sqs_call *c, struct change *x)
{
    const char *text = jget_str(x->attributes, "RedrivePolicy");
    const struct sqs_queue *dead = NULL;

    if (!text)
        return 0;
    x->policy = json_loads(text, 0, NULL);
    x->dead_arn = jget_str(x->policy, "deadLetterTargetArn");
    x->receive_max = receive_max_of(x->policy);
    dead = sqs_queue_of_arn(c->sqs, x->dead_arn);
    if (!x->dead_arn || !str_starts(x->dead_arn, "arn:"))
        return sqs_refuse(c, "RedrivePolicy", text, "Invalid value for deadLetterTargetArn.");
    if (x->receive_max < 1 || x->receive_max > 1000)
        return sqs_refuse(c, "RedrivePolicy", text,
                          "Invalid value for maxReceiveCount: must be between 1 and 1000.");
    if (!dead)
        return sqs_refuse(c, "RedrivePolicy", text, "Dead letter target does not exist.");
    if (dead == x->queue)
        return sqs_refuse(c, "RedrivePolicy", text, "A queue cannot be its own dead-letter queue.");
    if (dead->fifo != x->queue->fifo)
        return sqs_refuse(c, "RedrivePolicy", text,
                          "Dead-letter queue must be same type of queue as the source.");
    return 0;
}

static const char *wanted(const struct change *x, const char *name)
{
    const char *text = jget_str(x->attributes, name);
    const struct text_row *row = text_row(name, x->queue->fifo);
    return text ? text : row && row->initial ? row->initial : "";
}

/* Checks attributes that depend on each other. */
static int check_together(struct sqs_call *c, struct change *x, const json_t *asked)
{
    const char *sse = jget_str(asked, "SqsManagedSseEnabled");
    if (jget_str(x->attributes, "KmsMasterKeyId")) {
        if (sse && strcmp(sse, "true") == 0)
            return sqs_fail(c, SQS_INVALID_ATTRIBUTE_NAME, ENCRYPTION_TWICE);
        json_object_set_new(x->attributes, "SqsManagedSseEnabled", json_string("false"));
    }
    if (strcmp(wanted(x, "FifoThroughputLimit"), "perMessageGroupId") == 0 &&
        strcmp(wanted(x, "DeduplicationScope"), "messageGroup") != 0)
        return bad_value(c, "FifoThroughputLimit");
    return check_redrive(c, x);
}

/* A FIFO queue's new delay also applies to the messages in it. */
static void apply_delay(struct sqs_queue *q, int64_t now)
{
    for (struct fifo_message *m = q->messages.first; m; m = m->next)
        if (!m->receives)
            fifo_hide(&q->messages, m, sqs_delayed_until(q, m->enqueued_ms), now);
}

static void commit(struct sqs_queue *q, struct change *x, int64_t now)
{
    bool delay = q->numbers[SQS_DELAY_S] != x->numbers[SQS_DELAY_S];
    memcpy(q->numbers, x->numbers, sizeof(q->numbers));
    json_decref(q->attributes);
    q->attributes = steal(x->attributes);
    free(q->dead_arn);
    q->dead_arn = x->dead_arn ? xstrdup(x->dead_arn) : NULL;
    q->receive_max = x->receive_max;
    q->modified_ms = now;
    if (q->fifo && delay)
        apply_delay(q, now);
}

int sqs_attributes_apply(struct sqs_call *c, struct sqs_queue *q, const json_t *attributes,
                         bool created)
{
    struct change x = { .queue = q, .attributes = json_copy(q->attributes) };
    const char *name = NULL;
    const json_t *value = NULL;
    int rc = 0;
    for (size_t i = 0; i < COUNTOF(numbers); i++)
        x.numbers[i] = created ? numbers[i].initial : q->numbers[i];
    json_object_foreach((json_t *)attributes, name, value) {
        if (rc == 0)
            rc = set_one(c, &x, name, value, created);
    }
    if (rc == 0)
        rc = check_together(c, &x, attributes);
    if (rc == 0)
        commit(q, &x, c->now);
    json_decref(x.attributes);
    json_decref(x.policy);
    return rc;
}

static json_t *number_text(int64_t value)
{
    auto_free char *text = xasprintf("%lld", (long long)value);
    return json_string(text);
}

/* Counts visible messages, received ones (NotVisible) or delayed ones (Delayed). */
static json_t *count(const struct sqs_queue *q, const char *name, int64_t now)
{
    int64_t taken = 0, delayed = 0;
    for (const struct fifo_message *m = q->messages.hidden; m; m = m->next_hidden) {
        taken += m->visible_ms > now && m->taken;
        delayed += m->visible_ms > now && !m->taken;
    }
    if (str_ends(name, "NotVisible"))
        return number_text(taken);
    if (str_ends(name, "Delayed"))
        return number_text(delayed);
    return number_text((int64_t)q->messages.n - taken - delayed);
}

static json_t *fact(const struct sqs_queue *q, const char *name, int64_t now)
{
    if (str_starts(name, "Approximate"))
        return count(q, name, now);
    if (strcmp(name, "CreatedTimestamp") == 0)
        return number_text(q->created_ms / 1000);
    if (strcmp(name, "LastModifiedTimestamp") == 0)
        return number_text(q->modified_ms / 1000);
    return json_string(q->arn);
}

json_t *sqs_attribute(const struct sqs_queue *q, const char *name, int64_t now)
{
    const struct number_row *number = number_row(name);
    const struct text_row *row = text_row(name, q->fifo);
    json_t *text = json_object_get(q->attributes, name);
    for (size_t i = 0; i < COUNTOF(facts); i++)
        if (strcmp(facts[i], name) == 0)
            return fact(q, name, now);
    if (number)
        return number_text(q->numbers[number - numbers]);
    if (text)
        return json_incref(text);
    return row && row->initial ? json_string(row->initial) : NULL;
}

static void put(const struct sqs_call *c, json_t *out, const char *name)
{
    json_t *value = sqs_attribute(c->queue, name, c->now);
    if (value)
        json_object_set_new(out, name, value);
}

static bool is_known(const char *name)
{
    for (size_t i = 0; i < COUNTOF(facts); i++)
        if (strcmp(facts[i], name) == 0)
            return true;
    return number_row(name) || text_row(name, true);
}

static void put_all(const struct sqs_call *c, json_t *out)
{
    for (size_t i = 0; i < COUNTOF(facts); i++)
        put(c, out, facts[i]);
    for (size_t i = 0; i < COUNTOF(numbers); i++)
        put(c, out, numbers[i].name);
    for (size_t i = 0; i < COUNTOF(texts); i++)
        put(c, out, texts[i].name);
}

int sqs_get_queue_attributes(struct sqs_call *c)
{
    json_t *out = json_object();
    size_t i = 0;
    const json_t *v = NULL;

    json_object_set_new(c->out, "Attributes", out);
    json_array_foreach(json_object_get(c->in, "AttributeNames"), i, v) {
        const char *name = json_string_value(v);
        if (name && strcmp(name, "All") == 0)
            put_all(c, out);
        else if (name && is_known(name))
            put(c, out, name);
        else
            return sqs_fail(c, SQS_INVALID_ATTRIBUTE_NAME, "Unknown Attribute %s.",
                            name ? name : "");
    }
    if (json_object_size(out) == 0)
        json_object_del(c->out, "Attributes");
    return 0;
}

int sqs_set_queue_attributes(struct sqs_call *c)
{
    const json_t *attributes = json_object_get(c->in, "Attributes");
    if (!json_is_object(attributes))
        return sqs_fail(c, SQS_MISSING_PARAMETER,
                        "The request must contain the parameter Attributes.");
    return sqs_attributes_apply(c, c->queue, attributes, false);
}
