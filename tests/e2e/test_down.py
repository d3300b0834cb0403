"""`fifoq down`: it refuses while messages wait, saves them in order, and leaves nothing behind."""

import json
import threading
from contextlib import contextmanager

import pytest
import reality
from judge import FAILED, REFUSED, USAGE, refused
from sqs_server import Sqs
from support import interrupt, make_table, wait_until

from fakes import KEY_ID, SECRET
from fakes.hard.base import as_json, succeeded, with_json
from fakes.proxy import Proxy, error_for
from fakes.signature import Key

QUEUE, DEAD, FAILURES = "orders.fifo", "orders-dead.fifo", "orders-ingest-failures"


class Queues:
    """A pipeline with real queues, behind their own proxy; time runs fast."""

    def __init__(self, fifoq, proxy, sqs):
        self.fifoq, self.proxy, self.sqs = fifoq, proxy, sqs
        self.env = {"AWS_ENDPOINT_URL_SQS": proxy.url}
        self.sent, self.number = {}, 0

    def url(self, name):
        return self.sqs.client.get_queue_url(QueueName=name)["QueueUrl"]

    def send(self, name, group, *bodies):
        for body in bodies:
            self.number += 1
            dedup = f"id-{self.number}"
            fifo = {"MessageGroupId": group, "MessageDeduplicationId": dedup} if group else {}
            self.sqs.client.send_message(
                QueueUrl=self.url(name), MessageBody=body, **fifo,
                MessageAttributes={"made": {"DataType": "String", "StringValue": "by " + body}},
            )  # fmt: skip
            self.sent.setdefault((name, group), []).append(body)

    def names(self):
        return [url.rpartition("/")[2] for url in self.sqs.client.list_queues().get("QueueUrls", [])]

    def down(self, *args, **how):
        return self.fifoq.run("down", "--yes", *args, env=self.env, timeout=120, **how)

    def files(self, *names):
        """Per queue and group the bodies in the files, each message once; all lines are complete."""
        found, seen = {}, set()
        for name in names:
            for line in (self.fifoq.folder / name).read_text().splitlines():
                one = json.loads(line)
                if one["MessageId"] not in seen:
                    seen.add(one["MessageId"])
                    found.setdefault((one["queue"], one["MessageGroupId"]), []).append(one["Body"])
        return found


@contextmanager
def running_time(sqs):
    """A second every few milliseconds."""
    over = threading.Event()

    def run():
        while not over.wait(0.02):
            sqs.own("clock", {"advance_ms": 500})

    thread = threading.Thread(target=run)
    thread.start()
    yield
    over.set()
    thread.join()


@pytest.fixture
def queues(fifoq, table):
    sqs = Sqs(fifoq, "--virtual-clock")
    with Proxy(sqs.url, {KEY_ID: Key(SECRET)}) as proxy, running_time(sqs):
        made = Queues(fifoq, proxy, sqs)
        fifoq.good("up", "--yes", env=made.env)
        yield made


def fill(queues):
    """More than a batch in one group, others in other groups, and something in every queue."""
    queues.send(QUEUE, "a", *[f"a{i}" for i in range(23)])
    queues.send(QUEUE, "b", "b0", 'quoted "\u00e4\U0001f600"\n', "b2")
    queues.send(QUEUE, "a", *[f"later-a{i}" for i in range(3)])
    queues.send(DEAD, "a", *[f"dead{i}" for i in range(12)])
    queues.send(FAILURES, None, "failure")


def test_messages_in_any_queue_refuse(queues, aws):
    queues.send(DEAD, "a", "1", "2")
    queues.send(FAILURES, None, "3")
    queues.sqs.client.receive_message(QueueUrl=queues.url(DEAD), VisibilityTimeout=43200)
    before = reality.everything(aws)
    said = f"'{DEAD}' holds 2, 1 of them in flight; '{FAILURES}' holds 1;"
    refused(queues.down(), REFUSED, said, "--export", "--drop-messages")
    assert reality.everything(aws) == before
    assert sorted(queues.names()) == sorted([QUEUE, DEAD, FAILURES, "orders-turn.fifo"])


def test_messages_are_lost_only_in_words(queues, aws):
    queues.send(QUEUE, "a", "1", "2")
    queues.send(FAILURES, None, "3")
    assert queues.down("--drop-messages", "--export", "x").code == USAGE
    result = queues.down("--drop-messages")
    assert result.code == 0, result.text
    assert f"2 messages in '{QUEUE}' will be lost\n" in result.out
    assert f"1 message in '{FAILURES}' will be lost\n" in result.out
    assert queues.names() == []
    assert reality.is_empty(reality.everything(aws))


def test_all_messages_are_saved_in_order(queues, aws):
    fill(queues)
    result = queues.down("--export", "saved.ndjson")
    assert result.code == 0, result.text
    assert f"29 messages in '{QUEUE}' will be saved first" in result.out
    assert "saved: 42 messages in 'saved.ndjson'" in result.out
    assert "nothing of this pipeline is left; the queue names can be used again in 60 s" in result.out
    assert queues.files("saved.ndjson") == queues.sent
    assert not (queues.fifoq.folder / "saved.ndjson.part").exists()
    assert (queues.fifoq.folder / "saved.ndjson").stat().st_mode & 0o777 == 0o600
    assert queues.names() == []
    assert reality.is_empty(reality.everything(aws))
    first = json.loads((queues.fifoq.folder / "saved.ndjson").read_text().splitlines()[0])
    assert {k: first[k] for k in ("queue", "MessageGroupId", "MessageDeduplicationId", "Body")} == {
        "queue": DEAD, "MessageGroupId": "a", "MessageDeduplicationId": "id-30", "Body": "dead0",
    }  # fmt: skip
    assert first["MessageAttributes"]["made"]["StringValue"] == "by dead0"
    assert first["SequenceNumber"].isdigit() and first["SentTimestamp"].isdigit()


def test_a_file_that_is_there_is_left_alone(queues, aws):
    queues.send(QUEUE, "a", "1")
    before = reality.everything(aws)
    for name in ("saved", "saved.part"):
        (queues.fifoq.folder / name).write_text("precious")
        refused(queues.down("--export", "saved"), REFUSED, f"'{name}'", "another file")
        assert (queues.fifoq.folder / name).read_text() == "precious"
        (queues.fifoq.folder / name).unlink()
    refused(queues.down("--export", "no/such/folder"), FAILED, "no/such/folder.part")
    assert reality.everything(aws) == before


def test_what_is_in_flight_is_waited_for(queues):
    queues.send(QUEUE, "a", *[f"a{i}" for i in range(5)])
    held = queues.sqs.client.receive_message(QueueUrl=queues.url(QUEUE), VisibilityTimeout=90)
    assert len(held["Messages"]) == 1
    result = queues.down("--export", "saved")
    assert result.code == 0, result.text
    assert queues.files("saved") == queues.sent


def test_saving_from_another_sqs(fifoq, aws, proxy, table):
    """The emulated AWS has its own kind of queues, too."""
    fifoq.good("up", "--yes")
    url = aws.sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
    sent = [f"{i}" for i in range(14)]
    for body in sent:
        aws.sqs.send_message(
            QueueUrl=url, MessageBody=body, MessageGroupId="g", MessageDeduplicationId=body
        )
    fifoq.good("down", "--yes", "--export", "saved")
    lines = [json.loads(line) for line in (fifoq.folder / "saved").read_text().splitlines()]
    assert [one["Body"] for one in lines] == sent
    assert {one["MessageGroupId"] for one in lines} == {"g"}
    assert reality.is_empty(reality.everything(aws))
    assert proxy.violations() == []


# Half-way


def second_run(queues, first):
    """After a first run that stopped: its file is kept, another gets the rest; nothing is lost."""
    part = queues.fifoq.folder / "first.part"
    assert set(queues.names()) == {QUEUE, DEAD, FAILURES}
    assert not (queues.fifoq.folder / "first").exists()
    again = queues.down("--export", "second")
    assert again.code == 0, again.text
    files = ["first.part", "second"] if part.exists() else ["second"]
    assert queues.files(*files) == queues.sent, first.text
    assert queues.names() == []


HALF_WAY = [("ReceiveMessage", 3), ("DeleteMessageBatch", 1), ("DeleteMessageBatch", 4)]


@pytest.mark.parametrize("kind", ["reset", "reset_after"])
@pytest.mark.parametrize("action, nth", HALF_WAY)
def test_saving_that_is_killed(queues, action, nth, kind):
    fill(queues)
    running = []

    def kill(_):
        wait_until(lambda: running, 10, "the process has not started")
        running[0].kill()

    queues.proxy.clear()
    queues.proxy.fault("sqs", action, nth=nth, kind=kind, run=kill)
    process = queues.fifoq.start("down", "--yes", "--export", "first", env=queues.env)
    running.append(process)
    result = queues.fifoq.finish(process)
    assert result.code == -9
    queues.proxy.faults.clear()
    second_run(queues, result)


@pytest.mark.parametrize("action, nth", HALF_WAY)
def test_saving_that_fails(queues, action, nth):
    fill(queues)
    queues.proxy.clear()
    broken = queues.proxy.fault(kind="answer", answer=lambda e: error_for(e, "AccessDenied"))
    broken.matches = lambda e: e.action == action and e.nth >= nth
    result = queues.down("--export", "first")
    refused(result, FAILED, "'first.part'", "--export ANOTHER", "no queue was deleted")
    queues.proxy.faults.clear()
    refused(queues.down("--export", "first"), REFUSED, "'first.part'")
    second_run(queues, result)


def test_saving_that_is_interrupted(queues):
    fill(queues)
    running = []

    def stop(_):
        wait_until(lambda: running, 10, "the process has not started")
        interrupt(running[0])

    queues.proxy.clear()
    queues.proxy.fault("sqs", "DeleteMessageBatch", nth=2, kind="pass", run=stop)
    process = queues.fifoq.start("down", "--yes", "--export", "first", env=queues.env)
    running.append(process)
    result = queues.fifoq.finish(process)
    assert result.code == 130, result.text
    assert "'first.part'" in result.err
    second_run(queues, result)


def test_answers_that_are_lost_save_each_message_once(queues):
    fill(queues)
    queues.proxy.clear()
    for action in ("ReceiveMessage", "DeleteMessageBatch"):
        queues.proxy.fault("sqs", action, nth=(1, 3, 5), kind="reset_after")
    result = queues.down("--export", "saved")
    assert result.code == 0, result.text
    assert queues.files("saved") == queues.sent
    lines = (queues.fifoq.folder / "saved").read_text().splitlines()
    assert len(lines) == 42


def test_a_producer_that_goes_on_is_noticed(queues):
    """A message that is sent after everything was saved keeps its queue."""
    queues.send(QUEUE, "a", "1", "2")

    def is_last_look(exchange):
        name = exchange.json().get("QueueUrl", "").rpartition("/")[2]
        saved = (queues.fifoq.folder / "first").exists()
        return exchange.action == "GetQueueAttributes" and saved and name == QUEUE

    late = queues.proxy.fault(kind="pass", run=lambda _: queues.send(QUEUE, "a", "3"), times=1)
    late.matches = is_last_look
    refused(queues.down("--export", "first"), REFUSED, "messages were sent in the meantime (1)")
    assert QUEUE in queues.names()
    assert queues.down("--export", "second").code == 0
    assert queues.files("first", "second") == queues.sent


# Order, and the end


def span(proxy, *actions, of=""):
    """From the first to the last of these calls that contain `of`."""
    calls = [e for e in proxy.mutating() if e.action in actions]
    calls = [e for e in calls if of in e.request.target + e.request.body.decode()]
    assert calls, (actions, of)
    return min(e.start for e in calls), max(e.end for e in calls)


def counts_lag(proxy):
    """The queue's counts are 0, although a message was sent a moment ago."""

    def layer(exchange, go_on):
        answer = go_on()
        if exchange.name != "sqs:GetQueueAttributes" or not succeeded(answer):
            return answer
        value = as_json(answer)
        lags = {name: "0" for name in value["Attributes"] if name.startswith("Approximate")}
        value["Attributes"].update(lags)
        return with_json(answer, value)

    proxy.layers.append(layer)


@pytest.mark.parametrize("name, group", [(QUEUE, "g"), (DEAD, "g"), (FAILURES, None)])
def test_a_message_that_is_not_counted_yet_is_found(queues, name, group):
    queues.send(name, group, "one")
    counts_lag(queues.proxy)
    refused(queues.down(), REFUSED, "messages were sent in the meantime", "counts do not show", name)
    assert name in queues.names()
    got = queues.sqs.client.receive_message(QueueUrl=queues.url(name), WaitTimeSeconds=1)
    assert [each["Body"] for each in got["Messages"]] == ["one"]  # not hidden by the check


def test_what_goes_first(fifoq, proxy, table):
    fifoq.good("up", "--yes")
    proxy.clear()
    fifoq.good("down", "--yes")
    mapping = span(proxy, "DeleteEventSourceMapping")
    rules = span(proxy, "RemoveTargets", "DeleteRule")
    functions = span(proxy, "DeleteFunction")
    queues = span(proxy, "DeleteQueue")
    assert mapping[1] <= rules[0]
    assert rules[1] <= span(proxy, "DeleteFunction", of="orders-drain")[0]
    assert mapping[1] <= functions[0] and functions[1] <= queues[0]
    for name in ("orders-ingest", "orders-drain"):
        role = span(proxy, "DeleteRolePolicy", "DeleteRole", of=name)
        assert queues[1] <= role[0]
        assert role[1] <= span(proxy, "DeleteLogGroup", of=name)[0]


def test_what_is_left_is_named(fifoq, aws, proxy, table):
    fifoq.good("up", "--yes")

    def make_rule(_):
        aws.events.put_rule(
            Name="orders-late", ScheduleExpression="rate(1 hour)",
            Tags=[{"Key": "fifoq:pipeline", "Value": "orders"}],
        )  # fmt: skip

    proxy.fault("logs", "DeleteLogGroup", kind="pass", run=make_rule, times=1)
    result = fifoq.run("down", "--yes")
    refused(result, FAILED, "run 'fifoq down' again")
    assert "left: event-rule 'orders-late'" in result.err
    assert "nothing of this pipeline is left" in fifoq.good("down", "--yes").out
    assert reality.is_empty(reality.everything(aws))


def test_a_protected_table_is_refused(fifoq, aws, proxy):
    fifoq.config({"table": {"create": {"key": "id"}}})
    fifoq.good("up", "--yes")
    aws.dynamodb.update_table(TableName="orders-table", DeletionProtectionEnabled=True)
    proxy.clear()
    refused(
        fifoq.run("down", "--yes", "--delete-table"), REFUSED, "--no-deletion-protection-enabled"
    )
    assert proxy.mutating() == []
    out = fifoq.good("down", "--yes").out
    assert "kept: dynamodb-table 'orders-table'" in out


def test_a_name_that_rests_is_counted_down(fifoq, aws, table):
    """Everything else continues in the meantime."""
    sqs = Sqs(fifoq, "--virtual-clock")
    env = {"AWS_ENDPOINT_URL_SQS": sqs.url}
    fifoq.good("up", "--yes", env=env)
    down = fifoq.start("down", "--yes", env=env)

    def deleted():
        """Each queue is checked for a second before its deletion."""
        sqs.own("clock", {"advance_ms": 500})
        return not sqs.client.list_queues().get("QueueUrls")

    wait_until(deleted, 30, "the queues are deleted")
    result = fifoq.finish(down)
    assert result.code == 0, result.text
    up = fifoq.start("up", "--yes", env=env)
    said = "SQS keeps a name for 60 s"
    wait_until(lambda: fifoq.texts(up)[1].count(said) >= 2, 30, "the count-down shows")
    wait_until(lambda: len(reality.roles(aws)) == 2, 30, "the roles are made meanwhile")
    assert up.poll() is None
    sqs.own("clock", {"advance_ms": 60_000})
    result = fifoq.finish(up)
    assert result.code == 0, result.text
    for name in (DEAD, FAILURES):
        line = next(each for each in result.err.splitlines() if f"{name}: {said}" in each)
        assert line.split()[:4] == ["free", "in", "60", "s"]
