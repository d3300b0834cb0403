"""The calls of each command, with each of its options, compared with what `fifoq policy` prints for
it.

Two records: what the guard of the tests required (test_policy.py), and the plain names of all
requests through the proxy, which the printed actions must contain.
"""

import json

import pytest
import reality
from support import make_table
from test_policy import (
    CREATED,
    THEIRS,
    disturb,
    guard,  # noqa: F401, a fixture
    make_own_table,
    pairs,
    pending_at_first,
    policy_of,
    remove_table,
    used_of,
)

from fakes.iam import NAMES

CANARY = {"id": "canary", "status": "paid", "customer": "c", "total": 1}
FREE = {"sts:GetCallerIdentity"}  # AWS requires no permission for it
CHANGES = pytest.mark.parametrize("change", [{}, CREATED, THEIRS], ids=["theirs", "own", "queue"])


class Record:
    """Runs a command with the policy printed for it, as often as it is called; `idle` is the part
    of those policies that no run has used."""

    def __init__(self, fifoq, guard, proxy):
        self.fifoq, self.guard, self.proxy = fifoq, guard, proxy
        self.idle = {}

    def run(self, command, *args, codes=(0,)):
        policy = policy_of(self.fifoq, command)
        self.guard.use(policy)
        before = len(self.guard.needed)
        self.proxy.clear()
        result = self.fifoq.run(command, *args)
        assert self.guard.denied == [], result.text
        assert result.code in codes, result.text
        called = {NAMES.get(e.name, e.name) for e in self.proxy.calls()}
        assert called <= FREE | {action for _, action in pairs(policy)}
        idle = set(pairs(policy)) - used_of(policy, self.guard.needed[before:])
        self.idle[command] = self.idle.get(command, idle) & idle
        return result


@pytest.fixture
def record(fifoq, guard, proxy):
    return Record(fifoq, guard, proxy)


def prepare(aws, change):
    """What exists before the pipeline: a table, or nothing, or also a queue."""
    if change != CREATED:
        make_table(aws)
    if change == THEIRS:
        attributes = {"FifoQueue": "true", "VisibilityTimeout": "600"}
        aws.sqs.create_queue(QueueName="theirs.fifo", Attributes=attributes)


def switch_view(aws):
    """The table's stream with a view that ingest cannot use."""
    aws.dynamodb.update_table(
        TableName="orders-table", StreamSpecification={"StreamEnabled": False}
    )
    view = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    aws.dynamodb.update_table(TableName="orders-table", StreamSpecification=view)


def disown(aws):
    """Without the pipeline's tag, a queue and a function belong to others."""
    url = aws.sqs.get_queue_url(QueueName="orders-dead.fifo")["QueueUrl"]
    aws.sqs.untag_queue(QueueUrl=url, TagKeys=["fifoq:pipeline"])
    (arn,) = [
        each["FunctionArn"]
        for each in aws.lambda_.list_functions()["Functions"]
        if each["FunctionName"] == "orders-drain"
    ]
    aws.lambda_.untag_resource(Resource=arn, TagKeys=["fifoq:pipeline"])


@CHANGES
@pytest.mark.parametrize("command", ["up", "bootstrap"])
def test_what_makes_and_changes(record, fifoq, aws, proxy, command, change):
    make_own_table(aws) if change == CREATED else prepare(aws, change)
    pending_at_first(proxy)
    fifoq.config(change)
    record.run(command, "--yes")
    disturb(aws, ["orders-dead.fifo"])
    if command == "up":
        record.run("up", "--yes", "--keep-extras")
    record.run(command, "--yes")
    disown(aws)
    record.run(command, "--yes", codes=(4,))
    record.run(command, "--yes", "--adopt")
    switch_view(aws)
    record.run("up", "--yes", "--switch-stream")
    record.run(command, "--yes", "--break-lock")
    if change == CREATED:
        remove_table(aws)
        record.run(command, "--yes")
    if command == "bootstrap":  # the functions do not run here, so the wait times out
        (fifoq.folder / "item.json").write_text(json.dumps(CANARY))
        record.run("bootstrap", "item.json", "--yes", "--canary", "--wait", "1s", codes=(1,))
    fifoq.config(change, {"ingest": None})
    record.run(command, "--yes")
    fifoq.config(change, {"drain": None, "parameters": None})
    record.run(command, "--yes")
    assert record.idle[command] == set()


@CHANGES
@pytest.mark.parametrize("command", ["plan", "drift", "check"])
def test_what_looks(record, fifoq, aws, command, change):
    prepare(aws, change)
    fifoq.config(change)
    record.run(command, codes=(0, 2))  # nothing exists yet
    record.run("up", "--yes")
    record.run(command)
    disturb(aws, ["orders-dead.fifo"])
    record.run(command, codes=(0, 2))
    assert record.idle[command] == set()


@CHANGES
def test_what_takes_away(record, fifoq, aws, change):
    prepare(aws, change)
    fifoq.config(change)
    more = ["--delete-table"] if change == CREATED else []
    record.run("up", "--yes")
    disturb(aws, ["orders-dead.fifo"])
    url = aws.sqs.get_queue_url(QueueName="orders-dead.fifo")["QueueUrl"]
    message = {"MessageBody": "{}", "MessageGroupId": "g", "MessageDeduplicationId": "d"}
    aws.sqs.send_message(QueueUrl=url, **message)
    record.run("down", "--yes", codes=(4,))
    record.run("down", "--yes", "--export", "saved.ndjson", *more)
    assert reality.functions(aws) == {} and reality.roles(aws) == {}
    record.run("down", "--yes", *more)
    assert record.idle["down"] == set()


WITHOUT_AWS = [
    ("init", "-f", "other.yaml"), ("package", "-o", "code.zip"), ("policy", "up"), ("config", "--reference"),
    ("config", "--schema"), ("check", "--offline"), ("version",), ("help",),
]  # fmt: skip


def test_what_has_no_policy(fifoq, proxy, table):
    """The other commands call AWS only to get the caller's identity."""
    for args in WITHOUT_AWS:
        fifoq.good(*args)
    assert proxy.calls() == []
    fifoq.good("whoami")
    assert {e.name for e in proxy.calls()} == FREE
