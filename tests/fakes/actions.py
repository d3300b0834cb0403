"""Which AWS call is this request, and can it change anything?

The name is read from X-Amz-Target (JSON services), from the form (Query services), or with
botocore's model of Lambda's paths. What a call can do is one explicit table: an action without a
row is "unknown", and the tests refuse it until it is added.
"""

import functools
import re
from urllib.parse import parse_qs

import botocore.loaders

READ, WRITE, UNKNOWN = "read", "write", "unknown"

TARGETS = {
    "AmazonSQS": "sqs",
    "AmazonSSM": "ssm",
    "AWSEvents": "events",
    "Logs_20140328": "logs",
    "DynamoDB_20120810": "dynamodb",
    "DynamoDBStreams_20120810": "dynamodb",
    "ResourceGroupsTaggingAPI_20170126": "tagging",
    "GraniteServiceVersion20100801": "monitoring",
    "ServiceQuotasV20190624": "servicequotas",
}

READS = {
    "sqs": "GetQueueUrl GetQueueAttributes ListQueues ListQueueTags ListDeadLetterSourceQueues",
    "iam": """GetRole GetRolePolicy ListRolePolicies ListAttachedRolePolicies ListRoleTags ListRoles
        SimulatePrincipalPolicy SimulateCustomPolicy""",
    "sts": "GetCallerIdentity AssumeRole AssumeRoleWithWebIdentity",
    "lambda": """GetFunction GetFunctionConfiguration ListFunctions GetPolicy ListTags
        GetFunctionEventInvokeConfig ListFunctionEventInvokeConfigs GetFunctionConcurrency
        GetEventSourceMapping ListEventSourceMappings GetAccountSettings ListVersionsByFunction
        ListAliases GetRuntimeManagementConfig GetFunctionRecursionConfig
        GetFunctionCodeSigningConfig GetFunctionUrlConfig""",
    "events": "DescribeRule ListRules ListTargetsByRule ListRuleNamesByTarget ListTagsForResource",
    "logs": """DescribeLogGroups ListTagsForResource ListTagsLogGroup FilterLogEvents
        DescribeSubscriptionFilters""",
    "ssm": """GetParameter GetParameters GetParametersByPath DescribeParameters
        ListTagsForResource""",
    "dynamodb": """DescribeTable ListTables ListTagsOfResource DescribeTimeToLive
        DescribeContinuousBackups DescribeStream ListStreams GetShardIterator GetRecords GetItem
        Query Scan""",
    "tagging": "GetResources GetTagKeys GetTagValues",
    "monitoring": "GetMetricData GetMetricStatistics",
    "servicequotas": "GetServiceQuota",
}

WRITES = {
    "sqs": """CreateQueue SetQueueAttributes DeleteQueue TagQueue UntagQueue PurgeQueue
        AddPermission RemovePermission SendMessage SendMessageBatch ReceiveMessage DeleteMessage
        DeleteMessageBatch ChangeMessageVisibility ChangeMessageVisibilityBatch
        StartMessageMoveTask""",
    "iam": """CreateRole UpdateRole DeleteRole PutRolePolicy DeleteRolePolicy AttachRolePolicy
        DetachRolePolicy UpdateAssumeRolePolicy TagRole UntagRole UpdateRoleDescription
        PutRolePermissionsBoundary DeleteRolePermissionsBoundary""",
    "lambda": """CreateFunction UpdateFunctionCode UpdateFunctionConfiguration DeleteFunction
        AddPermission RemovePermission TagResource UntagResource Invoke PutFunctionEventInvokeConfig
        UpdateFunctionEventInvokeConfig DeleteFunctionEventInvokeConfig PutFunctionConcurrency
        DeleteFunctionConcurrency CreateEventSourceMapping UpdateEventSourceMapping
        DeleteEventSourceMapping DeleteAlias DeleteFunctionUrlConfig""",
    "events": """PutRule DeleteRule PutTargets RemoveTargets TagResource UntagResource EnableRule
        DisableRule""",
    "logs": """CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy TagResource
        UntagResource CreateLogStream PutLogEvents DeleteSubscriptionFilter DisassociateKmsKey""",
    "ssm": """PutParameter DeleteParameter DeleteParameters AddTagsToResource
        RemoveTagsFromResource""",
    "dynamodb": """CreateTable UpdateTable DeleteTable TagResource UntagResource UpdateTimeToLive
        UpdateContinuousBackups PutItem UpdateItem DeleteItem BatchWriteItem TransactWriteItems""",
}

EFFECTS = {
    (service, action): effect
    for table, effect in ((READS, READ), (WRITES, WRITE))
    for service, actions in table.items()
    for action in actions.split()
}


def effect_of(service, action):
    return EFFECTS.get((service, action), UNKNOWN)


@functools.cache
def _lambda_routes():
    model = botocore.loaders.Loader().load_service_model("lambda", "service-2")
    routes = []
    for name, operation in model["operations"].items():
        path = operation["http"]["requestUri"].partition("?")[0].rstrip("/")
        parts = re.split(r"\{[^}]*\}", path)
        pattern = "[^/]+".join(re.escape(part) for part in parts)
        routes.append((operation["http"]["method"], re.compile(pattern), name))
    return routes


def _rest_action(method, path):
    path = path.rstrip("/")
    for verb, pattern, name in _lambda_routes():
        if verb == method and pattern.fullmatch(path):
            return name
    return None


def decode(request, signed_service):
    """(service, action) of a request; the action is None if it is not a known AWS call."""
    target = request.headers.get("X-Amz-Target")
    if target:
        prefix, _, action = target.rpartition(".")
        return TARGETS.get(prefix, prefix), action
    path = request.target.partition("?")[0]
    if signed_service == "lambda":
        return "lambda", _rest_action(request.method, path)
    kind = (request.headers.get("Content-Type") or "").partition(";")[0].strip()
    if kind == "application/x-www-form-urlencoded":
        return signed_service, parse_qs(request.body.decode("latin-1")).get("Action", [None])[0]
    return signed_service, None
