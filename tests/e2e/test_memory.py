"""The memory that the packaged bootstrap needs for the largest events that Lambda delivers: 6 MB of
text (gettingstarted-limits), made of items that DynamoDB accepts (400 KB by its own count, where an
empty text in a list is one byte: CapacityUnitCalculations)."""

import hashlib
import json
import pathlib

import pytest
from test_bootstrap import Lambda, failures

from fakes import stream_events
from fakes.api import Answer, Api

MOST_KB = 100 * 1024
EVENT_MAX = 6 * 1024 * 1024
ALL = ["INSERT", "MODIFY", "REMOVE"]
EMPTY = ["" for _ in range(340_000)]
DIGITS = [n % 10 for n in range(133_000)]


class Queue(Api):
    """Accepts every batch and counts messages."""

    def __init__(self):
        super().__init__(choose=self.accept)
        self.accepted = 0

    def accept(self, got):
        entries = json.loads(got.body)["Entries"]
        self.accepted += len(entries)
        self.got.clear()
        sent = [
            {
                "Id": each["Id"], "MessageId": each["MessageDeduplicationId"],
                "MD5OfMessageBody": hashlib.md5(each["MessageBody"].encode()).hexdigest(),
            }
            for each in entries
        ]  # fmt: skip
        return Answer(body=json.dumps({"Successful": sent, "Failed": []}).encode())


@pytest.fixture
def queue():
    with Queue() as made:
        yield made


@pytest.fixture
def lam(fifoq, aws, proxy, queue):
    made = Lambda(fifoq, aws, proxy, queue)
    yield made
    made.close()


def dense():
    return [{"id": f"i-{n}", "customer": f"c-{n % 100}", "list": DIGITS[:375]} for n in range(1450)]


def both(item):
    return stream_events.batch(stream_events.record(0, new=item, old=item))


def item(values):
    return {"id": "i-1", "customer": "c-1", "list": values}


EVENTS = {
    "dense": (lambda: stream_events.inserts(dense()), 1450),
    "empty-texts": (lambda: stream_events.inserts([item(EMPTY)]), 1),
    "empty-texts-twice": (lambda: both(item(EMPTY)), 1),
    "digits-twice": (lambda: both(item(DIGITS)), 1),
}
MESSAGES = {
    "the-item": None,
    "a-member": {"who": "${item.customer}", "was": "${old.customer:-}"},
    "all-of-it": {"new": "${item}", "who": "${item.customer}", "old": "${old:-}"},
}


def peak_kb(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))


@pytest.mark.parametrize("message", MESSAGES)
@pytest.mark.parametrize("name", EVENTS)
def test_the_largest_events_fit(lam, queue, name, message):
    make, count = EVENTS[name]
    event = json.dumps(make(), separators=(",", ":")).encode()
    assert len(event) < EVENT_MAX * 1.02  # Lambda counts 6 MB, with some room for its envelope
    lam.pack({"ingest": {"message": MESSAGES[message], "events": ALL, "on_reject": "drop"}})
    runtime = lam.start("ingest", env={"AWS_ENDPOINT_URL": queue.url})
    assert failures(runtime.invoke(event).wait(60)) == []
    runtime.wait_idle()
    if message != "all-of-it":  # two such items are larger than a message
        assert queue.accepted == count
    assert peak_kb(runtime.process) < MOST_KB
