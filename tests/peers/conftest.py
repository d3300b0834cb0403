"""Tests of fifoq against other programs, which .ci/peers downloads and builds."""

import pytest
import tally
from e2e.conftest import aws, clients, fifoq, table  # noqa: F401, as fixtures
from programs import Dynoxide, TickingFifoq
from queues import Queue, client
from targets import ElasticMq

from fakes.api import Api

ACCOUNT = "012345678912"  # in the function ARNs of the Lambda emulator
PROGRAMS = {
    "test_peer_rie.py": "Lambda Runtime Interface Emulator",
    "test_peer_dynamodb.py": "dynoxide (DynamoDB)",
    "test_peer_ministack.py": "MiniStack",
    "test_peer_ruler.py": "event-ruler",
}


@pytest.fixture
def api():
    with Api() as made:
        yield made


@pytest.fixture
def sqs(request):
    """An SQS with the pipeline's two queues, `queue` and `dead`: fifoq's by default."""
    if getattr(request, "param", "fifoq") == "fifoq":
        server = TickingFifoq("--account", ACCOUNT)
    else:
        server = ElasticMq(ACCOUNT)
        server.client = client(server.url)
    server.queue = Queue(server.client, "orders.fifo")
    server.dead = Queue(server.client, "orders-dead.fifo")
    yield server
    server.close()


@pytest.fixture
def dynamodb():
    server = Dynoxide()
    yield server
    server.close()


def pytest_runtest_logreport(report):
    path, _, test = report.nodeid.partition("::")
    if program := PROGRAMS.get(path.rpartition("/")[2]):
        tally.take(report, program, test)


def pytest_terminal_summary(terminalreporter):
    for program in filter(tally.RESULTS.get, PROGRAMS.values()):
        terminalreporter.line(f"peer {program}: {tally.said(program)}")
