/* fake_fifo.c: see fake_fifo.h. */
#include "fake_fifo.h"

#include "clock.h"
#include "encode.h"
#include "json.h"
#include "mem.h"
#include "text.h"

#include <openssl/evp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEDUP_MS = 5 * 60 * 1000, BATCH_MOST = 10 };
#define BATCH_BYTES ((size_t)1 << 20)
#define START_MS    INT64_C(1790000000000)

static _Atomic int64_t now;

static int64_t fake_wall(void)
{
    return START_MS + atomic_load(&now);
}

static int64_t fake_mono(void)
{
    return atomic_load(&now);
}

void fake_clock_advance(int64_t ms)
{
    atomic_fetch_add(&now, ms);
}

static void (*on_sleep)(void);

void fake_clock_on_sleep(void (*hook)(void))
{
    on_sleep = hook;
}

static void fake_sleep(int64_t ms)
{
    if (on_sleep)
        on_sleep();
    if (ms > 0)
        fake_clock_advance(ms);
}

static const struct clock fake_clock = { fake_wall, fake_mono, fake_sleep };

/* xorshift64* */
static unsigned roll(struct fake *f, unsigned below)
{
    f->dice ^= f->dice >> 12;
    f->dice ^= f->dice << 25;
    f->dice ^= f->dice >> 27;
    return (unsigned)((f->dice * UINT64_C(2685821657736338717)) >> 33) % below;
}

unsigned fake_roll(struct fake *f, unsigned below)
{
    unsigned r;

    (void)pthread_mutex_lock(&f->lock);
    r = roll(f, below);
    (void)pthread_mutex_unlock(&f->lock);
    return r;
}

static bool hit(struct fake *f, unsigned per_thousand)
{
    return per_thousand && roll(f, 1000) < per_thousand;
}

static int fail(struct err *e, enum err_code code, int status, const char *aws_code)
{
    (void)err_set(e, code, "fake: %s", aws_code);
    e->status = status;
    (void)snprintf(e->aws_code, sizeof(e->aws_code), "%s", aws_code);
    return -1;
}

static struct fake_message *put(struct fake_queue *q, const char *group, const char *dedup,
                                const char *body)
{
    struct fake_message *m;

    q->messages = xrealloc(q->messages, (q->n + 1) * sizeof(*q->messages));
    m = &q->messages[q->n++];
    *m = (struct fake_message){ .id = xasprintf("%s-%zu", q->name, q->n),
                                .dedup = xstrdup(dedup),
                                .group = xstrdup(group),
                                .body = xstrdup(body),
                                .sent_ms = fake_mono() };
    return m;
}

void fake_put(struct fake_queue *q, const char *group, const char *dedup, const char *body)
{
    (void)put(q, group, dedup, body);
}

size_t fake_waiting(const struct fake_queue *q)
{
    size_t n = 0;

    for (size_t i = 0; i < q->n; i++)
        n += !q->messages[i].deleted;
    return n;
}

size_t fake_invisible(const struct fake_queue *q)
{
    size_t n = 0;

    for (size_t i = 0; i < q->n; i++)
        n += !q->messages[i].deleted && q->messages[i].visible_ms > fake_mono();
    return n;
}

static struct fake_queue *queue_of(struct fake *f, const json_t *params)
{
    const char *url = jget_str(params, "QueueUrl");

    if (url && str_ends(url, f->queue.name))
        return &f->queue;
    return url && str_ends(url, f->dead.name) ? &f->dead : NULL;
}

static void send_one(struct fake_queue *q, const json_t *entry)
{
    const char *dedup = jget_str(entry, "MessageDeduplicationId");
    struct fake_message *m;

    for (size_t i = 0; i < q->n; i++)
        if (strcmp(q->messages[i].dedup, dedup) == 0 &&
            fake_mono() - q->messages[i].sent_ms < DEDUP_MS)
            return;
    m = put(q, jget_str(entry, "MessageGroupId"), dedup, jget_str(entry, "MessageBody"));
    m->attributes = json_deep_copy(json_object_get(entry, "MessageAttributes"));
}

static void md5_text(const char *body, char out[static 33])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n;

    if (EVP_Digest(body, strlen(body), digest, &n, EVP_md5(), NULL) != 1)
        abort();
    hex_encode(digest, n, out);
}

static int check_batch(const json_t *entries, struct err *e)
{
    size_t bytes = 0, i;
    const json_t *entry;

    if (json_array_size(entries) == 0 || json_array_size(entries) > BATCH_MOST)
        return fail(e, ERR_AWS, 400, "AWS.SimpleQueueService.TooManyEntriesInBatchRequest");
    json_array_foreach(entries, i, entry)
        bytes += json_string_length(json_object_get(entry, "MessageBody"));
    return bytes > BATCH_BYTES ? fail(e, ERR_AWS, 400, "AWS.SimpleQueueService.BatchRequestTooLong")
                               : 0;
}

static int do_send(struct fake *f, struct fake_queue *q, const json_t *params, json_t **reply,
                   struct err *e)
{
    const json_t *entries = json_object_get(params, "Entries"), *entry;
    json_t *good = json_array(), *bad = json_array();
    size_t i;

    *reply = json_pack("{s:o, s:o}", "Successful", good, "Failed", bad);
    if (check_batch(entries, e))
        return -1;
    json_array_foreach(entries, i, entry) {
        const char *body = jget_str(entry, "MessageBody"), *id = jget_str(entry, "Id");
        char md5[33];

        if (f->refuses && q == &f->queue && strstr(body, f->refuses)) {
            json_array_append_new(bad, json_pack("{s:s, s:s, s:b}", "Id", id, "Code",
                                                 "InvalidParameterValue", "SenderFault", 1));
            continue;
        }
        if (hit(f, f->faults.entry_fails)) {
            json_array_append_new(bad, json_pack("{s:s, s:s, s:b}", "Id", id, "Code",
                                                 "InternalError", "SenderFault", 0));
            continue;
        }
        send_one(q, entry);
        md5_text(body, md5);
        if (hit(f, f->faults.entry_lost))
            json_array_append_new(bad, json_pack("{s:s, s:s, s:b}", "Id", id, "Code",
                                                 "ServiceUnavailable", "SenderFault", 0));
        else
            json_array_append_new(good, json_pack("{s:s, s:s}", "Id", id, "MD5OfMessageBody", md5));
    }
    return 0;
}

static json_t *received(struct fake_message *m, size_t position)
{
    auto_free char *handle = xasprintf("%s/%d", m->id, m->receives);
    auto_free char *sequence = xasprintf("%020zu", position);
    auto_free char *count = xasprintf("%d", m->receives);
    auto_free char *sent = xasprintf("%lld", (long long)(START_MS + m->sent_ms));

    return json_pack("{s:s, s:s, s:s, s:O?, s:{s:s, s:s, s:s, s:s, s:s}}", "MessageId", m->id,
                     "ReceiptHandle", handle, "Body", m->body, "MessageAttributes", m->attributes,
                     "Attributes", "MessageGroupId", m->group, "MessageDeduplicationId", m->dedup,
                     "SequenceNumber", sequence, "ApproximateReceiveCount", count, "SentTimestamp",
                     sent);
}

/* What of m's group comes before it decides: one that is invisible hides all behind it. */
static bool is_hidden(const struct fake_queue *q, size_t i)
{
    for (size_t k = 0; k <= i; k++)
        if (!q->messages[k].deleted && q->messages[k].visible_ms > fake_mono() &&
            strcmp(q->messages[k].group, q->messages[i].group) == 0)
            return true;
    return false;
}

static int do_receive(struct fake_queue *q, const json_t *params, json_t **reply)
{
    json_int_t most = jget_int(params, "MaxNumberOfMessages", 1);
    int64_t visible_ms = fake_mono() + jget_int(params, "VisibilityTimeout", 30) * 1000;
    json_t *list = json_array();
    const char *group = NULL;
    bool *taken = xcalloc(q->n + 1, sizeof(*taken));

    for (size_t first = 0; first < q->n;
         first++) { /* as many as there are of one group, then the next */
        if (q->messages[first].deleted || taken[first] || is_hidden(q, first))
            continue;
        group = q->messages[first].group;
        for (size_t i = first; i < q->n && (json_int_t)json_array_size(list) < most; i++) {
            struct fake_message *m = &q->messages[i];
            if (m->deleted || strcmp(m->group, group) != 0)
                continue;
            if (m->visible_ms > fake_mono())
                break;
            m->receives++;
            taken[i] = true;
            json_array_append_new(list, received(m, i));
        }
    }
    for (size_t i = 0; i < q->n; i++)
        if (taken[i])
            q->messages[i].visible_ms = visible_ms;
    free(taken);
    if (json_array_size(list) == 0)
        fake_clock_advance(jget_int(params, "WaitTimeSeconds", 0) * 1000);
    *reply = json_pack("{s:o}", "Messages", list);
    return 0;
}

/* The message that a handle holds now; NULL when the handle is old or its lease has run out. */
static struct fake_message *held(struct fake_queue *q, const json_t *params)
{
    const char *handle = jget_str(params, "ReceiptHandle");

    for (size_t i = 0; handle && i < q->n; i++) {
        struct fake_message *m = &q->messages[i];
        auto_free char *mine = xasprintf("%s/%d", m->id, m->receives);
        if (strcmp(mine, handle) == 0)
            return m->deleted || m->visible_ms <= fake_mono() ? NULL : m;
    }
    return NULL;
}

static int do_delete(struct fake *f, struct fake_queue *q, const json_t *params, struct err *e)
{
    struct fake_message *m = held(q, params);

    if (!m)
        return fail(e, ERR_AWS, 400, "InvalidParameterValueException");
    if (f->on_delete)
        f->on_delete(f->arg, m);
    m->deleted = true;
    return 0;
}

static int do_hide(struct fake *f, struct fake_queue *q, const json_t *params, json_t **reply)
{
    json_t *good = json_array(), *bad = json_array();
    const json_t *entry;
    size_t i;

    json_array_foreach(json_object_get(params, "Entries"), i, entry) {
        struct fake_message *m = held(q, entry);
        const char *id = jget_str(entry, "Id");
        if (!m || hit(f, f->faults.entry_fails)) {
            json_array_append_new(bad,
                                  json_pack("{s:s, s:s}", "Id", id, "Code", "MessageNotInflight"));
            continue;
        }
        m->visible_ms = fake_mono() + jget_int(entry, "VisibilityTimeout", 0) * 1000;
        json_array_append_new(good, json_pack("{s:s}", "Id", id));
    }
    *reply = json_pack("{s:o, s:o}", "Successful", good, "Failed", bad);
    return 0;
}

static int do_parameters(struct fake *f, const json_t *params, json_t **reply)
{
    json_t *good = json_array(), *bad = json_array();
    const json_t *name;
    size_t i;

    json_array_foreach(json_object_get(params, "Names"), i, name) {
        const char *value = jget_str(f->parameters, json_string_value(name));
        if (value)
            json_array_append_new(
                good, json_pack("{s:s, s:s}", "Name", json_string_value(name), "Value", value));
        else
            json_array_append(bad, (json_t *)name);
    }
    *reply = json_pack("{s:o, s:o}", "Parameters", good, "InvalidParameters", bad);
    return 0;
}

static int do_call(struct fake *f, const char *action, const json_t *params, json_t **reply,
                   struct err *e)
{
    struct fake_queue *q = queue_of(f, params);

    if (strcmp(action, "GetParameters") == 0)
        return do_parameters(f, params, reply);
    if (!q)
        return fail(e, ERR_NOT_FOUND, 400, "QueueDoesNotExist");
    if (strcmp(action, "SendMessageBatch") == 0)
        return do_send(f, q, params, reply, e);
    if (strcmp(action, "ReceiveMessage") == 0) {
        int rc = do_receive(q, params, reply);
        if (f->on_receive)
            f->on_receive(f->arg);
        return rc;
    }
    if (strcmp(action, "DeleteMessage") == 0)
        return do_delete(f, q, params, e);
    if (strcmp(action, "ChangeMessageVisibilityBatch") == 0)
        return do_hide(f, q, params, reply);
    return fail(e, ERR_AWS, 400, "UnknownOperation");
}

static int call(struct fake *f, const char *action, const json_t *params, json_t **reply,
                struct err *e)
{
    const struct fake_faults none = { 0 };
    const struct fake_faults *faults = f->only && strcmp(f->only, action) != 0 ? &none : &f->faults;

    json_object_set_new(f->calls, action, json_integer(jget_int(f->calls, action, 0) + 1));
    fake_clock_advance(1 + roll(f, 20));
    if (hit(f, faults->slow))
        fake_clock_advance(roll(f, 20000));
    if (f->breaks && strcmp(f->breaks, action) == 0)
        return fail(e, ERR_AWS, 403, "AccessDenied");
    if (hit(f, faults->credentials))
        return fail(e, ERR_CREDENTIALS, 403, "ExpiredTokenException");
    if (hit(f, faults->throttled))
        return fail(e, ERR_AWS, 403, "RequestThrottled");
    if (hit(f, faults->unreachable))
        return fail(e, ERR_NET, 0, "");
    if (do_call(f, action, params, reply, e))
        return -1;
    return hit(f, faults->answer_lost) ? fail(e, ERR_TIMEOUT, 0, "") : 0;
}

static int fake_call(void *to, const struct aws_service *s, const char *action,
                     const json_t *params, json_t **reply, struct err *e)
{
    struct fake *f = to;
    json_t *out = NULL;
    int rc;

    (void)s;
    (void)pthread_mutex_lock(&f->lock);
    rc = call(f, action, params, &out, e);
    (void)pthread_mutex_unlock(&f->lock);
    if (rc)
        json_decref(out);
    else
        *reply = out ? out : json_object();
    return rc;
}

void fake_start(struct fake *f, uint64_t seed)
{
    *f = (struct fake){ .dice = seed * UINT64_C(0x9E3779B97F4A7C15) + 1 };
    f->queue.name = "orders.fifo";
    f->dead.name = "orders-dead.fifo";
    f->aws.region = xstrdup("eu-west-1");
    f->aws.partition = xstrdup("aws");
    f->aws.dns_suffix = xstrdup("amazonaws.com");
    f->aws.account = xstrdup("123456789012");
    f->aws.fake = fake_call;
    f->aws.to = f;
    f->parameters = json_object();
    f->calls = json_object();
    (void)pthread_mutex_init(&f->lock, NULL);
    clock_use(&fake_clock);
}

static void fake_queue_done(struct fake_queue *q)
{
    for (size_t i = 0; i < q->n; i++) {
        free(q->messages[i].id);
        free(q->messages[i].dedup);
        free(q->messages[i].group);
        free(q->messages[i].body);
        json_decref(q->messages[i].attributes);
    }
    free(q->messages);
}

void fake_end(struct fake *f)
{
    clock_use(NULL);
    on_sleep = NULL;
    fake_queue_done(&f->queue);
    fake_queue_done(&f->dead);
    json_decref(f->parameters);
    json_decref(f->calls);
    (void)pthread_mutex_destroy(&f->lock);
    aws_done(&f->aws);
}

long fake_calls(const struct fake *f, const char *action)
{
    return (long)jget_int(f->calls, action, 0);
}
