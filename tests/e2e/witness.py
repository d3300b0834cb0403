"""Everything of a pipeline as boto3 returns it: whole answers, not chosen fields.

What differs between two runs of the same pipeline (times, ids that AWS creates, counts) is left
out; the rest is compared, so that unexpected changes are seen too.
"""

import json

from fakes.moto_server import ACCOUNT

NOISE = set(
    """ResponseMetadata CreatedTimestamp LastModifiedTimestamp CreateDate LastModified RevisionId
    RoleLastUsed RoleId UUID EventSourceMappingArn creationTime storedBytes LastModifiedDate
    LastModifiedUser StateTransitionReason LastProcessingResult CreationTime LastModifiedTime
    ApproximateNumberOfMessages ApproximateNumberOfMessagesDelayed CreationDateTime ItemCount
    ApproximateNumberOfMessagesNotVisible TableSizeBytes TableId LatestStreamLabel LatestStreamArn
    LastUpdateToPayPerRequestDateTime ProvisionedThroughput Location RepositoryType Version EventSourceArn""".split()
)
DOCUMENTS = ("Policy", "PolicyDocument", "AssumeRolePolicyDocument", "Input", "RedrivePolicy")


def plain(value):
    """Without noise; documents in strings are values."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {k: plain(v) for k, v in value.items() if k not in NOISE}
    for name in DOCUMENTS:
        if isinstance(kept.get(name), str) and kept[name]:
            kept[name] = json.loads(kept[name])
    return {k: v for k, v in kept.items() if v not in ("", None, [], {})}


def asked(call, missing, **params):
    """The answer, or None if it does not exist."""
    try:
        return plain(call(**params))
    except missing:
        return None


def queues(aws):
    found = {}
    for url in aws.sqs.list_queues().get("QueueUrls", []):
        all_of = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        tags = aws.sqs.list_queue_tags(QueueUrl=url).get("Tags", {})
        found[url.rsplit("/", 1)[1]] = {**plain(all_of), "tags": tags}
    return found


def roles(aws):
    found = {}
    for role in aws.iam.list_roles()["Roles"]:
        name = role["RoleName"]
        inline = aws.iam.list_role_policies(RoleName=name)["PolicyNames"]
        found[name] = {
            **plain(aws.iam.get_role(RoleName=name)["Role"]),
            "inline": {
                each: plain(aws.iam.get_role_policy(RoleName=name, PolicyName=each))
                for each in inline
            },
            "attached": aws.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"],
        }
    return found


def functions(aws):
    missing = aws.lambda_.exceptions.ResourceNotFoundException
    found = {}
    for listed in aws.lambda_.list_functions()["Functions"]:
        name = listed["FunctionName"]
        policy = asked(aws.lambda_.get_policy, missing, FunctionName=name) or {}
        statements = policy.get("Policy", {}).get("Statement", [])
        answer = aws.lambda_.get_function(FunctionName=name)
        logs = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"}
        answer["Configuration"].setdefault("LoggingConfig", logs)  # moto returns only what was set
        found[name] = {
            **plain(answer),
            "policy": sorted(statements, key=lambda statement: statement["Sid"]),
            "aliases": plain(aws.lambda_.list_aliases(FunctionName=name)["Aliases"]),
            "url": asked(aws.lambda_.get_function_url_config, missing, FunctionName=name),
            "invoke": asked(
                aws.lambda_.get_function_event_invoke_config, missing, FunctionName=name
            ),
        }
    return found


def mappings(aws):
    found = []
    for mapping in aws.lambda_.list_event_source_mappings()["EventSourceMappings"]:
        kind = f"event-source-mapping:{mapping['UUID']}"
        arn = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:{kind}"
        tags = aws.lambda_.list_tags(Resource=arn)["Tags"]
        source = mapping["EventSourceArn"].partition("/stream/")[0]
        # AWS shows this default, moto only what it was sent
        window = {"MaximumBatchingWindowInSeconds": 0}
        found.append({**window, **plain(mapping), "tags": tags, "source": source})
    return sorted(found, key=json.dumps)


def rules(aws):
    found = {}
    for rule in aws.events.list_rules()["Rules"]:
        name = rule["Name"]
        found[name] = {
            **plain(aws.events.describe_rule(Name=name)),
            "targets": plain(aws.events.list_targets_by_rule(Rule=name)["Targets"]),
            "tags": aws.events.list_tags_for_resource(ResourceARN=rule["Arn"])["Tags"],
        }
    return found


def parameters(aws):
    """fifoq's two digests of a value are salted and count, so only their presence is shown."""
    found = {}
    for parameter in aws.ssm.describe_parameters()["Parameters"]:
        name = parameter["Name"]
        listed = aws.ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)
        tags = {tag["Key"]: tag["Value"] for tag in listed["TagList"]}
        value = aws.ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
        marks = {mark: mark in tags for mark in ("fifoq:value", "fifoq:value-version")}
        found[name] = {**plain(parameter), "value": value, "tags": {**tags, **marks}}
    return found


def log_groups(aws):
    found = {}
    for group in aws.logs.describe_log_groups()["logGroups"]:
        name, arn = group["logGroupName"], group["arn"].removesuffix(":*")
        filters = aws.logs.describe_subscription_filters(logGroupName=name)["subscriptionFilters"]
        tags = aws.logs.list_tags_for_resource(resourceArn=arn)["tags"]
        found[name] = {**plain(group), "subscriptions": plain(filters), "tags": tags}
    return found


def tables(aws):
    found = {}
    for name in aws.dynamodb.list_tables()["TableNames"]:
        table = aws.dynamodb.describe_table(TableName=name)["Table"]
        tags = aws.dynamodb.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]
        # moto keeps the old tags beside those that replaced them
        by_key = {tag["Key"]: tag["Value"] for tag in tags}
        found[name] = {**plain(table), "tags": by_key}
    return found


PARTS = (queues, roles, functions, mappings, rules, parameters, log_groups, tables)


def _ordered(value):
    """Lists of tags and targets in a fixed order."""
    if isinstance(value, dict):
        return {k: _ordered(v) for k, v in value.items()}
    if isinstance(value, list):
        texts = {json.dumps(each, sort_keys=True, default=str): each for each in value}
        return [_ordered(texts[text]) for text in sorted(texts)]
    return value


def whole(aws):
    return {read.__name__: _ordered(read(aws)) for read in PARTS}


def differences(one, other, path=""):
    """The differences of two of them, in readable form."""
    if isinstance(one, dict) and isinstance(other, dict):
        found = []
        for key in sorted(set(one) | set(other)):
            found += differences(one.get(key), other.get(key), f"{path}/{key}")
        return found
    return [] if one == other else [f"{path}: {one!r} -> {other!r}"]
