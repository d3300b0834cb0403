/* sqs_host.c: adds the clock, faults and long polls to the in-memory SQS. */
#include "sqs/sqs_host.h"
#include "clock.h"
#include "json.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define TARGET_PREFIX "AmazonSQS."

int64_t sqs_host_now_ms(const struct sqs_host *h)
{
    return h->virtual_clock ? h->now_ms : clock_wall_ms();
}

static const char *action_of(const struct sqs_pending *p)
{
    if (!p->target)
        return "none";
    return str_starts(p->target, TARGET_PREFIX) ? p->target + strlen(TARGET_PREFIX) : p->target;
}

/* Runs the call unless it is already answered; true: the response can be sent now. */
static bool try_answer(struct sqs_host *h, struct sqs_pending *p, int64_t now)
{
    if (!p->answered) {
        const struct sqs_request q = { p->target, buf_str(&p->body), p->body.len, p->fault };
        sqs_response_done(&p->answer);
        p->asked_ms = now;
        sqs_http(h->sqs, now, &q, &p->answer);
        if (!p->begun)
            p->until_ms = p->answer.waits ? p->answer.wait_until_ms : now;
        p->begun = true;
        if (p->answer.waits && now < p->until_ms)
            return false;
        p->answered = true;
        p->due_ms = now + p->answer.delay_ms;
    }
    return now >= p->due_ms;
}

/* Otherwise a message would be received for a client that has disconnected. */
static bool hung_up(const struct sqs_pending *p)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(p->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    char byte;
    return info && recv(info->connect_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static void settle_once(struct sqs_host *h)
{
    int64_t now = sqs_host_now_ms(h);
    h->seen = sqs_changes(h->sqs);
    for (struct sqs_pending **at = &h->waiting; *at;) {
        struct sqs_pending *p = *at;
        p->gone = !p->answered && hung_up(p);
        if (!p->gone && !try_answer(h, p, now)) {
            at = &p->next;
            continue;
        }
        *at = p->next;
        p->ready = true;
        MHD_resume_connection(p->connection);
    }
}

/* Repeats, because a receive may move dead letters to another queue. */
void sqs_host_settle(struct sqs_host *h)
{
    do
        settle_once(h);
    while (sqs_changes(h->sqs) != h->seen);
}

bool sqs_host_begin(struct sqs_host *h, struct sqs_pending *p)
{
    const char *action = action_of(p);
    json_object_set_new(h->calls, action, json_integer(jget_int(h->calls, action, 0) + 1));
    p->fault = sqs_faults_next(h->faults, action);
    p->ready = try_answer(h, p, sqs_host_now_ms(h));
    if (!p->ready) {
        struct sqs_pending **at = &h->waiting;
        while (*at)
            at = &(*at)->next;
        p->next = NULL;
        *at = p;
        MHD_suspend_connection(p->connection);
    }
    if (sqs_changes(h->sqs) != h->seen)
        sqs_host_settle(h);
    (void)pthread_cond_signal(&h->changed); /* the next due time may have changed */
    return p->ready;
}

void sqs_host_forget(struct sqs_host *h, struct sqs_pending *p)
{
    for (struct sqs_pending **at = &h->waiting; *at; at = &(*at)->next)
        if (*at == p) {
            *at = p->next;
            return;
        }
}

int64_t sqs_host_due_ms(const struct sqs_host *h)
{
    int64_t due = INT64_MAX, asked = INT64_MAX;
    int64_t visible = 0;

    for (const struct sqs_pending *p = h->waiting; p; p = p->next) {
        int64_t own = p->answered ? p->due_ms : p->until_ms;
        due = own < due ? own : due;
        asked = !p->answered && p->asked_ms < asked ? p->asked_ms : asked;
    }
    /* includes messages that became visible since the last poll */
    visible = asked < INT64_MAX ? sqs_due_ms(h->sqs, asked) : INT64_MAX;
    return visible < due ? visible : due;
}

void sqs_host_advance(struct sqs_host *h, int64_t ms)
{
    int64_t end = h->now_ms + ms;
    for (int64_t due = sqs_host_due_ms(h); due <= end && h->now_ms < end;
         due = sqs_host_due_ms(h)) {
        h->now_ms = due > h->now_ms ? due : h->now_ms + 1;
        sqs_host_settle(h);
    }
    h->now_ms = end;
    sqs_host_settle(h);
}

void sqs_host_reset(struct sqs_host *h)
{
    sqs_free(h->sqs);
    h->sqs = sqs_new(&h->options);
    sqs_faults_free(h->faults);
    h->faults = NULL;
    json_object_clear(h->calls);
    sqs_host_settle(h);
}
