"""moto's answers with the defaults that AWS fills in and moto leaves out, and in AWS's other
spellings: statements numbered, in another order, a scalar as an array of one.

A layer of fakes/proxy.py (see fakes/hard). Sources: the API references of the services, and field
reports of false drift.
"""

import json
import re
from urllib.parse import quote, unquote

from fakes import wire

ACCOUNT, REGION = "123456789012", "eu-west-1"


def fill(into, **defaults):
    for name, value in defaults.items():
        if into.get(name) is None:
            into[name] = value


def listed(value):
    return value if isinstance(value, list) else [value]


def respelled(document):
    """The same policy: statements backwards and numbered, members backwards, scalars as arrays."""
    statements = []
    for number, statement in enumerate(reversed(listed(document["Statement"]))):
        other = {"Sid": str(number + 1)} | dict(reversed(statement.items()))
        for name in ("Action", "Resource"):
            if name in other:
                other[name] = listed(other[name])[::-1]
        if isinstance(other.get("Principal"), dict):
            other["Principal"] = {k: listed(v) for k, v in other["Principal"].items()}
        other["Condition"] = {
            operator: {key: listed(value) for key, value in keys.items()}
            for operator, keys in other.get("Condition", {}).items()
        }
        if not other["Condition"]:
            del other["Condition"]
        statements.append(other)
    return {"Statement": statements, "Version": document["Version"]}


def spaced(text):
    """JSON inside a string, with another layout."""
    return json.dumps(json.loads(text), indent=1, sort_keys=True)


# One function for each action; answer is the body as a value.


def queue_attributes(answer):
    attributes = answer["Attributes"]
    for name in ("CreatedTimestamp", "LastModifiedTimestamp"):
        attributes[name] = attributes[name].partition(".")[0]
    fill(
        attributes, VisibilityTimeout="30", MessageRetentionPeriod="345600", DelaySeconds="0",
        ReceiveMessageWaitTimeSeconds="0", SqsManagedSseEnabled="true", Policy="",
        KmsDataKeyReusePeriodSeconds="300", ApproximateNumberOfMessages="0",
    )  # fmt: skip
    if attributes.get("FifoQueue") == "true":
        fill(attributes, DeduplicationScope="queue", FifoThroughputLimit="perQueue")


def queue_tags(answer):
    fill(answer, Tags={})
    answer["Tags"]["aws:cloudformation:stack-name"] = "theirs"


def function(answer):
    config = answer["Configuration"]
    name = config["FunctionName"]
    for member in ("Layers", "Environment", "VpcConfig"):
        if not config.get(member):
            config.pop(member, None)
    fill(
        config, PackageType="Zip", EphemeralStorage={"Size": 512}, State="Active",
        TracingConfig={"Mode": "PassThrough"}, Architectures=["x86_64"], Description="",
        SnapStart={"ApplyOn": "None", "OptimizationStatus": "Off"}, LastUpdateStatus="Successful",
        RuntimeVersionConfig={"RuntimeVersionArn": f"arn:aws:lambda:{REGION}::runtime:0"},
        LoggingConfig={"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"},
        VpcConfig={"SubnetIds": [], "SecurityGroupIds": [], "VpcId": "",
                   "Ipv6AllowedForDualStack": False},
    )  # fmt: skip
    for absent in ("DeadLetterConfig", "KMSKeyArn", "FileSystemConfigs", "StateReason"):
        config.setdefault(absent, None)
    answer["Tags"]["aws:cloudformation:logical-id"] = "theirs"


def mapping(answer):
    kind = f"event-source-mapping:{answer['UUID']}"
    fill(
        answer, MaximumRetryAttempts=-1, MaximumRecordAgeInSeconds=-1, ParallelizationFactor=1,
        TumblingWindowInSeconds=0, MaximumBatchingWindowInSeconds=0, FunctionResponseTypes=[],
        BisectBatchOnFunctionError=False, LastProcessingResult="No records processed",
        EventSourceMappingArn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:{kind}",
    )  # fmt: skip
    answer["StateTransitionReason"] = "User action"
    for each in (answer.get("FilterCriteria") or {}).get("Filters", []):
        each["Pattern"] = spaced(each["Pattern"])


def mappings(answer):
    for each in answer["EventSourceMappings"]:
        mapping(each)


def function_policy(answer):
    policy = json.loads(answer["Policy"])
    sids = [statement["Sid"] for statement in policy["Statement"]]
    other = respelled(policy)
    for statement, sid in zip(other["Statement"], reversed(sids), strict=True):
        statement["Sid"] = sid  # chosen by the caller, never numbered
    answer["Policy"] = json.dumps({"Id": "default", **other})


def invoke_config(answer):
    destinations = answer.setdefault("DestinationConfig", {})
    fill(destinations, OnSuccess={}, OnFailure={})


def targets(answer):
    for each in answer["Targets"]:
        if "Input" in each:
            each["Input"] = spaced(each["Input"])


def parameters(answer):
    for each in answer["Parameters"]:
        fill(each, DataType="text", Tier="Standard", Policies=[], KeyId="alias/aws/ssm")
        each["LastModifiedUser"] = f"arn:aws:iam::{ACCOUNT}:user/theirs"


def log_groups(answer):
    for each in answer["logGroups"]:
        fill(
            each, logGroupClass="STANDARD", metricFilterCount=0, storedBytes=17,
            logGroupArn=each["arn"].removesuffix(":*"), deletionProtectionEnabled=False,
        )  # fmt: skip


def log_tags(answer):
    answer["tags"]["aws:cloudformation:stack-name"] = "theirs"


def table(answer):
    described = answer["Table"]
    fill(
        described, TableClassSummary={"TableClass": "STANDARD"}, DeletionProtectionEnabled=False,
        OnDemandThroughput={"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": -1},
    )  # fmt: skip
    described["WarmThroughput"] = {
        "ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000, "Status": "ACTIVE",
    }  # fmt: skip
    described["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"] = 1700000000.5


ANSWERS = {
    "sqs:GetQueueAttributes": queue_attributes,
    "sqs:ListQueueTags": queue_tags,
    "lambda:GetFunction": function,
    "lambda:ListEventSourceMappings": mappings,
    "lambda:GetEventSourceMapping": mapping,
    "lambda:GetPolicy": function_policy,
    "lambda:GetFunctionEventInvokeConfig": invoke_config,
    "events:ListTargetsByRule": targets,
    "ssm:DescribeParameters": parameters,
    "logs:DescribeLogGroups": log_groups,
    "logs:ListTagsForResource": log_tags,
    "dynamodb:DescribeTable": table,
}
DOCUMENTS = {"iam:GetRole": "AssumeRolePolicyDocument", "iam:GetRolePolicy": "PolicyDocument"}


def _respell_document(body, element):
    def replaced(match):
        document = respelled(json.loads(unquote(match[1])))
        return f"<{element}>{quote(json.dumps(document, indent=1))}</{element}>"

    text = re.sub(f"<{element}>(.*?)</{element}>", replaced, body.decode(), flags=re.DOTALL)
    return text.replace("</Role>", "<RoleLastUsed></RoleLastUsed></Role>").encode()


class AwsDefaults:
    """The layer; `filled` counts the answers of each action that it has changed."""

    def __init__(self):
        self.filled = {}

    def __call__(self, exchange, go_on):
        response = go_on()
        if response is None or response.status != 200:
            return response
        if exchange.name in DOCUMENTS:
            body = _respell_document(response.body, DOCUMENTS[exchange.name])
        elif exchange.name in ANSWERS:
            answer = json.loads(response.body)
            ANSWERS[exchange.name](answer)
            body = json.dumps(answer).encode()
        else:
            return response
        self.filled[exchange.name] = self.filled.get(exchange.name, 0) + (body != response.body)
        return wire.Response(response.status, response.headers, body)
