"""The packaged bootstrap, run as Lambda runs it: the Runtime API, the queue, the API."""

import json
import os
import re
import signal
import threading
import time
import zipfile
from pathlib import Path

import pytest
from support import HOST, TOKEN

from fakes import KEY_ID, SECRET, emf, stream_events
from fakes.api import Answer, Api
from fakes.proxy import aws_error, error_for
from fakes.runtime_api import RuntimeApi


@pytest.fixture
def api():
    with Api() as made:
        yield made


class Lambda:
    """The pipeline's package, unpacked, and its queues and parameter in the emulated AWS."""

    def __init__(self, fifoq, aws, proxy, api):
        self.fifoq, self.aws, self.proxy, self.api = fifoq, aws, proxy, api
        self.folder = fifoq.folder / "task"
        self.folder.mkdir()
        self.open = []
        for name in ("orders.fifo", "orders-dead.fifo", "orders-turn.fifo"):
            aws.sqs.create_queue(QueueName=name, Attributes={"FifoQueue": "true"})
        aws.ssm.put_parameter(Name="/orders/crm-token", Value=TOKEN, Type="SecureString")

    def pack(self, *changes):
        destination = {
            "name": "crm",
            "url": self.api.url + "/orders/${message.id}",
            "auth": {"bearer": "${param.crm-token}"},
        }
        base = {
            "functions": {"architecture": HOST},
            "ingest": {"message": None, "filter": None},
            "drain": {"rate": None, "destinations": [destination]},
        }
        self.fifoq.config(base, *changes)
        self.fifoq.good("package", "-o", "code.zip")
        with zipfile.ZipFile(self.fifoq.folder / "code.zip") as archive:
            archive.extractall(self.folder)
        (self.folder / "bootstrap").chmod(0o755)

    def start(self, handler, env=None, extensions=True, command=()):
        runtime = RuntimeApi(f"orders-{handler}")
        runtime.extensions = extensions
        self.open.append(runtime)
        keys = {
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_ENDPOINT_URL": self.proxy.url,
        }
        env = {**keys, **(env or {})}
        runtime.start(self.folder / "bootstrap", handler, self.folder, env, command=command)
        return runtime

    def close(self):
        """Every line that any process wrote is one JSON object, and its metrics are valid."""
        logs = [line for runtime in self.open for line in runtime.logs()]
        for runtime in self.open:
            runtime.close()
        for line in logs:
            logged = json.loads(line)
            assert logged["level"] and logged["message"] and logged["timestamp"].endswith("Z"), line
        emf.documents(logs)

    def url(self, queue="orders.fifo"):
        return self.aws.sqs.get_queue_url(QueueName=queue)["QueueUrl"]

    def messages(self, queue="orders.fifo"):
        """Every visible message, in order; they are deleted."""
        found = []
        while True:
            answer = self.aws.sqs.receive_message(
                QueueUrl=self.url(queue), MaxNumberOfMessages=10, AttributeNames=["All"],
                MessageAttributeNames=["All"],
            )  # fmt: skip
            for message in answer.get("Messages", []):
                handle = message["ReceiptHandle"]
                self.aws.sqs.delete_message(QueueUrl=self.url(queue), ReceiptHandle=handle)
                found.append(message)
            if not answer.get("Messages"):
                return found

    def send(self, number, group, **message):
        body = json.dumps({"id": f"i-{number}", "n": number, **message})
        self.aws.sqs.send_message(
            QueueUrl=self.url(), MessageBody=body, MessageGroupId=group,
            MessageDeduplicationId=f"event-{number}",
        )  # fmt: skip

    def depth(self, queue="orders.fifo"):
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.aws.sqs.get_queue_attributes(QueueUrl=self.url(queue), AttributeNames=names)
        return sum(int(value) for value in answer["Attributes"].values())

    def fetches(self):
        """The calls that read secrets."""
        return [
            call
            for call in self.proxy.calls("ssm", "GetParameters")
            if b"WithDecryption" in call.request.body
        ]


@pytest.fixture
def lam(fifoq, aws, proxy, api):
    made = Lambda(fifoq, aws, proxy, api)
    yield made
    made.close()


def items(count, groups=3):
    return [{"id": f"i-{n}", "customer": f"c-{n % groups}", "n": n} for n in range(count)]


def failures(invocation):
    assert invocation.kind == "response", invocation.body
    return [each["itemIdentifier"] for each in invocation.json().get("batchItemFailures") or []]


def sequence(event, number):
    return event["Records"][number]["dynamodb"]["SequenceNumber"]


# Ingest


def test_ingest_sends_each_record_in_order(lam):
    lam.pack()
    runtime = lam.start("ingest")
    event = stream_events.inserts(items(25))
    invocation = runtime.invoke(event).wait()
    assert failures(invocation) == []
    sent = lam.messages()
    trace = invocation.headers["Lambda-Runtime-Trace-Id"]
    for call in lam.proxy.calls("sqs", "SendMessageBatch"):
        for entry in json.loads(call.request.body)["Entries"]:
            carried = entry["MessageSystemAttributes"]["AWSTraceHeader"]
            assert carried == {"DataType": "String", "StringValue": trace}
    assert len(sent) == 25
    for message in sent:
        body = json.loads(message["Body"])
        record = event["Records"][body["n"]]
        assert message["Attributes"]["MessageGroupId"] == body["customer"]
        assert message["Attributes"]["MessageDeduplicationId"] == record["eventID"]
    for group in range(3):
        numbers = [json.loads(m["Body"])["n"] for m in sent]
        assert [n for n in numbers if n % 3 == group] == list(range(group, 25, 3))
    runtime.wait_idle()
    assert runtime.violations == [] and lam.proxy.violations() == []


def test_every_type_of_attribute(lam):
    lam.pack({"ingest": {"group": None}})
    item = stream_events.every_type()
    assert failures(lam.start("ingest").invoke(stream_events.inserts([item])).wait()) == []
    (message,) = lam.messages()
    body = json.loads(message["Body"], parse_float=str, parse_int=str)
    assert body["digits"] == "12345678901234567890123456789012345678"
    assert body["integer"] == "42"
    assert body["fraction"] == "-0.1000"
    assert body["text"] == item["text"] and body["empty"] == ""
    assert body["binary"] == "AP8Q" and body["no_bytes"] == ""
    assert sorted(body["strings"]) == ["a", "b"]
    assert sorted(body["numbers"]) == ["1", "2", "3"]
    assert sorted(body["binaries"]) == ["AQ==", "Ag=="]
    assert body["map"] == {"inner": {"deep": ["1", "two", None]}, "nothing": {}}
    assert body["list"] == ["a", "1", True, None, {"k": "v"}, []]
    assert (body["null"], body["yes"], body["no"]) == (None, True, False)
    assert message["Attributes"]["MessageGroupId"] == "fifoq"


def test_ingest_keeps_only_the_wanted_events(lam):
    lam.pack({"ingest": {"events": ["MODIFY"]}})
    old, new = items(2)
    event = stream_events.batch(
        stream_events.record(0, new=old),
        stream_events.record(1, new={**new, "n": 7}, old=new),
        stream_events.ttl_delete(2, old=old),
    )
    assert failures(lam.start("ingest").invoke(event).wait()) == []
    assert [json.loads(m["Body"])["n"] for m in lam.messages()] == [7]


def test_ingest_tries_again_what_is_throttled(lam):
    lam.pack()
    lam.proxy.fault(
        "sqs", times=3, kind="answer", answer=aws_error("RequestThrottled", status=403)
    )
    assert failures(lam.start("ingest").invoke(stream_events.inserts(items(6))).wait()) == []
    assert len(lam.messages()) == 6


def test_an_answer_that_is_lost_makes_no_second_message(lam):
    lam.pack()
    lam.proxy.fault("sqs", times=1, kind="reset_after")
    assert failures(lam.start("ingest").invoke(stream_events.inserts(items(6))).wait()) == []
    assert len(lam.messages()) == 6


def test_ingest_says_where_to_go_on(lam):
    """SQS refuses everything: the lowest unaccepted record is named, and the function does not
    fail."""
    lam.pack()
    refuse = lam.proxy.fault(
        "sqs", kind="answer", answer=lambda e: error_for(e, "AccessDenied", status=403)
    )
    runtime, event = lam.start("ingest"), stream_events.inserts(items(6))
    assert failures(runtime.invoke(event, deadline_ms=8000).wait()) == [sequence(event, 0)]
    refuse.times = 0
    assert failures(runtime.invoke(event).wait()) == []
    assert len(lam.messages()) == 6


@pytest.mark.parametrize("policy", ["block", "drop", "dead-letter"])
def test_an_item_that_cannot_become_a_message(lam, policy):
    lam.pack({"ingest": {"on_reject": policy, "message": {"id": "${item.needed}"}}})
    all_items = [{**item, "needed": item["id"]} for item in items(5, groups=1)]
    del all_items[2]["needed"]
    event = stream_events.inserts(all_items)
    failed = failures(lam.start("ingest").invoke(event).wait())
    ids = [json.loads(message["Body"])["id"] for message in lam.messages()]
    if policy == "block":
        assert failed == [sequence(event, 2)]
        assert ids == ["i-0", "i-1"]
    else:
        assert failed == []
        assert ids == ["i-0", "i-1", "i-3", "i-4"]
    assert lam.depth("orders-dead.fifo") == (1 if policy == "dead-letter" else 0)


def test_an_event_that_is_none(lam):
    lam.pack()
    runtime = lam.start("ingest")
    for event in ({}, [], {"Records": "x"}, b"{", {"Records": [{"dynamodb": {}}]}):
        invocation = runtime.invoke(event).wait()
        assert invocation.kind == "error" or failures(invocation) != [] or event == {}
    assert failures(runtime.invoke(stream_events.inserts(items(1))).wait()) == []
    assert runtime.violations == []


# Drain


def test_drain_delivers_in_order_and_deletes(lam):
    lam.pack()
    for number in range(6):
        lam.send(number, f"g-{number % 2}")
    runtime = lam.start("drain")
    assert runtime.invoke({"schedule": "night", "max_messages": 100}).wait().kind == "response"
    got = lam.api.requests()
    assert len(got) == 6 and lam.depth() == 0
    for group in range(2):
        assert [g.json()["n"] for g in got if g.json()["n"] % 2 == group] == [
            group, group + 2, group + 4,
        ]  # fmt: skip
    for request in got:
        number = request.json()["n"]
        assert request.method == "POST" and request.path == f"/orders/i-{number}"
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        assert request.headers["Idempotency-Key"].strip('"') == f"event-{number}"
        assert request.headers["Content-Type"].startswith("application/json")
    runtime.wait_idle()
    assert runtime.violations == [] and lam.proxy.violations() == []
    assert TOKEN not in "\n".join(runtime.logs())


def test_drain_keeps_to_its_number(lam):
    lam.pack()
    for number in range(5):
        lam.send(number, "g")
    assert lam.start("drain").invoke({"max_messages": 2}).wait().kind == "response"
    assert [g.json()["n"] for g in lam.api.requests()] == [0, 1]
    assert lam.depth() == 3


@pytest.mark.parametrize("status", [500, 503, 429, 408, None, 404, 422, 301])
def test_what_is_not_accepted_is_not_deleted_and_not_overtaken(lam, status):
    lam.pack()
    for number in range(4):
        lam.send(number, "bad" if number % 2 else "good")
    lam.api.choose = lambda got: Answer(status) if got.json()["n"] == 1 else None
    runtime = lam.start("drain")
    assert runtime.invoke({"max_messages": 100}, deadline_ms=20_000).wait(40).kind == "response"
    numbers = [g.json()["n"] for g in lam.api.requests()]
    assert [n for n in numbers if n != 1] == [0, 2]
    assert 1 in numbers and lam.depth() == 2


@pytest.mark.parametrize("policy, left, dead", [("drop", 0, 0), ("dead-letter", 0, 1)])
def test_a_final_no_goes_where_the_policy_says(lam, policy, left, dead):
    lam.pack({"drain": {"on_reject": policy}})
    for number in range(3):
        lam.send(number, "g")
    lam.api.choose = lambda got: Answer(422, body=b"no") if got.json()["n"] == 1 else None
    assert lam.start("drain").invoke({"max_messages": 9}).wait().kind == "response"
    assert [g.json()["n"] for g in lam.api.requests()] == [0, 1, 2]
    assert (lam.depth(), lam.depth("orders-dead.fifo")) == (left, dead)
    for message in lam.messages("orders-dead.fifo"):
        assert message["MessageAttributes"]["fifoq-id"]["StringValue"] == "event-1"


def test_a_key_that_was_rotated_is_fetched_again_once(lam):
    lam.pack()
    runtime = lam.start("drain")
    lam.send(0, "g")
    runtime.invoke({}).wait()
    lam.aws.ssm.put_parameter(
        Name="/orders/crm-token", Value="rotated", Type="SecureString", Overwrite=True
    )
    lam.api.choose = lambda got: (
        None if got.headers["Authorization"] == "Bearer rotated" else Answer(401)
    )
    lam.send(1, "g")
    runtime.invoke({}).wait()
    assert [g.status for g in lam.api.requests()] == [200, 401, 200]
    assert lam.depth() == 0
    assert len(lam.fetches()) == 2


def test_a_pause_is_known_to_a_process_that_begins_later(lam):
    lam.pack()
    first = lam.start("drain")
    lam.send(0, "g")
    lam.api.choose = lambda got: Answer(429, headers={"Retry-After": "600"})
    assert first.invoke({}).wait().json()["delivered"] == 0
    lam.api.choose = lambda got: None
    lam.send(1, "h")
    assert lam.start("drain").invoke({}).wait().json()["stopped"] == "paused"
    assert [g.status for g in lam.api.requests()] == [429]
    kept = lam.aws.ssm.get_parameter(Name="/orders/fifoq/pause")["Parameter"]
    assert kept["Type"] == "String"
    assert 590 < json.loads(kept["Value"])["crm"] / 1000 - time.time() <= 600
    lam.aws.ssm.delete_parameter(Name="/orders/fifoq/pause")
    assert lam.start("drain").invoke({}).wait().json()["delivered"] == 1
    assert lam.depth() == 1


def test_a_wrong_key_is_not_tried_for_ever(lam):
    lam.pack()
    lam.api.choose = lambda got: Answer(401)
    lam.send(0, "g")
    lam.send(1, "h")
    runtime = lam.start("drain")
    runtime.invoke({"max_messages": 10}).wait()
    assert len(lam.api.requests()) <= 3
    assert lam.depth() == 2
    assert TOKEN not in "\n".join(runtime.logs())


def test_the_deadline_is_kept(lam):
    """The API is slow: what cannot be done in time is returned, and the answer is in time."""
    lam.pack({"drain": {"destinations": [
        {"name": "crm", "url": lam.api.url + "/x", "timeout": "2s"},
    ]}})  # fmt: skip
    lam.api.choose = lambda got: Answer(delay_s=1.0)
    for number in range(20):
        lam.send(number, "g")
    invocation = lam.start("drain").invoke({"max_messages": 20}, deadline_ms=9000)
    assert invocation.wait(9).kind == "response"
    done = len(lam.api.requests())
    assert 1 <= done < 20
    assert lam.depth() == 20 - done


# The end of the process


def test_drain_is_told_of_its_end_and_ingest_has_no_need(lam):
    lam.pack()
    for handler, name, status in (("ingest", None, -signal.SIGKILL), ("drain", "fifoq", 0)):
        runtime = lam.start(handler)
        runtime.wait_idle()
        if name:
            runtime.wait_attending()
        assert runtime.registered == name
        assert runtime.shutdown() == status
        assert runtime.violations == []


def test_drain_without_the_extensions_api(lam):
    lam.pack()
    lam.send(0, "g")
    runtime = lam.start("drain", extensions=False)
    assert runtime.invoke({}).wait().kind == "response"
    assert runtime.registered is None and runtime.violations == []
    assert lam.depth() == 0


def hidden(lam):
    """How many messages are hidden from other consumers."""
    name = "ApproximateNumberOfMessagesNotVisible"
    answer = lam.aws.sqs.get_queue_attributes(QueueUrl=lam.url(), AttributeNames=[name])
    return int(answer["Attributes"][name])


def test_at_its_end_drain_gives_back_what_it_has_not_begun(lam):
    """Lambda's half second ends before the API answers: the message in progress stays hidden."""
    lam.pack()
    for number in range(6):
        lam.send(number, f"g-{number % 3}")
    lam.api.choose = lambda got: Answer(delay_s=30.0)
    runtime = lam.start("drain")
    runtime.wait_attending()
    runtime.invoke({"max_messages": 100})
    lam.api.wait_for(1, 20)
    assert hidden(lam) == 6
    assert runtime.shutdown(grace_s=2) == -signal.SIGKILL
    assert hidden(lam) == 2
    assert len(lam.api.requests()) == 1
    assert [json.loads(m["Body"])["n"] for m in lam.messages()] == [1, 2, 4, 5]


def test_an_answer_that_comes_in_time_counts(lam):
    lam.pack()
    for number in range(6):
        lam.send(number, f"g-{number % 3}")
    runtime = lam.start("drain")
    runtime.wait_attending()
    lam.api.choose = lambda got: runtime.process.terminate() or Answer(delay_s=0.2)
    invocation = runtime.invoke({"max_messages": 100})
    assert invocation.wait().json()["stopped"] == "signal"
    assert runtime.process.wait(20) == 0
    assert len(lam.api.requests()) == 1
    assert sorted(json.loads(m["Body"])["n"] for m in lam.messages()) == [1, 2, 3, 4, 5]


# The runtime


CANARY = "canary-7f3a"


def canary_items():
    """The second has no `needed`, the third a list instead of a string."""
    one, two, three = items(3, groups=1)
    for item in (one, two, three):
        item.update(text=CANARY, nested={"deep": [CANARY]})
    return {**one, "needed": CANARY}, two, {**three, "needed": [CANARY]}


@pytest.mark.parametrize("level", ["info", "debug"])
def test_what_is_in_a_message_is_never_logged(lam, level):
    """Every outcome: sent, refused by a template, by the API, not JSON, not an event."""
    lam.pack(
        {"functions": {"log_level": level}},
        {"ingest": {"on_reject": "drop", "message": {
            "id": "${item.id}", "text": "a ${item.needed} b", "all": "${item}"}}},
        {"drain": {"on_reject": "drop", "destinations": [{
            "name": "crm", "url": lam.api.url + "/${message.text}",
            "auth": {"bearer": "${param.crm-token}"},
            "headers": {"X-Text": "${message.text}"}}]}},
    )  # fmt: skip
    ingest = lam.start("ingest")
    ingest.invoke(stream_events.inserts(canary_items())).wait()
    ingest.invoke(f'{{"Records": [{{"{CANARY}": "{CANARY}"}}]}}'.encode()).wait()
    ingest.invoke(f'{{"Records": {CANARY}'.encode()).wait()
    drain = lam.start("drain")
    answers = [Answer(422, body=CANARY.encode()), Answer(500, {"X-Echo": CANARY}, CANARY.encode())]
    lam.api.script(*answers)
    for number, text in enumerate([CANARY, f"{CANARY}\r\nX: y", {"a": CANARY}, None]):
        lam.send(number, "g", **({"text": text} if text else {"other": CANARY}))
    lam.aws.sqs.send_message(
        QueueUrl=lam.url(), MessageBody=f'{{"{CANARY}', MessageGroupId="h",
        MessageDeduplicationId="x",
    )  # fmt: skip
    drain.invoke({"max_messages": 100}).wait()
    drain.invoke({"max_messages": CANARY}).wait()
    logs = "\n".join(ingest.logs() + drain.logs())
    assert len(lam.api.requests()) >= 2
    for secret in (CANARY, TOKEN, SECRET):
        assert secret not in logs
    groups = [json.loads(line).get("group") for line in drain.logs()]
    assert "g" in groups and "h" in groups
    assert all(json.loads(line).get("requestId") for line in logs.splitlines())


def test_metrics(lam):
    lam.pack()
    ingest, drain = lam.start("ingest"), lam.start("drain")
    ingest.invoke(stream_events.inserts(items(6))).wait()
    lam.api.script(Answer(503))
    drain.invoke({"max_messages": 100}).wait()
    drain.wait_idle()
    ingest.wait_idle()
    sent, done = emf.documents(ingest.logs()), emf.documents(drain.logs())
    assert [emf.total(sent, name) for name in ("Sent", "Rejected", "Blocked")] == [6, 0, 0]
    assert emf.total(done, "Delivered") == emf.total(done, "Delivered", "crm") == 6
    assert emf.total(done, "Retried", "crm") == 1
    assert emf.total(done, "DuplicatePossible") == 0
    assert [len(d["DeliveryLatency"]) for d in done if "DeliveryLatency" in d] == [6]
    assert [d["OldestAge"] >= 0 for d in done if "OldestAge" in d] == [True]


def test_answers_that_the_runtime_api_refuses_are_survived(lam):
    lam.pack()
    runtime = lam.start("ingest")
    runtime.post_statuses.extend([410, 413, 400])
    for number in range(4):
        runtime.invoke(stream_events.inserts(items(1))).wait()
    runtime.wait_idle()
    assert runtime.process.poll() is None
    assert runtime.violations == []


def test_a_container_error_ends_it(lam):
    lam.pack()
    runtime = lam.start("ingest")
    runtime.post_statuses.append(500)
    runtime.invoke(stream_events.inserts(items(1))).wait()
    assert runtime.process.wait(20) != 0


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 99}', None])
def test_settings_that_cannot_be_used_are_an_init_error(lam, text):
    lam.pack()
    settings = lam.folder / "settings.json"
    settings.unlink()
    if text is not None:
        settings.write_text(text)
    runtime = lam.start("ingest")
    body, headers = runtime.wait_init_error()
    assert body["errorMessage"] and body["errorType"]
    assert headers["Lambda-Runtime-Function-Error-Type"]
    assert runtime.process.wait(20) != 0
    assert runtime.polls == 0


def test_an_unknown_handler_is_an_init_error(lam):
    lam.pack()
    runtime = lam.start("nonsense")
    body, _ = runtime.wait_init_error()
    assert "nonsense" in body["errorMessage"]
    assert runtime.process.wait(20) != 0


# Cores


def memory_of(pid):
    """The memory of a process, without the sanitizers'; None: even its user may not read it."""
    found = b""
    try:
        with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
            for line in maps:
                place, allowed = line.split()[:2]
                start, end = (int(text, 16) for text in place.split("-"))
                if "rw" in allowed and end - start < 1 << 30:
                    memory.seek(start)
                    found += memory.read(end - start)
    except PermissionError:
        return None
    return found


@pytest.mark.parametrize("number", [signal.SIGABRT, signal.SIGSEGV])
def test_a_crash_with_a_secret_at_hand_leaves_no_core(lam, number):
    """Whatever the limit allows: no core file next to it, and no report of the kernel that it wrote
    one."""
    waiting, go_on = threading.Event(), threading.Event()

    def hold(_):
        waiting.set()
        go_on.wait(60)

    lam.pack()
    lam.send(1, "g")
    lam.api.choose = hold
    runtime = lam.start("drain", command=["prlimit", "--core=unlimited:unlimited"])
    runtime.invoke({"max_messages": 1})
    pid = runtime.process.pid
    try:
        assert waiting.wait(60)
        limits = Path(f"/proc/{pid}/limits").read_text()
        memory = memory_of(pid)
        os.kill(pid, number)
        _, status = os.waitpid(pid, 0)
    finally:
        go_on.set()
    runtime.process.returncode = -number
    assert memory is None or TOKEN.encode() in memory, "there was no secret to lose"
    assert re.search(r"Max core file size +(\S+) +(\S+)", limits).groups() == ("0", "0")
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == number
    assert not os.WCOREDUMP(status)
    assert [path.name for path in lam.folder.iterdir() if path.name.startswith("core")] == []
