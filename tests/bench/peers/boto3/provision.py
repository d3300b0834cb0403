"""provision.py up|drift|down THREADS MEMORY: fifoq's pipeline as a script with boto3 would make it.

Each resource is read first, and created, updated or deleted when that is needed. THREADS is how many of one wave are in work at
the same time; a wave needs those before it. MEMORY is that of the functions. drift exits with 2 when something differs.
"""

import base64
import hashlib
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

VERB, THREADS, MEMORY = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
NAME = "orders"
ABSENT = ("ResourceNotFoundException", "NoSuchEntity", "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", "ParameterNotFound")
session = boto3.session.Session()
services = "iam sqs lambda events logs ssm dynamodb sts".split()
settings = Config(max_pool_connections=max(THREADS, 10))
aws = {name: session.client(name, region_name="eu-west-1", config=settings) for name in services}
account = aws["sts"].get_caller_identity()["Account"]
code = Path(os.environ["CODE"]).read_bytes()
digest = base64.b64encode(hashlib.sha256(code).digest()).decode()
trust = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})  # fmt: skip
rights = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": ["sqs:*", "dynamodb:*", "ssm:GetParameters", "logs:*"], "Resource": "*"}]})  # fmt: skip


class Resource:
    """calls: read, create, update and delete, each (service, operation, arguments). wanted: members of the answer to read, by
    their path; what is None is not compared."""

    def __init__(self, read, create, delete=None, update=None, wanted=None):
        self.read, self.create, self.delete, self.update, self.wanted = read, create, delete, update, wanted or {}

    def state(self):
        try:
            answer = call(*self.read)
        except ClientError as error:
            if error.response["Error"]["Code"] in ABSENT:
                return "absent"
            raise
        return "same" if all(look(answer, path) == value for path, value in self.wanted.items()) else "differs"

    def up(self):
        state = self.state()
        if state == "absent":
            call(*self.create)
        elif state == "differs":
            call(*(self.update or self.create))

    def down(self):
        if self.delete and self.state() != "absent":
            call(*self.delete)


def call(service, operation, arguments):
    arguments = arguments() if callable(arguments) else arguments
    return getattr(aws[service], operation)(**arguments)


def look(answer, path):
    for name in path.split("/"):
        answer = answer[int(name)] if name.isdigit() and len(answer) > int(name) else answer.get(name) if isinstance(answer, dict) else None
        if answer is None:
            return None
    return answer


def arn(service, rest):
    return f"arn:aws:{service}:eu-west-1:{account}:{rest}"


def url(name):
    return aws["sqs"].get_queue_url(QueueName=name)["QueueUrl"]


def role(half):
    name = {"RoleName": f"{NAME}-{half}"}
    return Resource(("iam", "get_role", name), ("iam", "create_role", {**name, "AssumeRolePolicyDocument": trust}), ("iam", "delete_role", name))


def policy(half):
    name = {"RoleName": f"{NAME}-{half}", "PolicyName": NAME}
    return Resource(("iam", "get_role_policy", name), ("iam", "put_role_policy", {**name, "PolicyDocument": rights}), ("iam", "delete_role_policy", name))


def log_group(half):
    name = f"/aws/lambda/{NAME}-{half}"
    read = ("logs", "list_tags_log_group", {"logGroupName": name})
    return Resource(read, ("logs", "create_log_group", {"logGroupName": name}), ("logs", "delete_log_group", {"logGroupName": name}))


def queue(name):
    create = {"QueueName": name, "Attributes": {"FifoQueue": "true", "VisibilityTimeout": "360"}}
    read = ("sqs", "get_queue_attributes", lambda: {"QueueUrl": url(name), "AttributeNames": ["All"]})
    wanted = {"Attributes/VisibilityTimeout": "360"}
    return Resource(read, ("sqs", "create_queue", create), ("sqs", "delete_queue", lambda: {"QueueUrl": url(name)}), wanted=wanted)


def function(half):
    name = {"FunctionName": f"{NAME}-{half}"}
    body = {
        "Role": f"arn:aws:iam::{account}:role/{NAME}-{half}", "Handler": half, "Runtime": "provided.al2023", "MemorySize": MEMORY,
        "Timeout": 60,
    }  # fmt: skip
    create = ("lambda", "create_function", {**name, **body, "Code": {"ZipFile": code}})
    update = ("lambda", "update_function_configuration", {**name, "MemorySize": MEMORY})
    wanted = {"Configuration/MemorySize": MEMORY, "Configuration/CodeSha256": digest}
    return Resource(("lambda", "get_function", name), create, ("lambda", "delete_function", name), update, wanted)


def stream():
    view = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    create = ("dynamodb", "update_table", {"TableName": "orders-table", "StreamSpecification": view})
    return Resource(("dynamodb", "describe_table", {"TableName": "orders-table"}), create, wanted={"Table/StreamSpecification/StreamEnabled": True})


class Mapping(Resource):
    """Its name is an id that AWS gives."""

    def __init__(self):
        pass

    def found(self):
        try:
            return aws["lambda"].list_event_source_mappings(FunctionName=f"{NAME}-ingest")["EventSourceMappings"]
        except ClientError:
            return []

    def state(self):
        return "same" if self.found() else "absent"

    def up(self):
        if not self.found():
            source = aws["dynamodb"].describe_table(TableName="orders-table")["Table"]["LatestStreamArn"]
            aws["lambda"].create_event_source_mapping(
                FunctionName=f"{NAME}-ingest", EventSourceArn=source, StartingPosition="TRIM_HORIZON", BatchSize=50,
                FunctionResponseTypes=["ReportBatchItemFailures"],
            )  # fmt: skip

    def down(self):
        for each in self.found():
            aws["lambda"].delete_event_source_mapping(UUID=each["UUID"])


def rule(n):
    name = {"Name": f"{NAME}-{n}"}
    create = ("events", "put_rule", {**name, "ScheduleExpression": f"rate({n + 1} minutes)"})
    return Resource(("events", "describe_rule", name), create, ("events", "delete_rule", name))


def target(n):
    target = {"Id": "drain", "Arn": arn("lambda", f"function:{NAME}-drain"), "Input": "{}"}
    name = {"Rule": f"{NAME}-{n}"}
    create = ("events", "put_targets", {**name, "Targets": [target]})
    read = ("events", "list_targets_by_rule", name)
    return Resource(read, create, ("events", "remove_targets", {**name, "Ids": ["drain"]}), wanted={"Targets/0/Id": "drain"})


class Permission(Resource):
    """A statement of the function's policy, which is deleted with the function."""

    def __init__(self, n):
        self.delete, self.update, self.sid = None, None, f"rule-{n}"
        self.create = ("lambda", "add_permission", {
            "FunctionName": f"{NAME}-drain", "StatementId": self.sid, "Action": "lambda:InvokeFunction",
            "Principal": "events.amazonaws.com", "SourceArn": arn("events", f"rule/{NAME}-{n}"),
        })  # fmt: skip

    def state(self):
        try:
            policy = json.loads(aws["lambda"].get_policy(FunctionName=f"{NAME}-drain")["Policy"])
        except ClientError:
            return "absent"
        return "same" if self.sid in [each["Sid"] for each in policy["Statement"]] else "absent"


def parameter():
    name = {"Name": f"/{NAME}/crm-token"}
    create = {**name, "Value": os.environ["CRM_TOKEN"], "Type": "SecureString"}
    return Resource(("ssm", "get_parameter", name), ("ssm", "put_parameter", create), ("ssm", "delete_parameter", name))


HALVES, RULES = ("ingest", "drain"), (1, 2)
QUEUES = [f"{NAME}.fifo", f"{NAME}-dead.fifo", f"{NAME}-turn.fifo"]
WAVES = [
    [*map(role, HALVES), *map(log_group, HALVES), *map(queue, QUEUES), stream(), parameter()],
    [*map(policy, HALVES), *map(function, HALVES), *map(rule, RULES)],
    [Mapping(), *map(Permission, RULES), *map(target, RULES)],
]


def main():
    differs = False
    with ThreadPoolExecutor(THREADS) as pool:
        waves = WAVES[::-1] if VERB == "down" else WAVES
        if VERB == "drift":
            waves = [[each for wave in WAVES for each in wave]]
        for wave in waves:
            work = {"up": lambda r: r.up(), "down": lambda r: r.down(), "drift": lambda r: r.state()}[VERB]
            differs |= any(state not in (None, "same") for state in pool.map(work, wave))
    return 2 if differs else 0


sys.exit(main())
