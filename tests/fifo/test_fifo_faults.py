"""How a client handles a call with an unknown result: scripted faults."""

import pytest
from botocore.exceptions import ConnectionClosedError
from queues import refused


@pytest.fixture
def faults(target):
    """faults(rules...): replaces the faults from now on."""
    if not hasattr(target, "faults"):
        pytest.skip(f"{target.name} does not fail by script")
    return target.faults


def test_a_send_without_an_answer_is_repeated_with_its_id(queue, faults):
    """Lost acknowledgement: the deduplication id makes it one message."""
    faults({"action": "SendMessage", "fault": "reset_after", "nth": 1})
    with pytest.raises(ConnectionClosedError):
        queue.send("m", dedup="d")
    queue.send("m", dedup="d")
    assert queue.drain() == ["m"]


def test_a_receive_without_an_answer_is_repeated_as_the_same_attempt(queue, faults):
    """ReceiveRequestAttemptId: use on network errors."""
    queue.send_all("g-m1", "g-m2")
    faults({"action": "ReceiveMessage", "fault": "reset_after", "nth": 1})
    with pytest.raises(ConnectionClosedError):
        queue.receive(ReceiveRequestAttemptId="a")
    assert queue.bodies() == []
    messages = queue.receive(ReceiveRequestAttemptId="a")
    assert [message["Body"] for message in messages] == ["g-m1", "g-m2"]
    queue.delete(*messages)
    assert queue.depth() == (0, 0)


def test_a_delete_without_an_answer_can_be_repeated(queue, faults):
    queue.send_all("g-m1", "g-m2")
    (message,) = queue.receive(1)
    faults({"action": "DeleteMessage", "fault": "reset_after", "nth": 1})
    with pytest.raises(ConnectionClosedError):
        queue.delete(message)
    queue.delete(message)
    assert queue.drain() == ["g-m2"]


def test_entries_can_fail_on_the_servers_side(queue, faults):
    """HTTP 200 may contain Failed[]; SenderFault=false is no fault of the message."""
    faults({"action": "SendMessageBatch", "fault": "partial", "nth": 1, "entries": [0]})
    answer = queue.send_batch(("m1", "g", "d1"), ("m2", "g", "d2"))
    assert [each["Id"] for each in answer["Successful"]] == ["1"]
    assert [(each["Id"], each["SenderFault"]) for each in answer["Failed"]] == [("0", False)]
    queue.send("m1", dedup="d1")
    assert queue.drain() == ["m2", "m1"], "so a batch may hold one message of a group at most"


@pytest.mark.parametrize("fault, status", [
    ("throttled", 400), ("unavailable", 503), ("empty_500", 500),
])  # fmt: skip
def test_what_is_refused_was_not_done(queue, faults, fault, status):
    faults({"action": "SendMessage", "fault": fault, "nth": 1})
    with refused(status=status):
        queue.send("m", dedup="d")
    assert queue.bodies() == []
    queue.send("m", dedup="d")
    assert queue.drain() == ["m"]
