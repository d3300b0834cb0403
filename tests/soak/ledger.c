/* ledger.c: the guarantees, as far as they can be checked from outside: order, no loss, deletion
 * only after every success, and no duplicate that the documented windows
 * (docs/reference/guarantees.md) do not explain. */
#include "parts.h"

#include "json.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

enum { DEDUPLICATION_MS = 5 * 60000 };

static const char *who(const struct env *env)
{
    return env->ingest ? "ingest" : "drain";
}

/* By ingest's policy it never becomes a message. */
static bool is_dropped(const struct world *w, const struct item *it)
{
    return it->reject == REJECT_AT_INGEST && w->plan.ingest_policy == POLICY_DROP;
}

/* The item before it in its group that becomes a message of some kind; NULL: none. */
static const struct item *item_before(const struct world *w, const struct item *it)
{
    while (it->before != NO_ITEM) {
        it = &w->items[it->before];
        if (!is_dropped(w, it))
            return it;
    }
    return NULL;
}

/* The queue */

static void check_order_of_sending(struct world *w, const struct item *it)
{
    const struct item *before = item_before(w, it);

    if (it->overtook && w->plan.in_batches)
        return;
    if (before && !before->queued && !before->dead)
        world_violation(w, "%s is in the queue before %s of its group", it->id, before->id);
}

void ledger_taken(struct world *w, struct env *env, const char *event_id)
{
    struct item *it = world_item(w, event_id);

    if (it)
        bit_add(it->taken_by, env->number);
}

/* At the time of sending: SQS may carry out a request whose sender does not wait any more. */
void ledger_sends(struct world *w, const struct env *env, const char *event_id)
{
    const struct item *it = world_item(w, event_id);

    if (it && bit_has(it->taken_by, env->number))
        world_violation(w, "ingest %d sends %s again, though it heard that the queue has it",
                        env->number, it->id);
}

void ledger_queued(struct world *w, struct item *it)
{
    world_note(w, "%s is in the queue", it->id);
    check_order_of_sending(w, it);
    if (it->reject == REJECT_AT_INGEST)
        world_violation(w, "%s, which cannot become a message, is in the queue", it->id);
    if (it->queued && w->now_ms - it->queued_ms < DEDUPLICATION_MS)
        world_violation(w, "%s is in the queue again after %lld ms", it->id,
                        (long long)(w->now_ms - it->queued_ms));
    it->queued++;
    it->queued_ms = w->now_ms;
}

void ledger_dead(struct world *w, struct item *it, const json_t *attributes)
{
    const char *reason = jget_path_str(attributes, "fifoq-reason.StringValue");
    const char *id = jget_path_str(attributes, "fifoq-id.StringValue");
    const char *sequence = jget_path_str(attributes, "fifoq-sequence.StringValue");
    const char *status = jget_path_str(attributes, "fifoq-status.StringValue");
    enum policy policy =
        it->reject == REJECT_AT_INGEST ? w->plan.ingest_policy : w->plan.drain_policy;

    world_note(w, "%s is dead", it->id);
    it->dead++;
    if (it->reject == REJECT_NEVER || policy != POLICY_DEAD_LETTER)
        world_violation(w, "%s is in the dead letters for no reason", it->id);
    if (!reason || !*reason || !sequence || !*sequence || !id || strcmp(id, it->event_id) != 0)
        world_violation(w, "the dead letter %s lacks its reason, id or sequence", it->id);
    if (it->reject == REJECT_AT_DRAIN && !status)
        world_violation(w, "the dead letter %s lacks its status", it->id);
    if (it->reject == REJECT_AT_INGEST)
        check_order_of_sending(w, it);
}

/* "Acknowledged" means: Lambda will not deliver it again. */
void ledger_acknowledged(struct world *w, const size_t *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct item *it = &w->items[items[i]];
        if (!it->queued && !it->dead && !is_dropped(w, it))
            world_violation(w, "%s is acknowledged, but is nowhere", it->id);
    }
}

/* Delivery */

static bool has_all(const struct world *w, const struct item *it)
{
    for (int d = 0; d < w->plan.destinations; d++)
        if (it->delivery[d].commits == 0)
            return false;
    return true;
}

/* Finally rejected, and handled as the policy says. */
static bool is_dismissed(const struct world *w, const struct item *it)
{
    if (it->dead > 0)
        return true;
    return it->deleted && it->reject == REJECT_AT_DRAIN && w->plan.drain_policy == POLICY_DROP;
}

/* With ingest.order: batch, an item is in the queue before an earlier one of its group. */
static bool was_overtaken(const struct world *w, const struct item *before, const struct item *it)
{
    return w->plan.in_batches && it->overtook &&
           (!before->queued || before->queued_ms >= it->queued_ms);
}

static void check_order(struct world *w, const struct request *r, const struct item *it)
{
    const struct item *before = it;

    while ((before = item_before(w, before)))
        if (!was_overtaken(w, before, it) && !has_all(w, before) && !is_dismissed(w, before)) {
            world_violation(w, "%s goes to destination %d before %s of its group is delivered",
                            it->id, r->destination, before->id);
            return;
        }
}

/* Whether one of the windows in which a duplicate is possible was open. */
static bool is_explained(const struct world *w, const struct request *r, const struct item *it)
{
    const struct delivery *d = &it->delivery[r->destination];

    if (!d->heard || it->queued > 1)
        return true;
    if (d->env == r->env)
        return false; /* it knows */
    if (d->env->gone || it->delete_trouble)
        return true;
    for (int k = 0; k < w->plan.destinations; k++)
        if (!bit_has(it->delivery[k].heard_by, d->env->number))
            return true; /* it was returned because of another destination */
    return false;
}

static void check_alone(struct world *w, const struct request *r, const struct item *it)
{
    for (const struct env *env = functions_envs(w); env; env = env->list) {
        if (env == r->env || env->sending[it->group] == 0 ||
            (env->gone && env->sending_until_ms[it->group] <= w->now_ms))
            continue;
        world_violation(w, "drain %d and %d%s send for the same group", r->env->number, env->number,
                        env->gone ? ", which has ended," : "");
    }
    if (r->env->sending[it->group] > 0)
        world_violation(w, "drain %d sends %s while another request of its group is on its way",
                        r->env->number, it->id);
}

static bool is_sending(const struct env *env)
{
    for (size_t i = 0; i < GROUPS_MAX; i++)
        if (env->sending[i] > 0)
            return true;
    return false;
}

static void check_groups(struct world *w, const struct env *env)
{
    long n = 0;

    for (size_t i = 0; i < GROUPS_MAX; i++)
        n += env->sending[i] > 0;
    if (n > w->plan.parallel_groups)
        world_violation(w, "drain %d sends for %ld groups at a time", env->number, n);
}

static void check_manners(struct world *w, const struct request *r)
{
    const struct env *env = r->env;

    if (env->paused_until_ms[r->destination] > r->began_ms &&
        env->paused_at_ms[r->destination] < r->began_ms)
        world_violation(w, "destination %d asked for a pause of another %lld ms", r->destination,
                        (long long)(env->paused_until_ms[r->destination] - r->began_ms));
    if (!env->store_trouble && w->told_until_ms[r->destination] > r->began_ms &&
        w->told_at_ms[r->destination] < env->run_began_ms)
        world_violation(w, "another run was told that destination %d wants a pause of %lld ms more",
                        r->destination,
                        (long long)(w->told_until_ms[r->destination] - r->began_ms));
    if (w->plan.rate_interval_ms && w->last_request_ms && r->began_ms >= w->last_request_ms &&
        r->began_ms - w->last_request_ms < w->plan.rate_interval_ms - 1)
        world_violation(w, "drain %d: two requests of the pipeline within %lld ms", env->number,
                        (long long)(r->began_ms - w->last_request_ms));
    if (r->began_ms > w->last_request_ms)
        w->last_request_ms = r->began_ms;
}

void ledger_sent(struct world *w, struct request *r, struct item *it)
{
    struct delivery *d = &it->delivery[r->destination];

    world_note(w, "drain %d sends %s to %d, attempt %s", r->env->number, it->id, r->destination,
               sent_header(r, "x-fifoq-attempt"));
    check_order(w, r, it);
    check_alone(w, r, it);
    check_manners(w, r);
    if (d->commits && !is_explained(w, r, it))
        world_violation(w,
                        "drain %d sends %s to destination %d again, which drain %d heard a yes for",
                        r->env->number, it->id, r->destination, d->env->number);
    r->env->sending[it->group]++;
    r->env->sending_until_ms[it->group] = w->now_ms + r->timeout_ms;
    check_groups(w, r->env);
}

void ledger_committed(struct world *w, struct request *r, struct item *it)
{
    struct delivery *d = &it->delivery[r->destination];

    world_note(w, "destination %d takes %s", r->destination, it->id);
    check_order(w, r, it);
    d->commits++;
    d->env = r->env;
    d->heard = false;
    r->committed = true;
}

static void note_pause(const struct world *w, const struct request *r)
{
    struct env *env = r->env;
    int64_t until_ms = r->pause_until_ms ? r->pause_until_ms : w->now_ms + r->pause_ms;

    if (env->paused_until_ms[r->destination] < until_ms) {
        env->paused_until_ms[r->destination] = until_ms;
        env->paused_at_ms[r->destination] = w->now_ms;
    }
}

/* SQS may carry out a request of a run that has ended. */
void ledger_received(struct world *w, const struct request *r, struct item *it)
{
    struct env *env = r->env;

    it->held_by = !env->now || r->began_ms < env->run_began_ms ? NOBODY : env->number;
    it->held_since_ms = w->now_ms;
    if (it->held_by == NOBODY)
        return;
    if (is_sending(env))
        w->faults[FAULT_BESIDE]++;
    if (++env->received > w->plan.max_messages && !env->queue_trouble)
        world_violation(w, "drain %d has received %ld messages in a run", env->number,
                        env->received);
}

void ledger_settles(const struct env *env, struct item *it)
{
    if (it->held_by == env->number)
        it->held_by = NOBODY;
}

/* What a run received, it has deleted or given back. */
static void check_nothing_is_held(struct world *w, const struct env *env)
{
    for (size_t i = 0; i < w->n_items; i++) {
        struct item *it = &w->items[i];
        if (it->held_by != env->number || it->held_since_ms < env->run_began_ms)
            continue;
        it->held_by = NOBODY;
        if (!env->queue_trouble && w->plan.stall == 0)
            world_violation(w, "drain %d ends its run and still holds %s", env->number, it->id);
    }
}

/* A run has ended: all later runs can know the pauses that were requested from it, unless there was
 * no time left to write them. */
void ledger_run_ends(struct world *w, const struct invocation *call)
{
    enum {
        SHARED_MS = 10000,
        WRITING_MS = 2500
    }; /* shorter pauses are waited for within the run */
    struct env *env = call->env;
    bool told = !env->store_trouble && call->deadline_ms - w->now_ms > WRITING_MS;

    w->broken_heard += env->broken;
    env->broken = 0;
    if (!env->ingest)
        check_nothing_is_held(w, env);
    for (size_t i = 0; i < DESTINATIONS_MAX && told; i++) {
        if (env->paused_until_ms[i] < w->now_ms + SHARED_MS ||
            env->paused_until_ms[i] <= w->told_until_ms[i])
            continue;
        w->told_until_ms[i] = env->paused_until_ms[i];
        w->told_at_ms[i] = w->now_ms;
    }
}

/* The last writer wins (runtime/pause.c): pauses that it did not know are lost. */
void ledger_pauses(struct world *w, const char *text)
{
    auto_json json_t *all = json_loads(text, 0, NULL);

    for (size_t i = 0; i < DESTINATIONS_MAX; i++) {
        auto_free char *name = xasprintf("d%zu", i);
        int64_t until_ms = jget_int(all, name, 0);

        if (w->told_until_ms[i] > until_ms)
            w->told_until_ms[i] = until_ms;
    }
}

void ledger_heard(struct world *w, struct request *r, int status)
{
    struct item *it = &w->items[r->item];
    struct delivery *d = &it->delivery[r->destination];

    r->env->sending[it->group]--;
    world_note(w, "drain %d hears %d for %s from %d", r->env->number, status, it->id,
               r->destination);
    if (status >= 200 && status < 300 && r->committed) {
        bit_add(d->heard_by, r->env->number);
        d->heard = d->heard || d->env == r->env;
    }
    if (status >= 300 && r->committed)
        d->denied++;
    if (status >= 300 && status < 500)
        bit_add(it->refused_by, r->env->number);
    if (status)
        note_pause(w, r);
}

void ledger_deleted(struct world *w, struct env *env, struct item *it)
{
    bool dropped = it->reject == REJECT_AT_DRAIN && w->plan.drain_policy == POLICY_DROP &&
                   bit_has(it->refused_by, env->number);

    world_note(w, "%s %d deletes %s", who(env), env->number, it->id);
    it->deleted = true;
    if (it->dead > 0 || dropped)
        return;
    for (int d = 0; d < w->plan.destinations; d++)
        if (!bit_has(it->delivery[d].heard_by, env->number))
            world_violation(w, "drain %d deletes %s without a yes of destination %d", env->number,
                            it->id, d);
}

/* The end */

static void check_item(struct world *w, const struct item *it)
{
    bool dismissed = is_dismissed(w, it) || is_dropped(w, it);

    if (it->reject == REJECT_AT_INGEST && !dismissed)
        world_violation(w, "%s is lost: it is not in the dead letters", it->id);
    if (it->reject != REJECT_AT_INGEST && !has_all(w, it) && !dismissed)
        world_violation(w, "%s is lost", it->id);
}

/* Neither a secret nor a message's content is ever printed. */
static void check_log(struct world *w)
{
    char line[8192];

    rewind(w->log);
    while (fgets(line, sizeof(line), w->log)) {
        if (strstr(line, "S3CRET"))
            world_violation(w, "a secret in the log: %.300s", line);
        if (strstr(line, "PAYL0AD"))
            world_violation(w, "content in the log: %.300s", line);
    }
}

/* Without those that the destination itself caused. */
static long more_than_one(const struct delivery *d)
{
    long n = d->commits - 1 - d->denied;

    return n > 0 ? n : 0;
}

/* Per message in the queue: of two, each process of ingest knows one. */
static long duplicates(const struct world *w)
{
    long n = 0;

    for (size_t i = 0; i < w->n_items; i++)
        for (int d = 0; d < w->plan.destinations && w->items[i].queued == 1; d++)
            n += more_than_one(&w->items[i].delivery[d]);
    return n;
}

static bool some_ended(const struct world *w)
{
    return w->faults[FAULT_KILLED] || w->faults[FAULT_KILLED_SENDING] ||
           w->faults[FAULT_TIMED_OUT] || w->faults[FAULT_TERMINATED] || w->faults[FAULT_RECLAIMED];
}

/* If no process was ended, the metric has at least as many as there were. */
static void check_metric(struct world *w)
{
    char line[8192];
    long said = 0, broken = 0;

    rewind(w->log);
    while (fgets(line, sizeof(line), w->log)) {
        auto_json json_t *o = json_loads(line, 0, NULL);
        said += (long)jget_int(o, "DuplicatePossible", 0);
        broken += (long)jget_int(o, "OrderBroken", 0);
    }
    if (w->plan.in_batches ? broken < w->broken_heard : broken > 0)
        world_violation(w, "OrderBroken says %ld, and %ld were answered", broken, w->broken_heard);
    if (!some_ended(w) && said < duplicates(w))
        world_violation(w, "%ld duplicates, but DuplicatePossible says %ld", duplicates(w), said);
}

void ledger_end(struct world *w)
{
    check_metric(w);
    for (size_t i = 0; i < w->n_items; i++)
        check_item(w, &w->items[i]);
    check_log(w);
}
