"""The programs of others that the parts of fifoq are run against; .ci/peers fetches and builds them."""

import threading
import time

import boto3
import pytest
from e2e.conftest import aws, clients, fifoq, table  # noqa: F401, as fixtures
from queues import Queue, client
from support import REGION
from targets import PEERS, Fifoq, Server

from fakes import KEY_ID, SECRET
from fakes.api import Api

ACCOUNT = "012345678912"  # in the emulator's function ARNs


class Dynoxide(Server):
    """DynamoDB with streams; each has a database of its own."""

    name = "dynoxide"

    def __init__(self):
        super().__init__([peer("dynoxide")], r"listening on (http://127\.0\.0\.1:\d+)")
        self.url = self.ready.group(1)


def peer(name):
    path = PEERS / name
    if not path.exists():
        pytest.skip(f"'{path}' is not there: .ci/peers says why")
    return path


@pytest.fixture
def api():
    with Api() as made:
        yield made


class TickingFifoq(Fifoq):
    """`fifoq sqs` whose clock runs as the real one does, and can be put forward by advance()."""

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


@pytest.fixture
def sqs():
    """The pipeline's two queues: `queue` and `dead`."""
    server = TickingFifoq("--account", ACCOUNT)
    server.queue = Queue(server.client, "orders.fifo")
    server.dead = Queue(server.client, "orders-dead.fifo")
    yield server
    server.close()


@pytest.fixture
def dynamodb():
    """An independent DynamoDB; `dynamodb` and `streams` are boto3 clients."""
    server = Dynoxide()
    keys = {"aws_access_key_id": KEY_ID, "aws_secret_access_key": SECRET}
    where = {"endpoint_url": server.url, "region_name": REGION}
    server.dynamodb = boto3.client("dynamodb", **where, **keys)
    server.streams = boto3.client("dynamodbstreams", **where, **keys)
    yield server
    server.close()
