/*
 * kms.c: customer-managed keys in the policies of the roles.
 * SQS: senders need GenerateDataKey and Decrypt, receivers need Decrypt.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
 * SSM: GetParameters WithDecryption needs Decrypt.
 * https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html
 * DynamoDB: readers of the stream of an encrypted table need Decrypt.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
 * Aliases: https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
 */
#include "kinds/kms.h"
#include "aws_names.h"
#include "aws_pages.h"
#include "kinds/tools.h"
#include "mem.h"
#include "text.h"

#include <string.h>

static bool is_alias(const char *key)
{
    return str_starts(key, "alias/") || strstr(key, ":alias/");
}

/* AWS's own keys and no key need no rights. */
static bool needs_no_rights(const char *key)
{
    return !key || !*key || str_starts(key, "alias/aws/") || strstr(key, ":alias/aws/");
}

static char *key_arn(const struct aws *a, const char *key)
{
    auto_free char *resource = NULL;

    if (str_starts(key, "arn:"))
        return xstrdup(key);
    resource = xasprintf("key/%s", key);
    return aws_arn(a, "kms", resource);
}

static json_t *words_of(const char *service, const char *words)
{
    json_t *out = json_array();

    for (size_t n; *words; words += n + (words[n] == ' ')) {
        n = strcspn(words, " ");
        json_array_append_new(out, json_sprintf("%s%.*s", service, (int)n, words));
    }
    return out;
}

/* kms:ViaService of a request that a service makes for its caller. */
static json_t *via(const struct aws *a, const char *services)
{
    auto_json json_t *names = words_of("", services);
    json_t *out = json_array(), *v;
    size_t i;

    json_array_foreach(names, i, v) {
        const char *name = json_string_value(v);

        json_array_append_new(out, json_sprintf("%s.%s.amazonaws.com", name, a->region));
        if (strcmp(a->partition, "aws-cn") == 0)
            json_array_append_new(out, json_sprintf("%s.%s.amazonaws.com.cn", name, a->region));
    }
    return out;
}

/* Splits keys into ARNs, the resources of a statement, and aliases, the values of its condition. */
static void sort_keys(const struct aws *a, const json_t *keys, json_t *arns, json_t *aliases)
{
    json_t *v;
    size_t i;

    json_array_foreach(keys, i, v) {
        const char *key = json_string_value(v), *alias = key ? strstr(key, "alias/") : NULL;

        if (needs_no_rights(key))
            continue;
        if (is_alias(key)) {
            json_array_append_new(aliases, json_string(alias));
        } else {
            auto_free char *arn = key_arn(a, key);

            json_array_append_new(arns, json_string(arn));
        }
    }
}

json_t *kms_statement(const struct aws *a, const char *sid, const char *services,
                      const char *actions, const json_t *keys)
{
    auto_json json_t *arns = json_array(), *aliases = json_array(), *condition = json_object();
    const char *like = strcmp(a->region, "*") == 0 ? "StringLike" : "StringEquals";

    sort_keys(a, keys, arns, aliases);
    if (json_array_size(arns) + json_array_size(aliases) == 0)
        return NULL;
    json_object_set_new(condition, like, json_pack("{s:o}", "kms:ViaService", via(a, services)));
    if (json_array_size(aliases)) {
        auto_free char *any = aws_arn(a, "kms", "key/*");

        json_array_clear(arns);
        json_array_append_new(arns, json_string(any));
        json_object_set_new(condition, "ForAnyValue:StringEquals",
                            json_pack("{s:O}", "kms:ResourceAliases", aliases));
    }
    return json_pack("{s:s, s:s, s:o, s:O, s:O}", "Sid", sid, "Effect", "Allow", "Action",
                     words_of("kms:", actions), "Resource", arns, "Condition", condition);
}

size_t role_keys_count(const struct role_keys *k)
{
    return !k ? 0
              : (size_t)(k->queue ? 1 : 0) + (k->table ? 1 : 0) + json_array_size(k->parameters);
}

/* The same requests as those of the other rows, so that the memo sends each only once. */
void role_keys_ask(const struct ctx *c, const struct role_keys *k, struct aws_ask *asks)
{
    json_t *v;
    size_t i;

    if (k && k->queue) {
        auto_free char *url = aws_queue_url(c->aws, k->queue);

        *asks++ = (struct aws_ask){ .service = &aws_sqs,
                                    .action = "GetQueueAttributes",
                                    .params = json_pack("{s:s, s:[s]}", "QueueUrl", url,
                                                        "AttributeNames", "All") };
    }
    if (k && k->table)
        *asks++ = (struct aws_ask){ .service = &aws_dynamodb,
                                    .action = "DescribeTable",
                                    .params = json_pack("{s:s}", "TableName", k->table) };
    json_array_foreach(k ? k->parameters : NULL, i, v)
        *asks++ =
            (struct aws_ask){ .service = &aws_ssm,
                              .action = "DescribeParameters",
                              .params = json_pack("{s:[{s:s, s:s, s:[O]}]}", "ParameterFilters",
                                                  "Key", "Name", "Option", "Equals", "Values", v) };
}

/* Adds a key unless it is in the list already or needs no rights. */
static void add_key(json_t *keys, const char *key)
{
    json_t *v;
    size_t i;

    if (needs_no_rights(key))
        return;
    json_array_foreach(keys, i, v) {
        if (strcmp(json_string_value(v), key) == 0)
            return;
    }
    json_array_append_new(keys, json_string(key));
}

static void add_statement(json_t *list, json_t *statement)
{
    if (statement)
        json_array_append_new(list, statement);
}

int role_keys_take(const struct ctx *c, const struct role_keys *k, const struct aws_ask *asks,
                   json_t **statements, struct err *e)
{
    auto_json json_t *queue = json_array(), *own = json_array(), *table = json_array();
    auto_json json_t *parameters = json_array();
    const struct aws_ask *ask = asks;
    json_t *out;

    for (size_t i = 0; i < role_keys_count(k); i++) {
        if (aws_ask_check(&asks[i], e) < 0)
            return -1;
    }
    if (k && k->queue)
        add_key(queue, jget_path_str((ask++)->reply, "Attributes.KmsMasterKeyId"));
    if (k && k->table)
        add_key(table, jget_path_str((ask++)->reply, "Table.SSEDescription.KMSMasterKeyArn"));
    for (size_t i = 0; k && i < json_array_size(k->parameters); i++)
        add_key(parameters,
                jget_str(json_array_get(jget_array((ask++)->reply, "Parameters"), 0), "KeyId"));
    if (k && k->own_parameters)
        add_key(parameters, k->own);
    if (k && !k->queue)
        add_key(queue, k->own);
    if (k && k->sends_own)
        add_key(own, k->own);
    out = json_array();
    add_statement(out, kms_statement(c->aws, "QueueKey", "sqs",
                                     k && k->sends ? "Decrypt GenerateDataKey" : "Decrypt", queue));
    add_statement(out, kms_statement(c->aws, "OwnQueueKey", "sqs", "Decrypt GenerateDataKey", own));
    add_statement(out, kms_statement(c->aws, "TableKey", "dynamodb", "Decrypt", table));
    add_statement(out, kms_statement(c->aws, "ParameterKey", "ssm", "Decrypt", parameters));
    *statements = out;
    return 0;
}
