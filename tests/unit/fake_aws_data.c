/* fake_aws_data.c: SQS, DynamoDB, Systems Manager and CloudWatch Logs. */
#include "fake_aws_parts.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

/* SQS */

static json_t *queue(const struct call *c)
{
    const char *url = jget_str(c->p, "QueueUrl");

    return url ? json_object_get(fake_all(c, "queues"), fake_last_part(url, "/")) : NULL;
}

static int no_queue(const struct call *c)
{
    return fake_no(c, ERR_NOT_FOUND, "QueueDoesNotExist", "no such queue");
}

static int create_queue(struct call *c)
{
    const char *name = jget_str(c->p, "QueueName");
    json_t *attributes = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "VisibilityTimeout", "30", "MessageRetentionPeriod",
        "345600", "DelaySeconds", "0", "ReceiveMessageWaitTimeSeconds", "0", "MaximumMessageSize",
        "262144", "SqsManagedSseEnabled", "true", "CreatedTimestamp", "1700000000.5");

    json_object_update(attributes, json_object_get(c->p, "Attributes"));
    json_object_set_new(fake_all(c, "queues"), name,
                        json_pack("{s:o, s:o}", "Attributes", attributes, "Tags",
                                  fake_new_tags(json_object_get(c->p, "tags"))));
    return 0;
}

static int get_queue_attributes(struct call *c)
{
    json_t *q = queue(c), *attributes;

    if (!q)
        return no_queue(c);
    attributes = json_pack("{s:s, s:s, s:s}", "ApproximateNumberOfMessages", "0",
                           "ApproximateNumberOfMessagesNotVisible", "0",
                           "ApproximateNumberOfMessagesDelayed", "0");
    json_object_update(attributes, json_object_get(q, "Attributes"));
    json_object_set_new(c->reply, "Attributes", attributes);
    return 0;
}

static int receive_message(struct call *c)
{
    return queue(c) ? 0 : no_queue(c);
}

static int set_queue_attributes(struct call *c)
{
    json_t *q = queue(c), *v;
    const char *key;

    if (!q)
        return no_queue(c);
    json_object_foreach(json_object_get(c->p, "Attributes"), key, v) {
        if (strcmp(key, "FifoQueue") == 0)
            return fake_no(c, ERR_AWS, "InvalidAttributeName", "FifoQueue cannot be set");
        if (*json_string_value(v))
            json_object_set(json_object_get(q, "Attributes"), key, v);
        else
            json_object_del(json_object_get(q, "Attributes"), key);
    }
    return 0;
}

static int list_queue_tags(struct call *c)
{
    if (!queue(c))
        return no_queue(c);
    json_object_set_new(c->reply, "Tags", json_deep_copy(json_object_get(queue(c), "Tags")));
    return 0;
}

static int tag_queue(struct call *c)
{
    fake_tag(json_object_get(queue(c), "Tags"), json_object_get(c->p, "Tags"));
    return 0;
}

static int untag_queue(struct call *c)
{
    fake_untag(json_object_get(queue(c), "Tags"), json_object_get(c->p, "TagKeys"));
    return 0;
}

static int delete_queue(struct call *c)
{
    const char *url = jget_str(c->p, "QueueUrl");

    return json_object_del(fake_all(c, "queues"), fake_last_part(url, "/")) < 0 ? no_queue(c) : 0;
}

/* DynamoDB */

static json_t *tagged_table(const struct call *c)
{
    return json_object_get(fake_all(c, "tables"),
                           fake_last_part(jget_str(c->p, "ResourceArn"), "/"));
}

static void set_stream(json_t *t, const char *name)
{
    char arn[256];

    (void)snprintf(arn, sizeof(arn), "arn:aws:dynamodb:" REGION ":" ACCOUNT ":table/%s/stream/1",
                   name);
    json_object_set_new(t, "LatestStreamArn", json_string(arn));
}

static int create_table(struct call *c)
{
    static const char *const members[] = { "TableName", "KeySchema", "AttributeDefinitions",
                                           "StreamSpecification", NULL };
    json_t *t = json_object();

    fake_copy(t, c->p, members);
    json_object_set_new(t, "TableStatus", json_string("CREATING"));
    json_object_set_new(t, "BillingModeSummary",
                        json_pack("{s:O}", "BillingMode", json_object_get(c->p, "BillingMode")));
    json_object_set_new(t, "#looks", json_integer(c->f->settle));
    json_object_set_new(t, "#tags", fake_new_tags(json_object_get(c->p, "Tags")));
    set_stream(t, jget_str(c->p, "TableName"));
    json_object_set(fake_all(c, "tables"), jget_str(c->p, "TableName"), t);
    json_object_set_new(c->reply, "TableDescription", t);
    return 0;
}

static int describe_table(struct call *c)
{
    json_t *t = fake_thing(c, "tables", "TableName");

    if (!t)
        return fake_missing(c);
    if (fake_looked(t))
        json_object_set_new(t, "TableStatus", json_string("ACTIVE"));
    json_object_set_new(c->reply, "Table", json_deep_copy(t));
    return 0;
}

static int update_table(struct call *c)
{
    json_t *t = fake_thing(c, "tables", "TableName");

    if (json_object_get(c->p, "StreamSpecification")) {
        json_object_set(t, "StreamSpecification", json_object_get(c->p, "StreamSpecification"));
        set_stream(t, jget_str(c->p, "TableName"));
    }
    if (json_object_get(c->p, "BillingMode"))
        json_object_set_new(
            t, "BillingModeSummary",
            json_pack("{s:O}", "BillingMode", json_object_get(c->p, "BillingMode")));
    json_object_set_new(t, "TableStatus", json_string("UPDATING"));
    json_object_set_new(t, "#looks", json_integer(c->f->settle));
    json_object_set_new(c->reply, "TableDescription", json_deep_copy(t));
    return 0;
}

static int delete_table(struct call *c)
{
    return json_object_del(fake_all(c, "tables"), jget_str(c->p, "TableName")) < 0 ? fake_missing(c)
                                                                                   : 0;
}

static int list_tags_of_table(struct call *c)
{
    if (!tagged_table(c))
        return fake_missing(c);
    json_object_set_new(c->reply, "Tags", fake_tag_list(json_object_get(tagged_table(c), "#tags")));
    return 0;
}

static int tag_table(struct call *c)
{
    fake_tag(json_object_get(tagged_table(c), "#tags"), json_object_get(c->p, "Tags"));
    return 0;
}

static int untag_table(struct call *c)
{
    fake_untag(json_object_get(tagged_table(c), "#tags"), json_object_get(c->p, "TagKeys"));
    return 0;
}

/* Systems Manager */

static bool filtered(const json_t *filter, const char *name)
{
    const char *value = json_string_value(json_array_get(jget_array(filter, "Values"), 0));

    if (strcmp(jget_str(filter, "Key"), "Name") == 0)
        return strcmp(name, value) == 0;
    return str_starts(name, value) && name[strlen(value)] == '/';
}

static int describe_parameters(struct call *c)
{
    static const char *const members[] = { "Name", "Type",    "KeyId", "Description",
                                           "Tier", "Version", NULL };
    const json_t *filter = json_array_get(jget_array(c->p, "ParameterFilters"), 0);
    json_t *list = json_array(), *v;
    const char *name;

    json_object_foreach(fake_all(c, "parameters"), name, v) {
        json_t *shown = json_object();

        if (filtered(filter, name))
            fake_copy(shown, v, members);
        if (json_object_size(shown))
            json_array_append(list, shown);
        json_decref(shown);
    }
    json_object_set_new(c->reply, "Parameters", list);
    return 0;
}

static int put_parameter(struct call *c)
{
    static const char *const members[] = { "Name", "Type",  "KeyId", "Description",
                                           "Tier", "Value", NULL };
    json_t *old = fake_thing(c, "parameters", "Name"), *p = old ? old : json_object();
    json_int_t version = jget_int(old, "Version", 0) + 1;

    if (old && !jget_bool(c->p, "Overwrite", false))
        return fake_no(c, ERR_AWS, "ParameterAlreadyExists", "there is one");
    if (jget_bool(c->p, "Overwrite", false) && json_object_get(c->p, "Tags"))
        return fake_no(c, ERR_AWS, "ValidationException", "tags and overwrite");
    fake_copy(p, c->p, members);
    json_object_set_new(p, "Version", json_integer(version));
    if (!old) {
        json_object_set_new(p, "#tags", fake_new_tags(json_object_get(c->p, "Tags")));
        json_object_set_new(fake_all(c, "parameters"), jget_str(c->p, "Name"), p);
    }
    json_object_set_new(c->reply, "Version", json_integer(version));
    return 0;
}

static int delete_parameter(struct call *c)
{
    if (json_object_del(fake_all(c, "parameters"), jget_str(c->p, "Name")) < 0)
        return fake_no(c, ERR_NOT_FOUND, "ParameterNotFound", "no such parameter");
    return 0;
}

/* CloudWatch Logs */

static json_t *tagged_group(const struct call *c)
{
    return json_object_get(fake_all(c, "groups"),
                           fake_last_part(jget_str(c->p, "resourceArn"), ":"));
}

static int create_log_group(struct call *c)
{
    const char *name = jget_str(c->p, "logGroupName");

    json_object_set_new(fake_all(c, "groups"), name,
                        json_pack("{s:s, s:o}", "logGroupName", name, "#tags",
                                  fake_new_tags(json_object_get(c->p, "tags"))));
    return 0;
}

static int put_retention_policy(struct call *c)
{
    json_object_set(fake_thing(c, "groups", "logGroupName"), "retentionInDays",
                    json_object_get(c->p, "retentionInDays"));
    return 0;
}

static int describe_log_groups(struct call *c)
{
    json_t *list = json_array(), *v;
    const char *name;

    json_object_foreach(fake_all(c, "groups"), name, v) {
        if (str_starts(name, jget_str(c->p, "logGroupNamePrefix")))
            json_array_append(list, v);
    }
    json_object_set_new(c->reply, "logGroups", list);
    return 0;
}

static int list_subscriptions(struct call *c)
{
    json_t *group = fake_thing(c, "groups", "logGroupName"), *list = json_array(), *v;
    const char *name;

    json_object_foreach(json_object_get(group, "#subscriptions"), name, v)
        json_array_append_new(list,
                              json_pack("{s:s, s:O}", "filterName", name, "destinationArn", v));
    json_object_set_new(c->reply, "subscriptionFilters", list);
    return group ? 0 : fake_missing(c);
}

static int delete_subscription(struct call *c)
{
    json_t *group = fake_thing(c, "groups", "logGroupName");

    return json_object_del(json_object_get(group, "#subscriptions"), jget_str(c->p, "filterName")) <
                   0
               ? fake_missing(c)
               : 0;
}

static int disassociate_key(struct call *c)
{
    json_object_del(fake_thing(c, "groups", "logGroupName"), "kmsKeyId");
    return 0;
}

static int list_tags_of_group(struct call *c)
{
    if (!tagged_group(c))
        return fake_missing(c);
    json_object_set_new(c->reply, "tags",
                        json_deep_copy(json_object_get(tagged_group(c), "#tags")));
    return 0;
}

static int tag_group(struct call *c)
{
    fake_tag(json_object_get(tagged_group(c), "#tags"), json_object_get(c->p, "tags"));
    return 0;
}

static int untag_group(struct call *c)
{
    fake_untag(json_object_get(tagged_group(c), "#tags"), json_object_get(c->p, "tagKeys"));
    return 0;
}

static int delete_log_group(struct call *c)
{
    return json_object_del(fake_all(c, "groups"), jget_str(c->p, "logGroupName")) < 0
               ? fake_missing(c)
               : 0;
}

const struct fake_action fake_data[] = {
    { "sqs:CreateQueue", create_queue },
    { "sqs:GetQueueAttributes", get_queue_attributes },
    { "sqs:SetQueueAttributes", set_queue_attributes },
    { "sqs:ReceiveMessage", receive_message },
    { "sqs:ListQueueTags", list_queue_tags },
    { "sqs:TagQueue", tag_queue },
    { "sqs:UntagQueue", untag_queue },
    { "sqs:DeleteQueue", delete_queue },
    { "dynamodb:CreateTable", create_table },
    { "dynamodb:DescribeTable", describe_table },
    { "dynamodb:UpdateTable", update_table },
    { "dynamodb:DeleteTable", delete_table },
    { "dynamodb:ListTagsOfResource", list_tags_of_table },
    { "dynamodb:TagResource", tag_table },
    { "dynamodb:UntagResource", untag_table },
    { "ssm:DescribeParameters", describe_parameters },
    { "ssm:PutParameter", put_parameter },
    { "ssm:DeleteParameter", delete_parameter },
    { "ssm:ListTagsForResource", fake_list_tags },
    { "ssm:AddTagsToResource", fake_tag_listed },
    { "ssm:RemoveTagsFromResource", fake_untag_listed },
    { "logs:CreateLogGroup", create_log_group },
    { "logs:PutRetentionPolicy", put_retention_policy },
    { "logs:DescribeLogGroups", describe_log_groups },
    { "logs:DescribeSubscriptionFilters", list_subscriptions },
    { "logs:DeleteSubscriptionFilter", delete_subscription },
    { "logs:DisassociateKmsKey", disassociate_key },
    { "logs:ListTagsForResource", list_tags_of_group },
    { "logs:TagResource", tag_group },
    { "logs:UntagResource", untag_group },
    { "logs:DeleteLogGroup", delete_log_group },
    { NULL, NULL },
};
