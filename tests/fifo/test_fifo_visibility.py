"""Visibility timeouts on a FIFO queue: change, expiry, and how long a receipt handle is valid.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
"""

import pytest
from queues import refused

SHORT = 2  # seconds that even a real clock may pass
MAXIMUM = 43200
NOT_IN_FLIGHT = ("MessageNotInflight", "InvalidParameterValue")


def test_an_extended_later_message_hides_itself_and_not_earlier_ones(queue, clock):
    """[V] Extend m2: only m1 is returned."""
    queue.send_all("g-m1", "g-m2", "g-m3")
    _, second = queue.receive(2, VisibilityTimeout=SHORT)
    queue.change(second, 60)
    clock.advance(SHORT)
    assert queue.bodies() == ["g-m1"]


def test_an_extended_first_message_hides_all_of_its_group(queue, clock):
    """[V] Extend m1: nothing is returned."""
    queue.send_all("g-m1", "g-m2", "g-m3")
    first, _ = queue.receive(2, VisibilityTimeout=SHORT)
    queue.change(first, 60)
    clock.advance(SHORT)
    assert queue.bodies() == []


def test_a_released_first_message_is_returned_alone(queue):
    """[V] Terminating m1 (visibility 0) while m2 is in flight."""
    queue.send_all("g-m1", "g-m2", "g-m3")
    first, _ = queue.receive(2)
    queue.change(first, 0)
    assert queue.bodies() == ["g-m1"]


def test_a_released_later_message_stays_behind_the_first(queue):
    queue.send_all("g-m1", "g-m2", "g-m3")
    _, second = queue.receive(2)
    queue.change(second, 0)
    assert queue.bodies() == []


@pytest.mark.parametrize("order", ["first to last", "last to first"])
def test_released_in_any_order_they_come_again_in_order(queue, order):
    queue.send_all("g-m1", "g-m2", "g-m3")
    messages = queue.receive()
    for message in messages if order == "first to last" else reversed(messages):
        queue.change(message, 0)
    assert queue.bodies() == ["g-m1", "g-m2", "g-m3"]


def test_released_in_one_batch_they_come_again_in_order(queue):
    queue.send_all("g-m1", "g-m2", "g-m3")
    made = [
        {"Id": str(n), "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}
        for n, message in enumerate(queue.receive())
    ]
    answer = queue.sqs.change_message_visibility_batch(QueueUrl=queue.url, Entries=made)
    assert [each["Id"] for each in answer["Successful"]] == ["0", "1", "2"]
    assert queue.bodies() == ["g-m1", "g-m2", "g-m3"]


def test_the_receive_can_say_the_visibility(queue, clock):
    queue.send_all("g-m1")
    assert queue.bodies(VisibilityTimeout=SHORT) == ["g-m1"]
    assert queue.bodies() == []
    clock.advance(SHORT)
    assert queue.bodies() == ["g-m1"]


def test_a_visibility_of_0_leaves_it_visible(queue):
    queue.send_all("g-m1")
    assert queue.bodies(VisibilityTimeout=0) == ["g-m1"]
    assert queue.bodies() == ["g-m1"]


def test_the_applied_value_is_not_remembered(make_queue, clock):
    """The next receive uses the queue's default, or its own parameter."""
    queue = make_queue(VisibilityTimeout=60)
    queue.send_all("g-m1")
    queue.receive(VisibilityTimeout=1)
    clock.advance(1)
    assert queue.bodies() == ["g-m1"]
    clock.advance(1)
    assert queue.bodies() == []


def test_it_can_be_shortened(queue, clock):
    queue.send_all("g-m1")
    (message,) = queue.receive()
    queue.change(message, SHORT)
    clock.advance(SHORT)
    assert queue.bodies() == ["g-m1"]


def test_a_change_counts_from_the_change(make_queue, clock):
    queue = make_queue(VisibilityTimeout=SHORT)
    queue.send_all("g-m1")
    (message,) = queue.receive()
    clock.advance(SHORT / 2)
    queue.change(message, SHORT)
    clock.advance(SHORT / 2)
    assert queue.bodies() == []
    clock.advance(SHORT / 2)
    assert queue.bodies() == ["g-m1"]


@pytest.mark.parametrize("seconds", [-1, MAXIMUM + 1])
def test_a_visibility_that_is_none(queue, seconds):
    """VisibilityTimeout 0..43200."""
    queue.send_all("g-m1")
    with refused("InvalidParameterValue"):
        queue.receive(VisibilityTimeout=seconds)
    (message,) = queue.receive()
    with refused("InvalidParameterValue"):
        queue.change(message, seconds)


def test_twelve_hours_in_all(queue, clock):
    """Total 12 h from the receive."""
    queue.send_all("g-m1")
    (message,) = queue.receive(VisibilityTimeout=MAXIMUM)
    clock.advance(3600)
    with refused("InvalidParameterValue"):
        queue.change(message, MAXIMUM - 3600 + 1)
    queue.change(message, MAXIMUM - 3600)
    clock.advance(MAXIMUM - 3600 - 1)
    assert queue.bodies() == []
    clock.advance(2)
    assert queue.bodies() == ["g-m1"]


# Deleting


def test_a_message_that_is_deleted_is_gone(queue):
    queue.send_all("g-m1")
    queue.delete(*queue.receive())
    assert queue.bodies() == [] and queue.depth() == (0, 0)


def test_deleting_after_expiry_fails(make_queue, clock):
    """[V] 400 InvalidParameterValue, with this text."""
    queue = make_queue(VisibilityTimeout=SHORT)
    queue.send_all("g-m1")
    (message,) = queue.receive()
    clock.advance(SHORT)
    handle = message["ReceiptHandle"]
    says = (
        f"Value {handle} for parameter ReceiptHandle is invalid. "
        "Reason: The receipt handle has expired."
    )
    with refused("InvalidParameterValue", says=says):
        queue.delete(message)
    assert queue.bodies() == ["g-m1"]


def test_deleting_after_expiry_and_another_receive_fails(make_queue, clock):
    queue = make_queue(VisibilityTimeout=SHORT)
    queue.send_all("g-m1")
    (old,) = queue.receive()
    clock.advance(SHORT)
    (new,) = queue.receive(VisibilityTimeout=60)
    with refused("InvalidParameterValue", says="The receipt handle has expired."):
        queue.delete(old)
    queue.delete(new)
    assert queue.depth() == (0, 0)


def test_deleting_after_a_release_fails(queue):
    queue.send_all("g-m1")
    (message,) = queue.receive()
    queue.change(message, 0)
    with refused("InvalidParameterValue", says="The receipt handle has expired."):
        queue.delete(message)
    assert queue.bodies() == ["g-m1"]


def test_deleting_after_expiry_fails_in_a_batch(make_queue, clock):
    """Failed {Code ReceiptHandleIsInvalid or InvalidParameterValue, SenderFault true}."""
    queue = make_queue(VisibilityTimeout=SHORT)
    queue.send_all("g1-m1", "g2-m1")
    old, kept = queue.receive()
    queue.change(kept, 60)
    clock.advance(SHORT)
    made = [
        {"Id": name, "ReceiptHandle": message["ReceiptHandle"]}
        for name, message in (("old", old), ("kept", kept))
    ]
    answer = queue.sqs.delete_message_batch(QueueUrl=queue.url, Entries=made)
    assert [each["Id"] for each in answer["Successful"]] == ["kept"]
    (failed,) = answer["Failed"]
    assert (failed["Id"], failed["SenderFault"]) == ("old", True)
    assert failed["Code"] in ("ReceiptHandleIsInvalid", "InvalidParameterValue")
    assert "The receipt handle has expired" in failed["Message"]
    assert queue.drain() == ["g1-m1"]


def test_deleting_past_the_original_timeout_works_after_an_extension(make_queue, clock):
    """[V]"""
    queue = make_queue(VisibilityTimeout=SHORT)
    queue.send_all("g-m1")
    (message,) = queue.receive()
    queue.change(message, 60)
    clock.advance(SHORT)
    queue.delete(message)
    assert queue.depth() == (0, 0)


def test_deleting_twice_is_no_error(queue):
    queue.send_all("g-m1")
    (message,) = queue.receive()
    queue.delete(message)
    queue.delete(message)


def test_a_handle_that_is_none(queue):
    with refused("ReceiptHandleIsInvalid", status=None):
        queue.delete({"ReceiptHandle": "nonsense"})
    with refused("ReceiptHandleIsInvalid", status=None):
        queue.change({"ReceiptHandle": "nonsense"}, 1)


# Changing a message that is not in flight


def test_changing_after_expiry_fails(make_queue, clock):
    """MessageNotInflight, or InvalidParameterValue."""
    queue = make_queue(VisibilityTimeout=SHORT)
    queue.send_all("g-m1")
    (message,) = queue.receive()
    clock.advance(SHORT)
    with refused(*NOT_IN_FLIGHT):
        queue.change(message, 60)
    assert queue.bodies() == ["g-m1"]


def test_changing_after_a_release_fails(queue):
    queue.send_all("g-m1")
    (message,) = queue.receive()
    queue.change(message, 0)
    with refused(*NOT_IN_FLIGHT):
        queue.change(message, 60)
    assert queue.bodies() == ["g-m1"]


def test_changing_after_a_delete_fails(queue):
    queue.send_all("g-m1")
    (message,) = queue.receive()
    queue.delete(message)
    with refused(*NOT_IN_FLIGHT):
        queue.change(message, 60)


@pytest.mark.parametrize("action", ["delete_message_batch", "change_message_visibility_batch"])
@pytest.mark.parametrize("ids, code", [
    ([], "EmptyBatchRequest"),
    ([str(n) for n in range(11)], "TooManyEntriesInBatchRequest"),
    (["a", "a"], "BatchEntryIdsNotDistinct"),
    (["a b"], "InvalidBatchEntryId"),
], ids=["none", "eleven", "same", "bad"])  # fmt: skip
def test_batches_are_refused_as_those_of_sends(queue, action, ids, code):
    queue.send_all("g-m1")
    (message,) = queue.receive()
    more = {} if action == "delete_message_batch" else {"VisibilityTimeout": 0}
    made = [{"Id": each, "ReceiptHandle": message["ReceiptHandle"], **more} for each in ids]
    with refused(code):
        getattr(queue.sqs, action)(QueueUrl=queue.url, Entries=made)
    assert queue.depth() == (0, 1)
