/* sqs_queues.c: creates, lists and deletes queues, and keeps their tags.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
 */
#include "aws_partitions.h"
#include "mem.h"
#include "sqs/sqs_actions.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

enum {
    LIST_MAX = 1000,
    TAGS_MAX = 50,
};

static int check_name(struct sqs_call *c, const char *name, bool fifo)
{
    size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
           most = SQS_NAME_MAX - (fifo ? strlen(".fifo") : 0);
    if (n > 0 && n <= most && strcmp(name + n, fifo ? ".fifo" : "") == 0)
        return 0;
    return sqs_fail(c, SQS_INVALID_PARAMETER,
                    fifo
                        ? "The name of a FIFO queue can only include alphanumeric characters, "
                          "hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in "
                          "length."
                        : "Can only include alphanumeric characters, hyphens, or underscores. 1 to "
                          "80 in length.");
}

static void link_by_name(struct sqs *s, struct sqs_queue *q)
{
    struct sqs_queue **at = &s->queues;
    while (*at && strcmp((*at)->name, q->name) < 0)
        at = &(*at)->next;
    q->next = *at;
    *at = q;
}

static bool same_json(const char *a, const char *b)
{
    auto_json json_t *x = json_loads(a, 0, NULL), *y = json_loads(b, 0, NULL);
    return x && y && json_equal(x, y);
}

/* CreateQueue of an existing queue succeeds if the attributes are equal. */
static int check_same(struct sqs_call *c, const struct sqs_queue *q, const json_t *attributes)
{
    const char *name = NULL;
    const json_t *value = NULL;
    json_object_foreach((json_t *)attributes, name, value) {
        auto_json json_t *have = sqs_attribute(q, name, c->now);
        const char *a = have ? json_string_value(have) : "", *b = json_string_value(value);
        if (!b || (strcmp(a, b) != 0 && !same_json(a, b)))
            return sqs_fail(c, SQS_QUEUE_NAME_EXISTS,
                            "A queue already exists with the same name and a different value for "
                            "attribute %s",
                            name);
    }
    return 0;
}

static void forget_deleted(struct sqs *s, int64_t now)
{
    struct sqs_deleted **at = &s->deleted;
    while (*at) {
        struct sqs_deleted *d = *at;
        if (d->until_ms > now) {
            at = &d->next;
            continue;
        }
        *at = d->next;
        free(d->name);
        free(d);
    }
}

static int check_rested(struct sqs_call *c, const char *name)
{
    forget_deleted(c->sqs, c->now);
    for (const struct sqs_deleted *d = c->sqs->deleted; d; d = d->next)
        if (strcmp(d->name, name) == 0)
            return sqs_fail(c, SQS_QUEUE_DELETED_RECENTLY,
                            "You must wait 60 seconds after deleting a queue before you can "
                            "create another with the same name.");
    return 0;
}

static struct sqs_queue *queue_new(struct sqs *s, const char *name, bool fifo, int64_t now)
{
    struct sqs_queue *q = xcalloc(1, sizeof(*q));
    q->name = xstrdup(name);
    q->url = xasprintf("%s/%s/%s", s->base_url, s->account, name);
    q->arn = xasprintf("arn:%s:sqs:%s:%s:%s", aws_partition_find(s->region)->name, s->region,
                       s->account, name);
    q->number = ++s->queues_made;
    q->fifo = fifo;
    q->created_ms = now;
    q->attributes = json_object();
    q->tags = json_object();
    return q;
}

static int check_tags(struct sqs_call *c, const json_t *tags)
{
    const char *key = NULL;
    const json_t *value = NULL;
    json_object_foreach((json_t *)tags, key, value) {
        if (!json_is_string(value))
            return sqs_fail(c, SQS_SERIALIZATION, "Tags: expected strings");
    }
    return 0;
}

static int queue_create(struct sqs_call *c, const char *name, bool fifo, const json_t *attributes)
{
    json_t *tags = json_object_get(c->in, "tags");
    struct sqs_queue *q = queue_new(c->sqs, name, fifo, c->now);
    if (check_tags(c, tags) < 0 || sqs_attributes_apply(c, q, attributes, true) < 0) {
        sqs_queue_free(q);
        return -1;
    }
    q->by_group = fifo && sqs_setting_is(q, "DeduplicationScope", "messageGroup");
    if (json_is_object(tags))
        json_object_update(q->tags, tags);
    link_by_name(c->sqs, q);
    json_object_set_new(c->out, "QueueUrl", json_string(q->url));
    return 0;
}

int sqs_create_queue(struct sqs_call *c)
{
    const char *name = NULL;
    const json_t *attributes = json_object_get(c->in, "Attributes");
    const char *asked = NULL;
    bool fifo = false;
    const struct sqs_queue *there = NULL;

    if (sqs_need(c, c->in, "QueueName", &name) < 0)
        return -1;
    asked = jget_str(attributes, "FifoQueue");
    fifo = asked && strcmp(asked, "true") == 0;
    if (asked && !fifo)
        return sqs_fail(c, SQS_INVALID_ATTRIBUTE_NAME, "Unknown Attribute FifoQueue.");
    if (check_name(c, name, fifo) < 0)
        return -1;
    there = sqs_queue_named(c->sqs, name);
    if (!there)
        return check_rested(c, name) < 0 ? -1 : queue_create(c, name, fifo, attributes);
    if (check_same(c, there, attributes) < 0)
        return -1;
    json_object_set_new(c->out, "QueueUrl", json_string(there->url));
    return 0;
}

int sqs_delete_queue(struct sqs_call *c)
{
    struct sqs_queue **at = &c->sqs->queues;
    struct sqs_deleted *d = xcalloc(1, sizeof(*d));
    while (*at != c->queue)
        at = &(*at)->next;
    *at = c->queue->next;
    d->name = xstrdup(c->queue->name);
    d->until_ms = c->now + SQS_NAME_REST_MS;
    d->next = c->sqs->deleted;
    c->sqs->deleted = d;
    sqs_queue_free(steal(c->queue));
    return 0;
}

int sqs_get_queue_url(struct sqs_call *c)
{
    const char *name = NULL, *owner = NULL;
    const struct sqs_queue *q = NULL;

    if (sqs_need(c, c->in, "QueueName", &name) < 0 ||
        sqs_text(c, c->in, "QueueOwnerAWSAccountId", &owner) < 0)
        return -1;
    q = sqs_queue_named(c->sqs, name);
    if (!q || (owner && strcmp(owner, c->sqs->account) != 0))
        return sqs_fail(c, SQS_QUEUE_MISSING, "The specified queue does not exist.");
    json_object_set_new(c->out, "QueueUrl", json_string(q->url));
    return 0;
}

/* Lists the queues for which wanted() is true, in pages; the token is the last name of a page. */
static int list(struct sqs_call *c, const char *member,
                bool (*wanted)(const struct sqs_call *, const struct sqs_queue *, const char *),
                const char *with)
{
    int64_t max = 0;
    const char *token = NULL, *last = NULL;
    auto_json json_t *urls = NULL;

    if (sqs_integer(c, c->in, "MaxResults", &max) < 0 ||
        sqs_text(c, c->in, "NextToken", &token) < 0)
        return -1;
    if (max < 0 || max > LIST_MAX || (json_object_get(c->in, "MaxResults") && max == 0))
        return sqs_fail(c, SQS_INVALID_PARAMETER,
                        "Value for parameter MaxResults is invalid. Reason: MaxResults must be an "
                        "integer between 1 and 1000, if provided.");
    urls = json_array();
    for (const struct sqs_queue *q = c->sqs->queues; q; q = q->next) {
        if ((token && strcmp(q->name, token) <= 0) || !wanted(c, q, with))
            continue;
        if (json_array_size(urls) == (size_t)(max ? max : LIST_MAX)) {
            if (max)
                json_object_set_new(c->out, "NextToken", json_string(last));
            break;
        }
        json_array_append_new(urls, json_string(q->url));
        last = q->name;
    }
    if (json_array_size(urls) || c->queue)
        json_object_set(c->out, member, urls);
    return 0;
}

static bool has_prefix(const struct sqs_call *c, const struct sqs_queue *q, const char *prefix)
{
    (void)c;
    return !prefix || str_starts(q->name, prefix);
}

int sqs_list_queues(struct sqs_call *c)
{
    const char *prefix = NULL;
    return sqs_text(c, c->in, "QueueNamePrefix", &prefix) < 0
               ? -1
               : list(c, "QueueUrls", has_prefix, prefix);
}

static bool sends_here(const struct sqs_call *c, const struct sqs_queue *q, const char *with)
{
    (void)with;
    return q->dead_arn && strcmp(q->dead_arn, c->queue->arn) == 0;
}

int sqs_list_dead_letter_source_queues(struct sqs_call *c)
{
    return list(c, "queueUrls", sends_here, NULL);
}

int sqs_purge_queue(struct sqs_call *c)
{
    struct sqs_queue *q = c->queue;
    if (q->purged_ms && c->now < q->purged_ms + SQS_NAME_REST_MS)
        return sqs_fail(c, SQS_PURGE_IN_PROGRESS,
                        "Only one PurgeQueue operation on %s is allowed every 60 seconds.",
                        q->name);
    fifo_clear(&q->messages);
    q->purged_ms = c->now;
    return 0;
}

int sqs_tag_queue(struct sqs_call *c)
{
    json_t *tags = json_object_get(c->in, "Tags");
    auto_json json_t *all = NULL;

    if (!json_is_object(tags) || json_object_size(tags) == 0)
        return sqs_fail(c, SQS_MISSING_PARAMETER, "The request must contain the parameter Tags.");
    if (check_tags(c, tags) < 0)
        return -1;
    all = json_copy(c->queue->tags);
    json_object_update(all, tags);
    if (json_object_size(all) > TAGS_MAX)
        return sqs_fail(c, SQS_INVALID_PARAMETER, "Too many tags added for queue %s.",
                        c->queue->name);
    json_object_update(c->queue->tags, tags);
    return 0;
}

int sqs_untag_queue(struct sqs_call *c)
{
    size_t i = 0;
    const json_t *key = NULL;
    const json_t *keys = json_object_get(c->in, "TagKeys");
    if (json_array_size(keys) == 0)
        return sqs_fail(c, SQS_INVALID_PARAMETER, "Tag keys can't be empty.");
    json_array_foreach(keys, i, key) {
        if (json_is_string(key))
            json_object_del(c->queue->tags, json_string_value(key));
    }
    return 0;
}

int sqs_list_queue_tags(struct sqs_call *c)
{
    if (json_object_size(c->queue->tags))
        json_object_set_new(c->out, "Tags", json_copy(c->queue->tags));
    return 0;
}
