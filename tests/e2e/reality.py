"""Everything of a pipeline that exists in AWS, read by boto3: one plain value to compare."""

import json

from fakes.moto_server import ACCOUNT

def anything(_):
    return True


NOISE = (
    "CreatedTimestamp LastModifiedTimestamp ApproximateNumberOfMessages QueueArn "
    "ApproximateNumberOfMessagesDelayed ApproximateNumberOfMessagesNotVisible"
).split()


def queues(aws, mine=anything):
    found = {}
    for url in filter(mine, aws.sqs.list_queues().get("QueueUrls", [])):
        answer = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        kept = {k: v for k, v in answer.items() if k not in NOISE}
        for name in ("RedrivePolicy", "Policy"):
            if name in kept:
                kept[name] = json.loads(kept[name])
        tags = aws.sqs.list_queue_tags(QueueUrl=url).get("Tags", {})
        found[url.rsplit("/", 1)[1]] = {"attributes": kept, "tags": tags}
    return found


def roles(aws, mine=anything):
    found = {}
    for role in aws.iam.list_roles()["Roles"]:
        name = role["RoleName"]
        if not mine(name):
            continue
        policies = {
            each: aws.iam.get_role_policy(RoleName=name, PolicyName=each)["PolicyDocument"]
            for each in aws.iam.list_role_policies(RoleName=name)["PolicyNames"]
        }
        attached = aws.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        tags = aws.iam.list_role_tags(RoleName=name)["Tags"]
        found[name] = {
            "trust": role["AssumeRolePolicyDocument"],
            "policies": policies,
            "attached": attached,
            "boundary": role.get("PermissionsBoundary"),
            "path": role["Path"],
            "tags": {tag["Key"]: tag["Value"] for tag in tags},
        }
    return found


def _function_policy(aws, name):
    try:
        policy = json.loads(aws.lambda_.get_policy(FunctionName=name)["Policy"])
    except aws.lambda_.exceptions.ResourceNotFoundException:
        return []
    return sorted(policy["Statement"], key=lambda statement: statement["Sid"])


def _invoke_config(aws, name):
    try:
        answer = aws.lambda_.get_function_event_invoke_config(FunctionName=name)
    except aws.lambda_.exceptions.ResourceNotFoundException:
        return None
    return {k: answer[k] for k in ("MaximumRetryAttempts", "MaximumEventAgeInSeconds")}


FUNCTION_FIELDS = (
    "Runtime Handler Role Timeout MemorySize Architectures PackageType CodeSha256 Layers "
    "Environment VpcConfig DeadLetterConfig TracingConfig EphemeralStorage KMSKeyArn State"
).split()


def functions(aws, mine=anything):
    found = {}
    for listed in aws.lambda_.list_functions()["Functions"]:
        name = listed["FunctionName"]
        if not mine(name):
            continue
        answer = aws.lambda_.get_function(FunctionName=name)
        config = answer["Configuration"]
        found[name] = {k: config[k] for k in FUNCTION_FIELDS if k in config}
        found[name]["tags"] = answer.get("Tags", {})
        found[name]["policy"] = _function_policy(aws, name)
        found[name]["invoke"] = _invoke_config(aws, name)
        found[name]["concurrency"] = answer.get("Concurrency")
    return found


MAPPING_FIELDS = (
    "EventSourceArn FunctionArn BatchSize StartingPosition BisectBatchOnFunctionError State "
    "FunctionResponseTypes ParallelizationFactor MaximumRetryAttempts MaximumRecordAgeInSeconds "
    "MaximumBatchingWindowInSeconds DestinationConfig TumblingWindowInSeconds"
).split()


def mappings(aws, mine=anything):
    found = []
    for listed in aws.lambda_.list_event_source_mappings()["EventSourceMappings"]:
        if not mine(listed["FunctionArn"]):
            continue
        answer = aws.lambda_.get_event_source_mapping(UUID=listed["UUID"])
        kept = {k: answer[k] for k in MAPPING_FIELDS if k in answer}
        filters = (answer.get("FilterCriteria") or {}).get("Filters", [])
        kept["patterns"] = [json.loads(each["Pattern"]) for each in filters]
        arn = answer.get("EventSourceMappingArn") or (
            f"arn:aws:lambda:eu-west-1:{ACCOUNT}:event-source-mapping:{listed['UUID']}"
        )
        kept["tags"] = aws.lambda_.list_tags(Resource=arn)["Tags"]
        kept["uuid"] = listed["UUID"]
        found.append(kept)
    return found


def rules(aws, mine=anything):
    found = {}
    for rule in aws.events.list_rules()["Rules"]:
        if not mine(rule["Name"]):
            continue
        targets = aws.events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        tags = aws.events.list_tags_for_resource(ResourceARN=rule["Arn"])["Tags"]
        found[rule["Name"]] = {
            "ScheduleExpression": rule.get("ScheduleExpression"),
            "EventPattern": rule.get("EventPattern"),
            "State": rule["State"],
            "RoleArn": rule.get("RoleArn"),
            "EventBusName": rule.get("EventBusName"),
            "targets": [
                {**each, "Input": json.loads(each["Input"])} if "Input" in each else each
                for each in targets
            ],
            "tags": {tag["Key"]: tag["Value"] for tag in tags},
        }
    return found


def parameters(aws, mine=anything):
    found = {}
    for listed in aws.ssm.get_paginator("describe_parameters").paginate().search("Parameters[]"):
        name = listed["Name"]
        if not mine(name):
            continue
        answer = aws.ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]
        tags = aws.ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)["TagList"]
        found[name] = {
            "type": answer["Type"],
            "value": answer["Value"],
            "version": answer["Version"],
            "tags": {tag["Key"]: tag["Value"] for tag in tags},
        }
    return found


def log_groups(aws, mine=anything):
    found = {}
    for group in aws.logs.describe_log_groups()["logGroups"]:
        if not mine(group["logGroupName"]):
            continue
        arn = group["arn"].removesuffix(":*")
        found[group["logGroupName"]] = {
            "retention": group.get("retentionInDays"),
            "tags": aws.logs.list_tags_for_resource(resourceArn=arn)["tags"],
        }
    return found


def table(aws, name):
    answer = aws.dynamodb.describe_table(TableName=name)["Table"]
    tags = aws.dynamodb.list_tags_of_resource(ResourceArn=answer["TableArn"])["Tags"]
    items = aws.dynamodb.scan(TableName=name)["Items"]
    return {
        "keys": answer["KeySchema"],
        "attributes": answer["AttributeDefinitions"],
        "billing": answer.get("BillingModeSummary", {}).get("BillingMode"),
        "stream": answer.get("StreamSpecification"),
        "stream_arn": answer.get("LatestStreamArn"),
        "tags": {tag["Key"]: tag["Value"] for tag in tags},
        "items": sorted(items, key=lambda item: item["id"]["S"]),
    }


KINDS = (queues, roles, functions, mappings, rules, parameters, log_groups)


def everything(aws, mine=anything):
    """All but tables: {"queues": ..., "roles": ..., ...}; an empty AWS gives only empty members.

    mine(name, ARN or URL) says whether it is included."""
    return {read.__name__: read(aws, mine) for read in KINDS}


def is_empty(real):
    return not any(real.values())
