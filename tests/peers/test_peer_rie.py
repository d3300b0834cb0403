"""The packaged bootstrap with AWS's own Runtime Interface Emulator."""

import json
import os
import pathlib
import signal
import zipfile

import pytest
from programs import peer
from rie import Rie
from support import HOST, TOKEN, wait_until

from fakes import KEY_ID, SECRET, stream_events
from fakes.api import Answer

VISIBILITY_S = 360
either_sqs = pytest.mark.parametrize("sqs", ["fifoq", "elasticmq"], indirect=True)


class Function:
    """The pipeline's package, unpacked, and the emulator around it."""

    def __init__(self, fifoq, aws, proxy, api, sqs):
        self.fifoq, self.api, self.sqs = fifoq, api, sqs
        self.folder = fifoq.folder / "task"
        self.folder.mkdir()
        self.started = []
        self.env = {
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_ENDPOINT_URL": proxy.url,
            "AWS_ENDPOINT_URL_SQS": sqs.url,
        }
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

    def pack_quick(self):
        """With a request's timeout of 2 s, so that a run may be short."""
        destination = {"name": "crm", "url": self.api.url + "/x", "timeout": "2s"}
        self.pack({"drain": {"destinations": [destination]}})

    def start(self, handler, **how):
        rie = Rie(peer("rie"), self.folder, handler, self.env, **how)
        self.started.append(rie)
        return rie

    def send(self, number, group="g"):
        body = json.dumps({"id": f"i-{number}", "n": number})
        self.sqs.queue.send(body, group, f"event-{number}")

    def close(self):
        for rie in self.started:
            rie.close()


@pytest.fixture
def function(fifoq, aws, proxy, api, sqs):
    made = Function(fifoq, aws, proxy, api, sqs)
    yield made
    made.close()


def items(count, groups=3):
    return [{"id": f"i-{n}", "customer": f"c-{n % groups}", "n": n} for n in range(count)]


def received(requests):
    return [got.json()["n"] for got in requests]


# Ingest


@either_sqs
def test_ingest_sends_each_record_in_order(function):
    function.pack()
    event = stream_events.inserts(items(25))
    assert function.start("ingest").good(event) == {"batchItemFailures": []}
    sent = [json.loads(body)["n"] for body in function.sqs.queue.drain()]
    assert sorted(sent) == list(range(25))
    for group in range(3):
        assert [n for n in sent if n % 3 == group] == list(range(group, 25, 3))


def test_one_process_takes_many_invocations(function):
    function.pack()
    rie = function.start("ingest")
    seen = set()
    for number in range(20):
        record = stream_events.record(number, new={"id": f"i-{number}", "customer": "c"})
        assert rie.good(stream_events.batch(record)) == {"batchItemFailures": []}
        seen.add(rie.bootstrap())
    assert len(seen) == 1
    assert [json.loads(body)["id"] for body in function.sqs.queue.drain()] == [
        f"i-{number}" for number in range(20)
    ]


def test_ingest_says_where_to_go_on(function):
    """SQS is down until the deadline is near: the lowest record is named; then everything
    continues."""
    function.pack()
    rie = function.start("ingest", timeout_s=6)
    event = stream_events.inserts(items(6))
    function.sqs.faults({"fault": "unavailable", "probability": 1})
    first = event["Records"][0]["dynamodb"]["SequenceNumber"]
    assert rie.good(event) == {"batchItemFailures": [{"itemIdentifier": first}]}
    function.sqs.faults()
    assert rie.good(event) == {"batchItemFailures": []}
    assert len(function.sqs.queue.drain()) == 6


def test_an_answer_that_is_lost_makes_no_second_message(function):
    function.pack()
    function.sqs.faults({"action": "SendMessageBatch", "fault": "reset_after", "nth": 1})
    event = stream_events.inserts(items(6))
    assert function.start("ingest").good(event) == {"batchItemFailures": []}
    assert len(function.sqs.queue.drain()) == 6


def test_an_event_that_is_none_is_an_error_and_not_the_end(function):
    function.pack()
    rie = function.start("ingest")
    _, body = rie.invoke(b'{"Records": "x"}')
    said = json.loads(body)
    assert said["errorType"] and said["errorMessage"]
    assert rie.good(stream_events.inserts(items(1))) == {"batchItemFailures": []}


# Drain


@either_sqs
def test_drain_delivers_in_order_and_deletes(function):
    function.pack()
    for number in range(12):
        function.send(number, f"g-{number % 2}")
    rie = function.start("drain")
    rie.good({"schedule": "night", "max_messages": 100})
    got = function.api.requests()
    for group in range(2):
        assert [n for n in received(got) if n % 2 == group] == list(range(group, 12, 2))
    assert {request.headers["Authorization"] for request in got} == {f"Bearer {TOKEN}"}
    keys = [request.headers["Idempotency-Key"].strip('"') for request in got]
    assert sorted(keys) == sorted(f"event-{number}" for number in range(12))
    assert function.sqs.queue.depth() == (0, 0)
    assert TOKEN not in rie.output()


@either_sqs
def test_drain_holds_a_group_that_is_refused(function):
    function.pack()
    for number in range(4):
        function.send(number, "bad" if number % 2 else "good")
    function.api.choose = lambda got: Answer(503) if got.json()["n"] == 1 else None
    function.start("drain").good({"max_messages": 100})
    assert [n for n in received(function.api.requests()) if n != 1] == [0, 2]
    assert sum(function.sqs.queue.depth()) == 2


def test_the_deadline_of_the_emulator_is_kept(function):
    """The API is slow: what cannot be done in time is returned, and Lambda sees no timeout."""
    function.pack_quick()
    function.api.choose = lambda got: Answer(delay_s=1.0)
    for number in range(20):
        function.send(number)
    rie = function.start("drain", timeout_s=9)
    rie.good({"max_messages": 20})
    done = len(function.api.requests())
    assert 1 <= done < 20
    assert received(function.api.requests()) == list(range(done))
    assert sum(function.sqs.queue.depth()) == 20 - done
    assert "timed out" not in rie.output()


# Ends


def killed_in_a_request(function, rie):
    """An invocation whose process dies while the API processes the first message."""
    function.api.choose = lambda got: Answer(delay_s=1.0)
    invocation = rie.starting({"max_messages": 10})
    function.api.wait_for(1, timeout=30)
    os.kill(rie.bootstrap(), signal.SIGKILL)
    return invocation.result(60)


def test_a_process_that_dies_is_an_error_and_loses_nothing(function):
    """The next invocation has a new process, and the message is sent again with the same key."""
    function.pack()
    for number in range(3):
        function.send(number)
    rie = function.start("drain")
    _, body = killed_in_a_request(function, rie)
    assert json.loads(body)["errorType"] == "Runtime.ExitError"
    assert sum(function.sqs.queue.depth()) == 3
    function.api.choose = None
    function.sqs.advance(VISIBILITY_S)
    rie.good({"max_messages": 10})
    assert received(function.api.requests()) == [0, 0, 1, 2]
    keys = [got.headers["Idempotency-Key"] for got in function.api.requests()]
    assert keys[0] == keys[1] and len(set(keys)) == 3
    assert function.sqs.queue.depth() == (0, 0)


def test_a_frozen_process_is_timed_out_and_replaced(function):
    """Lambda's timeout, enforced by AWS's own code; the next invocation has a new process."""
    function.pack_quick()
    function.send(0)
    function.api.choose = lambda got: Answer(delay_s=1.0)
    rie = function.start("drain", timeout_s=8)
    invocation = rie.starting({"max_messages": 1})
    function.api.wait_for(1, timeout=30)
    frozen = rie.bootstrap()
    os.kill(frozen, signal.SIGSTOP)
    _, body = invocation.result(60)
    assert "Task timed out after 8" in body
    function.sqs.advance(VISIBILITY_S)
    rie.good({"max_messages": 1})
    assert rie.bootstrap() != frozen
    assert received(function.api.requests()) == [0, 0]
    assert function.sqs.queue.depth() == (0, 0)


def waits_for(pid, number):
    """Whether this signal has been sent to the process and is still pending."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name in ("SigPnd", "ShdPnd") and int(value, 16) & 1 << (number - 1):
            return True
    return False


def test_what_was_not_begun_is_given_back_at_the_timeout(function):
    """SIGTERM is sent because the bootstrap registers an extension; it has 0.3 s from then."""
    function.pack_quick()
    for number in range(3):
        function.send(number, f"g-{number}")
    function.api.choose = lambda got: Answer(delay_s=20)
    rie = function.start("drain", timeout_s=8)
    invocation = rie.starting({"max_messages": 3})
    function.api.wait_for(1, timeout=30)
    pid = rie.bootstrap()
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: waits_for(pid, signal.SIGTERM), 30, "no SIGTERM came")
    os.kill(pid, signal.SIGCONT)
    _, body = invocation.result(60)
    assert "Task timed out after 8" in body
    assert function.sqs.queue.depth() == (2, 1)
    assert received(function.api.requests()) == [0]


# Errors at the start


def init_error(function, handler):
    rie = function.start(handler)
    _, body = rie.invoke({})
    return json.loads(body), rie


def test_an_unknown_handler_is_an_init_error(function):
    function.pack()
    said, rie = init_error(function, "nonsense")
    assert "nonsense" in said["errorMessage"]
    assert said["errorType"]


@pytest.mark.parametrize("text", ["", "{", '{"version": 99}', None])
def test_settings_that_cannot_be_used_are_an_init_error(function, text):
    function.pack()
    settings = function.folder / "settings.json"
    settings.unlink()
    if text is not None:
        settings.write_text(text)
    said, _ = init_error(function, "ingest")
    assert said["errorMessage"] and said["errorType"]
