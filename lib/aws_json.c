/* aws_json.c: AWS JSON 1.0 and 1.1, where the action is a header, and the services that speak it.
 * https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html */
#include "aws_wire.h"
#include "json.h"
#include "json_write.h"
#include "mem.h"

#include <stdint.h>
#include <string.h>

char *aws_json_body(const json_t *value, size_t *len)
{
    auto_buf body = BUF(SIZE_MAX / 4);

    json_write(value, &body);
    *len = body.len;
    return buf_steal(&body);
}

char *aws_scalar_text(const json_t *value)
{
    if (json_is_string(value))
        return xstrdup(json_string_value(value));
    if (json_is_boolean(value))
        return xstrdup(json_is_true(value) ? "true" : "false");
    return json_is_integer(value) ? xasprintf("%lld", (long long)json_integer_value(value)) : NULL;
}

static const char *content_type(const struct aws_service *s)
{
    return strcmp(s->version, "1.0") != 0 ? "application/x-amz-json-1.1"
                                          : "application/x-amz-json-1.0";
}

static int json_encode(const struct aws_service *s, const char *action, const json_t *params,
                       struct aws_wire *w, struct err *e)
{
    (void)e;
    w->method = "POST";
    w->content_type = content_type(s);
    w->target = xstrdup("/");
    w->amz_target = xasprintf("%s.%s", s->target, action);
    if (params) {
        w->body = aws_json_body(params, &w->body_len);
    } else {
        w->body = xstrdup("{}");
        w->body_len = 2;
    }
    return 0;
}

int aws_json_object(const struct http_response *r, json_t **reply, struct err *e)
{
    auto_json json_t *v = NULL;
    struct err unused;

    if (!r->body_len)
        v = json_object();
    else if (json_parse(r->body, r->body_len, &v, &unused) < 0 || !json_is_object(v))
        return err_set(e, ERR_PARSE,
                       "the answer (HTTP %d) is not a JSON object; " AWS_SOMEBODY_ELSE, r->status);
    *reply = steal(v);
    return 0;
}

static int json_decode(const struct aws_service *s, const char *action,
                       const struct http_response *r, json_t **reply, struct err *e)
{
    (void)s;
    (void)action;
    return aws_json_object(r, reply, e);
}

static const struct aws_codec codec = { .encode = json_encode, .decode = json_decode };

const struct aws_service aws_dynamodb = {
    .name = "dynamodb",
    .signing = "dynamodb",
    .codec = &codec,
    .shapes = aws_shapes_dynamodb,
    .target = "DynamoDB_20120810",
    .version = "1.0",
    .id = AWS_ID_DYNAMODB,
};

const struct aws_service aws_streams = {
    .name = "dynamodb",
    .signing = "dynamodb",
    .codec = &codec,
    .shapes = aws_shapes_streams,
    .target = "DynamoDBStreams_20120810",
    .version = "1.0",
    .id = AWS_ID_STREAMS,
};

const struct aws_service aws_events = {
    .name = "events",
    .signing = "events",
    .codec = &codec,
    .shapes = aws_shapes_events,
    .target = "AWSEvents",
    .version = "1.1",
    .id = AWS_ID_EVENTS,
};

const struct aws_service aws_logs = {
    .name = "logs",
    .signing = "logs",
    .codec = &codec,
    .shapes = aws_shapes_logs,
    .target = "Logs_20140328",
    .version = "1.1",
    .id = AWS_ID_LOGS,
};

const struct aws_service aws_sqs = {
    .name = "sqs",
    .signing = "sqs",
    .codec = &codec,
    .shapes = aws_shapes_sqs,
    .target = "AmazonSQS",
    .version = "1.0",
    .id = AWS_ID_SQS,
};

/* https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html: the
 * prefix in IAM is "tag" */
const struct aws_service aws_tagging = {
    .name = "tag",
    .signing = "tagging",
    .codec = &codec,
    .shapes = aws_shapes_tagging,
    .target = "ResourceGroupsTaggingAPI_20170126",
    .version = "1.1",
    .id = AWS_ID_TAGGING,
};

const struct aws_service aws_ssm = {
    .name = "ssm",
    .signing = "ssm",
    .codec = &codec,
    .shapes = aws_shapes_ssm,
    .target = "AmazonSSM",
    .version = "1.1",
    .id = AWS_ID_SSM,
};
