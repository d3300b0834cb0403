/* preflight.c: the checks before the first write. */
#include "pipeline/preflight_parts.h"

#include "clock.h"
#include "config/fields.h"
#include "kinds/kinds.h"
#include "kinds/stream_start.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

enum { FEW_UNRESERVED = 10 };

enum { NEW_ACCOUNT_EXECUTIONS = 10, NEW_ACCOUNT_MEMORY_MB = 3008 };

void put_count(struct buf *out, long long n)
{
    if (n >= 1000) {
        put_count(out, n / 1000);
        buf_printf(out, ",%03lld", n % 1000);
    } else {
        buf_printf(out, "%lld", n);
    }
}

void put_span(struct buf *out, double seconds)
{
    static const struct {
        double seconds;
        const char *name;
    } units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 0, "s" } };
    size_t i = 0;
    double n = 0;
    bool whole = false;

    while (seconds < 2 * units[i].seconds)
        i++;
    n = units[i].seconds > 0 ? seconds / units[i].seconds : seconds;
    whole = n >= 10 || n - (double)(long long)n < 0.05;
    buf_printf(out, whole ? "%.0f %s" : "%.1f %s", n, units[i].name);
}

static const struct step *step_of(const struct preflight_facts *f, enum row_line line)
{
    return f->plan ? plan_step(f->plan, (int)line) : NULL;
}

const json_t *preflight_have(const struct preflight_facts *f, enum row_line line)
{
    const struct step *s = step_of(f, line);

    return s ? s->state.have : NULL;
}

/* A queue's attribute as a number; -1 if it is unknown. */
static long long attribute(const json_t *have, const char *name)
{
    const char *text = jget_str(have, name);

    return text ? strtoll(text, NULL, 10) : -1;
}

/* A failed read gives UNKNOWN rather than a refusal. */
static enum preflight_verdict verdict_of(const struct step *s)
{
    switch (s->err.code) {
    case ERR_OK: return PREFLIGHT_OK;
    case ERR_REFUSED:
    case ERR_NOT_FOUND:
    case ERR_CONFIG:
    case ERR_IO: return PREFLIGHT_REFUSAL;
    default: return PREFLIGHT_UNKNOWN;
    }
}

static enum preflight_verdict check_account(const struct preflight_facts *f, struct buf *out)
{
    if (!f->aws)
        return PREFLIGHT_NONE;
    buf_printf(out, "%s, %s%s", f->aws->account, f->aws->region,
               f->config->account ? ", as configured"
                                  : "; 'account' is not set, so any account is accepted");
    return PREFLIGHT_OK;
}

static enum preflight_verdict check_concurrency(const struct preflight_facts *f, struct buf *out)
{
    if (f->limits_err) {
        buf_printf(out, "could not be checked: %s", f->limits_err->msg);
        return PREFLIGHT_UNKNOWN;
    }
    if (!f->limits)
        return PREFLIGHT_NONE;
    put_count(out, f->limits->unreserved);
    buf_puts(out, " of ");
    put_count(out, f->limits->executions);
    buf_puts(out, " concurrent executions are unreserved; fifoq reserves none");
    if (f->limits->unreserved >= FEW_UNRESERVED)
        return PREFLIGHT_OK;
    buf_puts(out, ", so its functions share them with all others; lower other reservations or "
                  "request a higher quota");
    return PREFLIGHT_WARNING;
}

static enum preflight_verdict check_visibility(const struct preflight_facts *f, struct buf *out)
{
    const struct config *c = f->config;
    const struct step *s = c->queue.existing ? step_of(f, ROW_QUEUE) : NULL;
    long long hidden_s = c->queue.visibility_s;

    if (!c->has_drain || (c->queue.existing && !s))
        return PREFLIGHT_NONE;
    if (s)
        hidden_s = attribute(s->state.have, "VisibilityTimeout");
    if (hidden_s < 0)
        return PREFLIGHT_NONE; /* a missing queue is reported by its row */
    buf_puts(out, "a message is hidden for ");
    put_span(out, (double)hidden_s);
    buf_puts(out, ", and a run takes at most ");
    put_span(out, c->drain.timeout_s);
    if (!s || verdict_of(s) != PREFLIGHT_REFUSAL)
        return PREFLIGHT_OK;
    buf_puts(out, "; raise VisibilityTimeout or lower drain.timeout");
    return PREFLIGHT_REFUSAL;
}

enum {
    USUAL_KEEP_S = 4 * 86400, /* SQS's default MessageRetentionPeriod */
    LARGEST = 1048576,
};

static void put_clause(struct buf *out, const char *text)
{
    buf_printf(out, "%s%s", out->len ? "; " : "", text);
}

/* SQS also counts receives of messages that only waited behind another one of their group. */
static void tell_redrive(const json_t *have, struct buf *out)
{
    const char *text = jget_str(have, "RedrivePolicy");
    auto_json json_t *policy = text ? json_loads(text, 0, NULL) : NULL;
    const json_t *most = json_object_get(policy, "maxReceiveCount");
    auto_free char *n = json_is_string(most) ? xstrdup(json_string_value(most)) : json_text(most);

    if (!policy)
        return;
    buf_printf(out,
               "%sits RedrivePolicy (maxReceiveCount %s) moves a message away after %s receives, "
               "and the next of its group overtakes it; remove it to keep the order",
               out->len ? "; " : "", n ? n : "?", n ? n : "?");
}

static void tell_consumers(const json_t *have, struct buf *out)
{
    const char *uuid;
    json_t *arn;

    json_object_foreach(jget_obj(have, "EventSourceMappings"), uuid, arn)
        buf_printf(out,
                   "%sfunction '%s' (mapping %s) also receives from it, and drain never sees those "
                   "messages",
                   out->len ? "; " : "", json_string_value(arn), uuid);
}

/* Settings of an existing queue that weaken fifoq's guarantees. */
static enum preflight_verdict check_existing(const struct preflight_facts *f, struct buf *out)
{
    const struct step *s = step_of(f, ROW_QUEUE), *before = step_of(f, ROW_QUEUE_BEFORE);
    const struct config *c = f->config;
    const json_t *have = s ? s->state.have : NULL;
    const char *equal = jget_str(have, "ContentBasedDeduplication");
    long long keep_s = attribute(have, "MessageRetentionPeriod"),
              delay_s = attribute(have, "DelaySeconds"),
              most = attribute(have, "MaximumMessageSize");

    if (before && before->err.code == ERR_REFUSED) {
        buf_puts(out, before->err.msg);
        return PREFLIGHT_REFUSAL;
    }
    if (!c->queue.existing || !have)
        return PREFLIGHT_NONE;
    if (c->has_drain) {
        tell_redrive(have, out);
        tell_consumers(have, out);
    }
    if (keep_s >= 0 && keep_s < USUAL_KEEP_S) {
        put_clause(out, "a message that waits or blocks its group is deleted after ");
        put_span(out, (double)keep_s);
        buf_puts(out, " (MessageRetentionPeriod)");
    }
    if (!c->has_ingest && equal && strcmp(equal, "true") == 0)
        put_clause(out, "of two equal messages within five minutes the second is dropped "
                        "(ContentBasedDeduplication)");
    if (delay_s > 0)
        buf_printf(out, "%severy message is delayed by %lld s (DelaySeconds)", out->len ? "; " : "",
                   delay_s);
    if (c->has_ingest && most >= 0 && most < LARGEST)
        buf_printf(out, "%sa message over %lld bytes is refused (MaximumMessageSize)",
                   out->len ? "; " : "", most);
    if (out->len)
        return PREFLIGHT_WARNING;
    buf_printf(out, "fifoq sends to and receives from '%s', but never changes its settings",
               c->queue.existing);
    return PREFLIGHT_OK;
}

/* The ARNs of the queues that a drain policy allows to receive from; borrowed. */
static const json_t *received_from(const json_t *policy)
{
    const json_t *statements = json_object_get(policy, "Statement"), *v;
    size_t i;

    json_array_foreach(statements, i, v) {
        const char *sid = jget_str(v, "Sid");

        if (sid && strcmp(sid, "Receive") == 0)
            return json_object_get(v, "Resource");
    }
    return NULL;
}

/* Warns about an existing queue that the deployed drain receives from and the next one will not.
 * Its depth is not read: the policy of the new configuration does not allow that. */
static enum preflight_verdict check_queue_before(const struct preflight_facts *f, struct buf *out)
{
    const struct step *role = step_of(f, ROW_DRAIN_ROLE);
    const json_t *have, *want;
    const char *arn, *name;
    auto_free char *own = xasprintf(":%s.fifo", f->config->pipeline);

    if (!role)
        return PREFLIGHT_NONE;
    have = received_from(json_object_get(role->state.have, "PolicyDocument"));
    want = received_from(json_object_get(role->state.want, "PolicyDocument"));
    arn = json_string_value(json_array_get(have, 0));
    name = arn ? strrchr(arn, ':') : NULL;
    if (!name || !want || json_equal(have, want) || strcmp(name, own) == 0)
        return PREFLIGHT_NONE;
    buf_printf(out,
               "drain receives from '%s' now, but not after 'up', so its messages stay "
               "undelivered. Let drain empty it first; 'aws sqs get-queue-attributes' counts them",
               name + 1);
    return PREFLIGHT_WARNING;
}

long long preflight_retention_s(const struct preflight_facts *f)
{
    return f->config->queue.existing
               ? attribute(preflight_have(f, ROW_QUEUE), "MessageRetentionPeriod")
               : (long long)f->config->queue.retention_s;
}

static enum preflight_verdict check_dead_letters(const struct preflight_facts *f, struct buf *out)
{
    const struct row *r = pipeline_row(f->pipeline, ROW_DEAD_LETTERS);
    const struct sqs_queue *dead = r ? r->spec : NULL;
    long long queue_s = preflight_retention_s(f);

    if (!dead || queue_s < 0)
        return PREFLIGHT_NONE;
    buf_puts(out, "dead letters are kept for ");
    put_span(out, dead->retention_s);
    buf_puts(out, ", messages for ");
    put_span(out, (double)queue_s);
    return dead->retention_s >= queue_s ? PREFLIGHT_OK : PREFLIGHT_WARNING;
}

static bool changes(const struct step *s, const char *property)
{
    return s && s->action == UPDATE && json_object_get(s->delta, property);
}

/* Describes what is lost when one stream replaces another. */
static bool tell_switch(const struct preflight_facts *f, const struct step *table, struct buf *out)
{
    bool on = jget_bool(table->state.have, "StreamEnabled", false);
    bool goes = on && changes(table, "StreamViewType");

    if (!goes && !changes(step_of(f, ROW_MAPPING), "EventSourceArn"))
        return false;
    buf_printf(out,
               "'up' switches to another stream of '%s' and reads it from its oldest record "
               "(TRIM_HORIZON). Records of the old one that ingest has not read are lost",
               table->row->name);
    if (goes)
        buf_puts(
            out,
            ", and so are writes to the table in the seconds between the two; pause its writers");
    return true;
}

static enum preflight_verdict check_stream(const struct preflight_facts *f, struct buf *out)
{
    const struct step *s = step_of(f, ROW_TABLE);
    const char *view = s ? jget_str(s->state.have, "StreamViewType") : NULL;

    if (!s || !f->config->has_ingest)
        return PREFLIGHT_NONE;
    if (s->err.code != ERR_OK) {
        buf_puts(out, s->err.msg);
        return verdict_of(s);
    }
    if (tell_switch(f, s, out))
        return PREFLIGHT_WARNING;
    if (jget_bool(s->state.have, "StreamEnabled", false))
        buf_printf(out, "the stream of '%s' is enabled, with %s", s->row->name,
                   view ? view : "no view");
    else
        buf_printf(out, "'up' enables the stream of '%s'", s->row->name);
    return PREFLIGHT_OK;
}

/* A renamed or second pipeline delivers every item again. */
static enum preflight_verdict check_readers(const struct preflight_facts *f, struct buf *out)
{
    const struct step *s = step_of(f, ROW_TABLE);
    const json_t *readers = s ? json_object_get(s->state.facts, "readers") : NULL, *v;
    size_t i;

    if (!s || !f->config->has_ingest || json_array_size(readers) == 0)
        return PREFLIGHT_NONE;
    json_array_foreach(readers, i, v)
        buf_printf(out, "%s'%s'", i ? ", " : "", json_string_value(v));
    buf_printf(out,
               " also read%s the stream of '%s', so every item is delivered twice, and a new "
               "pipeline delivers the last 24 hours again. If this pipeline was renamed, run "
               "'fifoq down' with its old name",
               i == 1 ? "s" : "", s->row->name);
    return PREFLIGHT_WARNING;
}

/* New accounts have few executions and less memory; Lambda reports only the former.
 * https://github.com/alexcasalboni/aws-lambda-power-tuning/issues/181 */
static enum preflight_verdict check_memory(const struct preflight_facts *f, struct buf *out)
{
    unsigned memory_mb = f->config->functions.memory_mb;

    if (!f->limits || f->limits->executions > NEW_ACCOUNT_EXECUTIONS ||
        memory_mb <= NEW_ACCOUNT_MEMORY_MB)
        return PREFLIGHT_NONE;
    buf_printf(out,
               "functions.memory is %u MB, but an account with %lld concurrent executions often "
               "allows at most %u MB; lower it, or ask AWS Support for more",
               memory_mb, (long long)f->limits->executions, (unsigned)NEW_ACCOUNT_MEMORY_MB);
    return PREFLIGHT_WARNING;
}

#define STREAM_KEEPS_MS DAY_MS /* DynamoDB keeps a stream record for 24 hours */

/* Which records will be read: up to 24 h back, or since the stream was enabled. */
static void put_reach(const struct preflight_facts *f, const struct start_of_mapping *m,
                      struct buf *out)
{
    int64_t on_ms = m->stream_on_ms < 0 ? -1 : f->now_ms - m->stream_on_ms;
    int64_t from_ms = m->moment * 1000;

    if (m->moment != START_OF_STREAM && from_ms > f->now_ms - STREAM_KEEPS_MS) {
        char text[CLOCK_TEXT];

        clock_rfc3339(from_ms, text);
        buf_printf(out, "those created at %.19sZ or later", text);
        return;
    }
    buf_puts(out, "from the oldest record, up to ");
    if (on_ms >= 0 && on_ms < STREAM_KEEPS_MS) {
        put_span(out, (double)on_ms / 1000);
        buf_puts(out, " back (when the stream was enabled)");
    } else {
        buf_puts(out, "24 h back");
    }
}

/* Reports which existing stream records become messages when the mapping is created. */
static enum preflight_verdict check_start(const struct preflight_facts *f, struct buf *out)
{
    const struct step *s = step_of(f, ROW_MAPPING);
    enum start_kind kind = f->config->ingest.start.kind;
    struct start_of_mapping m;

    if (!s || s->action != CREATE)
        return PREFLIGHT_NONE;
    start_of_mapping(&s->state, &m);
    if (!m.stream)
        return PREFLIGHT_NONE; /* a stream that is off holds nothing yet */
    if (m.again) {
        buf_printf(out,
                   "function '%s' exists, but its mapping does not. Records it has already read "
                   "are sent again, behind newer ones: ",
                   s->row->name);
        put_reach(f, &m, out);
        buf_printf(out, "; to skip them, set ingest.start to %s",
                   kind == START_UNSET || kind == START_OLDEST ? "'now' or a time"
                                                               : "a later time");
        return PREFLIGHT_WARNING;
    }
    buf_puts(out, "the stream is already enabled, and its records become messages: ");
    put_reach(f, &m, out);
    if (kind != START_UNSET)
        return PREFLIGHT_NOTE;
    buf_puts(out, ", including those that an earlier pipeline delivered; set ingest.start to 'now' "
                  "to skip them, or to 'oldest' to send them");
    return PREFLIGHT_WARNING;
}

static enum preflight_verdict check_parameters(const struct preflight_facts *f, struct buf *out)
{
    enum preflight_verdict worst = PREFLIGHT_NONE;
    size_t n = 0;

    for (size_t i = 0; f->plan && i < f->plan->n; i++) {
        const struct step *s = &f->plan->steps[i];
        enum preflight_verdict v = verdict_of(s);
        if (s->row->line != ROW_PARAMETER)
            continue;
        n++;
        if (v != PREFLIGHT_OK)
            buf_printf(out, "%s%s", out->len ? "; " : "", s->err.msg);
        worst = v > worst ? v : worst;
    }
    if (worst == PREFLIGHT_OK)
        buf_printf(out, "%zu, each with a value to write or an existing one", n);
    return worst;
}

static enum preflight_verdict check_schedules(const struct preflight_facts *f, struct buf *out)
{
    const struct config_drain *d = &f->config->drain;
    size_t dead = 0;

    if (!f->config->has_drain || d->n_schedules == 0)
        return PREFLIGHT_NONE;
    for (size_t i = 0; i < d->n_schedules; i++)
        if (schedule_next(&d->schedules[i].when, f->now_ms) < 0)
            buf_printf(out, "%s'%s'", dead++ ? ", " : "", d->schedules[i].name);
    if (dead)
        buf_printf(out, " never run%s again; remove %s or use a future year%s",
                   dead == 1 ? "s" : "", dead == 1 ? "it" : "them",
                   dead == d->n_schedules ? ". Nothing is delivered until then" : "");
    else
        buf_printf(out, "%zu, each with a future run", d->n_schedules);
    return dead ? PREFLIGHT_WARNING : PREFLIGHT_OK;
}

static const struct check_row {
    const char *name;
    enum preflight_verdict (*look)(const struct preflight_facts *f, struct buf *out);
} checks[] = {
    { "account", check_account },
    { "concurrency", check_concurrency },
    { "memory", check_memory },
    { "table's stream", check_stream },
    { "start", check_start },
    { "other readers", check_readers },
    { "parameters", check_parameters },
    { "existing queue", check_existing },
    { "former queue", check_queue_before },
    { "visibility", check_visibility },
    { "dead letters", check_dead_letters },
    { "schedules", check_schedules },
    { "capacity", preflight_capacity },
    { "ingest rate", preflight_ingest },
};

void preflight_look(struct preflight *p, const struct preflight_facts *f)
{
    *p = (struct preflight){ .list = xcalloc(COUNTOF(checks), sizeof(*p->list)) };
    for (size_t i = 0; i < COUNTOF(checks); i++) {
        auto_buf text = BUF(BUF_SMALL);
        enum preflight_verdict v = checks[i].look(f, &text);
        if (v != PREFLIGHT_NONE)
            p->list[p->n++] = (struct preflight_finding){ checks[i].name, v, buf_steal(&text) };
    }
}

void preflight_done(struct preflight *p)
{
    for (size_t i = 0; i < p->n; i++)
        free(p->list[i].text);
    free(p->list);
    *p = (struct preflight){ 0 };
}

const char *preflight_word(enum preflight_verdict v)
{
    static const char *const words[] = {
        [PREFLIGHT_NONE] = "",           [PREFLIGHT_OK] = "ok",
        [PREFLIGHT_NOTE] = "note",       [PREFLIGHT_UNKNOWN] = "unknown",
        [PREFLIGHT_WARNING] = "warning", [PREFLIGHT_REFUSAL] = "refused",
    };

    return words[v];
}
