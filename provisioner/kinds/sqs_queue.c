/*
 * sqs_queue.c: SQS queues, FIFO or standard.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
 * SQS represents attributes as strings, so want and have hold strings and compare without
 * conversion. An update sends all attributes, because SetQueueAttributes keeps the old value of
 * omitted ones. An unwanted attribute is sent (as "") only if it is set.
 *
 * Our queues have no RedrivePolicy: SQS also counts receives of messages that only waited behind
 * another of their group, and moving one away lets the next overtake it.
 */
#include "aws_names.h"
#include "aws_pages.h"
#include "clock.h"
#include "kinds/consents.h"
#include "kinds/foreign_mappings.h"
#include "kinds/kinds.h"
#include "kinds/messages.h"
#include "kinds/policy.h"
#include "kinds/tools.h"
#include "mem.h"
#include "text.h"

#include <string.h>

enum {
    NAME_RESTS_MS = 60000,
    NAME_MARGIN_MS = 6000,
};

static const struct prop queue_props[] = {
    { .name = "FifoQueue",
      .flags = PROP_FIXED,
      .advice = "delete the queue once it is empty, then run 'fifoq up'" },
    { .name = "ContentBasedDeduplication" },
    { .name = "DeduplicationScope",
      .flags = PROP_FIXED,
      .advice = "SQS keeps the scope that the queue was created with: delete the queue once it is "
                "empty, then run 'fifoq up'" },
    { .name = "FifoThroughputLimit" },
    { .name = "VisibilityTimeout" },
    { .name = "MessageRetentionPeriod" },
    { .name = "DelaySeconds" },
    { .name = "ReceiveMessageWaitTimeSeconds" },
    { .name = "MaximumMessageSize" },
    { .name = "SqsManagedSseEnabled" },
    { .name = "KmsMasterKeyId" },
    { .name = "RedrivePolicy" },
    { .name = "RedriveAllowPolicy" },
    { .name = "Policy", .flags = PROP_EXTRA, .form = &form_policy },
    { .name = "EventSourceMappings", .flags = PROP_EXTRA },
    { .name = "Tags", .flags = PROP_TAGS },
    { 0 },
};

/* Attributes that are documents in strings, and attributes that must not be set. */
static const char *const documents[] = { "RedrivePolicy", "RedriveAllowPolicy", "Policy", NULL };
static const char *const unset[] = { "KmsMasterKeyId", "RedrivePolicy", "RedriveAllowPolicy",
                                     "Policy", NULL };

static json_t *queue_named(const struct ctx *c, const struct row *r)
{
    auto_free char *url = aws_queue_url(c->aws, r->name);

    return json_pack("{s:s}", "QueueUrl", url);
}

/* Finds other consumers of the queue: messages they receive lose their order. */
static struct aws_ask consumers_ask(const struct ctx *c, const struct row *r)
{
    auto_free char *arn = aws_arn(c->aws, "sqs", r->name);

    return (struct aws_ask){ .service = &aws_lambda,
                             .action = "ListEventSourceMappings",
                             .params = json_pack("{s:s}", "EventSourceArn", arn) };
}

/* A mapping of a function of ours is a difference of that function. */
static bool is_judged_elsewhere(const void *arg, const json_t *mapping)
{
    const struct sqs_queue *q = arg;
    const char *arn = jget_str(mapping, "FunctionArn"),
               *name = arn ? strstr(arn, ":function:") : NULL;

    for (size_t i = 0; name && i < COUNTOF(q->functions); i++) {
        size_t n = strlen(q->functions[i]);
        const char *rest = name + strlen(":function:");

        if (str_starts(rest, q->functions[i]) && (rest[n] == '\0' || rest[n] == ':'))
            return true;
    }
    return false;
}

/* Removes attributes that are "", and parses documents. */
static void normalise(json_t *have)
{
    for (const char *const *name = unset; *name; name++) {
        const char *text = jget_str(have, *name);

        if (text && !*text)
            json_object_del(have, *name);
    }
    for (const char *const *name = documents; *name; name++) {
        const char *text = jget_str(have, *name);
        json_t *document = text ? json_loads(text, 0, NULL) : NULL;

        if (document)
            json_object_set_new(have, *name, document);
    }
}

static int queue_read(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    const struct sqs_queue *q = r->spec;
    struct aws_ask asks[] = {
        { .service = &aws_sqs, .action = "GetQueueAttributes", .params = queue_named(c, r) },
        { .service = &aws_sqs, .action = "ListQueueTags", .params = queue_named(c, r) },
        { 0 },
    };
    size_t n = q && q->ours_to_drain && !c->bare ? 3 : 2;
    bool there = false;
    int rc;

    json_object_set_new(asks[0].params, "AttributeNames", json_pack("[s]", "All"));
    if (n == 3)
        asks[2] = consumers_ask(c, r);
    kind_ask_found(c, asks, n);
    rc = kind_asked(asks, n, &there, e);
    if (rc == 0 && there)
        rc = kind_ask_again(c, r->name, &asks[1], e);
    if (rc == 0 && there) {
        s->have = json_copy(jget_obj(asks[0].reply, "Attributes"));
        normalise(s->have);
        json_object_set_new(s->have, "Tags", tags_of_object(jget_obj(asks[1].reply, "Tags")));
        if (q && q->ours_to_drain)
            json_object_set_new(
                s->have, "EventSourceMappings",
                foreign_mappings(asks[2].reply, "FunctionArn", is_judged_elsewhere, q));
    }
    aws_asks_done(asks, n);
    return rc;
}

static int queue_want(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    const struct sqs_queue *q = r->spec;
    json_t *w = json_object();

    (void)e;
    if (q->fifo) {
        put_str(w, "FifoQueue", "true");
        put_str(w, "ContentBasedDeduplication", "false");
        put_str(w, "DeduplicationScope", "queue");
        put_str(w, "FifoThroughputLimit", "perQueue");
    }
    put_text(w, "VisibilityTimeout", "%u", q->visibility_s);
    put_text(w, "MessageRetentionPeriod", "%u", q->retention_s);
    put_str(w, "DelaySeconds", "0");
    put_str(w, "ReceiveMessageWaitTimeSeconds", "0");
    put_str(w, "MaximumMessageSize", "1048576");
    put_str(w, "SqsManagedSseEnabled",
            q->kms ? "false" : "true"); /* SQS allows only one of the two */
    for (const char *const *name = unset; *name; name++)
        json_object_set_new(w, *name, json_null());
    put_str(w, "KmsMasterKeyId", q->kms);
    if (q->ours_to_drain)
        json_object_set_new(w, "EventSourceMappings", json_object());
    json_object_set_new(w, "Tags", tags_wanted(c));
    s->want = w;
    return 0;
}

/* All attributes for a request. delta: may be NULL. */
static json_t *attributes(const struct state *s, const json_t *delta)
{
    json_t *out = json_object(), *v;
    const char *key;

    json_object_foreach(s->want, key, v) {
        if (json_is_string(v))
            json_object_set(out, key, v);
        else if (json_is_null(v) && json_object_get(delta, key)) /* kept extras are not in it */
            json_object_set_new(out, key, json_string(""));
    }
    return out;
}

static bool deleted_recently(const struct err *e)
{
    return strcmp(e->aws_code, "QueueDeletedRecently") == 0 ||
           strcmp(e->aws_code, "AWS.SimpleQueueService.QueueDeletedRecently") == 0;
}

/* SQS keeps a name for 60 s after its queue was deleted. */
static int queue_create(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    int64_t free_ms = clock_mono_ms() + NAME_RESTS_MS;

    for (int look = 0;; look++) {
        struct err why;
        json_t *ask = json_pack("{s:s, s:o, s:O}", "QueueName", r->name, "Attributes",
                                attributes(s, NULL), "tags", json_object_get(s->want, "Tags"));

        if (kind_call(c, &aws_sqs, "CreateQueue", ask, NULL, e) == 0)
            return 0;
        if (!deleted_recently(e))
            return -1;
        if (c->waits)
            c->waits(c->waits_arg, r, "free",
                     "SQS keeps a name for 60 s after its queue is deleted", free_ms);
        if (kind_pause(c, look, NAME_RESTS_MS + NAME_MARGIN_MS, r->name, "not free", &why) < 0) {
            *e = why;
            return -1;
        }
    }
}

static const struct tag_calls tag_calls = {
    .service = &aws_sqs,
    .tag = "TagQueue",
    .untag = "UntagQueue",
    .tags = "Tags",
    .keys = "TagKeys",
};

static int update_tags(const struct ctx *c, const struct row *r, const struct state *s,
                       struct err *e)
{
    return tags_sync(c, s, &tag_calls, queue_named(c, r), e);
}

static int queue_update(const struct ctx *c, const struct row *r, struct state *s,
                        const json_t *delta, struct err *e)
{
    bool tags = json_object_get(delta, "Tags") != NULL;
    bool mappings = json_object_get(delta, "EventSourceMappings") != NULL;

    if (mappings &&
        foreign_mappings_delete(c, r->name, json_object_get(s->have, "EventSourceMappings"), e) < 0)
        return -1;
    if (json_object_size(delta) > (size_t)tags + (size_t)mappings) {
        json_t *ask = queue_named(c, r);

        json_object_set_new(ask, "Attributes", attributes(s, delta));
        /* accepted only at creation */
        json_object_del(json_object_get(ask, "Attributes"), "FifoQueue");
        if (kind_call(c, &aws_sqs, "SetQueueAttributes", ask, NULL, e) < 0)
            return -1;
    }
    return tags ? update_tags(c, r, s, e) : 0;
}

bool queue_is_turn(const struct row *r)
{
    const struct sqs_queue *q = r->kind == &kind_sqs_queue ? r->spec : NULL;

    return q && q->is_turn;
}

/* Refuses to delete a queue with messages that were sent after the plan was made. */
static int refuse_messages(const struct ctx *c, const struct row *r, struct err *e)
{
    auto_buf text = BUF(BUF_SMALL);
    struct depth d;
    bool found = false;

    if (depth_read(c, r->name, &d, e) < 0)
        return -1;
    if (depth_total(&d) > 0)
        depth_text(&d, &text);
    else if (queue_peek(c, r->name, &found, e) < 0)
        return -1;
    else if (found)
        buf_puts(&text, "at least one, which the queue's counts do not show yet");
    else
        return 0;
    return err_set(
        e, ERR_REFUSED,
        "messages were sent in the meantime (%s); stop their sender, then save them with 'fifoq "
        "down --export FILE' or delete them with 'fifoq down --drop-messages'",
        buf_str(&text));
}

static int queue_drop(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    const json_t *mappings = json_object_get(s->have, "EventSourceMappings");

    /* they would receive what is being saved, and outlive the queue until one of that name exists
     */
    if (foreign_mappings_delete(c, r->name, mappings, e) < 0)
        return -1;
    if (!queue_is_turn(r)) {
        if (c->save && save_all(c->save, c, e) < 0)
            return -1;
        if (!(c->consents & CONSENT_DROP_MESSAGES) && refuse_messages(c, r, e) < 0)
            return -1;
    }
    return kind_remove(c, &aws_sqs, "DeleteQueue", queue_named(c, r), e);
}

/* A queue may hold messages, so only removal deletes it, not a change of the configuration.
 * Messages that nothing drains any more are refused: SQS would delete them after the retention. */
static int queue_leave(const struct ctx *c, const struct row *r, const struct state *s,
                       bool removal, bool *stays, struct err *e)
{
    const struct sqs_queue *q = r->spec;
    struct depth d = depth_of(s->have);
    auto_buf text = BUF(BUF_SMALL);

    (void)c;
    *stays = !removal && !queue_is_turn(r);
    if (removal || !q || !q->left_behind || depth_total(&d) == 0)
        return 0;
    depth_text(&d, &text);
    return err_set(
        e, ERR_REFUSED,
        "queue '%s' holds messages (%s), and with queue.existing nothing drains it; remove "
        "queue.existing until it is empty, or save them with 'fifoq down --export FILE'",
        r->name, buf_str(&text));
}

const struct kind kind_sqs_queue = {
    .name = "sqs-queue",
    .flags = KIND_TAGGED | KIND_LINGERS, /* API_DeleteQueue: requests "might succeed" for 60 s */
    .props = queue_props,
    .exists = "QueueNameExists QueueAlreadyExists",
    .read = queue_read,
    .want = queue_want,
    .create = queue_create,
    .update = queue_update,
    .drop = queue_drop,
    .leave = queue_leave,
};
