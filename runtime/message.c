/* message.c: decoding. */
#include "message.h"

#include "json_scan.h"

#include <stdlib.h>

static bool is_json(const char *text, size_t n)
{
    struct json_piece unused;
    struct json_scan s;

    json_scan_start(&s, text, n);
    return json_scan_skip(&s, &unused) && json_scan_ended(&s);
}

static void read_value(struct message *m, bool with_value)
{
    struct err why;

    if (json_too_deep(m->text))
        m->problem = "its body is nested deeper than 128 levels";
    else if (with_value ? exact_parse(m->text, m->text_len, &m->value, &why) < 0
                        : !is_json(m->text, m->text_len))
        m->problem = "its body is not JSON";
}

static const char *attribute(const json_t *raw, const char *name)
{
    const char *s = jget_str(jget_obj(raw, "Attributes"), name);

    return s ? s : "";
}

static const char *message_id(const json_t *raw)
{
    const char *original = jget_path_str(raw, "MessageAttributes.fifoq-id.StringValue");
    const char *dedup = attribute(raw, "MessageDeduplicationId");
    const char *message = jget_str(raw, "MessageId");

    if (original && *original)
        return original;
    return *dedup ? dedup : message ? message : "";
}

int message_read(const json_t *raw, bool with_value, struct message *out, struct err *e)
{
    const char *handle = jget_str(raw, "ReceiptHandle"), *text = jget_str(raw, "Body");
    const json_t *body = json_object_get(raw, "Body");

    if (!handle)
        return err_set(e, ERR_PARSE, "sqs:ReceiveMessage: a message has no ReceiptHandle");
    *out = (struct message){ .raw = raw,
                             .handle = handle,
                             .text = text ? text : "",
                             .text_len = json_string_length(body),
                             .group = attribute(raw, "MessageGroupId"),
                             .sequence = attribute(raw, "SequenceNumber"),
                             .message_id = jget_str(raw, "MessageId"),
                             .id = message_id(raw) };
    if (!out->message_id)
        out->message_id = "";
    out->receives = (long)strtoll(attribute(raw, "ApproximateReceiveCount"), NULL, 10);
    out->sent_ms = strtoll(attribute(raw, "SentTimestamp"), NULL, 10);
    if (out->receives < 1)
        out->receives = 1;
    read_value(out, with_value);
    return 0;
}

void message_done(struct message *m)
{
    json_decref(m->value);
    *m = (struct message){ 0 };
}

long message_attempt(const struct message *m)
{
    return m->receives + m->retries;
}
