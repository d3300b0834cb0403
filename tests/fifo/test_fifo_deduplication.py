"""Deduplication: five minutes from the first accepted send, whatever happened to the message since.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html
"""

import hashlib

from queues import entries, refused

WINDOW_S = 300
BY_GROUP = {"DeduplicationScope": "messageGroup"}


def test_a_duplicate_is_accepted_with_the_original_message_id(queue):
    """Duplicates are accepted with 200 and the original MessageId."""
    first, second = queue.send("m", dedup="d"), queue.send("m", dedup="d")
    assert second["MessageId"] == first["MessageId"]
    assert queue.drain() == ["m"]


def test_the_first_body_stays(queue):
    queue.send("first", dedup="d")
    queue.send("second", dedup="d")
    assert queue.drain() == ["first"]


def test_a_duplicate_in_a_batch_is_accepted_with_the_original_message_id(queue):
    sent = queue.send("m", dedup="d")["MessageId"]
    answer = queue.send_batch(("m", "g", "d"), ("n", "g", "e"))
    assert [each["Id"] for each in answer["Successful"]] == ["0", "1"]
    assert answer["Successful"][0]["MessageId"] == sent
    assert queue.drain() == ["m", "n"]


def test_duplicates_within_a_batch_are_one_message(queue):
    first, second = queue.send_batch(("m", "g", "d"), ("m", "g", "d"))["Successful"]
    assert first["MessageId"] == second["MessageId"]
    assert queue.drain() == ["m"]


def test_it_is_tracked_after_receive(queue):
    queue.send("m", dedup="d")
    (message,) = queue.receive()
    assert queue.send("m", dedup="d")["MessageId"] == message["MessageId"]
    queue.delete(message)
    assert queue.bodies() == []


def test_it_is_tracked_after_delete(queue):
    """Tracked after receive and delete."""
    sent = queue.send("m", dedup="d")["MessageId"]
    assert queue.drain() == ["m"]
    assert queue.send("m", dedup="d")["MessageId"] == sent
    assert queue.bodies() == []


def test_it_lasts_five_minutes(queue, clock):
    sent = queue.send("m", dedup="d")["MessageId"]
    assert queue.drain() == ["m"]
    clock.advance(WINDOW_S - 1)
    assert queue.send("m", dedup="d")["MessageId"] == sent
    assert queue.bodies() == []


def test_it_ends_after_five_minutes(queue, clock):
    sent = queue.send("m", dedup="d")["MessageId"]
    assert queue.drain() == ["m"]
    clock.advance(WINDOW_S + 1)
    assert queue.send("m", dedup="d")["MessageId"] != sent
    assert queue.drain() == ["m"]


def test_it_ends_after_five_minutes_while_the_message_is_still_there(queue, clock):
    queue.send("m", dedup="d")
    clock.advance(WINDOW_S + 1)
    queue.send("m", dedup="d")
    assert queue.drain() == ["m", "m"]


def test_it_starts_at_the_first_accepted_send(queue, clock):
    """A duplicate does not renew the interval."""
    sent = queue.send("m", dedup="d")["MessageId"]
    clock.advance(WINDOW_S - 100)
    assert queue.send("m", dedup="d")["MessageId"] == sent
    clock.advance(101)
    assert queue.send("m", dedup="d")["MessageId"] != sent


def test_the_scope_is_the_queue_by_default(queue):
    queue.send("a", "g1", "d")
    queue.send("b", "g2", "d")
    assert queue.drain() == ["a"]
    assert queue.attributes()["DeduplicationScope"] == "queue"


def test_the_scope_can_be_the_group(make_queue):
    queue = make_queue(**BY_GROUP)
    for group in ("g1", "g2", "g1"):
        queue.send(group, group, "d")
    assert sorted(queue.drain()) == ["g1", "g2"]


def test_a_scope_that_is_changed_later_has_no_effect(queue):
    """[V] Changing DeduplicationScope after creation does not change what is a duplicate."""
    queue.sqs.set_queue_attributes(QueueUrl=queue.url, Attributes=BY_GROUP)
    queue.send("a", "g1", "d")
    queue.send("b", "g2", "d")
    assert queue.drain() == ["a"]


def test_two_queues_have_nothing_in_common(make_queue):
    for queue in (make_queue(), make_queue()):
        queue.send("m", dedup="d")
        assert queue.drain() == ["m"]


# By content


def send_plain(queue, body, group="g", **more):
    call = {"QueueUrl": queue.url, "MessageBody": body, "MessageGroupId": group}
    return queue.sqs.send_message(**call, **more)


def test_the_content_can_be_the_id(make_queue):
    """ContentBasedDeduplication: SHA-256 of the body."""
    queue = make_queue(ContentBasedDeduplication="true")
    first = send_plain(queue, "m")
    assert send_plain(queue, "m")["MessageId"] == first["MessageId"]
    send_plain(queue, "n")
    messages = queue.receive()
    assert [message["Body"] for message in messages] == ["m", "n"]
    digest = hashlib.sha256(b"m").hexdigest()
    assert messages[0]["Attributes"]["MessageDeduplicationId"] == digest


def test_attributes_are_no_content(make_queue):
    queue = make_queue(ContentBasedDeduplication="true")
    for value in ("1", "2"):
        attribute = {"a": {"DataType": "String", "StringValue": value}}
        send_plain(queue, "m", MessageAttributes=attribute)
    assert queue.drain() == ["m"]


def test_an_id_that_is_given_overrides_the_content(make_queue):
    queue = make_queue(ContentBasedDeduplication="true")
    for given in ("a", "b", "b"):
        send_plain(queue, "m", MessageDeduplicationId=given)
    assert queue.drain() == ["m", "m"]


def test_the_content_is_the_id_of_a_batchs_entries_too(make_queue):
    queue = make_queue(ContentBasedDeduplication="true")
    made = entries(("m", "g"), ("n", "g"), ("m", "g"))
    for entry in made:
        del entry["MessageDeduplicationId"]
    first, _, third = queue.batch(made)["Successful"]
    assert first["MessageId"] == third["MessageId"]
    assert queue.drain() == ["m", "n"]


# What else ends it


def test_purge_forgets_duplicates(queue):
    """PurgeQueue clears the deduplication cache."""
    sent = queue.send("m", dedup="d")["MessageId"]
    queue.sqs.purge_queue(QueueUrl=queue.url)
    assert queue.send("m", dedup="d")["MessageId"] != sent
    assert queue.drain() == ["m"]


# High throughput


def test_high_throughput_needs_the_groups_scope(make_queue):
    """FifoThroughputLimit=perMessageGroupId requires DeduplicationScope=messageGroup."""
    queue = make_queue(FifoThroughputLimit="perMessageGroupId", **BY_GROUP)
    assert queue.attributes()["FifoThroughputLimit"] == "perMessageGroupId"
    with refused("InvalidAttributeValue", "InvalidParameterValue"):
        make_queue(FifoThroughputLimit="perMessageGroupId")
