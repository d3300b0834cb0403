"""SQS for the tests: a queue, what is sent to it, received from it, refused by it."""

import contextlib
import itertools
import json
import threading
import time
import urllib.error
import urllib.request

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from fakes import KEY_ID, SECRET

REGION = "eu-west-1"
MIB = 1024 * 1024
numbers = itertools.count(1)


def unique(prefix):
    return f"{prefix}-{next(numbers)}"


def client(url):
    """boto3 with one attempt that sends its parameters unchecked."""
    once = Config(
        retries={"total_max_attempts": 1}, parameter_validation=False, read_timeout=60,
        connect_timeout=5, max_pool_connections=20,
    )  # fmt: skip
    return boto3.client(
        "sqs", endpoint_url=url, region_name=REGION, config=once,
        aws_access_key_id=KEY_ID, aws_secret_access_key=SECRET,
    )  # fmt: skip


def code_of(error):
    """The error's name, in the query protocol's spelling or the model's."""
    code = error.response["Error"]["Code"].rpartition("#")[2].rpartition(".")[2]
    return code.removesuffix("Exception")


also_called = {}  # {AWS's code: the target's name for it}; the target's fixture fills it


@contextlib.contextmanager
def refused(*codes, says=None, status=400):
    """The call in the block must be refused with one of these codes (none given: any).

    status None: any of a client's errors. An error with another name in the target has another text
    too.
    """
    with pytest.raises(ClientError) as caught:
        yield
    error, answered = caught.value, caught.value.response["ResponseMetadata"]["HTTPStatusCode"]
    assert answered == status or (status is None and 400 <= answered < 500), error
    if codes and code_of(error) in {also_called.get(code) for code in codes}:
        return
    assert not codes or code_of(error) in codes, error
    assert says is None or says in error.response["Error"]["Message"], error


def raw(url, action, body, headers=None):
    """One signed request without boto3: (status, headers, bytes)."""
    sent = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": f"AmazonSQS.{action}",
        "x-amzn-query-mode": "true",
        **(headers or {}),
    }
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    signed = AWSRequest("POST", url + "/", sent, data)
    SigV4Auth(Credentials(KEY_ID, SECRET), "sqs", REGION).add_auth(signed)
    sent = dict(signed.headers)
    request = urllib.request.Request(url + "/", data=data, headers=sent, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def entries(*messages):
    """Batch entries of (body, group) or (body, group, deduplication id), with Ids 0, 1, ..."""
    made = []
    for number, (body, group, *dedup) in enumerate(messages):
        made.append({
            "Id": str(number), "MessageBody": body, "MessageGroupId": group,
            "MessageDeduplicationId": dedup[0] if dedup else unique("dedup"),
        })  # fmt: skip
    return made


class Queue:
    def __init__(self, sqs, name, attributes=None):
        self.sqs, self.name = sqs, name
        made = {"FifoQueue": "true", **{k: str(v) for k, v in (attributes or {}).items()}}
        self.url = sqs.create_queue(QueueName=name, Attributes=made)["QueueUrl"]

    def attributes(self, *names):
        answer = self.sqs.get_queue_attributes(
            QueueUrl=self.url, AttributeNames=list(names) or ["All"]
        )
        return answer.get("Attributes", {})

    @property
    def arn(self):
        return self.attributes("QueueArn")["QueueArn"]

    def depth(self):
        """(visible, in flight)"""
        found = self.attributes(
            "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"
        )
        return tuple(int(found[name]) for name in sorted(found))

    def send(self, body, group="g", dedup=None, **more):
        """more: None omits a parameter."""
        call = {
            "QueueUrl": self.url, "MessageBody": body, "MessageGroupId": group,
            "MessageDeduplicationId": dedup or unique("dedup"), **more,
        }  # fmt: skip
        return self.sqs.send_message(**{k: v for k, v in call.items() if v is not None})

    def send_all(self, *bodies, group=None):
        """Each separately; the group is given, or the part before "-": "g1-m2"."""
        for body in bodies:
            self.send(body, group or body.partition("-")[0])

    def send_batch(self, *messages):
        return self.batch(entries(*messages))

    def batch(self, made):
        return self.sqs.send_message_batch(QueueUrl=self.url, Entries=made)

    def receive(self, count=10, **more):
        """The messages, with all attributes."""
        answer = self.sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=count,
            **{"MessageSystemAttributeNames": ["All"], "MessageAttributeNames": ["All"], **more},
        )  # fmt: skip
        return answer.get("Messages", [])

    def bodies(self, count=10, **more):
        return [message["Body"] for message in self.receive(count, **more)]

    def drain(self):
        """The bodies of all messages that can be received if each is deleted at once."""
        found = []
        while messages := self.receive():
            found += [message["Body"] for message in messages]
            self.delete(*messages)
        return found

    def delete(self, *messages):
        for message in messages:
            self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])

    def change(self, message, seconds):
        self.sqs.change_message_visibility(
            QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=seconds
        )

    def waiting(self, seconds, **more):
        return Waiting(lambda: self.bodies(WaitTimeSeconds=seconds, **more))


class Waiting:
    """A call in its own thread."""

    def __init__(self, call):
        self.value, self.error = None, None
        self.thread = threading.Thread(target=self._run, args=(call,), daemon=True)
        self.thread.start()

    def _run(self, call):
        try:
            self.value = call()
        except Exception as error:  # raised again by result()
            self.error = error

    def done(self):
        return not self.thread.is_alive()

    def waits(self, seconds=0.3):
        """Whether it is still running after this real time."""
        self.thread.join(seconds)
        return not self.done()

    def result(self, timeout=30):
        self.thread.join(timeout)
        if self.thread.is_alive():
            raise TimeoutError(f"no answer within {timeout} s")
        if self.error:
            raise self.error
        return self.value

    def result_while(self, do, timeout=30):
        """The result, with `do` called again and again until it is available."""
        deadline = time.monotonic() + timeout
        while not self.done() and time.monotonic() < deadline:
            do()
            self.thread.join(0.05)
        return self.result(0.1)
