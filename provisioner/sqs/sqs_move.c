/* sqs_move.c: message move tasks, from a dead-letter queue to its sources or to another queue.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
 */
#include "mem.h"
#include "sqs/sqs_actions.h"

#include <stdlib.h>
#include <string.h>

enum {
    RATE_MAX = 500,  /* messages a second */
    TASKS_KEPT = 10, /* per source */
    TASKS_MAX = 100,
};
#define TASK_LENGTH_MS (36 * 3600 * (int64_t)1000)

static bool is_running(const struct sqs_move *t)
{
    return strcmp(t->status, "RUNNING") == 0;
}

static void end(struct sqs_move *t, const char *status, const char *failure)
{
    t->status = status;
    t->failure = failure;
}

/* The oldest visible message. */
static struct fifo_message *next_message(const struct sqs_queue *q, int64_t now)
{
    struct fifo_message *m = q->messages.first;
    while (m && m->visible_ms > now)
        m = m->next;
    return m;
}

/* Resets a message as if it were sent again. */
static void reset_message(struct fifo_message *m, int64_t now)
{
    uuid_v4(m->id);
    free(steal(m->source_arn));
    m->receives = m->receives_elsewhere = 0;
    m->first_receive_ms = 0;
    m->sent_ms = m->enqueued_ms = now;
}

static bool move_one(struct sqs *s, struct sqs_move *t, struct sqs_queue *from, int64_t now)
{
    struct fifo_message *m = next_message(from, now);
    struct sqs_queue *to =
        m ? sqs_queue_of_arn(s, t->target_arn ? t->target_arn : m->source_arn) : NULL;
    if (!m) {
        end(t, "COMPLETED", NULL);
        return false;
    }
    if (!to) {
        bool unknown = !t->target_arn && !m->source_arn;
        end(t, "FAILED",
            unknown ? "CouldNotDetermineMessageSource" : "AWS.SimpleQueueService.NonExistentQueue");
        return false;
    }
    fifo_remove(&from->messages, m);
    reset_message(m, now);
    m->visible_ms = sqs_delayed_until(to, now);
    sqs_enqueue(s, to, m, now);
    s->changes++;
    t->moved++;
    return true;
}

static int64_t due_of(const struct sqs_move *t, int64_t moved)
{
    return t->started_ms + (1000 * (moved + 1) + t->per_second - 1) / t->per_second;
}

static void run(struct sqs *s, struct sqs_move *t, int64_t now)
{
    struct sqs_queue *from = sqs_queue_of_arn(s, t->source_arn);
    if (!from)
        end(t, "FAILED", "AWS.SimpleQueueService.NonExistentQueue");
    else if (now >= t->started_ms + TASK_LENGTH_MS)
        end(t, "FAILED", "TimedOut");
    while (is_running(t) && t->moved < t->to_move && due_of(t, t->moved) <= now &&
           move_one(s, t, from, now))
        ;
    if (is_running(t) && t->moved >= t->to_move)
        end(t, "COMPLETED", NULL);
}

void sqs_moves_tick(struct sqs *s, int64_t now)
{
    for (struct sqs_move *t = s->moves; t; t = t->next)
        if (is_running(t))
            run(s, t, now);
}

int64_t sqs_moves_due_ms(const struct sqs *s, int64_t now)
{
    int64_t due = INT64_MAX;
    for (const struct sqs_move *t = s->moves; t; t = t->next)
        if (is_running(t) && due_of(t, t->moved) < due)
            due = due_of(t, t->moved);
    return due > now || due == INT64_MAX ? due : now;
}

static void move_free(struct sqs_move *t)
{
    free(t->source_arn);
    free(t->target_arn);
    free(t);
}

void sqs_moves_free(struct sqs *s)
{
    while (s->moves) {
        struct sqs_move *t = s->moves;
        s->moves = t->next;
        move_free(t);
    }
}

static int fail_missing(struct sqs_call *c, const char *what)
{
    return sqs_fail(c, SQS_RESOURCE_MISSING,
                    "The resource that you specified for the %s parameter "
                    "doesn't exist.",
                    what);
}

static int check_source(struct sqs_call *c, const struct sqs_queue *from)
{
    const struct sqs_queue *q = c->sqs->queues;
    size_t running = 0;

    while (q && (!q->dead_arn || strcmp(q->dead_arn, from->arn) != 0))
        q = q->next;
    if (!q)
        return sqs_fail(c, SQS_INVALID_PARAMETER,
                        "Source queue must be configured as a Dead Letter Queue.");
    for (const struct sqs_move *t = c->sqs->moves; t; t = t->next) {
        running += is_running(t);
        if (is_running(t) && strcmp(t->source_arn, from->arn) == 0)
            return sqs_fail(c, SQS_INVALID_PARAMETER,
                            "There is already a task running. Only one active task is allowed for "
                            "a source queue arn at a given time.");
    }
    if (running >= TASKS_MAX)
        return sqs_fail(c, SQS_OVER_LIMIT, "There are %d active move tasks already.", TASKS_MAX);
    return 0;
}

static int check_target(struct sqs_call *c, const struct sqs_queue *from, const char *arn)
{
    const struct sqs_queue *to = arn ? sqs_queue_of_arn(c->sqs, arn) : from;
    if (!to)
        return fail_missing(c, "DestinationArn");
    if (arn && to == from)
        return sqs_fail(c, SQS_INVALID_PARAMETER,
                        "Source queue arn and destination queue arn can not be the same.");
    if (to->fifo != from->fifo)
        return sqs_fail(c, SQS_INVALID_PARAMETER,
                        "Source queue and destination queue must be of the same type.");
    return 0;
}

/* Keeps only the latest TASKS_KEPT tasks of a source. */
static void drop_old_tasks(struct sqs *s, const char *source)
{
    size_t n = 0;
    for (struct sqs_move **at = &s->moves; *at;) {
        struct sqs_move *t = *at;
        n += strcmp(t->source_arn, source) == 0;
        if (n <= TASKS_KEPT || strcmp(t->source_arn, source) != 0) {
            at = &t->next;
            continue;
        }
        *at = t->next;
        move_free(t);
    }
}

int sqs_start_message_move_task(struct sqs_call *c)
{
    const char *source = NULL, *target = NULL;
    int64_t rate = RATE_MAX;
    struct sqs_queue *from = NULL;
    struct sqs_move *t = NULL;

    if (sqs_need(c, c->in, "SourceArn", &source) < 0 ||
        sqs_text(c, c->in, "DestinationArn", &target) < 0 ||
        sqs_integer(c, c->in, "MaxNumberOfMessagesPerSecond", &rate) < 0)
        return -1;
    if (rate < 1 || rate > RATE_MAX)
        return sqs_fail(c, SQS_INVALID_PARAMETER,
                        "Value for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: "
                        "You can set this value to at least 1 and at most 500.");
    from = sqs_queue_of_arn(c->sqs, source);
    if (!from)
        return fail_missing(c, "SourceArn");
    if (check_source(c, from) < 0 || check_target(c, from, target) < 0)
        return -1;
    t = xcalloc(1, sizeof(*t));
    uuid_v4(t->handle);
    t->source_arn = xstrdup(source);
    t->target_arn = target ? xstrdup(target) : NULL;
    t->status = "RUNNING";
    t->per_second = rate;
    t->limited = json_object_get(c->in, "MaxNumberOfMessagesPerSecond") != NULL;
    t->started_ms = c->now;
    t->to_move = (int64_t)from->messages.n;
    t->next = c->sqs->moves;
    c->sqs->moves = t;
    drop_old_tasks(c->sqs, source);
    json_object_set_new(c->out, "TaskHandle", json_string(t->handle));
    return 0;
}

static json_t *task_json(const struct sqs_move *t)
{
    json_t *out = json_pack("{s:s, s:s, s:I, s:I, s:I}", "Status", t->status, "SourceArn",
                            t->source_arn, "ApproximateNumberOfMessagesMoved", (json_int_t)t->moved,
                            "ApproximateNumberOfMessagesToMove", (json_int_t)t->to_move,
                            "StartedTimestamp", (json_int_t)t->started_ms);
    if (is_running(t))
        json_object_set_new(out, "TaskHandle", json_string(t->handle));
    if (t->target_arn)
        json_object_set_new(out, "DestinationArn", json_string(t->target_arn));
    if (t->limited)
        json_object_set_new(out, "MaxNumberOfMessagesPerSecond", json_integer(t->per_second));
    if (t->failure)
        json_object_set_new(out, "FailureReason", json_string(t->failure));
    return out;
}

int sqs_list_message_move_tasks(struct sqs_call *c)
{
    const char *source = NULL;
    int64_t max = 1;
    json_t *results = NULL;

    if (sqs_need(c, c->in, "SourceArn", &source) < 0 ||
        sqs_integer(c, c->in, "MaxResults", &max) < 0)
        return -1;
    if (max < 1 || max > TASKS_KEPT)
        return sqs_fail(c, SQS_INVALID_PARAMETER,
                        "Value for parameter MaxResults is invalid. Reason: must be between 1 and "
                        "10, if provided.");
    if (!sqs_queue_of_arn(c->sqs, source))
        return fail_missing(c, "SourceArn");
    results = json_array();
    for (const struct sqs_move *t = c->sqs->moves; t; t = t->next)
        if (strcmp(t->source_arn, source) == 0 && json_array_size(results) < (size_t)max)
            json_array_append_new(results, task_json(t));
    json_object_set_new(c->out, "Results", results);
    return 0;
}

int sqs_cancel_message_move_task(struct sqs_call *c)
{
    const char *handle = NULL;
    struct sqs_move *t = NULL;

    if (sqs_need(c, c->in, "TaskHandle", &handle) < 0)
        return -1;
    t = c->sqs->moves;
    while (t && strcmp(t->handle, handle) != 0)
        t = t->next;
    if (!t)
        return fail_missing(c, "TaskHandle");
    if (!is_running(t))
        return sqs_fail(c, SQS_INVALID_PARAMETER, "Only active tasks can be cancelled.");
    end(t, "CANCELLED", NULL);
    json_object_set_new(c->out, "ApproximateNumberOfMessagesMoved", json_integer(t->moved));
    return 0;
}
