"""Ingest and drain with boto3, run by awslambdaric; ../README.md says what all peers do."""

import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import boto3
import urllib3
from boto3.dynamodb.types import Binary, TypeDeserializer

CALL, CALLS = 10, 4
QUEUE = os.environ.get("QUEUE_URL")
PARALLEL = int(os.environ.get("PARALLEL", "1"))

sqs = boto3.client("sqs", config=boto3.session.Config(max_pool_connections=16))
pool = ThreadPoolExecutor(max(CALLS, PARALLEL))
plain = TypeDeserializer().deserialize


def encode(value):
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, set):
        return list(value)
    if isinstance(value, Binary):
        return value.value.decode("latin-1")
    raise TypeError(type(value).__name__)


def groups_of(records):
    groups = {}
    for record in records:
        if record["eventName"] != "INSERT":
            continue
        item = {name: plain(value) for name, value in record["dynamodb"]["NewImage"].items()}
        body = json.dumps(item, default=encode, separators=(",", ":"), ensure_ascii=False)
        message = (record["dynamodb"]["SequenceNumber"], item["group"], record["eventID"], body)
        groups.setdefault(item["group"], []).append(message)
    return [messages[::-1] for messages in groups.values()]


def send(messages):
    """The sequence number of the earliest message that the queue did not accept."""
    entries = [
        {"Id": str(n), "MessageBody": body, "MessageGroupId": group, "MessageDeduplicationId": event_id}
        for n, (_, group, event_id, body) in enumerate(messages)
    ]
    answer = sqs.send_message_batch(QueueUrl=QUEUE, Entries=entries)
    failed = [int(each["Id"]) for each in answer.get("Failed", ())]
    return messages[min(failed)][0] if failed else None


def ingest(event, _):
    groups = groups_of(event["Records"])
    while groups:
        heads = [group.pop() for group in groups[: CALL * CALLS]]
        groups = [group for group in groups if group]
        calls = [heads[at : at + CALL] for at in range(0, len(heads), CALL)]
        results = pool.map(send, calls) if len(calls) > 1 else map(send, calls)
        for sequence in list(results):
            if sequence:
                return {"batchItemFailures": [{"itemIdentifier": sequence}]}
    return {"batchItemFailures": []}


class Token:
    value, fetched = None, float("-inf")

    def __init__(self):
        self.ssm = boto3.client("ssm")

    def get(self):
        if time.monotonic() - self.fetched > 300:
            answer = self.ssm.get_parameters(Names=[os.environ["PARAMETER"]], WithDecryption=True)
            self.value, self.fetched = answer["Parameters"][0]["Value"], time.monotonic()
        return self.value


if os.environ["_HANDLER"].endswith("drain"):
    token = Token()
    http = urllib3.PoolManager(maxsize=16, ca_certs=os.environ["AWS_CA_BUNDLE"], retries=False, timeout=10)


def deliver(message):
    json.loads(message["Body"])
    answer = http.request(
        "POST", os.environ["API_URL"], body=message["Body"].encode(),
        headers={"Authorization": f"Bearer {token.get()}", "Content-Type": "application/json",
                 "Idempotency-Key": message["Attributes"]["MessageDeduplicationId"]},
    )  # fmt: skip
    if answer.status // 100 != 2:
        raise RuntimeError(f"status {answer.status}")
    sqs.delete_message(QueueUrl=QUEUE, ReceiptHandle=message["ReceiptHandle"])


class Budget:
    def __init__(self, left):
        self.left, self.lock = left, threading.Lock()

    def take(self, wanted):
        """As many as are left; a negative number is given back."""
        with self.lock:
            taken = min(wanted, self.left)
            self.left -= taken
        return taken


def one_loop(budget):
    delivered = 0
    while wanted := budget.take(CALL):
        answer = sqs.receive_message(
            QueueUrl=QUEUE, MaxNumberOfMessages=wanted, VisibilityTimeout=90, MessageSystemAttributeNames=["All"]
        )
        messages = answer.get("Messages", [])
        budget.take(len(messages) - wanted)
        if not messages:
            break
        for message in messages:
            deliver(message)
            delivered += 1
    return delivered


def drain(event, _):
    token.get()
    budget = Budget(event["max_messages"])
    loops = [budget] * PARALLEL
    return {"delivered": sum(pool.map(one_loop, loops) if PARALLEL > 1 else map(one_loop, loops))}
