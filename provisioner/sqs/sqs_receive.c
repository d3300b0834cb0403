/*
 * sqs_receive.c: ReceiveMessage.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
 */
#include "mem.h"
#include "random.h"
#include "sqs/sqs_actions.h"
#include "sqs/sqs_message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IN_FLIGHT_MAX = 120000 };

static const char *const system_names[] = {
    "AWSTraceHeader",
    "ApproximateFirstReceiveTimestamp",
    "ApproximateReceiveCount",
    "DeadLetterQueueSourceArn",
    "MessageDeduplicationId",
    "MessageGroupId",
    "SenderId",
    "SentTimestamp",
    "SequenceNumber",
};

struct ask {
    int64_t max, hide_s, wait_s;
    const char *attempt;
};

static int read_range(struct sqs_call *c, const char *name, int64_t min, int64_t max,
                      const char *reason, int64_t *out)
{
    char digits[24];
    if (sqs_integer(c, c->in, name, out) < 0)
        return -1;
    (void)snprintf(digits, sizeof(digits), "%lld", (long long)*out);
    return *out >= min && *out <= max ? 0 : sqs_refuse(c, name, digits, reason);
}

static int check_names(struct sqs_call *c, const char *list)
{
    size_t i = 0;
    const json_t *v = NULL;
    json_array_foreach(json_object_get(c->in, list), i, v) {
        const char *name = json_string_value(v) ? json_string_value(v) : "";
        size_t k = 0;
        while (k < COUNTOF(system_names) && strcmp(system_names[k], name) != 0)
            k++;
        if (k == COUNTOF(system_names) && strcmp(name, "All") != 0)
            return sqs_fail(c, SQS_INVALID_ATTRIBUTE_NAME, "Unknown Attribute %s.", name);
    }
    return 0;
}

static int read_attempt(struct sqs_call *c, struct ask *a)
{
    if (sqs_text(c, c->in, "ReceiveRequestAttemptId", &a->attempt) < 0)
        return -1;
    if (a->attempt && !c->queue->fifo)
        return sqs_refuse(c, "ReceiveRequestAttemptId", a->attempt,
                          "The request include parameter that is not valid for this queue type.");
    if (a->attempt && !sqs_identifier(a->attempt))
        return sqs_refuse(c, "ReceiveRequestAttemptId", a->attempt,
                          "ReceiveRequestAttemptId can only include alphanumeric and punctuation "
                          "characters. 1 to 128 in length.");
    return 0;
}

static int read_ask(struct sqs_call *c, struct ask *a)
{
    *a = (struct ask){ 1, c->queue->numbers[SQS_HIDE_S], c->queue->numbers[SQS_WAIT_S], NULL };
    if (read_range(c, "MaxNumberOfMessages", 1, SQS_BATCH_MAX,
                   "Must be between 1 and 10, if provided.", &a->max) < 0 ||
        read_range(c, "VisibilityTimeout", 0, SQS_HIDE_MAX_S,
                   "Must be between 0 and 43200, if provided.", &a->hide_s) < 0 ||
        read_range(c, "WaitTimeSeconds", 0, 20, "Must be >= 0 and <= 20, if provided.",
                   &a->wait_s) < 0)
        return -1;
    if (check_names(c, "AttributeNames") < 0 || check_names(c, "MessageSystemAttributeNames") < 0)
        return -1;
    return read_attempt(c, a);
}

static bool is_asked(const struct sqs_call *c, const char *list, const char *name)
{
    size_t i = 0;
    const json_t *v = NULL;
    json_array_foreach(json_object_get(c->in, list), i, v) {
        const char *asked = json_string_value(v) ? json_string_value(v) : "";
        size_t n = strlen(asked);
        if (strcmp(asked, "All") == 0 || strcmp(asked, name) == 0 ||
            (n >= 2 && strcmp(asked + n - 2, ".*") == 0 && strncmp(asked, name, n - 2) == 0))
            return true;
    }
    return false;
}

static void put_system(const struct sqs_call *c, json_t *out, const char *name, const char *value)
{
    if (value &&
        (is_asked(c, "AttributeNames", name) || is_asked(c, "MessageSystemAttributeNames", name)))
        json_object_set_new(out, name, json_string(value));
}

static void put_number(const struct sqs_call *c, json_t *out, const char *name, int64_t value)
{
    char digits[24];
    (void)snprintf(digits, sizeof(digits), "%lld", (long long)value);
    put_system(c, out, name, digits);
}

static void put_systems(const struct sqs_call *c, const struct fifo_message *m, json_t *said)
{
    auto_json json_t *out = json_object();
    char sequence[SQS_SEQUENCE_TEXT];
    sqs_sequence(m->number, sequence);
    put_system(c, out, "SenderId", c->sqs->account);
    put_number(c, out, "SentTimestamp", m->sent_ms);
    put_number(c, out, "ApproximateReceiveCount", m->receives);
    put_number(c, out, "ApproximateFirstReceiveTimestamp", m->first_receive_ms);
    put_system(c, out, "SequenceNumber", c->queue->fifo ? sequence : NULL);
    put_system(c, out, "MessageGroupId", m->group);
    put_system(c, out, "MessageDeduplicationId", m->dedup);
    put_system(c, out, "AWSTraceHeader", m->trace);
    put_system(c, out, "DeadLetterQueueSourceArn", m->source_arn);
    if (json_object_size(out))
        json_object_set(said, "Attributes", out);
}

static void put_attributes(const struct sqs_call *c, const struct fifo_message *m, json_t *said)
{
    auto_json json_t *out = json_object();
    const char *name = NULL;
    json_t *a = NULL;
    char md5[SQS_MD5_TEXT];
    json_object_foreach(m->attributes, name, a) {
        if (is_asked(c, "MessageAttributeNames", name))
            json_object_set(out, name, a);
    }
    if (json_object_size(out) == 0)
        return;
    sqs_attributes_md5(out, md5);
    json_object_set_new(said, "MD5OfMessageAttributes", json_string(md5));
    json_object_set(said, "MessageAttributes", out);
}

static json_t *message_json(const struct sqs_call *c, const struct fifo_message *m)
{
    json_t *said = json_object();
    char md5[SQS_MD5_TEXT];
    auto_free char *handle = sqs_handle(c->queue, m);
    sqs_md5(m->body, m->body_len, md5);
    json_object_set_new(said, "MessageId", json_string(m->id));
    json_object_set_new(said, "ReceiptHandle", json_string(handle));
    json_object_set_new(said, "MD5OfBody", json_string(md5));
    json_object_set_new(said, "Body", json_stringn_nocheck(m->body, m->body_len));
    put_systems(c, m, said);
    put_attributes(c, m, said);
    return said;
}

/* Moves a message that was received too often to the dead-letter queue. In a FIFO one, its
 * MessageId becomes its deduplication id, and its age restarts. */
static void move_to_dead_letters(const struct sqs_call *c, struct sqs_queue *dead,
                                 struct fifo_message *m)
{
    fifo_remove(&c->queue->messages, m);
    free(m->source_arn);
    m->source_arn = xstrdup(c->queue->arn);
    if (dead->fifo) {
        free(m->dedup);
        m->dedup = xstrdup(m->id);
        m->enqueued_ms = c->now;
    }
    m->receives_elsewhere = m->receives;
    m->visible_ms = c->now;
    sqs_enqueue(c->sqs, dead, m, c->now);
    c->sqs->changes++;
}

/* Finds messages to receive; moves dead letters away first. */
static size_t find(const struct sqs_call *c, size_t max, struct fifo_message **out)
{
    struct sqs_queue *dead = sqs_queue_of_arn(c->sqs, c->queue->dead_arn);
    for (;;) {
        size_t n = fifo_ready(&c->queue->messages, c->now, max, out), buried = 0;
        for (size_t i = 0; i < n && dead; i++)
            if (out[i]->receives - out[i]->receives_elsewhere >= c->queue->receive_max) {
                move_to_dead_letters(c, dead, out[i]);
                buried++;
            }
        if (!buried)
            return n;
    }
}

static void mark_received(const struct sqs_call *c, struct fifo_message *m, int64_t hide_s)
{
    random_bytes(&m->nonce, sizeof(m->nonce));
    m->receives++;
    if (!m->first_receive_ms)
        m->first_receive_ms = c->now;
    m->taken = true;
    m->changed = false;
    m->received_ms = c->now;
    fifo_hide(&c->queue->messages, m, c->now + 1000 * hide_s, c->now);
}

int sqs_receive_message(struct sqs_call *c)
{
    struct ask a;
    struct fifo_message *found[SQS_BATCH_MAX] = { NULL };
    struct fifo *f = &c->queue->messages;
    size_t n = 0;
    json_t *messages = NULL;

    if (read_ask(c, &a) < 0)
        return -1;
    if (!c->queue->fifo && f->n_hidden >= IN_FLIGHT_MAX)
        return sqs_fail(c, SQS_OVER_LIMIT, "Too many messages in flight.");
    n = a.attempt ? fifo_replay(f, a.attempt, found) : 0;
    for (size_t i = 0; i < n; i++) {
        found[i]->received_ms = c->now;
        fifo_hide(f, found[i], c->now + 1000 * a.hide_s, c->now);
    }
    if (n == 0 && f->n_hidden < IN_FLIGHT_MAX) {
        n = find(c, (size_t)a.max, found);
        for (size_t i = 0; i < n; i++)
            mark_received(c, found[i], a.hide_s);
        if (a.attempt && n > 0)
            fifo_attempted(f, a.attempt, found, n, c->now);
    }
    c->waits = n == 0 && a.wait_s > 0;
    c->wait_until_ms = c->now + 1000 * a.wait_s;
    if (n == 0)
        return 0;
    messages = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(messages, message_json(c, found[i]));
    json_object_set_new(c->out, "Messages", messages);
    return 0;
}
