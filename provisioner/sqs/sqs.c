/* sqs.c: dispatches a request to its action and builds the response. */
#include "mem.h"
#include "sqs/sqs_actions.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

#define TARGET_PREFIX "AmazonSQS."

enum takes { NO_QUEUE, A_QUEUE };

struct action_row {
    const char *name;
    sqs_action_fn *run;
    enum takes takes;
    bool frees; /* a waiting ReceiveMessage may find a message afterwards */
};

static const struct action_row actions[] = {
    { "CancelMessageMoveTask", sqs_cancel_message_move_task, NO_QUEUE, false },
    { "ChangeMessageVisibility", sqs_change_message_visibility, A_QUEUE, true },
    { "ChangeMessageVisibilityBatch", sqs_change_message_visibility_batch, A_QUEUE, true },
    { "CreateQueue", sqs_create_queue, NO_QUEUE, false },
    { "DeleteMessage", sqs_delete_message, A_QUEUE, true },
    { "DeleteMessageBatch", sqs_delete_message_batch, A_QUEUE, true },
    { "DeleteQueue", sqs_delete_queue, A_QUEUE, true },
    { "GetQueueAttributes", sqs_get_queue_attributes, A_QUEUE, false },
    { "GetQueueUrl", sqs_get_queue_url, NO_QUEUE, false },
    { "ListDeadLetterSourceQueues", sqs_list_dead_letter_source_queues, A_QUEUE, false },
    { "ListMessageMoveTasks", sqs_list_message_move_tasks, NO_QUEUE, false },
    { "ListQueueTags", sqs_list_queue_tags, A_QUEUE, false },
    { "ListQueues", sqs_list_queues, NO_QUEUE, false },
    { "PurgeQueue", sqs_purge_queue, A_QUEUE, false },
    { "ReceiveMessage", sqs_receive_message, A_QUEUE, false },
    { "SendMessage", sqs_send_message, A_QUEUE, true },
    { "SendMessageBatch", sqs_send_message_batch, A_QUEUE, true },
    { "SetQueueAttributes", sqs_set_queue_attributes, A_QUEUE, true },
    { "StartMessageMoveTask", sqs_start_message_move_task, NO_QUEUE, true },
    { "TagQueue", sqs_tag_queue, A_QUEUE, false },
    { "UntagQueue", sqs_untag_queue, A_QUEUE, false },
};

struct sqs *sqs_new(const struct sqs_options *o)
{
    struct sqs *s = xcalloc(1, sizeof(*s));
    s->account = xstrdup(o->account);
    s->region = xstrdup(o->region);
    s->base_url = xstrdup(o->base_url);
    return s;
}

void sqs_free(struct sqs *s)
{
    if (!s)
        return;
    while (s->queues) {
        struct sqs_queue *q = s->queues;
        s->queues = q->next;
        sqs_queue_free(q);
    }
    while (s->deleted) {
        struct sqs_deleted *d = s->deleted;
        s->deleted = d->next;
        free(d->name);
        free(d);
    }
    sqs_moves_free(s);
    free(s->account);
    free(s->region);
    free(s->base_url);
    free(s);
}

static void tick(struct sqs *s, int64_t now)
{
    for (struct sqs_queue *q = s->queues; q; q = q->next)
        fifo_tick(&q->messages, 1000 * q->numbers[SQS_RETENTION_S], now);
    sqs_moves_tick(s, now);
}

int64_t sqs_due_ms(const struct sqs *s, int64_t now)
{
    int64_t due = sqs_moves_due_ms(s, now);
    for (const struct sqs_queue *q = s->queues; q; q = q->next) {
        int64_t visible = fifo_due_ms(&q->messages, now);
        due = visible < due ? visible : due;
    }
    return due;
}

uint64_t sqs_changes(const struct sqs *s)
{
    return s->changes;
}

/* ".../ACCOUNT/NAME": the host is ignored, because a client may use another name for it. */
static int find_queue(struct sqs_call *c)
{
    const char *url = NULL;
    const char *name = NULL;
    auto_free char *suffix = NULL;

    if (sqs_need(c, c->in, "QueueUrl", &url) < 0)
        return -1;
    name = strrchr(url, '/');
    suffix = xasprintf("/%s%s", c->sqs->account, name ? name : "");
    if (!name)
        return sqs_fail(c, SQS_INVALID_ADDRESS, "The address %s is not valid for this endpoint.",
                        url);
    c->queue = str_ends(url, suffix) ? sqs_queue_named(c->sqs, name + 1) : NULL;
    if (!c->queue)
        return sqs_fail(c, SQS_QUEUE_MISSING, "The specified queue does not exist.");
    return 0;
}

static const struct action_row *action_row(const char *target)
{
    if (!target || !str_starts(target, TARGET_PREFIX))
        return NULL;
    for (size_t i = 0; i < COUNTOF(actions); i++)
        if (strcmp(target + strlen(TARGET_PREFIX), actions[i].name) == 0)
            return &actions[i];
    return NULL;
}

static int run(struct sqs_call *c, const struct sqs_request *q)
{
    const struct action_row *row = action_row(q->target);
    struct err e = { 0 };
    if (!row)
        return sqs_fail(c, SQS_UNKNOWN_OPERATION, "Unknown action.");
    if (json_parse(q->body, q->body_len, &c->in, &e) < 0)
        return sqs_fail(c, SQS_SERIALIZATION, "%s", e.msg);
    if (!json_is_object(c->in))
        return sqs_fail(c, SQS_SERIALIZATION, "expected an object");
    if (row->takes == A_QUEUE && find_queue(c) < 0)
        return -1;
    c->out = json_object();
    if (row->run(c) < 0)
        return -1;
    c->sqs->changes += row->frees;
    return 0;
}

/* Faults that refuse a request before its action. */
static int refuse_by_fault(struct sqs_call *c)
{
    if (c->fault->kind == SQS_THROTTLED)
        return sqs_fail(c, SQS_REQUEST_THROTTLED, "The request was denied due to throttling.");
    if (c->fault->kind == SQS_UNAVAILABLE)
        return sqs_fail(c, SQS_SERVICE_UNAVAILABLE,
                        "Service is unable to handle request. Please try again later.");
    return 0;
}

static void set_body(struct sqs_response *out, char *body)
{
    out->body = body;
    out->body_len = strlen(body);
}

static void replace_body(struct sqs_response *out, const char *text)
{
    free(out->body);
    set_body(out, xstrdup(text));
}

static void respond(const struct sqs_call *c, int rc, struct sqs_response *out)
{
    const struct sqs_error_row *row = rc < 0 ? sqs_error_row(c->error) : NULL;
    auto_json json_t *error =
        row ? json_pack("{s:s, s:s}", "__type", row->type, "message", c->message) : NULL;
    *out = (struct sqs_response){ .status = row ? row->status : 200,
                                  .error = row ? row->query : "",
                                  .waits = c->waits,
                                  .wait_until_ms = c->wait_until_ms };
    set_body(out, json_text(row ? error : c->out));
}

static void apply_fault(const struct sqs_fault *f, struct sqs_response *out)
{
    switch (f->kind) {
    case SQS_EMPTY_500:
        out->status = 500;
        out->error = "";
        replace_body(out, "");
        break;
    case SQS_RESET_BEFORE:
    case SQS_RESET_AFTER: out->broken = true; break;
    case SQS_CUT:
        out->broken = true;
        out->cut = out->body_len / 2;
        break;
    case SQS_GARBAGE:
        out->status = 200;
        out->error = "";
        replace_body(out, "<html><body>Bad gateway</body></html>");
        break;
    default: break;
    }
    out->delay_ms = f->delay_ms;
}

void sqs_http(struct sqs *s, int64_t now_ms, const struct sqs_request *q, struct sqs_response *out)
{
    struct sqs_call c = { .sqs = s, .now = now_ms, .fault = &q->fault };
    enum sqs_fault_kind kind = q->fault.kind;
    int rc = 0;
    bool skipped = false;

    tick(s, now_ms);
    rc = refuse_by_fault(&c);
    skipped = kind == SQS_EMPTY_500 || kind == SQS_RESET_BEFORE;
    if (rc == 0)
        rc = skipped ? sqs_fail(&c, SQS_INTERNAL, "not done") : run(&c, q);
    respond(&c, rc, out);
    apply_fault(&q->fault, out);
    json_decref(c.in);
    json_decref(c.out);
    free(c.message);
}

void sqs_response_done(struct sqs_response *r)
{
    free(r->body);
    *r = (struct sqs_response){ 0 };
}
