"""ReceiveMessage on a FIFO queue: the order, the groups' locks, waiting, attempts, attributes.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
"""

import time

import pytest
from queues import Waiting, refused

SHORT = 2  # seconds that even a real clock may pass


# Order and locks


def test_as_many_as_possible_of_one_group_first(queue):
    """[V] g1-m1, g1-m2, g1-m3, g2-m1."""
    queue.send_all("g1-m1", "g2-m1", "g1-m2", "g1-m3")
    assert queue.bodies() == ["g1-m1", "g1-m2", "g1-m3", "g2-m1"]


def test_a_receive_is_filled_by_one_group(queue):
    queue.send_all("g1-m1", "g2-m1", "g1-m2", "g1-m3")
    assert queue.bodies(2) == ["g1-m1", "g1-m2"]


def test_other_groups_are_not_held_up(queue):
    queue.send_all("g1-m1", "g1-m2", "g2-m1")
    assert queue.bodies(1) == ["g1-m1"]
    assert queue.bodies() == ["g2-m1"]


@pytest.mark.parametrize("count", [0, 11, -1])
def test_a_number_of_messages_that_is_none(queue, count):
    """MaxNumberOfMessages 1..10."""
    with refused("InvalidParameterValue"):
        queue.receive(count)


def test_one_message_where_no_number_is_said(queue):
    queue.send_all("g1-m1", "g1-m2")
    answer = queue.sqs.receive_message(QueueUrl=queue.url)
    assert [message["Body"] for message in answer["Messages"]] == ["g1-m1"]


def test_a_group_in_flight_is_locked(queue):
    """No later message of the group until all received ones are deleted or visible."""
    queue.send_all("g-m1", "g-m2")
    assert queue.bodies(1) == ["g-m1"]
    assert queue.bodies() == []


def test_deleting_some_of_the_received_keeps_the_lock(queue):
    """[V]"""
    queue.send_all("g-m1", "g-m2", "g-m3")
    first, _ = queue.receive(2)
    queue.delete(first)
    assert queue.bodies() == []


def test_deleting_the_later_ones_keeps_the_lock(queue):
    queue.send_all("g-m1", "g-m2", "g-m3")
    _, second = queue.receive(2)
    queue.delete(second)
    assert queue.bodies() == []


def test_deleting_all_of_the_received_unlocks_at_once(queue):
    """[V]"""
    queue.send_all("g-m1", "g-m2", "g-m3")
    queue.delete(*queue.receive(2))
    assert queue.bodies() == ["g-m3"]


def test_deleting_all_unlocks_for_who_waits(queue):
    """[V] Also for waiting long polls."""
    queue.send_all("g-m1", "g-m2")
    (first,) = queue.receive(1)
    waiting = queue.waiting(20)
    assert waiting.waits()
    queue.delete(first)
    assert waiting.result(10) == ["g-m2"]


def test_a_new_message_does_not_unlock(queue):
    """[V]"""
    queue.send_all("g-m1")
    assert queue.bodies() == ["g-m1"]
    queue.send_all("g-m2")
    assert queue.bodies() == []


def test_a_released_message_unlocks(queue):
    queue.send_all("g-m1", "g-m2")
    (first,) = queue.receive(1)
    queue.change(first, 0)
    assert queue.bodies() == ["g-m1", "g-m2"]


def test_what_is_not_taken_comes_again_in_order(make_queue, clock):
    """[V] After expiry the group is redelivered in its original order."""
    queue = make_queue(VisibilityTimeout=SHORT)
    queue.send_all("g-m1", "g-m2", "g-m3", "g-m4")
    for _ in range(2):
        assert queue.bodies(3) == ["g-m1", "g-m2", "g-m3"]
        clock.advance(SHORT)
    assert queue.bodies() == ["g-m1", "g-m2", "g-m3", "g-m4"]


# Waiting


def test_nothing_is_no_messages_key(queue):
    """Empty: no "Messages" key."""
    assert "Messages" not in queue.sqs.receive_message(QueueUrl=queue.url)


@pytest.mark.parametrize("seconds", [-1, 21])
def test_a_wait_that_is_none(queue, seconds):
    """WaitTimeSeconds 0..20."""
    with refused("InvalidParameterValue"):
        queue.receive(WaitTimeSeconds=seconds)


def test_who_waits_gets_what_comes(queue):
    waiting = queue.waiting(20)
    assert waiting.waits()
    queue.send_all("g-m1")
    assert waiting.result(10) == ["g-m1"]


def test_a_wait_that_is_over_gives_nothing(queue, clock):
    assert queue.waiting(1).result_while(lambda: clock.advance(0.25)) == []


def test_who_waits_gets_what_expires(make_queue, clock):
    queue = make_queue(VisibilityTimeout=SHORT)
    queue.send_all("g-m1")
    assert queue.bodies() == ["g-m1"]
    waiting = queue.waiting(20)
    assert waiting.waits()
    assert waiting.result_while(lambda: clock.advance(0.25)) == ["g-m1"]


def test_the_queue_says_how_long_to_wait_where_the_call_does_not(make_queue):
    queue = make_queue(ReceiveMessageWaitTimeSeconds=20)
    waiting = Waiting(queue.bodies)
    assert waiting.waits()
    queue.send_all("g-m1")
    assert waiting.result(10) == ["g-m1"]


# Attempts


def handles(messages):
    return [(message["Body"], message["ReceiptHandle"]) for message in messages]


def test_an_attempt_can_be_repeated(queue):
    """A retry with the same id within 5 minutes returns the same messages and handles."""
    queue.send_all("g-m1", "g-m2", "g-m3")
    first = queue.receive(2, ReceiveRequestAttemptId="a")
    again = queue.receive(2, ReceiveRequestAttemptId="a")
    assert handles(again) == handles(first) and len(first) == 2
    queue.delete(*first)
    assert queue.bodies() == ["g-m3"]


def test_another_attempt_gets_nothing(queue):
    queue.send_all("g-m1")
    assert queue.bodies(ReceiveRequestAttemptId="a") == ["g-m1"]
    assert queue.bodies(ReceiveRequestAttemptId="b") == []
    assert queue.bodies() == []


def test_a_repeated_attempt_resets_the_visibility(make_queue, clock):
    queue = make_queue(VisibilityTimeout=4)
    queue.send_all("g-m1")
    queue.receive(ReceiveRequestAttemptId="a")
    clock.advance(3)
    (message,) = queue.receive(ReceiveRequestAttemptId="a")
    clock.advance(2)
    assert queue.bodies() == []
    queue.delete(message)


@pytest.mark.parametrize("change", ["delete", "visibility"])
def test_an_attempt_is_not_repeated_once_a_message_was_changed(queue, change):
    """Only if none was deleted or changed."""
    queue.send_all("g-m1", "g-m2")
    first, _ = queue.receive(ReceiveRequestAttemptId="a")
    if change == "delete":
        queue.delete(first)
    else:
        queue.change(first, 600)
    try:
        assert queue.bodies(ReceiveRequestAttemptId="a") == []
    except queue.sqs.exceptions.ClientError as error:
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_an_attempt_is_forgotten_after_five_minutes(make_queue, clock):
    queue = make_queue(VisibilityTimeout=3600)
    queue.send_all("g-m1")
    assert queue.bodies(ReceiveRequestAttemptId="a") == ["g-m1"]
    clock.advance(301)
    assert queue.bodies(ReceiveRequestAttemptId="a") == []


def test_an_attempt_whose_visibility_is_over_is_a_new_one(make_queue, clock):
    """Messages that became visible are received again."""
    queue = make_queue(VisibilityTimeout=SHORT)
    queue.send_all("g-m1")
    (first,) = queue.receive(ReceiveRequestAttemptId="a")
    clock.advance(SHORT)
    (second,) = queue.receive(ReceiveRequestAttemptId="b")
    queue.delete(second)
    assert first["MessageId"] == second["MessageId"]
    assert queue.bodies(ReceiveRequestAttemptId="a") == []


# Attributes of a message


def count(message):
    return int(message["Attributes"]["ApproximateReceiveCount"])


def test_each_receive_is_counted(make_queue, clock):
    queue = make_queue(VisibilityTimeout=SHORT)
    queue.send_all("g-m1")
    counts = []
    for _ in range(2):
        counts += map(count, queue.receive())
        clock.advance(SHORT)
    assert counts == [1, 2]


def test_a_release_is_no_undo_of_the_count(queue):
    """Release with visibility 0 counts too."""
    queue.send_all("g-m1")
    counts = []
    for _ in range(3):
        (message,) = queue.receive()
        counts.append(count(message))
        queue.change(message, 0)
    assert counts == [1, 2, 3]


def test_the_first_receive_is_remembered(make_queue, clock):
    queue = make_queue(VisibilityTimeout=SHORT)
    queue.send_all("g-m1")
    (first,) = queue.receive()
    clock.advance(SHORT)
    (second,) = queue.receive()
    name = "ApproximateFirstReceiveTimestamp"
    assert first["Attributes"][name] == second["Attributes"][name]
    assert int(first["Attributes"][name]) >= int(first["Attributes"]["SentTimestamp"])


def test_the_system_attributes(queue):
    queue.send("m", "group", "dedup")
    (message,) = queue.receive()
    found = message["Attributes"]
    assert found["MessageGroupId"] == "group" and found["MessageDeduplicationId"] == "dedup"
    assert found["SequenceNumber"].isdecimal() and found["SenderId"]
    for name in ("SentTimestamp", "ApproximateFirstReceiveTimestamp"):
        assert len(found[name]) == 13 and found[name].isdecimal(), "milliseconds"
    assert "DeadLetterQueueSourceArn" not in found and "AWSTraceHeader" not in found


@pytest.mark.parametrize("parameter", ["MessageSystemAttributeNames", "AttributeNames"])
def test_only_the_system_attributes_that_are_asked_for(queue, parameter):
    """MessageSystemAttributeNames; AttributeNames is its deprecated name."""
    queue.send("m")
    answer = queue.sqs.receive_message(QueueUrl=queue.url, **{parameter: ["SequenceNumber"]})
    assert list(answer["Messages"][0]["Attributes"]) == ["SequenceNumber"]


def test_no_attributes_where_none_are_asked_for(queue):
    queue.send("m", MessageAttributes={"a": {"DataType": "String", "StringValue": "1"}})
    (message,) = queue.sqs.receive_message(QueueUrl=queue.url)["Messages"]
    assert set(message) == {"MessageId", "ReceiptHandle", "MD5OfBody", "Body"}


def test_the_trace_header_comes_through(queue):
    trace = "Root=1-5e9b1c5c-000000000000000000000000;Sampled=1"
    header = {"AWSTraceHeader": {"DataType": "String", "StringValue": trace}}
    queue.send("m", MessageSystemAttributes=header)
    (message,) = queue.receive()
    assert message["Attributes"]["AWSTraceHeader"] == trace


def test_the_queue_counts_what_is_visible_and_what_is_in_flight(queue):
    queue.send_all("g1-m1", "g1-m2", "g2-m1")
    assert queue.depth() == (3, 0)
    (message,) = queue.receive(1)
    assert queue.depth() == (2, 1)
    queue.delete(message)
    assert queue.depth() == (2, 0)


def test_each_receive_has_a_handle_of_its_own(queue):
    queue.send_all("g-m1")
    (first,) = queue.receive()
    queue.change(first, 0)
    (second,) = queue.receive()
    assert first["ReceiptHandle"] != second["ReceiptHandle"]
    assert first["MessageId"] == second["MessageId"]


def test_retention_ends_a_message_silently(make_queue, clock):
    """Blocked messages are silently deleted after the retention period (60 s .. 14 d)."""
    queue = make_queue(MessageRetentionPeriod=60)
    queue.send_all("g-m1")
    clock.advance(59)
    assert queue.depth() == (1, 0)
    queue.send_all("g-m2")
    clock.advance(2)
    assert queue.drain() == ["g-m2"]


def test_a_wait_does_not_hold_up_another_queue(make_queue):
    one, other = make_queue(), make_queue()
    waiting = one.waiting(20)
    began = time.monotonic()
    other.send_all("g-m1")
    assert other.drain() == ["g-m1"]
    assert time.monotonic() - began < 15 and not waiting.done()
    one.send_all("g-m1")
    assert waiting.result(10) == ["g-m1"]
