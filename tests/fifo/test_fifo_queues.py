"""FIFO queues themselves: names, attributes, purge, and the minute after a delete.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
"""

import pytest
from queues import MIB, Queue, code_of, refused, unique

GONE = ("NonExistentQueue", "QueueDoesNotExist")


def test_the_defaults(queue):
    """1 MiB, 4 days, scope queue."""
    found = queue.attributes()
    assert found["MaximumMessageSize"] == str(MIB)
    assert found["MessageRetentionPeriod"] == str(4 * 86400)
    assert found["VisibilityTimeout"] == "30"
    assert found["DelaySeconds"] == found["ReceiveMessageWaitTimeSeconds"] == "0"
    assert found["FifoQueue"] == "true"
    assert found["ContentBasedDeduplication"] == "false"
    assert found["DeduplicationScope"] == "queue"
    assert found["FifoThroughputLimit"] == "perQueue"
    assert found["QueueArn"].endswith(":" + queue.name)


def test_only_the_attributes_that_are_asked_for(queue):
    assert set(queue.attributes("VisibilityTimeout")) == {"VisibilityTimeout"}


def test_a_fifo_queues_name_ends_in_fifo(sqs):
    with refused("InvalidParameterValue"):
        sqs.create_queue(QueueName=unique("q"), Attributes={"FifoQueue": "true"})


def test_only_a_fifo_queues_name_ends_in_fifo(sqs):
    with refused("InvalidParameterValue"):
        sqs.create_queue(QueueName=unique("q") + ".fifo")


@pytest.mark.parametrize("name", ["", "x" * 76 + ".fifo", "a b.fifo", "é.fifo", "a/b.fifo"])
def test_a_name_that_is_none(sqs, name):
    with refused():
        sqs.create_queue(QueueName=name, Attributes={"FifoQueue": "true"})


def test_a_queue_that_is_there_is_created_again(sqs, queue):
    assert Queue(sqs, queue.name).url == queue.url


def test_a_queue_that_is_there_with_other_attributes_is_not(sqs, queue):
    with refused("QueueNameExists", "QueueAlreadyExists"):
        Queue(sqs, queue.name, {"VisibilityTimeout": 31})


def test_a_fifo_queue_stays_one(queue):
    with refused("InvalidAttributeName", "InvalidAttributeValue", "InvalidParameterValue"):
        queue.sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"FifoQueue": "false"})


@pytest.mark.parametrize("name, value", [
    ("VisibilityTimeout", -1), ("VisibilityTimeout", 43201),
    ("MessageRetentionPeriod", 59), ("MessageRetentionPeriod", 1209601),
    ("MaximumMessageSize", 1023), ("MaximumMessageSize", MIB + 1),
    ("ReceiveMessageWaitTimeSeconds", 21), ("DelaySeconds", 901),
    ("DeduplicationScope", "nonsense"), ("ContentBasedDeduplication", "nonsense"),
])  # fmt: skip
def test_a_value_that_is_none(make_queue, queue, name, value):
    """Retention 60 s .. 14 d, visibility up to 12 h, size up to 1 MiB."""
    codes = ("InvalidAttributeValue", "InvalidParameterValue")
    with refused(*codes):
        make_queue(**{name: value})
    with refused(*codes):
        queue.sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={name: str(value)})


@pytest.mark.parametrize("name, value", [
    ("VisibilityTimeout", 0), ("VisibilityTimeout", 43200),
    ("MessageRetentionPeriod", 60), ("MessageRetentionPeriod", 1209600),
    ("MaximumMessageSize", 1024), ("ReceiveMessageWaitTimeSeconds", 20), ("DelaySeconds", 900),
])  # fmt: skip
def test_a_value_at_the_edge(make_queue, name, value):
    assert make_queue(**{name: value}).attributes()[name] == str(value)


def test_an_attribute_that_is_none(make_queue, queue):
    with refused("InvalidAttributeName"):
        make_queue(Nonsense="1")
    with refused("InvalidAttributeName"):
        queue.attributes("Nonsense")


def test_what_was_set_holds(make_queue):
    queue = make_queue()
    given = {"VisibilityTimeout": "40", "ContentBasedDeduplication": "true"}
    queue.sqs.set_queue_attributes(QueueUrl=queue.url, Attributes=given)
    found = queue.attributes()
    assert {name: found[name] for name in given} == given


def test_a_queue_is_found_by_its_name(sqs, queue):
    assert sqs.get_queue_url(QueueName=queue.name)["QueueUrl"] == queue.url
    listed = sqs.list_queues(QueueNamePrefix=queue.name)["QueueUrls"]
    assert listed == [queue.url]


def test_a_queue_that_is_none(sqs):
    with refused(*GONE):
        sqs.get_queue_url(QueueName=unique("none") + ".fifo")


def test_tags(queue):
    queue.sqs.tag_queue(QueueUrl=queue.url, Tags={"a": "1", "b": "2"})
    queue.sqs.untag_queue(QueueUrl=queue.url, TagKeys=["a"])
    assert queue.sqs.list_queue_tags(QueueUrl=queue.url)["Tags"] == {"b": "2"}


# Purge


def test_purge_empties_the_queue(queue):
    queue.send_all("g1-m1", "g1-m2", "g2-m1")
    queue.receive(1)
    queue.sqs.purge_queue(QueueUrl=queue.url)
    assert queue.depth() == (0, 0)
    queue.send_all("g1-m3")
    assert queue.drain() == ["g1-m3"]


def test_purge_only_once_a_minute(queue, clock):
    """PurgeQueueInProgress."""
    queue.sqs.purge_queue(QueueUrl=queue.url)
    with refused("PurgeQueueInProgress", status=403):
        queue.sqs.purge_queue(QueueUrl=queue.url)
    clock.advance(61)
    queue.sqs.purge_queue(QueueUrl=queue.url)


# Delete


def test_a_deleted_queue_is_gone(queue):
    queue.send_all("g-m1")
    queue.sqs.delete_queue(QueueUrl=queue.url)
    with refused(*GONE):
        queue.receive()
    with refused(*GONE):
        queue.sqs.get_queue_url(QueueName=queue.name)


def test_the_name_is_free_again_after_a_minute(sqs, queue, clock):
    """QueueDeletedRecently: wait 60 s."""
    queue.send_all("g-m1")
    queue.sqs.delete_queue(QueueUrl=queue.url)
    with refused("QueueDeletedRecently"):
        Queue(sqs, queue.name)
    clock.advance(61)
    assert Queue(sqs, queue.name).bodies() == []


def test_who_waits_is_told_or_gets_nothing_when_the_queue_is_deleted(queue, clock):
    waiting = queue.waiting(3)
    assert waiting.waits()
    queue.sqs.delete_queue(QueueUrl=queue.url)
    try:
        assert waiting.result_while(lambda: clock.advance(0.25)) == []
    except queue.sqs.exceptions.ClientError as error:
        assert code_of(error) in GONE
