"""Dead-letter queues of FIFO queues, and the tasks that move messages back.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
"""

import json

import pytest
from queues import refused, unique

SHORT = 2  # seconds that even a real clock may pass
TRIES = 12  # of a quarter of a second


def redrive(dead, count):
    return json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": str(count)})


@pytest.fixture
def pair(make_queue):
    """pair(maxReceiveCount): a queue and its dead-letter queue."""

    def make(count=1):
        dead = make_queue()
        return make_queue(RedrivePolicy=redrive(dead, count), VisibilityTimeout=SHORT), dead

    return make


def fail(queue, count=10):
    """Receive, and return."""
    messages = queue.receive(count)
    for message in messages:
        queue.change(message, 0)
    return [message["Body"] for message in messages]


def fail_once(queue):
    """As fail, for the only message; returns the message."""
    (message,) = queue.receive()
    queue.change(message, 0)
    return message


def test_the_dead_letter_queue_of_a_fifo_queue_is_a_fifo_queue(sqs, make_queue):
    """DLQ of FIFO must be FIFO."""
    name = unique("standard")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    policy = {"deadLetterTargetArn": answer["Attributes"]["QueueArn"], "maxReceiveCount": "1"}
    with refused("InvalidParameterValue", "InvalidAttributeValue"):
        make_queue(RedrivePolicy=json.dumps(policy))


def test_the_dead_letter_queue_must_be_there(make_queue):
    policy = {"deadLetterTargetArn": make_queue().arn + "x.fifo", "maxReceiveCount": "1"}
    with refused():
        make_queue(RedrivePolicy=json.dumps(policy))


@pytest.mark.parametrize("count", [0, 1001])
def test_a_number_of_receives_that_is_none(make_queue, count):
    """maxReceiveCount 1..1000."""
    with refused("InvalidParameterValue", "InvalidAttributeValue"):
        make_queue(RedrivePolicy=redrive(make_queue(), count))


def test_a_message_received_too_often_is_moved(pair):
    queue, dead = pair(2)
    queue.send_all("g-m1")
    assert fail(queue) == ["g-m1"]
    assert fail(queue) == ["g-m1"]
    assert queue.bodies() == []
    assert queue.depth() == (0, 0)
    assert dead.bodies() == ["g-m1"]


def test_a_message_whose_visibility_expires_too_often_is_moved(pair, clock):
    queue, dead = pair(1)
    queue.send_all("g-m1")
    assert queue.bodies() == ["g-m1"]
    clock.advance(SHORT)
    assert queue.bodies() == []
    assert dead.bodies() == ["g-m1"]


def test_moving_the_first_unblocks_the_second(pair):
    """Order is broken by design."""
    queue, dead = pair(1)
    queue.send_all("g-m1", "g-m2")
    assert fail(queue, 1) == ["g-m1"]
    assert (fail(queue, 1) or fail(queue, 1)) == ["g-m2"]
    assert dead.bodies() == ["g-m1"]


def test_innocent_messages_are_counted_too(pair):
    """maxReceiveCount counts receives, also of messages that were never attempted."""
    queue, dead = pair(2)
    queue.send_all("g-m1", "g-m2", "g-m3")
    for _ in range(2):
        assert fail(queue) == ["g-m1", "g-m2", "g-m3"]
    assert queue.bodies() == []
    assert dead.bodies() == ["g-m1", "g-m2", "g-m3"]


def test_a_moved_message_keeps_its_group(pair):
    queue, dead = pair(1)
    queue.send("m", "group")
    fail(queue)
    queue.receive()
    (message,) = dead.receive()
    assert message["Attributes"]["MessageGroupId"] == "group"


def test_a_moved_message_has_its_message_id_as_deduplication_id(pair):
    """On the move the deduplication id is replaced by the original MessageId."""
    queue, dead = pair(1)
    sent = queue.send("m", dedup="d")["MessageId"]
    fail(queue)
    queue.receive()
    (message,) = dead.receive()
    assert message["Attributes"]["MessageDeduplicationId"] == sent


def test_a_moved_message_says_where_it_came_from(pair):
    """DeadLetterQueueSourceArn."""
    queue, dead = pair(1)
    queue.send_all("g-m1")
    fail(queue)
    queue.receive()
    (message,) = dead.receive()
    assert message["Attributes"]["DeadLetterQueueSourceArn"] == queue.arn


def test_a_moved_message_keeps_its_attributes(pair):
    queue, dead = pair(1)
    given = {"a": {"DataType": "String", "StringValue": "1"}}
    queue.send("m", MessageAttributes=given)
    fail(queue)
    queue.receive()
    (message,) = dead.receive()
    assert message["MessageAttributes"] == given


def test_who_waits_at_the_dead_letter_queue_gets_it(pair):
    queue, dead = pair(1)
    queue.send_all("g-m1")
    fail(queue)
    waiting = dead.waiting(20)
    assert waiting.waits()
    queue.receive()
    assert waiting.result(5) == ["g-m1"]


def test_its_sources_are_listed(pair):
    queue, dead = pair(1)
    assert dead.sqs.list_dead_letter_source_queues(QueueUrl=dead.url)["queueUrls"] == [queue.url]


# Move tasks


def die(queue, *bodies):
    queue.send_all(*bodies)
    assert fail(queue) == list(bodies)
    assert fail(queue) == []


def moved(queue, count, clock):
    """The messages that have arrived, as soon as there are this many, while time passes."""
    found = []
    for _ in range(TRIES):
        found += queue.drain()
        if len(found) >= count:
            break
        clock.advance(0.25)
    return found


def test_a_task_moves_messages_back(pair, clock):
    """StartMessageMoveTask supports FIFO, oldest first."""
    queue, dead = pair(1)
    die(queue, "g-m1", "g-m2", "g-m3")
    dead.sqs.start_message_move_task(SourceArn=dead.arn)
    assert moved(queue, 3, clock) == ["g-m1", "g-m2", "g-m3"]
    assert dead.depth() == (0, 0)


def test_a_task_moves_messages_where_it_is_told(pair, make_queue, clock):
    queue, dead = pair(1)
    die(queue, "g-m1", "g-m2")
    other = make_queue()
    dead.sqs.start_message_move_task(SourceArn=dead.arn, DestinationArn=other.arn)
    assert moved(other, 2, clock) == ["g-m1", "g-m2"]
    assert queue.depth() == (0, 0)


def test_a_message_moved_back_is_a_new_one(pair, clock):
    """New MessageId and enqueue time, receive count from the start."""
    queue, dead = pair(1)
    sent = queue.send("m")["MessageId"]
    before = fail_once(queue)["Attributes"]["SentTimestamp"]
    queue.receive()
    clock.advance(1)
    dead.sqs.start_message_move_task(SourceArn=dead.arn)
    for _ in range(TRIES):
        if messages := queue.receive():
            break
        clock.advance(0.25)
    (message,) = messages
    assert message["MessageId"] != sent
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    assert int(message["Attributes"]["SentTimestamp"]) > int(before)


def test_a_task_of_a_queue_that_is_none(sqs, queue):
    """ResourceNotFoundException, 404."""
    with refused("ResourceNotFound", status=404):
        sqs.start_message_move_task(SourceArn=queue.arn.replace(".fifo", "-x.fifo"))


def test_a_task_needs_a_queue_that_is_a_dead_letter_queue(sqs, queue):
    """A queue without another's RedrivePolicy is refused."""
    with refused():
        sqs.start_message_move_task(SourceArn=queue.arn)


@pytest.mark.parametrize("rate", [0, 501])
def test_a_rate_that_is_none(pair, rate):
    """MaxNumberOfMessagesPerSecond <= 500."""
    _, dead = pair(1)
    with refused():
        dead.sqs.start_message_move_task(SourceArn=dead.arn, MaxNumberOfMessagesPerSecond=rate)


def test_one_task_for_each_queue(pair):
    queue, dead = pair(1)
    die(queue, *(f"g-m{n}" for n in range(6)))
    dead.sqs.start_message_move_task(SourceArn=dead.arn, MaxNumberOfMessagesPerSecond=1)
    with refused():
        dead.sqs.start_message_move_task(SourceArn=dead.arn, MaxNumberOfMessagesPerSecond=1)


def test_a_task_keeps_to_its_rate_and_can_be_cancelled(pair, clock):
    queue, dead = pair(1)
    die(queue, *(f"g-m{n}" for n in range(6)))
    task = dead.sqs.start_message_move_task(SourceArn=dead.arn, MaxNumberOfMessagesPerSecond=1)
    clock.advance(2)
    listed = dead.sqs.list_message_move_tasks(SourceArn=dead.arn)["Results"][0]
    assert listed["Status"] == "RUNNING" and listed["TaskHandle"] == task["TaskHandle"]
    dead.sqs.cancel_message_move_task(TaskHandle=task["TaskHandle"])
    left = sum(dead.depth())
    assert 1 <= left <= 5
    clock.advance(3)
    assert sum(dead.depth()) == left
    assert dead.sqs.list_message_move_tasks(SourceArn=dead.arn)["Results"][0]["Status"] in (
        "CANCELLED", "CANCELLING",
    )  # fmt: skip


def test_a_task_that_is_done_says_so(pair, clock):
    queue, dead = pair(1)
    die(queue, "g-m1")
    dead.sqs.start_message_move_task(SourceArn=dead.arn)
    assert moved(queue, 1, clock) == ["g-m1"]
    clock.advance(1)
    listed = dead.sqs.list_message_move_tasks(SourceArn=dead.arn)["Results"][0]
    assert listed["Status"] == "COMPLETED"
    assert listed["ApproximateNumberOfMessagesMoved"] == 1
