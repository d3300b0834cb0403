/* batch.c: builds event batches from stream records. */
#include "dev/batch.h"
#include "json.h"
#include "mem.h"

#include <string.h>

#define EVENT_MAX ((size_t)6 * 1024 * 1024) /* a synchronous invocation's payload */

static void copy(json_t *to, const char *as, const json_t *from, const char *key)
{
    json_t *v = json_object_get(from, key);
    if (v)
        (void)json_object_set(to, as, v);
}

/* The API returns times with fractions or exponents; events contain whole seconds. */
static json_t *record_change(const json_t *raw)
{
    json_t *change = json_object();
    const char *key = NULL;
    json_t *v = NULL;
    json_object_foreach(json_object_get(raw, "dynamodb"), key, v) {
        if (strcmp(key, "ApproximateCreationDateTime") == 0 && json_is_number(v))
            (void)json_object_set_new(change, key, json_integer((json_int_t)json_number_value(v)));
        else
            (void)json_object_set(change, key, v);
    }
    return change;
}

json_t *batch_record(const json_t *raw, const char *region, const char *stream_arn)
{
    json_t *record = json_object();
    const json_t *who = NULL;

    copy(record, "eventID", raw, "eventID");
    copy(record, "eventName", raw, "eventName");
    copy(record, "eventVersion", raw, "eventVersion");
    (void)json_object_set_new(record, "eventSource", json_string("aws:dynamodb"));
    (void)json_object_set_new(record, "awsRegion", json_string(region));
    (void)json_object_set_new(record, "dynamodb", record_change(raw));
    (void)json_object_set_new(record, "eventSourceARN", json_string(stream_arn));
    who = json_object_get(raw, "userIdentity");
    if (json_is_object(who)) {
        json_t *identity = json_object();
        copy(identity, "principalId", who, "PrincipalId");
        copy(identity, "type", who, "Type");
        (void)json_object_set_new(record, "userIdentity", identity);
    }
    return record;
}

const char *batch_sequence(const json_t *record)
{
    const char *s = jget_path_str(record, "dynamodb.SequenceNumber");
    return s ? s : "";
}

char *batch_event(const json_t *records, size_t most, size_t *n)
{
    auto_buf text = BUF(BUF_LARGE);
    size_t i = 0;

    buf_puts(&text, "{\"Records\":[");
    for (; i < most && i < json_array_size(records); i++) {
        auto_free char *record = json_text(json_array_get(records, i));
        if (i > 0 && text.len + strlen(record) + 3 > EVENT_MAX)
            break;
        if (i > 0)
            buf_putc(&text, ',');
        buf_puts(&text, record);
    }
    buf_puts(&text, "]}");
    *n = i;
    return buf_steal(&text);
}

/* The index of the record with that sequence number; n: not found. */
static size_t record_find(const json_t *records, size_t n, const char *sequence)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(batch_sequence(json_array_get(records, i)), sequence) == 0)
            return i;
    return n;
}

size_t batch_done(const char *answer, size_t len, const json_t *records, size_t n)
{
    struct err ignored = { 0 };
    auto_json json_t *tree = NULL;
    const json_t *failures = NULL;
    size_t done = n;

    if (len == 0)
        return n;
    if (json_parse(answer, len, &tree, &ignored) < 0)
        return 0;
    failures = json_object_get(tree, "batchItemFailures");
    if (json_is_null(tree) || (json_is_object(tree) && (!failures || json_is_null(failures))))
        return n;
    if (!json_is_array(failures))
        return 0;
    for (size_t i = 0; i < json_array_size(failures); i++) {
        const char *sequence = jget_str(json_array_get(failures, i), "itemIdentifier");
        size_t at = sequence && *sequence ? record_find(records, n, sequence) : n;
        if (at == n)
            return 0;
        done = at < done ? at : done;
    }
    return done;
}
