/* queue.c: sending, receiving, hiding and deleting messages. */
#include "queue.h"

#include "aws_call.h"
#include "aws_names.h"
#include "encode.h"
#include "json.h"
#include "json_write.h"
#include "text.h"
#include "uuid.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    WAIT_S = 1,
    RECEIVE_TIMEOUT = 10000, /* ms; must be longer than the wait */
    ATTRIBUTE_MAX = 1024,
    ENTRY_ROOM = 512, /* bytes of an entry beside its body, mostly */
};

void queue_init(struct queue *q, struct aws *aws, const char *name)
{
    *q = (struct queue){ .aws = aws, .url = aws_queue_url(aws, name) };
}

void queue_done(struct queue *q)
{
    free(q->url);
    *q = (struct queue){ 0 };
}

void queue_identifier(const char *text, size_t n, char out[static QUEUE_ID_MAX + 1])
{
    auto_buf id = BUF(3 * n + 8);

    for (size_t i = 0; i < n; i++) {
        if (text[i] > ' ' && text[i] <= '~')
            buf_putc(&id, text[i]);
        else
            buf_uri(&id, text + i, 1, false);
    }
    if (n == 0)
        buf_puts(&id, "fifoq");
    if (id.len > QUEUE_ID_MAX)
        sha256_hex(text, n, out);
    else
        memcpy(out, buf_str(&id), id.len + 1);
}

/* The next U+FFFE or U+FFFF, EF BF BE and EF BF BF; NULL: none. */
static const char *refused_at(const char *at, const char *end)
{
    while ((at = memchr(at, '\xEF', (size_t)(end - at))) != NULL) {
        if (end - at > 2 && at[1] == '\xBF' && (at[2] == '\xBE' || at[2] == '\xBF'))
            return at;
        at++;
    }
    return NULL;
}

void queue_safe_json(const char *text, size_t n, struct buf *out)
{
    const char *at = text, *end = text + n, *refused;

    while ((refused = refused_at(at, end)) != NULL) {
        buf_add(out, at, (size_t)(refused - at));
        buf_puts(out, refused[2] == '\xBE' ? "\\ufffe" : "\\uffff");
        at = refused + 3;
    }
    buf_add(out, at, (size_t)(end - at));
}

size_t queue_message_size(const struct queue_message *m)
{
    size_t size = m->body_len;
    const char *name;
    json_t *a;

    json_object_foreach((json_t *)m->attributes, name, a) {
        const json_t *text = json_object_get(a, "StringValue");
        const json_t *binary = json_object_get(a, "BinaryValue");
        size += strlen(name) + json_string_length(json_object_get(a, "DataType"));
        size += json_string_length(text) + json_string_length(binary);
    }
    return size;
}

/* Bytes that SQS accepts in an attribute: others become '?'. */
void queue_attribute(json_t *attributes, const char *name, const char *text)
{
    auto_buf value = BUF(ATTRIBUTE_MAX + 1);

    for (const char *s = text; *s && value.len < ATTRIBUTE_MAX; s++)
        buf_add(&value, *s >= ' ' && *s <= '~' ? s : "?", 1);
    if (value.len > 0)
        json_object_set_new(attributes, name,
                            json_pack("{s:s, s:s}", "DataType", "String", "StringValue", value.s));
}

/* Codes about a message's content. Any other permanent error stops all messages.
 */
static const char *const content_codes[] = {
    "InvalidMessageContents", "InvalidParameterValue", "InvalidParameterValueException",
    "BatchRequestTooLong",    "InvalidAttributeValue", "MissingParameter",
};

static bool is_content_code(const char *code)
{
    for (size_t i = 0; i < COUNTOF(content_codes); i++)
        if (strcmp(content_codes[i], code) == 0 ||
            (str_starts(code, "AWS.SimpleQueueService.") &&
             strcmp(content_codes[i], code + strlen("AWS.SimpleQueueService.")) == 0))
            return true;
    return false;
}

enum queue_outcome queue_failure(const struct err *e)
{
    if (e->code == ERR_PARSE || e->status >= 500 ||
        retry_classify("sqs", "SendMessageBatch", e) != RETRY_NO)
        return QUEUE_AGAIN;
    if (e->code == ERR_CREDENTIALS || e->code == ERR_NOT_FOUND)
        return QUEUE_STOPPED;
    return is_content_code(e->aws_code) ? QUEUE_REFUSED : QUEUE_STOPPED;
}

static bool is_hex(const char *s, size_t n)
{
    return strspn(s, "0123456789abcdef") >= n;
}

/* "name=value" with a value that is well-formed; the header's parts are separated by semicolons. */
static bool trace_part(const char *part, size_t n)
{
    if (n == strlen("Root=1-") + 8 + 1 + 24 && str_starts(part, "Root=1-"))
        return is_hex(part + 7, 8) && part[15] == '-' && is_hex(part + 16, 24);
    if (n == strlen("Parent=") + 16 && str_starts(part, "Parent="))
        return is_hex(part + 7, 16);
    return n == strlen("Sampled=1") &&
           (str_starts(part, "Sampled=0") || str_starts(part, "Sampled=1"));
}

void queue_trace(const char *header, char out[static QUEUE_TRACE])
{
    size_t len = 0, n;

    out[0] = '\0';
    for (const char *s = header; s && *s; s += n + (s[n] == ';')) {
        n = strcspn(s, ";");
        if (trace_part(s, n) && len + n + 2 < QUEUE_TRACE)
            len +=
                (size_t)snprintf(out + len, QUEUE_TRACE - len, "%s%.*s", len ? ";" : "", (int)n, s);
    }
    if (!str_starts(out, "Root="))
        out[0] = '\0';
}

static bool is_unknown(const struct err *e)
{
    return e->unknown || e->code == ERR_TIMEOUT || e->code == ERR_PARSE || e->status >= 500;
}

/* before is what precedes the member: '{' or ','. */
static void put_text(struct buf *out, char before, const char *name, const char *s, size_t n)
{
    buf_putc(out, before);
    json_write_string(name, strlen(name), out);
    buf_putc(out, ':');
    json_write_string(s, n, out);
}

static void put_entry(struct buf *out, const struct queue_message *m, size_t i, const char *trace)
{
    const char id = (char)('0' + i);

    put_text(out, '{', "Id", &id, 1);
    put_text(out, ',', "MessageBody", m->body, m->body_len);
    put_text(out, ',', "MessageGroupId", m->group, strlen(m->group));
    put_text(out, ',', "MessageDeduplicationId", m->dedup, strlen(m->dedup));
    if (m->attributes) {
        buf_puts(out, ",\"MessageAttributes\":");
        json_write(m->attributes, out);
    }
    if (*trace) {
        buf_puts(out, ",\"MessageSystemAttributes\":{\"AWSTraceHeader\":{\"DataType\":\"String\"");
        put_text(out, ',', "StringValue", trace, strlen(trace));
        buf_puts(out, "}}");
    }
    buf_putc(out, '}');
}

/* The parameters of SendMessageBatch as text: bodies are copied once. */
static void put_batch(struct buf *out, const struct queue *q, const struct queue_message *messages,
                      size_t n)
{
    char trace[QUEUE_TRACE];
    size_t room = ENTRY_ROOM;

    for (size_t i = 0; i < n; i++)
        room += messages[i].body_len + messages[i].body_len / 4 + ENTRY_ROOM;
    (void)buf_room(out, room); /* at once what is probably needed */
    queue_trace(getenv("_X_AMZN_TRACE_ID"), trace);
    put_text(out, '{', "QueueUrl", q->url, strlen(q->url));
    buf_puts(out, ",\"Entries\":[");
    for (size_t i = 0; i < n; i++) {
        buf_puts(out, i ? "," : "");
        put_entry(out, &messages[i], i, trace);
    }
    buf_puts(out, "]}");
}

static bool md5_matches(const struct queue_message *m, const char *want)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    char have[2 * EVP_MAX_MD_SIZE + 1];
    unsigned n = 0;

    if (EVP_Digest(m->body, m->body_len, digest, &n, EVP_md5(), NULL) != 1)
        return false;
    hex_encode(digest, n, have);
    return strcasecmp(have, want) == 0;
}

static struct queue_result *result_of(const json_t *entry, size_t n, struct queue_result *results)
{
    const char *id = jget_str(entry, "Id");

    if (!id || strlen(id) != 1 || *id < '0' || (size_t)(*id - '0') >= n)
        return NULL;
    return &results[*id - '0'];
}

static void failed_entry(const json_t *entry, struct queue_result *r)
{
    const char *code = jget_str(entry, "Code"), *why = jget_str(entry, "Message");
    struct err e = { .code = ERR_AWS, .status = 400 };

    (void)snprintf(e.aws_code, sizeof(e.aws_code), "%s", code ? code : "");
    (void)snprintf(r->reason, sizeof(r->reason), "%s: %s", code ? code : "", why ? why : "");
    r->outcome = QUEUE_AGAIN;
    r->unknown = retry_classify("sqs", "SendMessageBatch", &e) != RETRY_THROTTLED;
    if (jget_bool(entry, "SenderFault", false))
        r->outcome = queue_failure(&e) == QUEUE_AGAIN ? QUEUE_AGAIN : QUEUE_REFUSED;
}

void queue_send_results(const json_t *reply, const struct queue_message *messages, size_t n,
                        struct queue_result *results)
{
    const json_t *entry;
    size_t i;

    for (i = 0; i < n; i++)
        results[i] = (struct queue_result){ QUEUE_AGAIN, true, "the answer does not mention it" };
    json_array_foreach(json_object_get(reply, "Failed"), i, entry) {
        struct queue_result *r = result_of(entry, n, results);
        if (r)
            failed_entry(entry, r);
    }
    json_array_foreach(json_object_get(reply, "Successful"), i, entry) {
        struct queue_result *r = result_of(entry, n, results);
        const char *md5 = jget_str(entry, "MD5OfMessageBody");
        if (!r)
            continue;
        if (md5 && md5_matches(&messages[r - results], md5))
            *r = (struct queue_result){ .outcome = QUEUE_SENT };
        else
            *r = (struct queue_result){ QUEUE_AGAIN, true,
                                        "the answer's MD5OfMessageBody is not ours" };
    }
}

void queue_send(struct queue *q, const struct queue_message *messages, size_t n,
                struct queue_result *results)
{
    auto_json json_t *reply = NULL;
    auto_buf body = BUF(BUF_LARGE);
    struct aws_how how = { 0 };
    struct err e = { 0 };

    put_batch(&body, q, messages, n);
    how.body = buf_str(&body);
    how.body_len = body.len;
    if (aws_call_how(q->aws, &aws_sqs, "SendMessageBatch", NULL, &how, &reply, &e) == 0) {
        queue_send_results(reply, messages, n, results);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        results[i].outcome = queue_failure(&e);
        results[i].unknown = is_unknown(&e);
        (void)snprintf(results[i].reason, sizeof(results[i].reason), "%.255s", e.msg);
    }
}

int queue_receive(struct queue *q, const struct queue_ask *ask, json_t **messages, struct err *e)
{
    const struct aws_how how = { .timeout_ms = RECEIVE_TIMEOUT, .stop = ask->stop };
    auto_json json_t *params = NULL;
    auto_json json_t *reply = NULL;
    char attempt[UUID_TEXT];
    json_t *list;

    uuid_v4(attempt); /* every retry of this call gives the same messages again */
    params = json_pack("{s:s, s:I, s:I, s:i, s:s, s:[s], s:[s]}", "QueueUrl", q->url,
                       "MaxNumberOfMessages", (json_int_t)ask->most, "VisibilityTimeout",
                       (json_int_t)ask->visibility_s, "WaitTimeSeconds", ask->no_wait ? 0 : WAIT_S,
                       "ReceiveRequestAttemptId", attempt, "MessageSystemAttributeNames", "All",
                       "MessageAttributeNames", "All");
    if (aws_call_how(q->aws, &aws_sqs, "ReceiveMessage", params, &how, &reply, e) < 0)
        return -1;
    list = jget_array(reply, "Messages");
    *messages = list ? json_incref(list) : json_array();
    return 0;
}

/* What AWS says about a receipt handle whose lease has expired. From reports of other programs,
 * therefore all in one place. */
static bool handle_is_gone(const struct err *e)
{
    return strstr(e->aws_code, "ReceiptHandleIsInvalid") ||
           strstr(e->aws_code, "MessageNotInflight") ||
           str_starts(e->aws_code, "InvalidParameterValue");
}

int queue_delete(struct queue *q, const char *handle, struct err *e)
{
    auto_json json_t *params = json_pack("{s:s, s:s}", "QueueUrl", q->url, "ReceiptHandle", handle);

    if (aws_call(q->aws, &aws_sqs, "DeleteMessage", params, NULL, e) == 0)
        return 0;
    if (handle_is_gone(e))
        e->code = ERR_NOT_FOUND;
    return -1;
}

static int hide(struct queue *q, const char *const *handles, size_t n, long seconds,
                const struct aws_how *how, struct err *e)
{
    auto_json json_t *params = json_object();
    auto_json json_t *reply = NULL;
    json_t *entries = json_array();
    const json_t *failed;

    for (size_t i = 0; i < n; i++) {
        char id[24];
        (void)snprintf(id, sizeof(id), "%zu", i);
        json_array_append_new(entries,
                              json_pack("{s:s, s:s, s:I}", "Id", id, "ReceiptHandle", handles[i],
                                        "VisibilityTimeout", (json_int_t)seconds));
    }
    json_object_set_new(params, "QueueUrl", json_string(q->url));
    json_object_set_new(params, "Entries", entries);
    if (aws_call_how(q->aws, &aws_sqs, "ChangeMessageVisibilityBatch", params, how, &reply, e) < 0)
        return -1;
    failed = json_array_get(json_object_get(reply, "Failed"), 0);
    if (!failed && json_array_size(json_object_get(reply, "Successful")) == n)
        return 0;
    return err_set(e, ERR_AWS, "sqs:ChangeMessageVisibilityBatch: %zu of %zu entries failed: %.80s",
                   n - json_array_size(json_object_get(reply, "Successful")), n,
                   jget_str(failed, "Code") ? jget_str(failed, "Code") : "no reason given");
}

int queue_hide(struct queue *q, const char *const *handles, size_t n, long seconds, struct err *e)
{
    return hide(q, handles, n, seconds, &(struct aws_how){ 0 }, e);
}

int queue_give_back(struct queue *q, const char *const *handles, size_t n, long seconds,
                    int64_t deadline_ms, struct err *e)
{
    return hide(q, handles, n, seconds, &(struct aws_how){ .deadline_ms = deadline_ms }, e);
}
