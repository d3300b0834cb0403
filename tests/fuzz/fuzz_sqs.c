/*
 * fuzz_sqs.c: any requests to the SQS in memory: a line each, "Action seconds body"; seconds
 * advance the clock. There is always an answer, JSON unless a fault breaks it, and two messages of
 * a group never change places.
 */
#include "buf.h"
#include "json.h"
#include "mem.h"
#include "sqs/sqs.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define START INT64_C(1700000000000)

static const char create[] = "{\"QueueName\":\"q.fifo\",\"Attributes\":{\"FifoQueue\":\"true\","
                             "\"ContentBasedDeduplication\":\"true\"}}";

static json_t *call(struct sqs *s, int64_t now, const char *action, const char *body, size_t n)
{
    auto_free char *target = xasprintf("AmazonSQS.%s", action);
    struct sqs_response r;
    sqs_http(s, now, &(struct sqs_request){ .target = target, .body = body, .body_len = n }, &r);
    json_t *reply = json_loadb(r.body, r.body_len, JSON_ALLOW_NUL, NULL);
    if (!json_is_object(reply) || r.status < 200 || r.broken || (r.status == 200) != !r.error[0])
        abort();
    sqs_response_done(&r);
    if (sqs_due_ms(s, now) < now)
        abort();
    return reply;
}

/* Sequence numbers of a group only grow within an answer. */
static void check_order(const json_t *reply)
{
    auto_json json_t *last = json_object();
    size_t i = 0;
    const json_t *m = NULL;
    json_array_foreach(json_object_get(reply, "Messages"), i, m) {
        const char *group = jget_path_str(m, "Attributes.MessageGroupId"),
                   *number = jget_path_str(m, "Attributes.SequenceNumber");
        if (!group || !number)
            continue;
        if (jget_str(last, group) && strcmp(jget_str(last, group), number) >= 0)
            abort();
        json_object_set_new(last, group, json_string(number));
    }
}

/* The receipt handle of the first message replaces "$h" in the following lines. */
static void put_handle(const char *line, size_t n, const char *handle, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        if (i + 1 < n && line[i] == '$' && line[i + 1] == 'h') {
            buf_puts(out, handle);
            i++;
        } else {
            buf_putc(out, line[i]);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    if (!ready)
        mem_init();
    ready = true;
    const struct sqs_options o = { "123456789012", "eu-west-1", "http://localhost" };
    struct sqs *s = sqs_new(&o);
    int64_t now = START;
    json_decref(call(s, now, "CreateQueue", create, strlen(create)));
    auto_free char *text = xstrndup((const char *)data, size);
    auto_free char *handle = xstrdup("none");
    for (char *line = text; *line;) {
        size_t n = strcspn(line, "\n"), word = strcspn(line, " \n");
        auto_free char *action = xstrndup(line, word);
        char *end = line + word;
        uint64_t seconds = line[word] == ' ' ? strtoull(line + word, &end, 10) : 0;
        auto_buf body = BUF(BUF_LARGE);
        if (end < line + n)
            put_handle(end, (size_t)(line + n - end), handle, &body);
        now += (int64_t)(seconds % 1000000) * 1000;
        auto_json json_t *reply = call(s, now, action, buf_str(&body), body.len);
        check_order(reply);
        const json_t *first = json_array_get(json_object_get(reply, "Messages"), 0);
        if (first) {
            free(handle);
            handle = xstrdup(jget_str(first, "ReceiptHandle"));
        }
        line += n + (line[n] == '\n');
    }
    sqs_free(s);
    return 0;
}
