/* queue.c: SQS (provisioner/sqs/sqs.h) and the Parameter Store, and faults on the way to them and
 * back. What was really done is recorded here, whatever answer the process gets. */
#include "parts.h"

#include "json.h"
#include "mem.h"
#include "sqs_calls.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

#define MAIN_QUEUE "soak.fifo"
#define DEAD_QUEUE "soak-dead.fifo"

/* A ReceiveMessage that waits for messages. */
struct poll {
    struct request *r;
    enum fault fault;
    int64_t until_ms;
    struct poll *next;
};

struct queues {
    struct sqs *sqs;
    json_t *handles;  /* receipt handle -> event id */
    json_t *messages; /* message ids seen */
    struct poll *polls;
    int64_t hangs_until_ms; /* no answer is sent before */
    char *pause;            /* the parameter STORE_PAUSE; NULL: not written yet */
};

void queues_start(struct world *w)
{
    w->queues = xcalloc(1, sizeof(*w->queues));
    w->queues->sqs = sqs_calls_new();
    w->queues->handles = json_object();
    w->queues->messages = json_object();
    sqs_make_fifo(w->queues->sqs, w->now_ms, MAIN_QUEUE);
    sqs_make_fifo(w->queues->sqs, w->now_ms, DEAD_QUEUE);
    sqs_make_fifo(w->queues->sqs, w->now_ms, TURN_QUEUE);
}

size_t queues_waiting(struct world *w)
{
    static const char *const counts[] = { "ApproximateNumberOfMessages",
                                          "ApproximateNumberOfMessagesNotVisible" };
    auto_json json_t *params =
        json_pack("{s:s, s:[s]}", "QueueUrl", SQS_CALLS_URL MAIN_QUEUE, "AttributeNames", "All");
    auto_sqs_reply reply = { 0 };
    size_t n = 0;

    sqs_call(w->queues->sqs, w->now_ms, "GetQueueAttributes", params, &reply);
    for (size_t i = 0; i < COUNTOF(counts); i++) {
        const char *text = jget_str(jget_obj(reply.body, "Attributes"), counts[i]);
        n += text ? (size_t)strtoull(text, NULL, 10) : 0;
    }
    return n;
}

/* What was done */

static void note_sent(struct world *w, const json_t *params, const json_t *reply)
{
    const char *url = jget_str(params, "QueueUrl");
    bool dead = url && str_ends(url, DEAD_QUEUE);
    const json_t *entries = jget_array(params, "Entries"), *done;
    size_t k;

    json_array_foreach(json_object_get(reply, "Successful"), k, done) {
        const char *message = jget_str(done, "MessageId");
        const json_t *entry = NULL;
        for (size_t i = 0; i < json_array_size(entries); i++)
            if (json_equal(json_object_get(json_array_get(entries, i), "Id"),
                           json_object_get(done, "Id")))
                entry = json_array_get(entries, i);
        const char *id = dead ? jget_path_str(entry, "MessageAttributes.fifoq-id.StringValue")
                              : jget_str(entry, "MessageDeduplicationId");
        struct item *it = world_item(w, id);
        if (!it) {
            world_violation(w, "a message that belongs to no item: '%s'", id ? id : "");
            continue;
        }
        if (json_object_get(w->queues->messages, message))
            continue; /* the queue had it already */
        json_object_set_new(w->queues->messages, message, json_true());
        if (dead)
            ledger_dead(w, it, jget_obj(entry, "MessageAttributes"));
        else
            ledger_queued(w, it);
    }
}

static void note_received(struct world *w, const struct request *r, const json_t *reply)
{
    const json_t *m;
    size_t k;

    json_array_foreach(json_object_get(reply, "Messages"), k, m) {
        const char *id = jget_path_str(m, "Attributes.MessageDeduplicationId");
        json_object_set_new(w->queues->handles, jget_str(m, "ReceiptHandle"), json_string(id));
        ledger_received(w, r, world_item(w, id));
        world_note(w, "received %s", world_item(w, id)->id);
    }
}

static struct item *item_of_handle(struct world *w, const json_t *params)
{
    const char *handle = jget_str(params, "ReceiptHandle");

    return handle ? world_item(w, jget_str(w->queues->handles, handle)) : NULL;
}

static void note_done(struct world *w, const struct request *r, const char *action,
                      const json_t *params, const json_t *reply)
{
    const char *url = jget_str(params, "QueueUrl");
    struct item *it = item_of_handle(w, params);

    if (url && str_ends(url, "/" TURN_QUEUE)) {
        world_note(w, "drain %d: %s of the turn's queue, %zu received", r->env->number, action,
                   json_array_size(json_object_get(reply, "Messages")));
        return;
    }
    if (strcmp(action, "SendMessageBatch") == 0)
        note_sent(w, params, reply);
    else if (strcmp(action, "ReceiveMessage") == 0)
        note_received(w, r, reply);
    else if (strcmp(action, "DeleteMessage") == 0 && it)
        ledger_deleted(w, r->env, it);
}

/* Faults */

static enum fault choose_fault(struct world *w)
{
    static const struct {
        enum fault kind;
        unsigned weight;
    } kinds[] = {
        { FAULT_QUEUE_THROTTLED, 4 },   { FAULT_QUEUE_UNAVAILABLE, 4 },
        { FAULT_QUEUE_EMPTY_500, 2 },   { FAULT_QUEUE_RESET_BEFORE, 4 },
        { FAULT_QUEUE_RESET_AFTER, 6 }, { FAULT_QUEUE_SLOW, 3 },
        { FAULT_QUEUE_PARTIAL, 8 },     { FAULT_QUEUE_PARTIAL_DONE, 4 },
        { FAULT_QUEUE_GARBAGE, 2 },     { FAULT_QUEUE_EXPIRED, 1 },
        { FAULT_QUEUE_LATE, 3 },        { FAULT_QUEUE_BROKEN, 4 },
        { FAULT_QUEUE_HANGS, 1 },
    };
    unsigned weights[COUNTOF(kinds)];

    if (w->calm || !dice_chance(&w->dice, w->plan.queue_trouble))
        return FAULT_KINDS;
    for (size_t i = 0; i < COUNTOF(kinds); i++)
        weights[i] = kinds[i].weight;
    return kinds[dice_pick(&w->dice, weights, COUNTOF(kinds))].kind;
}

static struct answer error_answer(int status, const char *type)
{
    return answer_json(status, json_pack("{s:s, s:s}", "__type", type, "message", "by the dice"));
}

/* The queue has them, but the answer does not say so: it reports failure, nothing, or another body.
 */
static void leave_unsaid(struct world *w, json_t *reply, const json_t *entries)
{
    json_t *done = json_object_get(reply, "Successful"), *entry;
    int64_t how = dice_roll(&w->dice, 3);
    size_t i;

    if (how == 0)
        batch_add_failed(reply, entries, false);
    json_array_foreach((json_t *)entries, i, entry)
        if (how == 1 && json_object_get(entry, "MD5OfMessageBody")) {
            json_object_set_new(entry, "MD5OfMessageBody",
                                json_string("d41d8cd98f00b204e9800998ecf8427e"));
            json_array_append(done, entry);
        }
}

static struct answer broken_before(enum fault fault)
{
    switch (fault) {
    case FAULT_QUEUE_THROTTLED: return error_answer(400, "com.amazonaws.sqs#RequestThrottled");
    case FAULT_QUEUE_UNAVAILABLE: return error_answer(503, "com.amazonaws.sqs#ServiceUnavailable");
    case FAULT_QUEUE_EXPIRED: return error_answer(403, "com.amazonaws.sqs#ExpiredToken");
    case FAULT_QUEUE_EMPTY_500: return answer_status(500);
    default: return answer_error(ERR_NET);
    }
}

static bool happens_before(enum fault fault)
{
    return fault == FAULT_QUEUE_THROTTLED || fault == FAULT_QUEUE_UNAVAILABLE ||
           fault == FAULT_QUEUE_EXPIRED || fault == FAULT_QUEUE_EMPTY_500 ||
           fault == FAULT_QUEUE_RESET_BEFORE;
}

static bool has_id(const json_t *entries, const json_t *entry)
{
    const json_t *one;
    size_t i;

    json_array_foreach((json_t *)entries, i, one)
        if (json_equal(json_object_get(one, "Id"), json_object_get(entry, "Id")))
            return true;
    return false;
}

/* Whether an earlier entry of its group is not among those that were taken. */
static bool entry_overtook(const json_t *entries, size_t i, const json_t *taken)
{
    const json_t *group = json_object_get(json_array_get(entries, i), "MessageGroupId");

    for (size_t k = 0; k < i; k++) {
        const json_t *earlier = json_array_get(entries, k);
        if (json_equal(json_object_get(earlier, "MessageGroupId"), group) &&
            !has_id(taken, earlier))
            return true;
    }
    return false;
}

/* Some entries of the call are not carried out; all: as they were sent. */
static void note_overtaking(struct world *w, const json_t *all, const json_t *taken)
{
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *entry = json_array_get(all, i);
        struct item *it = world_item(w, jget_str(entry, "MessageDeduplicationId"));

        if (it && has_id(taken, entry) && entry_overtook(all, i, taken))
            it->overtook = true;
    }
}

/* The answer to SendMessageBatch arrived: which items does it report as accepted? */
static void on_sent_heard(struct world *w, struct request *r, int status)
{
    auto_json json_t *params = json_loadb(r->body, r->body_len, 0, NULL);
    const json_t *entries = jget_array(params, "Entries"), *done;
    size_t k;

    if (status != 200)
        return;
    json_array_foreach(json_object_get(r->said, "Successful"), k, done)
        for (size_t i = 0; i < json_array_size(entries); i++) {
            const json_t *entry = json_array_get(entries, i);
            if (json_equal(json_object_get(entry, "Id"), json_object_get(done, "Id")))
                ledger_taken(w, r->env, jget_str(entry, "MessageDeduplicationId"));
        }
    for (size_t i = 0; i < json_array_size(entries); i++)
        r->env->broken +=
            has_id(json_object_get(r->said, "Successful"), json_array_get(entries, i)) &&
            entry_overtook(entries, i, json_object_get(r->said, "Successful"));
}

static void answer_with(struct world *w, struct request *r, enum fault fault, int status,
                        const json_t *reply)
{
    struct answer a = answer_json(status, json_incref((json_t *)reply));
    int64_t after_ms = dice_between(&w->dice, 1, 40);

    if (fault == FAULT_QUEUE_RESET_AFTER || fault == FAULT_QUEUE_GARBAGE) {
        free(a.body);
        a = fault == FAULT_QUEUE_GARBAGE
                ? (struct answer){ .status = 200, .body = xstrdup("<html>"), .body_len = 6 }
                : answer_error(ERR_NET);
    }
    a.broken = fault == FAULT_QUEUE_BROKEN;
    if (fault == FAULT_QUEUE_SLOW)
        after_ms = dice_between(&w->dice, 500, 20000);
    request_answer(w, r, after_ms, a);
}

/* The call is done; true if it waits for messages instead. */
static bool perform(struct world *w, struct request *r, enum fault fault, int64_t *until_ms)
{
    const char *action = strchr(sent_header(r, "x-amz-target"), '.') + 1;
    auto_json json_t *params = json_loadb(r->body, r->body_len, 0, NULL);
    json_t *entries = jget_array(params, "Entries");
    auto_json json_t *all = json_copy(entries);
    auto_json json_t *left_out =
        entries && fault == FAULT_QUEUE_PARTIAL ? batch_split(entries, &w->dice, 500) : NULL;
    auto_sqs_reply out = { 0 };
    auto_json json_t *unsaid = NULL;

    if (left_out)
        note_overtaking(w, all, entries);
    if (entries && json_array_size(entries) == 0)
        out = (struct sqs_reply){ .status = 200, .body = json_object() };
    else
        sqs_call(w->queues->sqs, w->now_ms, action, params, &out);
    if (out.waits && (*until_ms == 0 || w->now_ms < *until_ms)) {
        *until_ms = *until_ms ? *until_ms : out.wait_until_ms;
        return true;
    }
    if (out.status == 200)
        note_done(w, r, action, params, out.body);
    else
        world_note(w, "%s is refused: %s", action, out.error);
    if (left_out && dice_chance(&w->dice, 700))
        batch_add_failed(out.body, left_out, false);
    if (fault == FAULT_QUEUE_PARTIAL_DONE)
        unsaid = batch_split(json_object_get(out.body, "Successful"), &w->dice, 500);
    if (r->env->ingest && out.status == 200 && fault != FAULT_QUEUE_GARBAGE) {
        r->said = json_deep_copy(out.body);
        r->heard = on_sent_heard;
    }
    if (unsaid)
        leave_unsaid(w, out.body, unsaid);
    answer_with(w, r, fault, out.status, out.body);
    return false;
}

static void look_at_polls(struct world *w, void *unused);

/* Whenever something becomes visible, or a poll ends. */
static void look_soon(struct world *w)
{
    int64_t due_ms = sqs_due_ms(w->queues->sqs, w->now_ms);

    if (!w->queues->polls)
        return;
    for (const struct poll *p = w->queues->polls; p; p = p->next)
        due_ms = p->until_ms < due_ms ? p->until_ms : due_ms;
    world_at(w, due_ms > w->now_ms ? due_ms : w->now_ms + 1, look_at_polls, NULL);
}

static void look_at_polls(struct world *w, void *unused)
{
    struct poll **at = &w->queues->polls;

    (void)unused;
    while (*at) {
        struct poll *p = *at;
        if (!p->r->env->gone && perform(w, p->r, p->fault, &p->until_ms)) {
            at = &p->next;
            continue;
        }
        *at = p->next;
        request_release(p->r);
        free(p);
    }
    look_soon(w);
}

struct arrival {
    struct request *r;
    enum fault fault;
};

/* The time when the service does its work. */
static void on_arrival(struct world *w, void *arg)
{
    struct arrival *a = arg;
    int64_t until_ms = 0;

    if (happens_before(a->fault)) {
        request_answer(w, a->r, 1, broken_before(a->fault));
        request_release(a->r);
    } else if (perform(w, a->r, a->fault, &until_ms)) {
        struct poll *p = xcalloc(1, sizeof(*p));
        int64_t gives_up_ms = a->r->sent_ms + a->r->timeout_ms;
        if (a->r->timeout_ms && gives_up_ms < until_ms)
            until_ms = gives_up_ms;
        *p = (struct poll){ a->r, a->fault, until_ms, w->queues->polls };
        w->queues->polls = p;
    } else {
        request_release(a->r);
    }
    free(a);
    look_at_polls(w, NULL);
}

static void note_trouble(struct world *w, const struct request *r)
{
    auto_json json_t *params = json_loadb(r->body, r->body_len, 0, NULL);
    struct item *it = item_of_handle(w, params);

    if (it)
        it->delete_trouble = true;
}

/* There is no answer, and it is unknown whether the work is done. */
static void hang(struct world *w, struct request *r)
{
    struct arrival *a = xcalloc(1, sizeof(*a));

    note_trouble(w, r);
    request_answer(w, r, r->timeout_ms, answer_error(ERR_TIMEOUT));
    *a = (struct arrival){ r, FAULT_QUEUE_HANGS };
    if (dice_chance(&w->dice, 500)) {
        world_after(w, dice_between(&w->dice, 1, 25000), on_arrival, a);
        return;
    }
    free(a);
    request_release(r);
}

/* From the start of the fault, for a while, for every caller. */
static bool hangs(struct world *w, enum fault fault)
{
    struct queues *q = w->queues;

    if (fault == FAULT_QUEUE_HANGS)
        q->hangs_until_ms = w->now_ms + dice_between(&w->dice, 1, 300) * 1000;
    return !w->calm && w->now_ms < q->hangs_until_ms;
}

static void note_sending(struct world *w, const struct request *r)
{
    auto_json json_t *params = json_loadb(r->body, r->body_len, 0, NULL);
    const json_t *entry;
    size_t i;

    json_array_foreach(jget_array(params, "Entries"), i, entry)
        ledger_sends(w, r->env, jget_str(entry, "MessageDeduplicationId"));
}

static void note_settling(struct world *w, const struct request *r)
{
    auto_json json_t *params = json_loadb(r->body, r->body_len, 0, NULL);
    struct item *it = item_of_handle(w, params);
    const json_t *entry;
    size_t i;

    if (it)
        ledger_settles(r->env, it);
    json_array_foreach(jget_array(params, "Entries"), i, entry)
        if ((it = item_of_handle(w, entry)))
            ledger_settles(r->env, it);
}

/* Before the first invocation, only for its connection. */
static void answer_unsigned(struct world *w, struct request *r)
{
    if (dice_chance(&w->dice, w->plan.queue_trouble))
        request_answer(w, r, r->timeout_ms + 1, answer_status(404));
    else
        request_answer(w, r, dice_between(&w->dice, 1, 40), answer_status(404));
    request_release(r);
}

void queues_request(struct world *w, struct request *r)
{
    struct arrival *a;
    enum fault fault;

    if (strcmp(r->method, "GET") == 0) {
        answer_unsigned(w, r);
        return;
    }
    fault = choose_fault(w);
    if (strstr(sent_header(r, "authorization"), "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") == NULL)
        world_violation(w, "a request to SQS without a signature");
    if (r->after_signal && str_ends(sent_header(r, "x-amz-target"), ".ReceiveMessage"))
        world_violation(w, "drain %d receives after SIGTERM", r->env->number);
    if (r->env->ingest)
        note_sending(w, r);
    else
        note_settling(w, r);
    if (fault != FAULT_KINDS) {
        world_count(w, fault);
        note_trouble(w, r);
    }
    r->env->queue_trouble = r->env->queue_trouble || fault != FAULT_KINDS;
    if (hangs(w, fault)) {
        r->env->queue_trouble = true;
        hang(w, r);
        return;
    }
    a = xcalloc(1, sizeof(*a));
    *a = (struct arrival){ r, fault };
    if (fault == FAULT_QUEUE_LATE) { /* the caller may have given up by then */
        request_answer(w, r, r->timeout_ms, answer_error(ERR_TIMEOUT));
        world_after(w, dice_between(&w->dice, 3000, 25000), on_arrival, a);
    } else {
        world_after(w, dice_between(&w->dice, 1, 40), on_arrival, a);
    }
}

static json_t *store_get(struct world *w, const json_t *params)
{
    json_t *found = json_array(), *name;
    size_t i;

    json_array_foreach(jget_array(params, "Names"), i, name) {
        const char *path = json_string_value(name);
        const char *value = strcmp(path, STORE_PAUSE) == 0
                                ? w->queues->pause
                                : api_key(w, path[strlen(path) - 1] - '0');
        if (value)
            json_array_append_new(found, json_pack("{s:s, s:s, s:s, s:i}", "Name", path, "Type",
                                                   "String", "Value", value, "Version", 1));
    }
    return json_pack("{s:o, s:[]}", "Parameters", found, "InvalidParameters");
}

static json_t *store_put(struct world *w, const struct env *env, const json_t *params)
{
    const char *name = jget_str(params, "Name"), *value = jget_str(params, "Value");

    world_note(w, "drain %d writes %s: %s", env->number, name, value);
    if (!name || strcmp(name, STORE_PAUSE) != 0 || !value)
        world_violation(w, "a write of parameter %s", name ? name : "without a name");
    ledger_pauses(w, value ? value : "");
    free(w->queues->pause);
    w->queues->pause = value ? xstrdup(value) : NULL;
    return json_pack("{s:i, s:s}", "Version", 1, "Tier", "Standard");
}

/* https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html */
void store_request(struct world *w, struct request *r)
{
    auto_json json_t *params = json_loadb(r->body, r->body_len, 0, NULL);
    auto_json json_t *reply = NULL;

    if (world_fault(w, FAULT_STORE_TROUBLE, w->plan.queue_trouble)) {
        r->env->store_trouble = true;
        request_answer(w, r, 10,
                       dice_chance(&w->dice, 500) ? error_answer(400, "ThrottlingException")
                                                  : answer_error(ERR_NET));
        request_release(r);
        return;
    }
    reply = jget_array(params, "Names") ? store_get(w, params) : store_put(w, r->env, params);
    request_answer(w, r, dice_between(&w->dice, 5, 60), answer_json(200, json_incref(reply)));
    request_release(r);
}
