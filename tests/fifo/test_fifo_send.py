"""SendMessage and SendMessageBatch on a FIFO queue: sizes, characters, identifiers, entries.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
"""

import pytest
from queues import MIB, entries, refused, unique

PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
TEXT = {"DataType": "String", "StringValue": "v"}


# One message


def test_a_body_of_1_mib_is_taken(queue):
    """Body 1 B .. 1,048,576 B."""
    queue.send("x" * MIB)
    assert [len(body) for body in queue.bodies()] == [MIB]


def test_a_body_is_measured_in_bytes_and_not_in_characters(queue):
    with refused("InvalidParameterValue"):
        queue.send("é" * (MIB // 2) + "x")


def test_a_body_over_1_mib_is_refused(queue):
    with refused("InvalidParameterValue", says="Message must be shorter than 1048576 bytes"):
        queue.send("x" * (MIB + 1))
    assert queue.bodies() == []


def test_an_empty_body_is_refused(queue):
    with refused():
        queue.send("")
    assert queue.bodies() == []


def test_the_queue_can_have_a_smaller_limit(make_queue):
    """Per-entry Failed says the same text; [V] for 1024."""
    queue = make_queue(MaximumMessageSize=1024)
    queue.send("x" * 1024)
    with refused("InvalidParameterValue", says="Message must be shorter than 1024 bytes"):
        queue.send("x" * 1025)


@pytest.mark.parametrize("character", [
    "\t", "\n", "\r", " ", "\x7f", "\ud7ff", "\ue000", "\ufffd", "\U00010000", "\U0010ffff",
], ids=ascii)  # fmt: skip
def test_a_character_that_is_allowed(queue, character):
    """#x9 #xA #xD #x20-#xD7FF #xE000-#xFFFD #x10000-#x10FFFF."""
    queue.send(f"a{character}b")
    assert queue.bodies() == [f"a{character}b"]


@pytest.mark.parametrize(
    "character", ["\x01", "\x08", "\x0b", "\x1f", "\ufffe", "\uffff"], ids=ascii
)
def test_a_character_that_is_not_allowed(queue, character):
    with refused("InvalidMessageContents"):
        queue.send(f"a{character}b")
    assert queue.bodies() == []


def test_json_with_escapes_is_always_a_body(queue):
    body = '{"a": "\\u0001\\uffff"}'
    queue.send(body)
    assert queue.bodies() == [body]


def test_ten_attributes_are_taken_and_come_back(queue):
    """<=10 message attributes."""
    given = {f"a{n}": TEXT for n in range(10)}
    queue.send("m", MessageAttributes=given)
    (message,) = queue.receive()
    assert message["MessageAttributes"] == given


def test_eleven_attributes_are_refused(queue):
    with refused("InvalidParameterValue"):
        queue.send("m", MessageAttributes={f"a{n}": TEXT for n in range(11)})
    assert queue.bodies() == []


IDS = {
    "one": "a",
    "all kinds": "azAZ09" + PUNCTUATION,
    "128": "x" * 128,
}
BAD_IDS = {"129": "x" * 129, "a space": "a b", "not ASCII": "é", "control": "a\tb"}


@pytest.mark.parametrize("value", IDS.values(), ids=IDS)
def test_a_group_and_a_deduplication_id(queue, value):
    """1..128 characters, alphanumeric and punctuation."""
    queue.send("m", value, value)
    (message,) = queue.receive()
    assert message["Attributes"]["MessageGroupId"] == value
    assert message["Attributes"]["MessageDeduplicationId"] == value


@pytest.mark.parametrize("parameter", ["MessageGroupId", "MessageDeduplicationId"])
@pytest.mark.parametrize("value", BAD_IDS.values(), ids=BAD_IDS)
def test_a_group_or_a_deduplication_id_that_is_none(queue, parameter, value):
    with refused("InvalidParameterValue"):
        queue.send("m", **{parameter: value})
    assert queue.bodies() == []


@pytest.mark.parametrize("value", ["x" * 129, "a b", "é"], ids=["129", "a space", "not ASCII"])
def test_an_attempt_id_that_is_none(queue, value):
    with refused("InvalidParameterValue"):
        queue.receive(ReceiveRequestAttemptId=value)


def test_a_message_needs_a_group(queue):
    with refused("MissingParameter", says="MessageGroupId"):
        queue.send("m", None)


def test_a_message_needs_a_deduplication_id_where_its_content_is_none(queue):
    with refused("InvalidParameterValue", says="ContentBasedDeduplication"):
        queue.sqs.send_message(QueueUrl=queue.url, MessageBody="m", MessageGroupId="g")


def test_a_delay_of_one_message_is_refused(queue):
    """Per-message DelaySeconds forbidden on FIFO."""
    with refused("InvalidParameterValue"):
        queue.send("m", DelaySeconds=1)


def test_a_delay_of_0_is_taken(queue):
    queue.send("m", DelaySeconds=0)
    assert queue.bodies() == ["m"]


# Batches


def test_a_batch_is_enqueued_in_its_order(queue):
    """Multiple messages within a single batch are enqueued in the order they are sent."""
    queue.send_batch(*((f"m{n}", "g") for n in range(10)))
    queue.send_batch(*((f"m{n}", "g") for n in range(10, 13)))
    assert queue.drain() == [f"m{n}" for n in range(13)]


def test_an_entry_is_answered_by_its_id(queue):
    answer = queue.send_batch(("a", "g1"), ("b", "g2"))
    assert [each["Id"] for each in answer["Successful"]] == ["0", "1"]
    assert not answer.get("Failed")
    for each in answer["Successful"]:
        assert each["MessageId"] and each["MD5OfMessageBody"] and each["SequenceNumber"]


GOOD_ENTRY_IDS = {"1": "a", "80": "x" * 80, "all kinds": "azAZ09_-"}
BAD_ENTRY_IDS = {"empty": "", "81": "x" * 81, "a dot": "a.b", "a space": "a b", "not ASCII": "é"}


@pytest.mark.parametrize("value", GOOD_ENTRY_IDS.values(), ids=GOOD_ENTRY_IDS)
def test_an_entry_id(queue, value):
    """Id 1..80 [A-Za-z0-9_-]."""
    (entry,) = entries(("m", "g"))
    assert queue.batch([{**entry, "Id": value}])["Successful"][0]["Id"] == value


@pytest.mark.parametrize("value", BAD_ENTRY_IDS.values(), ids=BAD_ENTRY_IDS)
def test_an_entry_id_that_is_none_fails_the_whole_batch(queue, value):
    """[V] InvalidBatchEntryId, nothing sent."""
    good, bad = entries(("a", "g"), ("b", "g"))
    with refused("InvalidBatchEntryId"):
        queue.batch([good, {**bad, "Id": value}])
    assert queue.bodies() == []


def test_ten_entries_are_the_most(queue):
    """[V] TooManyEntriesInBatchRequest, nothing sent."""
    with refused("TooManyEntriesInBatchRequest"):
        queue.send_batch(*((f"m{n}", "g") for n in range(11)))
    assert queue.bodies() == []


def test_an_empty_batch_is_refused(queue):
    """[V] EmptyBatchRequest."""
    with refused("EmptyBatchRequest"):
        queue.batch([])


def test_entry_ids_are_distinct(queue):
    """[V] BatchEntryIdsNotDistinct, nothing sent."""
    first, second = entries(("a", "g"), ("b", "g"))
    with refused("BatchEntryIdsNotDistinct"):
        queue.batch([first, {**second, "Id": first["Id"]}])
    assert queue.bodies() == []


def test_a_batch_of_1_mib_is_taken(queue):
    """Batch sum <= 1 MiB."""
    answer = queue.send_batch(("a" * (MIB // 2), "g"), ("b" * (MIB // 2), "g"))
    assert len(answer["Successful"]) == 2


def test_a_batch_over_1_mib_is_refused(queue):
    """[V] BatchRequestTooLong, nothing sent."""
    says = "Batch requests cannot be longer than 1048576 bytes"
    with refused("BatchRequestTooLong", says=says):
        queue.send_batch(("a" * (MIB // 2), "g"), ("b" * (MIB // 2 + 1), "g"))
    assert queue.bodies() == []


@pytest.mark.parametrize("over", [0, 1])
def test_attributes_count_into_the_batch(queue, over):
    """Bodies + attribute names, types and values: 4 + 6 + 10 bytes here."""
    attribute = {"name": {"DataType": "String", "StringValue": "0123456789"}}
    first, second = entries(("a" * (MIB // 2), "g"), ("b" * (MIB // 2 - 20 + over), "g"))
    second["MessageAttributes"] = attribute
    if over:
        with refused("BatchRequestTooLong"):
            queue.batch([first, second])
        assert queue.bodies() == []
    else:
        assert len(queue.batch([first, second])["Successful"]) == 2


def test_the_trace_header_does_not_count_into_the_batch(queue):
    first, second = entries(("a" * (MIB // 2), "g"), ("b" * (MIB // 2), "g"))
    trace = "Root=1-5e9b1c5c-000000000000000000000000"
    header = {"AWSTraceHeader": {"DataType": "String", "StringValue": trace}}
    second["MessageSystemAttributes"] = header
    assert len(queue.batch([first, second])["Successful"]) == 2
    assert [m["Attributes"].get("AWSTraceHeader") for m in queue.receive()] == [None, trace]


@pytest.mark.parametrize("lacking", ["MessageGroupId", "MessageDeduplicationId"])
def test_an_entry_without_group_or_deduplication_id_fails_the_whole_batch(queue, lacking):
    """[V] On FIFO: 400 for the whole batch, nothing sent; both InvalidParameterValue here."""
    good, bad = entries(("a", "g"), ("b", "g"))
    del bad[lacking]
    with refused("InvalidParameterValue"):
        queue.batch([good, bad])
    assert queue.bodies() == []


def test_an_entry_over_the_queues_limit_fails_alone(make_queue):
    """[V] Per-entry Failed with HTTP 200, and the text."""
    queue = make_queue(MaximumMessageSize=1024)
    answer = queue.send_batch(("x" * 1024, "g1"), ("x" * 1025, "g2"), ("y", "g3"))
    assert [each["Id"] for each in answer["Successful"]] == ["0", "2"]
    (failed,) = answer["Failed"]
    assert failed == {
        "Id": "1", "SenderFault": True, "Code": "InvalidParameterValue",
        "Message": "One or more parameters cannot be validated. "
        "Reason: Message must be shorter than 1024 bytes.",
    }  # fmt: skip
    assert queue.drain() == ["x" * 1024, "y"]


def test_an_entry_with_an_empty_body_fails_alone(queue):
    answer = queue.send_batch(("", "g1"), ("m", "g2"))
    assert [each["Id"] for each in answer["Successful"]] == ["1"]
    assert [(each["Id"], each["SenderFault"]) for each in answer["Failed"]] == [("0", True)]
    assert queue.drain() == ["m"]


def test_an_entry_that_fails_does_not_stop_later_ones_of_its_group(make_queue):
    """No document promises that it does: a client that relies on it loses the order."""
    queue = make_queue(MaximumMessageSize=1024)
    answer = queue.send_batch(("x" * 1025, "g"), ("m2", "g"))
    assert [each["Id"] for each in answer["Failed"]] == ["0"]
    assert queue.drain() == ["m2"]


# Sequence numbers


def test_sequence_numbers_increase_in_a_group(queue):
    """SequenceNumber: 128 bits, increasing per group; each entry of a batch has its own."""
    sent = [queue.send("m")["SequenceNumber"]]
    sent += [
        each["SequenceNumber"] for each in queue.send_batch(("a", "g"), ("b", "g"))["Successful"]
    ]
    sent.append(queue.send("m")["SequenceNumber"])
    assert all(number.isdecimal() and int(number) < 2**128 for number in sent)
    assert sorted(map(int, sent)) == list(map(int, sent)) and len(set(sent)) == 4


def test_the_sequence_number_comes_with_the_message(queue):
    sent = [queue.send("m", unique("g"))["SequenceNumber"] for _ in range(3)]
    got = [message["Attributes"]["SequenceNumber"] for message in queue.receive()]
    assert sorted(got) == sorted(sent)


def test_what_a_send_answers_is_what_is_received(queue):
    sent = queue.send("text")
    (message,) = queue.receive()
    assert message["MessageId"] == sent["MessageId"]
    assert message["MD5OfBody"] == sent["MD5OfMessageBody"]


def test_sending_to_a_queue_that_is_none(queue):
    queue.url += "x"
    with refused("NonExistentQueue", "QueueDoesNotExist"):
        queue.send("m")
