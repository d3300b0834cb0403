/* fake_sqs.c: see fake_sqs.h. */
#include "fake_sqs.h"

#include "aws_wire.h"
#include "clock.h"
#include "json.h"
#include "mem.h"
#include "sqs/sqs_state.h"
#include "sqs_calls.h"
#include "text.h"
#include "unit.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START_MS INT64_C(1790000000000)

/* The clock */

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

unsigned fake_roll(struct fake *f, unsigned below)
{
    unsigned r;

    (void)pthread_mutex_lock(&f->lock);
    r = (unsigned)dice_roll(&f->dice, below);
    (void)pthread_mutex_unlock(&f->lock);
    return r;
}

/* No random number for impossible faults: a test without faults has the same sequence whatever
 * faults exist. */
static bool hit(struct fake *f, unsigned per_thousand)
{
    return per_thousand && dice_chance(&f->dice, per_thousand);
}

/* The queues */

static const struct sqs_queue *state_of(const struct fake_queue *q)
{
    return sqs_queue_named(q->sqs, q->name);
}

/* Records what has arrived since. */
static void note_arrivals(struct fake_queue *q)
{
    for (const struct fifo_message *m = state_of(q)->messages.first; m; m = m->next) {
        if (m->number <= q->last)
            continue;
        q->messages = xrealloc(q->messages, (q->n + 1) * sizeof(*q->messages));
        q->messages[q->n++] = (struct fake_message){ .message_id = xstrdup(m->id),
                                                     .dedup = xstrdup(m->dedup),
                                                     .group = xstrdup(m->group),
                                                     .body = xstrdup(m->body),
                                                     .attributes = json_deep_copy(m->attributes) };
        q->last = m->number;
    }
}

/* Takes over params. */
static void must(struct sqs *sqs, const char *action, json_t *params)
{
    auto_sqs_reply reply = { 0 };

    sqs_call(sqs, fake_wall(), action, params, &reply);
    assert_string_equal(reply.error, "");
    json_decref(params);
}

void fake_put(struct fake_queue *q, const char *group, const char *dedup, const char *body)
{
    auto_free char *url = xasprintf(SQS_CALLS_URL "%s", q->name);

    must(q->sqs, "SendMessage",
         json_pack("{s:s, s:s, s:s, s:s}", "QueueUrl", url, "MessageGroupId", group,
                   "MessageDeduplicationId", dedup, "MessageBody", body));
    note_arrivals(q);
}

/* https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
 */
void fake_redrive(struct fake *f)
{
    const char *from = state_of(&f->dead)->arn, *to = state_of(&f->queue)->arn;
    auto_free char *policy =
        xasprintf("{\"deadLetterTargetArn\": \"%s\", \"maxReceiveCount\": 1000}", from);

    must(f->sqs, "SetQueueAttributes",
         json_pack("{s:s, s:{s:s}}", "QueueUrl", state_of(&f->queue)->url, "Attributes",
                   "RedrivePolicy", policy));
    must(f->sqs, "StartMessageMoveTask",
         json_pack("{s:s, s:s}", "SourceArn", from, "DestinationArn", to));
    fake_clock_advance(1000);
    must(f->sqs, "ListMessageMoveTasks", json_pack("{s:s}", "SourceArn", from));
    assert_int_equal(fake_waiting(&f->dead), 0);
    note_arrivals(&f->queue);
}

size_t fake_waiting(const struct fake_queue *q)
{
    return state_of(q)->messages.n;
}

size_t fake_invisible(const struct fake_queue *q)
{
    size_t n = 0;

    for (const struct fifo_message *m = state_of(q)->messages.first; m; m = m->next)
        n += m->visible_ms > fake_wall();
    return n;
}

int64_t fake_first_visible_ms(const struct fake_queue *q)
{
    int64_t first_ms = INT64_MAX;

    for (const struct fifo_message *m = state_of(q)->messages.first; m; m = m->next)
        if (m->receives && m->visible_ms - START_MS < first_ms)
            first_ms = m->visible_ms - START_MS;
    return first_ms;
}

/* Faults */

static int fail_with(struct err *e, enum err_code code, int status, const char *aws_code)
{
    (void)err_set(e, code, "fake: %s", aws_code);
    e->status = status;
    (void)snprintf(e->aws_code, sizeof(e->aws_code), "%s", aws_code);
    return -1;
}

/* The server's refusals, as the client reads them. */
static int refused(const struct fake *f, const char *action, const struct sqs_reply *reply,
                   struct err *e)
{
    auto_free char *header = xasprintf("x-amzn-query-error: %s\r\n", reply->error);
    auto_response r = { .status = reply->status, .body = json_text(reply->body) };

    r.body_len = strlen(r.body);
    http_header_line(&r, header, strlen(header));
    return aws_error(&f->aws, &aws_sqs, action, NULL, &r, e);
}

/* Entries whose body contains what the queue refuses; the caller frees. */
static json_t *split_refused(json_t *entries, const char *refuses)
{
    json_t *taken = json_array();

    for (size_t i = json_array_size(entries); i > 0; i--) {
        const char *body = jget_str(json_array_get(entries, i - 1), "MessageBody");
        if (!body || !strstr(body, refuses))
            continue;
        json_array_append(taken, json_array_get(entries, i - 1));
        json_array_remove(entries, i - 1);
    }
    return taken;
}

/* Actions */

static void ask_server(struct fake *f, const char *action, const json_t *params,
                       struct sqs_reply *out)
{
    const json_t *entries = json_object_get(params, "Entries");

    if (entries && json_array_size(entries) == 0)
        *out = (struct sqs_reply){ .status = 200, .error = "", .body = json_object() };
    else
        sqs_call(f->sqs, fake_wall(), action, params, out);
}

/* The same, until a message arrives or the wait ends. */
static void ask_and_wait(struct fake *f, const char *action, const json_t *params,
                         struct sqs_reply *out)
{
    int64_t until_ms = 0, due_ms;

    for (;;) {
        ask_server(f, action, params, out);
        if (!out->waits || (until_ms && fake_wall() >= until_ms))
            return;
        until_ms = until_ms ? until_ms : out->wait_until_ms;
        due_ms = sqs_due_ms(f->sqs, fake_wall());
        due_ms = due_ms < until_ms ? due_ms : until_ms;
        fake_clock_advance(due_ms > fake_wall() ? due_ms - fake_wall() : 1);
        sqs_reply_done(out);
    }
}

static int do_batch(struct fake *f, const char *action, const json_t *params, json_t **reply,
                    struct err *e)
{
    auto_json json_t *copy = json_deep_copy(params);
    json_t *entries = json_object_get(copy, "Entries");
    const char *url = jget_str(params, "QueueUrl");
    bool dead = url && str_ends(url, f->dead.name);
    auto_json json_t *bad = f->refuses && !dead ? split_refused(entries, f->refuses) : NULL;
    auto_json json_t *failed =
        f->faults.entry_fails ? batch_split(entries, &f->dice, f->faults.entry_fails) : NULL;
    auto_json json_t *lost = NULL;
    auto_sqs_reply out = { 0 };

    ask_server(f, action, copy, &out);
    if (out.status != 200)
        return refused(f, action, &out, e);
    if (f->faults.entry_lost)
        lost = batch_split(json_object_get(out.body, "Successful"), &f->dice, f->faults.entry_lost);
    batch_add_failed(out.body, bad, true);
    batch_add_failed(out.body, failed, false);
    batch_add_failed(out.body, lost, false);
    *reply = steal(out.body);
    return 0;
}

static void note_received(struct fake *f, const json_t *reply)
{
    const json_t *m;
    size_t i;

    json_array_foreach(json_object_get(reply, "Messages"), i, m)
        json_object_set(f->handles, jget_str(m, "ReceiptHandle"), json_object_get(m, "MessageId"));
    if (f->on_receive)
        f->on_receive(f->arg);
}

static void note_deleted(const struct fake *f, const json_t *params)
{
    const char *id = jget_str(f->handles, jget_str(params, "ReceiptHandle"));

    for (size_t i = 0; f->on_delete && id && i < f->queue.n; i++)
        if (strcmp(f->queue.messages[i].message_id, id) == 0)
            f->on_delete(f->arg, &f->queue.messages[i]);
}

static int do_one(struct fake *f, const char *action, const json_t *params, json_t **reply,
                  struct err *e)
{
    auto_sqs_reply out = { 0 };

    ask_and_wait(f, action, params, &out);
    if (out.status != 200)
        return refused(f, action, &out, e);
    if (strcmp(action, "ReceiveMessage") == 0)
        note_received(f, out.body);
    if (strcmp(action, "DeleteMessage") == 0)
        note_deleted(f, params);
    *reply = steal(out.body);
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
    int rc;

    if (strcmp(action, "GetParameters") == 0)
        return do_parameters(f, params, reply);
    rc = json_object_get(params, "Entries") ? do_batch(f, action, params, reply, e)
                                            : do_one(f, action, params, reply, e);
    note_arrivals(&f->queue);
    note_arrivals(&f->dead);
    return rc;
}

static int call(struct fake *f, const char *action, const json_t *params, json_t **reply,
                struct err *e)
{
    json_object_set_new(f->calls, action, json_integer(jget_int(f->calls, action, 0) + 1));
    fake_clock_advance(1 + dice_roll(&f->dice, 20));
    if (hit(f, f->faults.slow))
        fake_clock_advance(dice_roll(&f->dice, 20000));
    if (f->breaks && strcmp(f->breaks, action) == 0)
        return fail_with(e, ERR_AWS, 403, "AccessDenied");
    if (hit(f, f->faults.credentials))
        return fail_with(e, ERR_CREDENTIALS, 403, "ExpiredTokenException");
    if (hit(f, f->faults.throttled))
        return fail_with(e, ERR_AWS, 403, "RequestThrottled");
    if (hit(f, f->faults.unreachable))
        return fail_with(e, ERR_NET, 0, "");
    if (do_call(f, action, params, reply, e) < 0)
        return -1;
    return hit(f, f->faults.answer_lost) ? fail_with(e, ERR_TIMEOUT, 0, "") : 0;
}

static int fake_call(void *arg, const struct aws_service *s, const char *action,
                     const json_t *params, json_t **reply, struct err *e)
{
    struct fake *f = arg;
    json_t *out = NULL;
    int rc;

    (void)s;
    (void)pthread_mutex_lock(&f->lock);
    rc = call(f, action, params, &out, e);
    (void)pthread_mutex_unlock(&f->lock);
    if (rc < 0)
        json_decref(out);
    else
        *reply = out;
    return rc;
}

static void start_queue(struct fake *f, struct fake_queue *q, const char *name)
{
    *q = (struct fake_queue){ .name = name, .sqs = f->sqs };
    sqs_make_fifo(f->sqs, fake_wall(), name);
}

void fake_start(struct fake *f, uint64_t seed)
{
    *f = (struct fake){ .sqs = sqs_calls_new() };
    dice_init(&f->dice, seed);
    start_queue(f, &f->queue, "orders.fifo");
    start_queue(f, &f->dead, "orders-dead.fifo");
    f->aws.region = xstrdup("eu-west-1");
    f->aws.partition = xstrdup("aws");
    f->aws.dns_suffix = xstrdup("amazonaws.com");
    f->aws.account = xstrdup("123456789012");
    f->aws.fake = fake_call;
    f->aws.arg = f;
    f->parameters = json_object();
    f->calls = json_object();
    f->handles = json_object();
    (void)pthread_mutex_init(&f->lock, NULL);
    clock_use(&fake_clock);
}

static void fake_queue_done(struct fake_queue *q)
{
    for (size_t i = 0; i < q->n; i++) {
        free(q->messages[i].message_id);
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
    sqs_free(f->sqs);
    json_decref(f->parameters);
    json_decref(f->calls);
    json_decref(f->handles);
    (void)pthread_mutex_destroy(&f->lock);
    aws_done(&f->aws);
}

long fake_calls(const struct fake *f, const char *action)
{
    return (long)jget_int(f->calls, action, 0);
}
