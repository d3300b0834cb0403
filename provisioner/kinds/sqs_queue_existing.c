/*
 * A queue that somebody else made: it must be there, be FIFO, and hide a message for longer than
 * drain may work on it. It is never changed or deleted.
 */
#include "kinds/specs.h"
#include "kinds/tools.h"

#include <stdlib.h>
#include <string.h>

static const struct prop existing_props[] = { { 0 } };

static int existing_read(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    auto_free char *url = aws_queue_url(c->aws, r->name);
    auto_json json_t *reply = NULL;
    json_t *ask = json_pack("{s:s, s:[s]}", "QueueUrl", url, "AttributeNames", "All");

    if (kind_call(c, &aws_sqs, "GetQueueAttributes", ask, &reply, e) < 0)
        return e->code == ERR_NOT_FOUND ? 0 : -1;
    s->have = json_incref(jget_obj(reply, "Attributes"));
    return 0;
}

static int existing_want(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    const struct sqs_queue_existing *q = r->spec;
    const char *fifo = jget_str(s->have, "FifoQueue");
    const char *visibility = jget_str(s->have, "VisibilityTimeout");

    if (!s->have)
        return err_set(e, ERR_NOT_FOUND,
                       "queue '%s' does not exist in %s; create it, or take queue.existing out and "
                       "fifoq makes one",
                       r->name, c->aws->region);
    if (!fifo || strcmp(fifo, "true") != 0)
        return err_set(e, ERR_REFUSED,
                       "queue '%s' is a standard queue, which keeps no order; queue.existing must "
                       "name a FIFO queue",
                       r->name);
    if (visibility && strtoull(visibility, NULL, 10) < q->least_visibility_s)
        return err_set(
            e, ERR_REFUSED,
            "queue '%s' hides a message for %s s only, and drain may work on it for %u s: "
            "raise its VisibilityTimeout to at least %u, or lower drain.timeout",
            r->name, visibility, q->drain_timeout_s, q->least_visibility_s);
    s->want = json_object();
    return 0;
}

static int existing_untouched(const struct ctx *c, const struct row *r, struct state *s,
                              struct err *e)
{
    (void)c;
    (void)s;
    return err_set(e, ERR_REFUSED, "queue '%s' is not fifoq's to make or delete", r->name);
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
