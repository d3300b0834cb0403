"""The JSON 1.0 protocol, without boto3 in between.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html
"""

import hashlib
import json

import pytest
from queues import raw, unique


def error_of(answer):
    """(status, name after "#", code of the query protocol)"""
    status, headers, body = answer
    said = json.loads(body)
    assert said.get("message") or said.get("Message")
    return status, said["__type"].rpartition("#")[2], headers.get("x-amzn-query-error")


def test_an_answer_is_json_1_0(target, queue):
    body = {
        "QueueUrl": queue.url, "MessageBody": "é", "MessageGroupId": "g",
        "MessageDeduplicationId": "d",
    }  # fmt: skip
    status, headers, answer = raw(target.url, "SendMessage", body)
    assert status == 200
    assert headers["Content-Type"].startswith("application/x-amz-json-1.0")
    found = json.loads(answer)
    assert found["MD5OfMessageBody"] == hashlib.md5("é".encode()).hexdigest()
    assert set(found) == {"MD5OfMessageBody", "MessageId", "SequenceNumber"}


def test_nothing_to_answer_is_an_empty_answer(target, queue):
    body = {"QueueUrl": queue.url, "Attributes": {"VisibilityTimeout": "31"}}
    status, _, answer = raw(target.url, "SetQueueAttributes", body)
    assert status == 200 and answer in (b"", b"{}")


def test_an_error_says_its_type_and_its_query_code(target):
    """{"__type": "com.amazonaws.sqs#QueueDoesNotExist"}, x-amzn-query-error CODE;Sender."""
    answer = raw(target.url, "GetQueueUrl", {"QueueName": unique("none") + ".fifo"})
    assert error_of(answer) == (
        400, "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue;Sender",
    )  # fmt: skip
    assert json.loads(answer[2])["__type"] == "com.amazonaws.sqs#QueueDoesNotExist"


BATCH_ERRORS = {
    "EmptyBatchRequest": [],
    "TooManyEntriesInBatchRequest": [{"Id": str(n)} for n in range(11)],
    "BatchEntryIdsNotDistinct": [{"Id": "a"}, {"Id": "a"}],
    "InvalidBatchEntryId": [{"Id": "a.b"}],
    "BatchRequestTooLong": [{"Id": name, "MessageBody": "x" * 600_000} for name in "ab"],
}


@pytest.mark.parametrize("name", BATCH_ERRORS)
def test_a_batchs_error_and_its_query_code(target, queue, name):
    """AWS.SimpleQueueService.<the same>."""
    common = {"MessageBody": "m", "MessageGroupId": "g"}
    made = [
        {**common, "MessageDeduplicationId": str(n), **entry}
        for n, entry in enumerate(BATCH_ERRORS[name])
    ]
    answer = raw(target.url, "SendMessageBatch", {"QueueUrl": queue.url, "Entries": made})
    assert error_of(answer) == (400, name, f"AWS.SimpleQueueService.{name};Sender")


def test_an_expired_handle_is_an_invalid_parameter_value(target, queue):
    """__type InvalidParameterValueException, query code InvalidParameterValue [V]."""
    queue.send_all("g-m1")
    (message,) = queue.receive()
    queue.change(message, 0)
    body = {"QueueUrl": queue.url, "ReceiptHandle": message["ReceiptHandle"]}
    status, name, query = error_of(raw(target.url, "DeleteMessage", body))
    assert (status, query) == (400, "InvalidParameterValue;Sender")
    assert name.removesuffix("Exception") == "InvalidParameterValue"


def test_an_error_about_a_handle(target, queue):
    body = {"QueueUrl": queue.url, "ReceiptHandle": "nonsense"}
    status, name, query = error_of(raw(target.url, "DeleteMessage", body))
    assert name == "ReceiptHandleIsInvalid" and 400 <= status < 500
    assert query.rpartition(";")[0] == "ReceiptHandleIsInvalid"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"'], ids=repr)
def test_a_body_that_is_no_json_object_is_refused(target, body):
    status, _, _ = raw(target.url, "ListQueues", body)
    assert 400 <= status < 500


def test_an_action_that_is_none_is_refused(target):
    status, _, _ = raw(target.url, "Nonsense", {})
    assert 400 <= status < 500


def test_a_wrong_type_is_refused(target, queue):
    body = {"QueueUrl": queue.url, "MaxNumberOfMessages": "many"}
    status, _, _ = raw(target.url, "ReceiveMessage", body)
    assert status == 400
