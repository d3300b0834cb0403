/*
 * sqs_send.c: SendMessage and SendMessageBatch.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
#include "encode.h"
#include "mem.h"
#include "sqs/sqs_actions.h"
#include "sqs/sqs_message.h"

#include <stdlib.h>

enum { DELAY_MAX_S = 900 };
#define NOT_THIS_TYPE "The request include parameter that is not valid for this queue type."

/* A parsed entry; borrowed. */
struct entry {
    const char *body, *group, *dedup, *trace;
    size_t body_len, size;
    json_t *attributes;
    int64_t delay_s; /* -1: the queue's */
    char content_id[65];
};

static int read_body(struct sqs_call *c, const json_t *in, struct entry *e)
{
    const json_t *v = json_object_get(in, "MessageBody");
    if (v && !json_is_string(v) && !json_is_null(v))
        return sqs_fail(c, SQS_SERIALIZATION, "MessageBody: expected a string");
    e->body = json_string_value(v);
    e->body_len = json_string_length(v);
    e->size = e->body_len;
    if (e->body_len == 0)
        return sqs_fail(c, SQS_MISSING_PARAMETER,
                        "The request must contain the parameter MessageBody.");
    if (!sqs_characters(e->body, e->body_len))
        return sqs_fail(c, SQS_INVALID_CONTENTS,
                        "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | "
                        "#x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF");
    return 0;
}

static int read_delay(struct sqs_call *c, const json_t *in, struct entry *e)
{
    char digits[24];
    e->delay_s = -1;
    if (sqs_integer(c, in, "DelaySeconds", &e->delay_s) < 0)
        return -1;
    (void)snprintf(digits, sizeof(digits), "%lld", (long long)e->delay_s);
    if (!json_is_integer(json_object_get(in, "DelaySeconds")))
        return 0;
    if (e->delay_s < 0 || e->delay_s > DELAY_MAX_S)
        return sqs_refuse(c, "DelaySeconds", digits, "DelaySeconds must be >= 0 and <= 900.");
    if (c->queue->fifo && e->delay_s > 0)
        return sqs_refuse(c, "DelaySeconds", digits, NOT_THIS_TYPE);
    if (c->queue->fifo)
        e->delay_s = -1;
    return 0;
}

static int check_identifier(struct sqs_call *c, const char *name, const char *id)
{
    auto_free char *reason =
        xasprintf("%s can only include alphanumeric and punctuation characters. 1 to 128 in "
                  "length.",
                  name);
    return !id || sqs_identifier(id) ? 0 : sqs_refuse(c, name, id, reason);
}

/* A FIFO message needs a group and a deduplication id; a missing one fails the whole batch. */
static int check_fifo_ids(struct sqs_call *c, const json_t *in)
{
    const char *group = NULL, *dedup = NULL;
    if (sqs_text(c, in, "MessageGroupId", &group) < 0 ||
        sqs_text(c, in, "MessageDeduplicationId", &dedup) < 0)
        return -1;
    if (!c->queue->fifo)
        return 0;
    if (!group || !*group)
        return sqs_fail(c, in == c->in ? SQS_MISSING_PARAMETER : SQS_INVALID_PARAMETER,
                        "The request must contain the parameter MessageGroupId.");
    if (!dedup && !sqs_setting_is(c->queue, "ContentBasedDeduplication", "true"))
        return sqs_fail(c, SQS_INVALID_PARAMETER,
                        "The queue should either have ContentBasedDeduplication enabled or "
                        "MessageDeduplicationId provided explicitly");
    return 0;
}

static int read_ids(struct sqs_call *c, const json_t *in, struct entry *e)
{
    e->group = jget_str(in, "MessageGroupId");
    e->dedup = jget_str(in, "MessageDeduplicationId");
    if (check_identifier(c, "MessageGroupId", e->group) < 0 ||
        check_identifier(c, "MessageDeduplicationId", e->dedup) < 0)
        return -1;
    if (!c->queue->fifo && e->dedup)
        return sqs_refuse(c, "MessageDeduplicationId", e->dedup, NOT_THIS_TYPE);
    if (c->queue->fifo && !e->dedup) {
        sha256_hex(e->body, e->body_len, e->content_id);
        e->dedup = e->content_id;
    }
    return 0;
}

static int check_size(struct sqs_call *c, const json_t *in, const struct entry *e)
{
    int64_t most = c->queue->numbers[SQS_SIZE_MAX];
    if (e->size <= (size_t)most)
        return 0;
    return sqs_fail(c, SQS_INVALID_PARAMETER,
                    "One or more parameters %s. Reason: Message must be shorter than %lld bytes.",
                    in == c->in ? "are invalid" : "cannot be validated", (long long)most);
}

static int read_entry(struct sqs_call *c, const json_t *in, struct entry *e)
{
    if (check_fifo_ids(c, in) < 0 || read_body(c, in, e) < 0 ||
        sqs_message_attributes(c, in, &e->attributes, &e->size) < 0 ||
        sqs_trace_header(c, in, &e->trace) < 0)
        return -1;
    return check_size(c, in, e) < 0 || read_delay(c, in, e) < 0 || read_ids(c, in, e) < 0 ? -1 : 0;
}

static struct fifo_message *message_of(const struct sqs_call *c, const struct entry *e)
{
    struct fifo_message *m = xcalloc(1, sizeof(*m));
    uuid_v4(m->id);
    m->body = xstrndup(e->body, e->body_len);
    m->body_len = e->body_len;
    m->group = e->group ? xstrdup(e->group) : NULL;
    m->dedup = e->dedup ? xstrdup(e->dedup) : NULL;
    m->trace = e->trace ? xstrdup(e->trace) : NULL;
    m->attributes = json_incref(e->attributes);
    m->sent_ms = m->enqueued_ms = c->now;
    m->visible_ms =
        e->delay_s >= 0 ? c->now + 1000 * e->delay_s : sqs_delayed_until(c->queue, c->now);
    return m;
}

static void put_sent(const struct sqs_call *c, const struct entry *e, const char *id,
                     uint64_t number, json_t *out)
{
    char md5[SQS_MD5_TEXT], sequence[SQS_SEQUENCE_TEXT];
    sqs_md5(e->body, e->body_len, md5);
    json_object_set_new(out, "MD5OfMessageBody", json_string(md5));
    if (e->attributes) {
        sqs_attributes_md5(e->attributes, md5);
        json_object_set_new(out, "MD5OfMessageAttributes", json_string(md5));
    }
    if (e->trace) {
        auto_json json_t *system = json_pack("{s:{s:s, s:s}}", "AWSTraceHeader", "DataType",
                                             "String", "StringValue", e->trace);
        sqs_attributes_md5(system, md5);
        json_object_set_new(out, "MD5OfMessageSystemAttributes", json_string(md5));
    }
    json_object_set_new(out, "MessageId", json_string(id));
    sqs_sequence(number, sequence);
    if (c->queue->fifo)
        json_object_set_new(out, "SequenceNumber", json_string(sequence));
}

static int send_one(struct sqs_call *c, const json_t *in, json_t *out)
{
    struct entry e = { 0 };
    const struct fifo_duplicate *before = NULL;
    struct fifo_message *m = NULL;
    auto_free char *key = NULL;

    if (read_entry(c, in, &e) < 0)
        return -1;
    /* unambiguous: ids contain no spaces */
    key = !c->queue->fifo      ? NULL
          : c->queue->by_group ? xasprintf("%s %s", e.group, e.dedup)
                               : xstrdup(e.dedup);
    before = key ? fifo_duplicate(&c->queue->messages, key) : NULL;
    if (before) {
        put_sent(c, &e, before->id, before->number, out);
        return 0;
    }
    m = message_of(c, &e);
    sqs_enqueue(c->sqs, c->queue, m, c->now);
    if (key)
        fifo_remember(&c->queue->messages, key, m, c->now);
    put_sent(c, &e, m->id, m->number, out);
    return 0;
}

int sqs_send_message(struct sqs_call *c)
{
    return send_one(c, c->in, c->out);
}

int sqs_send_message_batch(struct sqs_call *c)
{
    const json_t *entries = NULL, *entry = NULL;
    size_t i = 0, size = 0;
    if (sqs_entries(c, &entries) < 0)
        return -1;
    json_array_foreach(entries, i, entry) {
        if (check_fifo_ids(c, entry) < 0)
            return -1;
        size += sqs_entry_size(entry);
    }
    if (size > SQS_BYTES_MAX)
        return sqs_fail(c, SQS_BATCH_TOO_LONG,
                        "Batch requests cannot be longer than %d bytes. You have sent %zu bytes.",
                        SQS_BYTES_MAX, size);
    return sqs_batch(c, send_one);
}
