/* reject.c: messages that can never be delivered. */
#include "reject.h"

#include "verdict.h"

#include <stdio.h>
#include <string.h>

enum { ATTRIBUTES_MAX = 10 };

/* Ours first, then as many of the message's own as there is room for. */
static json_t *dead_attributes(const struct message *m, const struct refusal *why)
{
    json_t *attributes = json_object();
    const char *name;
    json_t *own;
    char text[16];

    queue_attribute(attributes, "fifoq-id", m->id);
    queue_attribute(attributes, "fifoq-reason", why->reason);
    queue_attribute(attributes, "fifoq-sequence", m->sequence);
    (void)snprintf(text, sizeof(text), "%d", why->status);
    if (why->status)
        queue_attribute(attributes, "fifoq-status", text);
    if (why->destination)
        queue_attribute(attributes, "fifoq-destination", why->destination);
    json_object_foreach(json_object_get(m->raw, "MessageAttributes"), name, own)
        if (json_object_size(attributes) < ATTRIBUTES_MAX && !json_object_get(attributes, name))
            json_object_set_new(attributes, name, json_deep_copy(own));
    return attributes;
}

/* A message that cannot be deleted is received again, and may become a second dead letter. */
static enum step delete_dead(struct group *g)
{
    const struct message *m = group_current(g);
    enum step step = group_delete(g);

    if (step == STEP_END && m->taken == m->recalled)
        metrics_count(g->run->drain->metrics, METRIC_DUPLICATE_POSSIBLE, METRICS_WHOLE);
    return step;
}

/*
 * The dead letter is in its queue before the message is deleted: perhaps in both, but never in
 * neither. Its deduplication id is the message's own MessageId, so that a repeated try makes no
 * second one. It is not the record's id: a dead letter that was put back and is refused again
 * within five minutes would be dropped as a duplicate, and lost.
 */
static enum queue_outcome send_dead(struct queue *dead, const struct message *m,
                                    const struct refusal *why, struct queue_result *result)
{
    auto_json json_t *attributes = dead_attributes(m, why);
    const char *name = *m->message_id ? m->message_id : m->id;
    char dedup[QUEUE_ID_MAX + 1];
    struct queue_message letter = { .body = m->text,
                                    .body_len = m->text_len,
                                    .group = m->group,
                                    .dedup = dedup,
                                    .attributes = attributes };

    queue_identifier(name, strlen(name), dedup);
    queue_send(dead, &letter, 1, result);
    return result->outcome;
}

static enum step to_dead_letters(struct group *g, const struct refusal *why)
{
    struct drain *d = g->run->drain;
    struct message *m = group_current(g);
    struct queue_result result;

    if (send_dead(&d->dead, m, why, &result) == QUEUE_SENT) {
        message_log(LOG_WARN, "to the dead letters", m, why->reason);
        metrics_count(d->metrics, METRIC_DEAD_LETTERED, METRICS_WHOLE);
        return delete_dead(g);
    }
    metrics_count(d->metrics, METRIC_BLOCKED, METRICS_WHOLE);
    message_log(LOG_ERROR, "blocked: the dead letters do not take it", m, result.reason);
    message_put_back(g->run, m,
                     result.outcome == QUEUE_AGAIN ? verdict_backoff_ms(message_attempt(m))
                                                   : verdict_block_ms(m->receives));
    return STEP_END;
}

enum step reject(struct group *g, const struct refusal *why)
{
    struct drain *d = g->run->drain;
    struct message *m = group_current(g);

    run_count(g->run, &g->run->counts.rejected);
    metrics_count(d->metrics, METRIC_REJECTED, why->destination ? m->taken : METRICS_WHOLE);
    switch (d->settings->on_reject) {
    case REJECT_DEAD_LETTER: return to_dead_letters(g, why);
    case REJECT_DROP: message_log(LOG_WARN, "dropped", m, why->reason); return group_delete(g);
    case REJECT_BLOCK: break;
    }
    message_log(LOG_ERROR, "blocked: it stays, and what is behind it in its group waits", m,
                why->reason);
    metrics_count(d->metrics, METRIC_BLOCKED, METRICS_WHOLE);
    message_put_back(g->run, m, verdict_block_ms(m->receives));
    return STEP_END;
}
