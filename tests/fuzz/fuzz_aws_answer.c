/*
 * fuzz_aws_answer.c: any bytes as the answer to any action. The first byte selects the service, the
 * second the action, the rest is the body of HTTP 200. An accepted answer has the promised shape,
 * so it is accepted again; a refused one has a reason of one line.
 */
#include "aws_wire.h"
#include "json.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct aws_service *const services[] = {
    &aws_dynamodb, &aws_events, &aws_iam,     &aws_lambda,   &aws_logs, &aws_signin,
    &aws_sqs,      &aws_ssm,    &aws_streams, &aws_sso_oidc, &aws_sso,  &aws_sts,
};

static const char *action_of(const struct aws_service *s, uint8_t pick)
{
    size_t n = 0;

    while (s->shapes[n].action)
        n++;
    return s->shapes[pick % n].action;
}

static void check_reply(const struct aws_service *s, const char *action, const json_t *reply)
{
    auto_json json_t *again = NULL;
    struct err e = { 0 };

    if (!json_is_object(reply) || aws_answer_read(s, action, reply, false, &again, &e) < 0 ||
        !json_equal(reply, again))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct aws_service *s = services[size ? data[0] % COUNTOF(services) : 0];
    const char *action = action_of(s, size > 1 ? data[1] : 0);
    size_t n = size > 2 ? size - 2 : 0;
    auto_free char *body = xmalloc(n + 1); /* bodies end with a NUL */
    struct http_response r = { .status = 200, .body = body, .body_len = n };
    auto_json json_t *raw = NULL, *reply = NULL;
    struct err e = { 0 };

    if (n)
        memcpy(body, data + 2, n);
    body[n] = '\0';
    if (s->codec->decode(s, action, &r, &raw, &e) == 0 &&
        aws_answer_read(s, action, raw, s->codec->text, &reply, &e) == 0)
        check_reply(s, action, reply);
    else if (reply || (e.code != ERR_PARSE && e.code != ERR_AWS) || !e.msg[0] ||
             strchr(e.msg, '\n'))
        abort();
    return 0;
}
