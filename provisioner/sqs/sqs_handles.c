/* sqs_handles.c: the actions with a receipt handle: DeleteMessage, ChangeMessageVisibility.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
 */
#include "buf.h"
#include "encode.h"
#include "mem.h"
#include "sqs/sqs_actions.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HANDLE_MAX = 1024 };

/* A receipt handle contains the queue, the message and the nonce of its last receive. */
char *sqs_handle(const struct sqs_queue *q, const struct fifo_message *m)
{
    char text[96];
    int n = snprintf(text, sizeof(text), "fifoq %u %llu %llu ", q->number,
                     (unsigned long long)m->number, (unsigned long long)m->nonce);
    return base64_encode(text, (size_t)n);
}

/* Parses the number at *s and moves *s past it and one space. */
static bool number_at(const char **s, uint64_t *out)
{
    char *end = NULL;
    bool ok = false;

    *out = strtoull(*s, &end, 10);
    ok = **s >= '0' && **s <= '9' && *end == ' ';
    *s = ok ? end + 1 : end;
    return ok;
}

static bool handle_parse(const struct sqs_queue *q, const char *handle, uint64_t *number,
                         uint64_t *nonce)
{
    size_t n = 0;
    auto_free unsigned char *bytes =
        strlen(handle) <= HANDLE_MAX ? base64_decode(handle, &n) : NULL;
    const char *s = (const char *)bytes;
    uint64_t queue = 0;
    if (!s || !str_starts(s, "fifoq "))
        return false;
    s += strlen("fifoq ");
    return number_at(&s, &queue) && number_at(&s, number) && number_at(&s, nonce) &&
           queue == q->number && s == (const char *)bytes + n;
}

/* The message of a receipt handle. */
struct hold {
    const char *handle;
    struct fifo_message *message; /* NULL: deleted */
    bool latest;                  /* of the message's last receive */
    bool in_flight;
};

static int find(struct sqs_call *c, const json_t *in, struct hold *h)
{
    uint64_t number = 0, nonce = 0;
    if (sqs_need(c, in, "ReceiptHandle", &h->handle) < 0)
        return -1;
    if (!handle_parse(c->queue, h->handle, &number, &nonce))
        return sqs_fail(c, SQS_INVALID_HANDLE,
                        "The input receipt handle \"%s\" is not a valid receipt handle.",
                        h->handle);
    h->message = fifo_find(&c->queue->messages, number);
    h->latest = h->message && h->message->nonce == nonce;
    h->in_flight = h->message && h->message->taken && h->message->visible_ms > c->now;
    return 0;
}

static int fail_expired(struct sqs_call *c, const json_t *in, const char *handle)
{
    if (in != c->in)
        return sqs_fail(c, SQS_INVALID_HANDLE, "The receipt handle has expired");
    return sqs_refuse(c, "ReceiptHandle", handle, "The receipt handle has expired.");
}

static int delete_one(struct sqs_call *c, const json_t *in, json_t *out)
{
    struct hold h = { 0 };
    (void)out;
    if (find(c, in, &h) < 0)
        return -1;
    if (!h.message)
        return 0; /* already deleted */
    if (c->queue->fifo && (!h.latest || !h.in_flight))
        return fail_expired(c, in, h.handle);
    fifo_remove(&c->queue->messages, h.message);
    fifo_message_free(h.message);
    return 0;
}

int sqs_delete_message(struct sqs_call *c)
{
    return delete_one(c, c->in, c->out);
}

int sqs_delete_message_batch(struct sqs_call *c)
{
    return sqs_batch(c, delete_one);
}

static int read_timeout(struct sqs_call *c, const json_t *in, int64_t *seconds)
{
    char digits[24];
    if (!json_object_get(in, "VisibilityTimeout") && in == c->in)
        return sqs_fail(c, SQS_MISSING_PARAMETER,
                        "The request must contain the parameter VisibilityTimeout.");
    if (sqs_integer(c, in, "VisibilityTimeout", seconds) < 0)
        return -1;
    (void)snprintf(digits, sizeof(digits), "%lld", (long long)*seconds);
    if (*seconds < 0 || *seconds > SQS_HIDE_MAX_S)
        return sqs_refuse(c, "VisibilityTimeout", digits,
                          "Must be between 0 and 43200, if provided.");
    return 0;
}

static int change_one(struct sqs_call *c, const json_t *in, json_t *out)
{
    struct hold h = { 0 };
    int64_t seconds = 0;
    char digits[24];
    (void)out;
    if (read_timeout(c, in, &seconds) < 0 || find(c, in, &h) < 0)
        return -1;
    if (!h.message || (h.in_flight && !h.latest))
        return sqs_refuse(c, "ReceiptHandle", h.handle,
                          "Message does not exist or is not available for visibility timeout "
                          "change.");
    if (!h.in_flight)
        return sqs_fail(c, SQS_NOT_IN_FLIGHT, "The message referred to isn't in flight.");
    (void)snprintf(digits, sizeof(digits), "%lld", (long long)seconds);
    if (c->now + 1000 * seconds > h.message->received_ms + 1000 * SQS_HIDE_MAX_S)
        return sqs_refuse(c, "VisibilityTimeout", digits,
                          "Total VisibilityTimeout for the message is beyond the limit [43200 "
                          "seconds]");
    h.message->changed = true;
    fifo_hide(&c->queue->messages, h.message, c->now + 1000 * seconds, c->now);
    return 0;
}

int sqs_change_message_visibility(struct sqs_call *c)
{
    return change_one(c, c->in, c->out);
}

int sqs_change_message_visibility_batch(struct sqs_call *c)
{
    return sqs_batch(c, change_one);
}
