/* aws_actions.c: tables of what is special about single actions and services. */
#include "aws_call.h"
#include "aws_wire.h"
#include "text.h"

#include <string.h>

#define FUNCTION    "/2015-03-31/functions/{FunctionName}"
#define ASYNC       "/2019-09-25/functions/{FunctionName}/event-invoke-config"
#define CONCURRENCY "/functions/{FunctionName}/concurrency"
#define URL         "/2021-10-31/functions/{FunctionName}/url"
#define ALIASES     FUNCTION "/aliases"
#define MAPPINGS    "/2015-03-31/event-source-mappings"
#define MAPPING     MAPPINGS "/{UUID}"
#define TAGS        "/2017-03-31/tags/{Resource}"

#define SAME(name)                                                                                 \
    {                                                                                              \
        name, name                                                                                 \
    }

static const struct aws_binding invoke_headers[] = {
    { "X-Amz-Client-Context", "ClientContext" },
    { "X-Amz-Invocation-Type", "InvocationType" },
    { "X-Amz-Log-Type", "LogType" },
    { 0 },
};
static const struct aws_binding qualifier[] = { SAME("Qualifier"), { 0 } };
static const struct aws_binding revision[] = { SAME("Qualifier"), SAME("RevisionId"), { 0 } };
static const struct aws_binding paged[] = { SAME("Marker"), SAME("MaxItems"), { 0 } };
static const struct aws_binding tag_keys[] = { { "tagKeys", "TagKeys" }, { 0 } };
static const struct aws_binding of_source[] = {
    SAME("EventSourceArn"), SAME("FunctionName"), SAME("Marker"), SAME("MaxItems"), { 0 },
};

static const struct aws_binding sso_role[] = {
    { "role_name", "roleName" },
    { "account_id", "accountId" },
    { NULL, NULL },
};
static const struct aws_binding sso_token[] = { { "x-amz-sso_bearer_token", "accessToken" },
                                                { NULL, NULL } };
static const struct aws_binding dpop[] = { { "DPoP", "DPoP" }, { NULL, NULL } };

/* https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html and the three actions of login.
 */
static const struct aws_rest_action rest_actions[] = {
    { "AddPermission", "POST", FUNCTION "/policy", qualifier, NULL, NULL },
    { "CreateEventSourceMapping", "POST", MAPPINGS, NULL, NULL, NULL },
    { "CreateFunction", "POST", "/2015-03-31/functions", NULL, NULL, NULL },
    { "CreateOAuth2Token", "POST", "/v1/token", NULL, dpop, NULL },
    { "CreateToken", "POST", "/token", NULL, NULL, NULL },
    { "DeleteAlias", "DELETE", ALIASES "/{Name}", NULL, NULL, NULL },
    { "DeleteEventSourceMapping", "DELETE", MAPPING, NULL, NULL, NULL },
    { "DeleteFunction", "DELETE", FUNCTION, qualifier, NULL, NULL },
    { "DeleteFunctionConcurrency", "DELETE", "/2017-10-31" CONCURRENCY, NULL, NULL, NULL },
    { "DeleteFunctionEventInvokeConfig", "DELETE", ASYNC, qualifier, NULL, NULL },
    { "DeleteFunctionUrlConfig", "DELETE", URL, qualifier, NULL, NULL },
    { "GetAccountSettings", "GET", "/2016-08-19/account-settings", NULL, NULL, NULL },
    { "GetEventSourceMapping", "GET", MAPPING, NULL, NULL, NULL },
    { "GetFunction", "GET", FUNCTION, qualifier, NULL, NULL },
    { "GetFunctionConcurrency", "GET", "/2019-09-30" CONCURRENCY, NULL, NULL, NULL },
    { "GetFunctionConfiguration", "GET", FUNCTION "/configuration", qualifier, NULL, NULL },
    { "GetFunctionEventInvokeConfig", "GET", ASYNC, qualifier, NULL, NULL },
    { "GetFunctionUrlConfig", "GET", URL, qualifier, NULL, NULL },
    { "GetPolicy", "GET", FUNCTION "/policy", qualifier, NULL, NULL },
    { "GetRoleCredentials", "GET", "/federation/credentials", sso_role, sso_token, NULL },
    { "Invoke", "POST", FUNCTION "/invocations", qualifier, invoke_headers, "Payload" },
    { "ListAliases", "GET", ALIASES, paged, NULL, NULL },
    { "ListEventSourceMappings", "GET", MAPPINGS, of_source, NULL, NULL },
    { "ListFunctionEventInvokeConfigs", "GET", ASYNC "/list", paged, NULL, NULL },
    { "ListFunctions", "GET", "/2015-03-31/functions", paged, NULL, NULL },
    { "ListTags", "GET", TAGS, NULL, NULL, NULL },
    { "PutFunctionConcurrency", "PUT", "/2017-10-31" CONCURRENCY, NULL, NULL, NULL },
    { "PutFunctionEventInvokeConfig", "PUT", ASYNC, qualifier, NULL, NULL },
    { "RemovePermission", "DELETE", FUNCTION "/policy/{StatementId}", revision, NULL, NULL },
    { "TagResource", "POST", TAGS, NULL, NULL, NULL },
    { "UntagResource", "DELETE", TAGS, tag_keys, NULL, NULL },
    { "UpdateEventSourceMapping", "PUT", MAPPING, NULL, NULL, NULL },
    { "UpdateFunctionCode", "PUT", FUNCTION "/code", NULL, NULL, NULL },
    { "UpdateFunctionConfiguration", "PUT", FUNCTION "/configuration", NULL, NULL, NULL },
    { "UpdateFunctionEventInvokeConfig", "POST", ASYNC, qualifier, NULL, NULL },
};

const struct aws_rest_action *aws_rest_action_find(const char *action)
{
    for (size_t i = 0; i < COUNTOF(rest_actions); i++)
        if (strcmp(rest_actions[i].action, action) == 0)
            return &rest_actions[i];
    return NULL;
}

static const struct aws_pages pages[] = {
    { "dynamodb", "DescribeStream", "ExclusiveStartShardId",
      "StreamDescription.LastEvaluatedShardId", NULL },
    { "dynamodb", "ListStreams", "ExclusiveStartStreamArn", "LastEvaluatedStreamArn", NULL },
    { "dynamodb", "ListTables", "ExclusiveStartTableName", "LastEvaluatedTableName", NULL },
    { "dynamodb", "ListTagsOfResource", "NextToken", "NextToken", "Tags" },
    { "dynamodb", "Query", "ExclusiveStartKey", "LastEvaluatedKey", NULL },
    { "dynamodb", "Scan", "ExclusiveStartKey", "LastEvaluatedKey", NULL },
    { "events", "ListRuleNamesByTarget", "NextToken", "NextToken", NULL },
    { "events", "ListRules", "NextToken", "NextToken", "Rules" },
    { "events", "ListTargetsByRule", "NextToken", "NextToken", "Targets" },
    { "iam", "ListAttachedRolePolicies", "Marker", "Marker", "AttachedPolicies" },
    { "iam", "ListRolePolicies", "Marker", "Marker", "PolicyNames" },
    { "iam", "ListRoleTags", "Marker", "Marker", NULL },
    { "iam", "ListRoles", "Marker", "Marker", NULL },
    { "iam", "SimulateCustomPolicy", "Marker", "Marker", NULL },
    { "iam", "SimulatePrincipalPolicy", "Marker", "Marker", NULL },
    { "lambda", "ListAliases", "Marker", "NextMarker", "Aliases" },
    { "lambda", "ListEventSourceMappings", "Marker", "NextMarker", "EventSourceMappings" },
    { "lambda", "ListFunctionEventInvokeConfigs", "Marker", "NextMarker", NULL },
    { "lambda", "ListFunctions", "Marker", "NextMarker", NULL },
    { "logs", "DescribeLogGroups", "nextToken", "nextToken", "logGroups" },
    { "logs", "DescribeLogStreams", "nextToken", "nextToken", NULL },
    { "logs", "DescribeSubscriptionFilters", "nextToken", "nextToken", "subscriptionFilters" },
    { "logs", "FilterLogEvents", "nextToken", "nextToken", NULL },
    { "sqs", "ListDeadLetterSourceQueues", "NextToken", "NextToken", NULL },
    { "sqs", "ListQueues", "NextToken", "NextToken", NULL },
    { "ssm", "DescribeParameters", "NextToken", "NextToken", "Parameters" },
    { "ssm", "GetParametersByPath", "NextToken", "NextToken", NULL },
    { "tag", "GetResources", "PaginationToken", "PaginationToken", "ResourceTagMappingList" },
};

const struct aws_pages *aws_pages_find(const char *service, const char *action)
{
    for (size_t i = 0; i < COUNTOF(pages); i++)
        if (strcmp(pages[i].service, service) == 0 && strcmp(pages[i].action, action) == 0)
            return &pages[i];
    return NULL;
}

/* Receiving messages hides them, so it does not only read. */
static const struct {
    const char *service;
    const char *reads;     /* the actions that only read, spaces between */
    const char *not_found; /* its codes for what does not exist; NULL: ResourceNotFoundException */
} services[] = {
    { "dynamodb",
      "DescribeContinuousBackups DescribeStream DescribeTable DescribeTimeToLive GetItem "
      "GetRecords "
      "GetShardIterator ListStreams ListTables ListTagsOfResource Query Scan",
      NULL },
    { "events",
      "DescribeRule ListRuleNamesByTarget ListRules ListTagsForResource ListTargetsByRule", NULL },
    { "iam",
      "GetRole GetRolePolicy ListAttachedRolePolicies ListRolePolicies ListRoleTags ListRoles "
      "SimulateCustomPolicy SimulatePrincipalPolicy",
      "NoSuchEntity NoSuchEntityException" },
    { "lambda",
      "GetAccountSettings GetEventSourceMapping GetFunction GetFunctionConcurrency "
      "GetFunctionConfiguration GetFunctionEventInvokeConfig GetFunctionUrlConfig GetPolicy "
      "ListAliases ListEventSourceMappings ListFunctionEventInvokeConfigs ListFunctions ListTags",
      NULL },
    { "logs",
      "DescribeLogGroups DescribeLogStreams DescribeSubscriptionFilters FilterLogEvents "
      "ListTagsForResource",
      NULL },
    { "sqs", "GetQueueAttributes GetQueueUrl ListDeadLetterSourceQueues ListQueueTags ListQueues",
      "QueueDoesNotExist AWS.SimpleQueueService.NonExistentQueue" },
    /* InvalidResourceId: the tags of a parameter that does not exist */
    { "ssm",
      "DescribeParameters GetParameter GetParameters GetParametersByPath ListTagsForResource",
      "ParameterNotFound ParameterVersionNotFound InvalidResourceId" },
    { "sts", "GetCallerIdentity", NULL },
    { "tag", "GetResources", NULL },
};

bool aws_action_reads(const struct aws_service *s, const char *action)
{
    for (size_t i = 0; i < COUNTOF(services); i++)
        if (strcmp(services[i].service, s->name) == 0)
            return str_has_word(services[i].reads, action);
    return false;
}

bool aws_code_not_found(const struct aws_service *s, const char *code)
{
    for (size_t i = 0; i < COUNTOF(services); i++)
        if (services[i].not_found && strcmp(services[i].service, s->name) == 0)
            return str_has_word(services[i].not_found, code);
    return false;
}

bool aws_call_reads(const struct aws_service *s, const char *action, const json_t *params)
{
    const json_t *decrypts = json_object_get(params, "WithDecryption");

    return aws_action_reads(s, action) && (!decrypts || json_is_false(decrypts));
}
