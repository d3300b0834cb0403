"""`fifoq sqs` as a child process, with a boto3 client for it."""

import json
import re
import urllib.request

import boto3
from botocore.config import Config
from support import wait_until

from fakes import KEY_ID, SECRET

READY = re.compile(r"^listening on (http://127\.0\.0\.1:\d+)\n", re.M)


class Sqs:
    """The server as a child process, and boto3 without retries."""

    def __init__(self, fifoq, *args, read_timeout=60):
        self.process = fifoq.start("sqs", *args)
        self.texts = lambda: "".join(fifoq.texts(self.process))
        ready = wait_until(lambda: READY.search(self.texts()), 30, "fifoq sqs serves")
        self.url = ready.group(1)
        self.client = boto3.client(
            "sqs", endpoint_url=self.url, region_name="eu-west-1", aws_access_key_id=KEY_ID,
            aws_secret_access_key=SECRET,
            config=Config(retries={"total_max_attempts": 1}, read_timeout=read_timeout),
        )  # fmt: skip

    def own(self, path, body=None):
        """A control request to the server."""
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"{self.url}/_fifoq/{path}", data, timeout=30) as answer:
            return json.load(answer)

    def queue(self, name="q.fifo"):
        made = self.client.create_queue(QueueName=name, Attributes={"FifoQueue": "true"})
        return made["QueueUrl"]

    def send(self, url, body, dedup="d"):
        return self.client.send_message(
            QueueUrl=url, MessageBody=body, MessageGroupId="g", MessageDeduplicationId=dedup
        )

    def bodies(self, url):
        found = self.client.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [each["Body"] for each in found.get("Messages", [])]
