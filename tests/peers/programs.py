"""What .ci/peers built, and `fifoq sqs` with a running clock."""

import threading
import time

import boto3
import pytest
from queues import client
from support import REGION
from targets import PEERS, READY, Fifoq, Server

from fakes import KEY_ID, SECRET


def peer(name):
    path = PEERS / name
    if not path.exists():
        pytest.skip(f"'{path}' is not there: .ci/peers says why")
    return path


class Dynoxide(Server):
    """An independent DynamoDB with streams; `dynamodb` and `streams` are boto3 clients."""

    name = "dynoxide"

    def __init__(self):
        super().__init__([peer("dynoxide")], READY)
        self.url = self.ready.group(1)
        where = {"endpoint_url": self.url, "region_name": REGION}
        keys = {"aws_access_key_id": KEY_ID, "aws_secret_access_key": SECRET}
        self.dynamodb = boto3.client("dynamodb", **where, **keys)
        self.streams = boto3.client("dynamodbstreams", **where, **keys)


class TickingFifoq(Fifoq):
    """`fifoq sqs` whose clock runs as the real one does, and can be moved forward by advance()."""

    def __init__(self, *options):
        super().__init__("--virtual-clock", *options)
        self.ended = threading.Event()
        self.ticker = threading.Thread(target=self._tick, daemon=True)
        self.ticker.start()
        self.client = client(self.url)

    def _tick(self):
        last = time.monotonic()
        while not self.ended.wait(0.05):
            now = time.monotonic()
            self.advance(now - last)
            last = now

    def close(self):
        self.ended.set()
        self.ticker.join()
        self.client.close()
        super().close()
