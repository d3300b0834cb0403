/* turn.c: see turn.h. */
#include "turn.h"

#include "aws_call.h"
#include "clock.h"
#include "contract.h"
#include "json.h"
#include "log.h"
#include "mem.h"

#include <stdlib.h>

enum {
    IN_RUN_MS = 1000,     /* an interval up to this is waited for in the run */
    OLD_MS = 7 * 86400000 /* SQS deletes it after 14 days, also while a run holds it */
};

void turns_init(struct turns *t, struct aws *aws, const char *name, struct pace *pace)
{
    *t = (struct turns){ .pace = pace };
    if (name)
        queue_init(&t->queue, aws, name);
}

void turns_done(struct turns *t)
{
    queue_done(&t->queue);
    free(t->handle);
    *t = (struct turns){ 0 };
}

static long seconds_of(int64_t ms)
{
    return ms > 0 ? (long)((ms + 999) / 1000) : 0;
}

/* 0: the next run waits by itself. */
static int64_t hidden_ms(const struct turns *t)
{
    int64_t ms = pace_interval_ms(t->pace);

    return ms > IN_RUN_MS ? ms : 0;
}

/* After what is in the queue already. The same id on every try: two runs that find the queue empty
 * make one message, and two would be harmless. */
static int make(struct turns *t, struct err *e)
{
    const struct queue_message m = {
        .body = "turn", .body_len = 4, .group = "turn", .dedup = "turn"
    };
    struct queue_result result;

    queue_send(&t->queue, &m, 1, &result);
    if (result.outcome == QUEUE_SENT)
        return 0;
    return err_set(e, ERR_AWS, "the turn's message could not be sent: %.200s", result.reason);
}

/* The counts are approximate: too few, and there is a second message; too many, and the next run
 * looks again. */
static int make_if_empty(struct turns *t, struct err *e)
{
    static const char *const counts[] = { "ApproximateNumberOfMessages",
                                          "ApproximateNumberOfMessagesNotVisible",
                                          "ApproximateNumberOfMessagesDelayed" };
    auto_json json_t *ask = json_pack("{s:s, s:[s, s, s]}", "QueueUrl", t->queue.url,
                                      "AttributeNames", counts[0], counts[1], counts[2]);
    auto_json json_t *reply = NULL;
    long long n = 0;

    if (aws_call(t->queue.aws, &aws_sqs, "GetQueueAttributes", ask, &reply, e) < 0)
        return -1;
    for (size_t i = 0; i < COUNTOF(counts); i++) {
        const char *text = jget_str(jget_obj(reply, "Attributes"), counts[i]);
        n += text ? strtoll(text, NULL, 10) : 0;
    }
    return n > 0 ? 0 : make(t, e);
}

static bool is_old(const json_t *message)
{
    const char *sent = jget_str(jget_obj(message, "Attributes"), "SentTimestamp");

    return sent && clock_wall_ms() - strtoll(sent, NULL, 10) > OLD_MS;
}

/* A new message replaces it. True: the old one is deleted, or may be, and the turn belongs to the
 * run that receives the new one. */
static bool renew(struct turns *t, const char *handle)
{
    struct err e;

    if (make(t, &e) < 0) {
        log_event(LOG_WARN, "the turn could not be renewed", "reason", e.msg, NULL);
        return false;
    }
    if (queue_delete(&t->queue, handle, &e) < 0)
        log_event(LOG_WARN, "the turn is free when its lease ends", "reason", e.msg, NULL);
    return true;
}

static int receive(struct turns *t, int64_t deadline_ms, const volatile sig_atomic_t *stop,
                   bool *mine, struct err *e)
{
    int64_t lease_ms =
        deadline_ms - clock_mono_ms() + (int64_t)LEASE_MARGIN_S * 1000 + hidden_ms(t);
    auto_json json_t *list = NULL;
    const json_t *message;
    const char *handle;

    const struct queue_ask ask = { .most = 1, .visibility_s = seconds_of(lease_ms), .stop = stop };
    if (queue_receive(&t->queue, &ask, &list, e) < 0)
        return -1;
    message = json_array_get(list, 0);
    handle = jget_str(message, "ReceiptHandle");
    if (!handle)
        return message ? err_set(e, ERR_PARSE, "sqs:ReceiveMessage: the turn has no ReceiptHandle")
                       : 0;
    if (is_old(message) && renew(t, handle))
        return 0;
    t->handle = xstrdup(handle);
    *mine = true;
    if (!hidden_ms(t))
        pace_rest(t->pace, clock_mono_ms());
    return 0;
}

int turns_take(struct turns *t, int64_t deadline_ms, int64_t need_ms,
               const volatile sig_atomic_t *stop, bool *mine, struct err *e)
{
    bool looked = false;

    *mine = !t->queue.url;
    while (!*mine && !(stop && *stop) && clock_mono_ms() < deadline_ms - need_ms) {
        if (receive(t, deadline_ms, stop, mine, e) < 0)
            return e->code == ERR_INTERRUPTED ? 0 : -1;
        if (!*mine && !looked && make_if_empty(t, e) < 0)
            return -1;
        looked = true;
    }
    return 0;
}

void turns_give(struct turns *t, int64_t deadline_ms)
{
    auto_free char *handle = t->handle;
    const char *handles[] = { handle };
    int64_t rest_ms = hidden_ms(t) ? pace_next_ms(t->pace) - clock_mono_ms() : 0;
    struct err e;

    t->handle = NULL;
    if (handle && queue_give_back(&t->queue, handles, 1, seconds_of(rest_ms), deadline_ms, &e) < 0)
        log_event(LOG_WARN, "the turn is free when its lease ends", "reason", e.msg, NULL);
}
