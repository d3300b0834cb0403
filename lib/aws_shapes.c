/*
 * aws_shapes.c: the shape of each action's answer, as far as fifoq reads it. Members that are not
 * here are dropped, so whoever needs one adds it; lib/aws_answer.c reads the notation.
 *
 * Names and types are those of the services' models (tests/wire/test_shapes.py compares them with
 * botocore's). The models mark few members as required; "!" also marks what the services always
 * send and what fifoq would otherwise take for "there is none". Members that AWS was seen to leave
 * out (empty lists of SQS, tags where there are none) are not marked.
 *
 * s: string; i: integer; n: number; b: boolean; t: time, as a number or text;
 * j: string that holds a JSON object; e: the same, percent-encoded in XML; *: anything;
 * [v]: list of v; <v>: map of v; {members}: structure.
 * Name!v is needed, Name:v may be missing, Name?v says that AWS kept a part of the answer back; in
 * a structure that ends with +, unnamed members stay as they are.
 */
#include "aws_wire.h"

#define TAG_LIST "[{Key!s Value!s}]"
#define WITHHELD "{ErrorCode!s Message!s}"

/* clang-format off */
#define TABLE                                                                                      \
    "{TableName:s TableArn:s TableStatus!s KeySchema:[{AttributeName!s KeyType!s}] "               \
    "AttributeDefinitions:[{AttributeName!s AttributeType!s}] "                                    \
    "BillingModeSummary:{BillingMode:s} CreationDateTime:t DeletionProtectionEnabled:b "           \
    "ItemCount:i LatestStreamArn:s LatestStreamLabel:s "                                                       \
    "StreamSpecification:{StreamEnabled!b StreamViewType:s} "                                      \
    "SSEDescription:{Status:s SSEType:s KMSMasterKeyArn:s}}"

const struct aws_shape aws_shapes_dynamodb[] = {
    { "CreateTable", "TableDescription!" TABLE },
    { "DeleteTable", "" },
    { "DescribeTable", "Table!" TABLE },
    { "ListTagsOfResource", "Tags:" TAG_LIST " NextToken:s" },
    { "PutItem", "" },
    { "TagResource", "" },
    { "UntagResource", "" },
    { "UpdateTable", "TableDescription!" TABLE },
    { NULL, NULL },
};

const struct aws_shape aws_shapes_streams[] = {
    { "DescribeStream",
      "StreamDescription!{StreamArn:s StreamStatus:s LastEvaluatedShardId:s "
      "Shards![{ShardId!s ParentShardId:s "
      "SequenceNumberRange:{StartingSequenceNumber:s EndingSequenceNumber:s}}]}" },
    { "GetRecords", "Records![{dynamodb!{+} +}] NextShardIterator:s" },
    { "GetShardIterator", "ShardIterator!s" },
    { NULL, NULL },
};

#define ENTRIES "FailedEntryCount!i FailedEntries:[{TargetId:s ErrorCode:s ErrorMessage:s}]"

const struct aws_shape aws_shapes_events[] = {
    { "DeleteRule", "" },
    { "ListRules",
      "Rules![{Name!s Arn:s State!s ScheduleExpression:s Description:s EventPattern:s RoleArn:s "
      "EventBusName:s ManagedBy:s}] NextToken:s" },
    { "ListTagsForResource", "Tags:" TAG_LIST },
    { "ListTargetsByRule", "Targets![{Id!s Arn!s Input:s +}] NextToken:s" },
    { "PutRule", "RuleArn!s" },
    { "PutTargets", ENTRIES },
    { "RemoveTargets", ENTRIES },
    { "TagResource", "" },
    { "UntagResource", "" },
    { NULL, NULL },
};

#define ROLE                                                                                       \
    "{RoleName!s Path!s Arn!s Description:s MaxSessionDuration:i AssumeRolePolicyDocument:e "      \
    "PermissionsBoundary:{PermissionsBoundaryType:s PermissionsBoundaryArn!s} Tags:" TAG_LIST "}"
#define PAGED "IsTruncated:b Marker:s"

const struct aws_shape aws_shapes_iam[] = {
    { "CreateRole", "Role!" ROLE },
    { "DeleteRole", "" },
    { "DeleteRolePermissionsBoundary", "" },
    { "DeleteRolePolicy", "" },
    { "DetachRolePolicy", "" },
    { "GetRole", "Role!" ROLE },
    { "GetRolePolicy", "RoleName!s PolicyName!s PolicyDocument!e" },
    { "ListAttachedRolePolicies", "AttachedPolicies![{PolicyName:s PolicyArn!s}] " PAGED },
    { "ListRolePolicies", "PolicyNames![s] " PAGED },
    { "ListRoles", "Roles![{RoleName!s}] " PAGED },
    { "PutRolePermissionsBoundary", "" },
    { "PutRolePolicy", "" },
    { "TagRole", "" },
    { "UntagRole", "" },
    { "UpdateAssumeRolePolicy", "" },
    { "UpdateRole", "" },
    { NULL, NULL },
};

/* lib/creds.c reports what is missing in credentials. */
#define CREDENTIALS "Credentials:{AccessKeyId:s SecretAccessKey:s SessionToken:s Expiration:t}"

const struct aws_shape aws_shapes_sts[] = {
    { "AssumeRole", CREDENTIALS },
    { "AssumeRoleWithWebIdentity", CREDENTIALS },
    { "GetCallerIdentity", "Account!s Arn!s UserId:s" },
    { NULL, NULL },
};

#define CONFIGURATION                                                                              \
    "FunctionName!s FunctionArn:s Version:s State:s StateReason:s StateReasonCode:s "              \
    "LastUpdateStatus:s LastUpdateStatusReason:s LastUpdateStatusReasonCode:s PackageType:s "      \
    "CodeSha256!s CodeSize:i Architectures:[s] Runtime:s Handler:s Role!s Description:s "          \
    "MemorySize:i Timeout:i EphemeralStorage:{Size!i} TracingConfig:{Mode:s} "                     \
    "LoggingConfig:{LogFormat:s LogGroup:s ApplicationLogLevel:s SystemLogLevel:s} "               \
    "Layers:[{Arn!s}] VpcConfig:{SubnetIds:[s] SecurityGroupIds:[s] VpcId:s} "                     \
    "DeadLetterConfig:{TargetArn:s} FileSystemConfigs:[{Arn!s LocalMountPath!s}] KMSKeyArn:s "     \
    "RevisionId:s LastModified:s "
#define MAPPING                                                                                    \
    "UUID!s State!s StateTransitionReason:s EventSourceArn:s FunctionArn:s "                       \
    "StartingPosition:s StartingPositionTimestamp:t LastModified:t LastProcessingResult:s "        \
    "BatchSize:i MaximumBatchingWindowInSeconds:i ParallelizationFactor:i "                        \
    "TumblingWindowInSeconds:i FunctionResponseTypes:[s] BisectBatchOnFunctionError:b "            \
    "MaximumRetryAttempts:i MaximumRecordAgeInSeconds:i "                                          \
    "DestinationConfig:{OnFailure:{Destination:s}} FilterCriteria:{Filters:[{Pattern:s}]} "        \
    "FilterCriteriaError?" WITHHELD

const struct aws_shape aws_shapes_lambda[] = {
    { "AddPermission", "Statement!s" },
    { "CreateEventSourceMapping", MAPPING },
    { "CreateFunction", CONFIGURATION },
    { "DeleteAlias", "" },
    { "DeleteEventSourceMapping", "UUID:s State:s" },
    { "DeleteFunction", "" },
    { "DeleteFunctionConcurrency", "" },
    { "DeleteFunctionEventInvokeConfig", "" },
    { "DeleteFunctionUrlConfig", "" },
    { "GetAccountSettings",
      "AccountLimit!{ConcurrentExecutions:i UnreservedConcurrentExecutions:i}" },
    { "GetEventSourceMapping", MAPPING },
    { "GetFunction",
      "Configuration!{" CONFIGURATION "Environment:{Variables:<s> Error?" WITHHELD "}} "
      "Concurrency:{ReservedConcurrentExecutions:i} Tags:<s> TagsError:" WITHHELD },
    { "GetFunctionConfiguration", CONFIGURATION },
    { "GetFunctionEventInvokeConfig",
      "FunctionArn!s MaximumRetryAttempts:i MaximumEventAgeInSeconds:i "
      "DestinationConfig:{OnSuccess:{Destination:s} OnFailure:{Destination:s}}" },
    { "GetFunctionUrlConfig", "FunctionUrl!s AuthType!s" },
    { "GetPolicy", "Policy!j" },
    { "Invoke", "StatusCode!i FunctionError:s LogResult:s Payload:*" },
    { "ListAliases", "Aliases![{Name!s FunctionVersion!s}] NextMarker:s" },
    { "ListEventSourceMappings", "EventSourceMappings![{" MAPPING "}] NextMarker:s" },
    { "ListTags", "Tags:<s>" },
    { "PutFunctionEventInvokeConfig", "FunctionArn!s" },
    { "RemovePermission", "" },
    { "TagResource", "" },
    { "UntagResource", "" },
    { "UpdateEventSourceMapping", MAPPING },
    { "UpdateFunctionCode", CONFIGURATION },
    { "UpdateFunctionConfiguration", CONFIGURATION },
    { NULL, NULL },
};

const struct aws_shape aws_shapes_logs[] = {
    { "CreateLogGroup", "" },
    { "DeleteLogGroup", "" },
    { "DeleteSubscriptionFilter", "" },
    { "DescribeLogGroups",
      "logGroups![{logGroupName!s arn:s creationTime:i retentionInDays:i kmsKeyId:s "
      "logGroupClass:s retentionPolicyName:s}] nextToken:s" },
    { "DescribeSubscriptionFilters",
      "subscriptionFilters![{filterName!s destinationArn!s}] nextToken:s" },
    { "DisassociateKmsKey", "" },
    { "FilterLogEvents", "events:[{message:s timestamp:i}] nextToken:s" },
    { "ListTagsForResource", "tags:<s>" },
    { "PutRetentionPolicy", "" },
    { "TagResource", "" },
    { "UntagResource", "" },
    { NULL, NULL },
};

#define BATCH "Successful:[{Id!s}] Failed:[{Id!s Code!s Message:s SenderFault!b}]"

const struct aws_shape aws_shapes_sqs[] = {
    { "ChangeMessageVisibilityBatch", BATCH },
    { "CreateQueue", "QueueUrl!s" },
    { "DeleteMessage", "" },
    { "DeleteMessageBatch", BATCH },
    { "DeleteQueue", "" },
    { "GetQueueAttributes", "Attributes!<s>" },
    { "GetQueueUrl", "QueueUrl!s" },
    { "ListQueueTags", "Tags:<s>" },
    { "ReceiveMessage",
      "Messages:[{MessageId!s ReceiptHandle!s Body!s MD5OfBody:s Attributes:<s> "
      "MD5OfMessageAttributes:s "
      "MessageAttributes:<{DataType!s StringValue:s BinaryValue:s}>}]" },
    { "SendMessageBatch",
      "Successful:[{Id!s MessageId!s MD5OfMessageBody!s SequenceNumber:s}] "
      "Failed:[{Id!s Code!s Message:s SenderFault!b}]" },
    { "SetQueueAttributes", "" },
    { "TagQueue", "" },
    { "UntagQueue", "" },
    { NULL, NULL },
};

const struct aws_shape aws_shapes_ssm[] = {
    { "AddTagsToResource", "" },
    { "DeleteParameter", "" },
    { "DescribeParameters",
      "Parameters![{Name!s ARN:s Type!s KeyId:s Tier:s Description:s Version:i "
      "LastModifiedDate:t}] NextToken:s" },
    { "GetParameter", "Parameter!{Name:s ARN:s Type:s Value!s Version:i LastModifiedDate:t}" },
    { "GetParameters",
      "Parameters![{Name!s ARN:s Selector:s Type:s Value!s Version:i}] InvalidParameters:[s]" },
    { "ListTagsForResource", "TagList:" TAG_LIST },
    { "PutParameter", "Version!i Tier:s" },
    { "RemoveTagsFromResource", "" },
    { NULL, NULL },
};

const struct aws_shape aws_shapes_tagging[] = {
    { "GetResources", "PaginationToken:s ResourceTagMappingList![{ResourceARN!s Tags:" TAG_LIST "}]" },
    { NULL, NULL },
};

const struct aws_shape aws_shapes_sso[] = {
    { "GetRoleCredentials",
      "roleCredentials:{accessKeyId:s secretAccessKey:s sessionToken:s expiration:i}" },
    { NULL, NULL },
};

const struct aws_shape aws_shapes_sso_oidc[] = {
    { "CreateToken", "accessToken:s expiresIn:i refreshToken:s tokenType:s" },
    { NULL, NULL },
};

const struct aws_shape aws_shapes_signin[] = {
    { "CreateOAuth2Token",
      "accessToken:{accessKeyId:s secretAccessKey:s sessionToken:s} expiresIn:i refreshToken:s "
      "tokenType:s idToken:s" },
    { NULL, NULL },
};
/* clang-format on */
