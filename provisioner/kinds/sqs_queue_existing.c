/*
 * sqs_queue_existing.c: a queue of somebody else. It must exist, be FIFO, and hide a message longer
 * than drain may work on it. It is never changed or deleted. Preflight reports its other settings
 * that matter to a pipeline.
 */
#include "aws_names.h"
#include "aws_pages.h"
#include "kinds/foreign_mappings.h"
#include "kinds/kinds.h"
#include "kinds/tools.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

static const struct prop existing_props[] = {
    { .name = "EventSourceMappings", .flags = PROP_HEALTH | PROP_STATUS },
    { 0 },
};

static bool is_ours(const void *arg, const json_t *mapping)
{
    (void)arg;
    (void)mapping;
    return false; /* our functions receive without a mapping */
}

/* Other consumers, whose messages drain never sees; NULL: none. */
static json_t *consumers(const json_t *reply)
{
    json_t *found = foreign_mappings(reply, "FunctionArn", is_ours, NULL);

    if (json_object_size(found))
        return found;
    json_decref(found);
    return NULL;
}

static int existing_read(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    const struct sqs_queue_existing *q = r->spec;
    auto_free char *url = aws_queue_url(c->aws, r->name);
    auto_free char *arn = aws_arn(c->aws, "sqs", r->name);
    struct aws_ask asks[] = {
        { .service = &aws_sqs,
          .action = "GetQueueAttributes",
          .params = json_pack("{s:s, s:[s]}", "QueueUrl", url, "AttributeNames", "All") },
        { .service = &aws_lambda,
          .action = "ListEventSourceMappings",
          .params = json_pack("{s:s}", "EventSourceArn", arn) },
    };
    size_t n = q && q->drain_timeout_s ? 2 : 1; /* without drain, other consumers are expected */
    bool there = false;
    int rc;

    kind_ask(c, asks, n);
    rc = kind_asked(asks, n, &there, e);
    if (rc == 0 && there) {
        json_t *others = NULL;

        s->have = json_copy(jget_obj(asks[0].reply, "Attributes"));
        others = n == 2 ? consumers(asks[1].reply) : NULL;
        if (others)
            json_object_set_new(s->have, "EventSourceMappings", others);
    }
    aws_asks_done(asks, COUNTOF(asks));
    return rc;
}

static int existing_want(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    const struct sqs_queue_existing *q = r->spec;
    const char *fifo = jget_str(s->have, "FifoQueue");
    const char *visibility = jget_str(s->have, "VisibilityTimeout");

    if (!s->have)
        return err_set(e, ERR_NOT_FOUND,
                       "queue '%s' does not exist in %s; create it, or remove queue.existing to "
                       "let fifoq create one",
                       r->name, c->aws->region);
    if (!fifo || strcmp(fifo, "true") != 0)
        return err_set(e, ERR_REFUSED,
                       "queue '%s' is a standard queue, which keeps no order; expected a FIFO "
                       "queue in queue.existing",
                       r->name);
    if (visibility && strtoull(visibility, NULL, 10) < q->least_visibility_s)
        return err_set(e, ERR_REFUSED,
                       "queue '%s' hides a message for only %s s, but drain may work on it for %u "
                       "s; raise its VisibilityTimeout to at least %u, or lower drain.timeout",
                       r->name, visibility, q->drain_timeout_s, q->least_visibility_s);
    s->want = json_object();
    return 0;
}

static int existing_untouched(const struct ctx *c, const struct row *r, struct state *s,
                              struct err *e)
{
    (void)c;
    (void)s;
    return err_set(e, ERR_REFUSED,
                   "queue '%s' is not managed by fifoq: it is not created or deleted", r->name);
}

static int existing_unchanged(const struct ctx *c, const struct row *r, struct state *s,
                              const json_t *delta, struct err *e)
{
    (void)delta;
    return existing_untouched(c, r, s, e);
}

const struct kind kind_sqs_queue_existing = {
    .name = "sqs-queue-existing",
    .flags = KIND_OTHERS,
    .props = existing_props,
    .read = existing_read,
    .want = existing_want,
    .create = existing_untouched,
    .update = existing_unchanged,
    .drop = existing_untouched,
};
