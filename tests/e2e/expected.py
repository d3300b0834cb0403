"""What `fifoq up` must have created from CONFIG, written from the contract and not from the code."""

import hashlib

from fakes.moto_server import ACCOUNT

REGION = "eu-west-1"
CRON = "cron(0/5 9-17 ? * MON-FRI *)"
CRON_NAME = "cron-" + hashlib.sha256(CRON.encode()).hexdigest()[:8]


def arn(service, resource):
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def role_arn(name):
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def function_arn(name):
    return arn("lambda", f"function:{name}")


QUEUES = {
    "orders.fifo": {
        "FifoQueue": "true",
        "ContentBasedDeduplication": "false",
        "DeduplicationScope": "queue",
        "FifoThroughputLimit": "perQueue",
        "VisibilityTimeout": "360",
        "MessageRetentionPeriod": str(14 * 86400),
        "DelaySeconds": "0",
        "ReceiveMessageWaitTimeSeconds": "0",
        "MaximumMessageSize": str(1 << 20),
        "SqsManagedSseEnabled": "true",
    },
    "orders-dead.fifo": {
        "FifoQueue": "true",
        "ContentBasedDeduplication": "false",
        "DeduplicationScope": "queue",
        "FifoThroughputLimit": "perQueue",
        "MessageRetentionPeriod": str(14 * 86400),
        "DelaySeconds": "0",
        "ReceiveMessageWaitTimeSeconds": "0",
        "MaximumMessageSize": str(1 << 20),
        "SqsManagedSseEnabled": "true",
    },
    "orders-turn.fifo": {
        "FifoQueue": "true",
        "ContentBasedDeduplication": "false",
        "DeduplicationScope": "queue",
        "FifoThroughputLimit": "perQueue",
        "VisibilityTimeout": "90",
        "MessageRetentionPeriod": str(14 * 86400),
        "DelaySeconds": "0",
        "ReceiveMessageWaitTimeSeconds": "0",
        "MaximumMessageSize": str(1 << 20),
        "SqsManagedSseEnabled": "true",
    },
    "orders-ingest-failures": {
        "MessageRetentionPeriod": str(14 * 86400),
        "DelaySeconds": "0",
        "ReceiveMessageWaitTimeSeconds": "0",
        "MaximumMessageSize": str(1 << 20),
        "SqsManagedSseEnabled": "true",
    },
}


def granted(stream_arn):
    """Per role: what it needs, and everything it may have: {action: resources it may name}."""
    queue, dead = arn("sqs", "orders.fifo"), arn("sqs", "orders-dead.fifo")
    failures, turn = arn("sqs", "orders-ingest-failures"), arn("sqs", "orders-turn.fifo")
    stream = {stream_arn, stream_arn.rsplit("/", 1)[0] + "/*"}
    token = arn("ssm", "parameter/orders/crm-token")
    pause = arn("ssm", "parameter/orders/fifoq/pause")

    def logs(name):
        group = arn("logs", f"log-group:/aws/lambda/{name}")
        return {group + ":*", group + ":log-stream:*"}

    ingest = {
        "dynamodb:DescribeStream": stream,
        "dynamodb:GetRecords": stream,
        "dynamodb:GetShardIterator": stream,
        "dynamodb:ListStreams": stream,
        "sqs:SendMessage": {queue, dead, failures},
        "logs:CreateLogStream": logs("orders-ingest"),
        "logs:PutLogEvents": logs("orders-ingest"),
    }
    drain = {
        "sqs:ReceiveMessage": {queue, turn},
        "sqs:DeleteMessage": {queue, turn},
        "sqs:ChangeMessageVisibility": {queue, turn},
        "sqs:GetQueueAttributes": {queue, turn},
        "sqs:SendMessage": {dead, turn},
        "ssm:GetParameters": {token, pause},
        "ssm:PutParameter": {pause},
        "ssm:GetParameter": {token},
        "logs:CreateLogStream": logs("orders-drain"),
        "logs:PutLogEvents": logs("orders-drain"),
    }
    needed = {
        "orders-ingest": set(ingest) - {"dynamodb:ListStreams"},
        "orders-drain": set(drain)
        - {"ssm:GetParameter"},
    }
    return needed, {"orders-ingest": ingest, "orders-drain": drain}


FUNCTIONS = {
    name: {
        "Runtime": "provided.al2023",
        "Handler": half,
        "Role": role_arn(name),
        "MemorySize": 256,
        "Architectures": ["arm64"],
        "PackageType": "Zip",
        "Timeout": 60,
        "State": "Active",
        "invoke": invoke,
        "concurrency": None,
    }
    for name, half, invoke in (
        ("orders-ingest", "ingest", None),
        (
            "orders-drain",
            "drain",
            {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60},
        ),
    )
}

MAPPING = {
    "FunctionArn": function_arn("orders-ingest"),
    "BatchSize": 50,
    "StartingPosition": "TRIM_HORIZON",
    "BisectBatchOnFunctionError": True,
    "FunctionResponseTypes": ["ReportBatchItemFailures"],
    "ParallelizationFactor": 1,
    "MaximumRetryAttempts": -1,
    "State": "Enabled",
    "DestinationConfig": {"OnFailure": {"Destination": arn("sqs", "orders-ingest-failures")}},
}
PATTERNS = [
    {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"status": {"S": [status]}}}}
    for status in ("paid", "sent")
]

RULES = {
    f"orders-{CRON_NAME}": (CRON, {"schedule": CRON_NAME, "max_messages": 20}),
    "orders-night": ("rate(1 hour)", {"schedule": "night", "max_messages": 500}),
}

LOG_GROUPS = {"/aws/lambda/orders-ingest": 30, "/aws/lambda/orders-drain": 30}
