/* sqs_calls.c: see sqs_calls.h. */
#include "sqs_calls.h"

#include "json.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

void sqs_reply_done(struct sqs_reply *r)
{
    json_decref(r->body);
    *r = (struct sqs_reply){ 0 };
}

struct sqs *sqs_calls_new(void)
{
    const struct sqs_options o = { .account = "123456789012",
                                   .region = "eu-west-1",
                                   .base_url = SQS_CALLS_BASE };

    return sqs_new(&o);
}

void sqs_call(struct sqs *s, int64_t now_ms, const char *action, const json_t *params,
              struct sqs_reply *out)
{
    auto_free char *target = xasprintf("AmazonSQS.%s", action);
    auto_free char *body = json_text(params);
    const struct sqs_request q = { .target = target, .body = body, .body_len = strlen(body) };
    struct sqs_response r = { 0 };

    sqs_http(s, now_ms, &q, &r);
    *out = (struct sqs_reply){ .status = r.status,
                               .error = r.error,
                               .body = json_loadb(r.body, r.body_len, JSON_DECODE_ANY, NULL),
                               .waits = r.waits,
                               .wait_until_ms = r.wait_until_ms };
    if (!out->body)
        out->body = json_object();
    sqs_response_done(&r);
}

void sqs_make_fifo(struct sqs *s, int64_t now_ms, const char *name)
{
    auto_json json_t *params = json_pack("{s:s, s:{s:s, s:s}}", "QueueName", name, "Attributes",
                                         "FifoQueue", "true", "MessageRetentionPeriod", "1209600");
    auto_sqs_reply reply = { 0 };

    sqs_call(s, now_ms, "CreateQueue", params, &reply);
    if (reply.status != 200)
        abort();
}

json_t *batch_split(json_t *entries, struct dice *d, unsigned per_thousand)
{
    json_t *taken = json_array();

    for (size_t i = json_array_size(entries); i > 0; i--)
        if (dice_chance(d, per_thousand)) {
            json_array_append(taken, json_array_get(entries, i - 1));
            json_array_remove(entries, i - 1);
        }
    return taken;
}

void batch_add_failed(json_t *reply, const json_t *entries, bool senders)
{
    json_t *failed = json_object_get(reply, "Failed"), *entry;
    size_t i;

    if (!failed) {
        failed = json_array();
        json_object_set_new(reply, "Failed", failed);
    }
    json_array_foreach((json_t *)entries, i, entry)
        json_array_append_new(failed,
                              json_pack("{s:O, s:b, s:s, s:s}", "Id", json_object_get(entry, "Id"),
                                        "SenderFault", senders, "Code",
                                        senders ? "InvalidParameterValue" : "InternalError",
                                        "Message", "by the dice"));
}
