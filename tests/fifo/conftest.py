"""Each test of the FIFO suite runs once for every target, and the summary compares them.

Known differences of a target are in differences.py and are expected to fail there (strictly: if the
test passes, the line must be removed), so nothing is silently skipped.
"""

import os

import pytest
import queues
import tally
from differences import ALSO_CALLED, DIFFERENCES, NOT_RUN
from targets import TARGETS, chosen

HERE = os.path.dirname(__file__)


@pytest.fixture(scope="session", params=chosen())
def target(request):
    server = TARGETS[request.param]()
    queues.also_called.clear()
    queues.also_called.update(ALSO_CALLED.get(server.name, {}))
    yield server
    server.close()


@pytest.fixture(scope="session")
def sqs(target):
    made = queues.client(target.url)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def forget(target):
    target.forget()


@pytest.fixture
def clock(target):
    """advance(seconds): time passes. fifoq's clock is set; for another target the test waits, or is
    skipped."""
    return target


@pytest.fixture
def make_queue(sqs):
    """make_queue(Attribute=value, ...): a FIFO queue with its own name."""

    def make(**attributes):
        return queues.Queue(sqs, queues.unique("q") + ".fifo", attributes)

    return make


@pytest.fixture
def queue(make_queue):
    return make_queue()


def test_of(item):
    """(test with its parameters but for the target, target)"""
    target = item.callspec.params["target"]
    ids = [each for each in item.callspec._idlist if each != target]
    return item.originalname + (f"[{'-'.join(ids)}]" if ids else ""), target


def ours(items):
    return [item for item in items if str(item.path).startswith(HERE + os.sep)]


def pytest_collection_modifyitems(items):
    for item in ours(items):
        test, target = test_of(item)
        item.user_properties.append(("fifo", (test, target)))
        known = DIFFERENCES.get(target, {})
        if why := known.get(test) or known.get(item.originalname):
            run = item.originalname not in NOT_RUN.get(target, ())
            item.add_marker(pytest.mark.xfail(reason=why, strict=True, run=run))


def pytest_runtest_logreport(report):
    if name := dict(report.user_properties).get("fifo"):
        test, target = name
        tally.take(report, target, test)


def pytest_terminal_summary(terminalreporter):
    targets = [name for name in TARGETS if name in tally.RESULTS]
    if len(targets) > 1:
        terminalreporter.section(f"SQS FIFO, side by side: {', '.join(targets)}")
        for line in tally.table(targets):
            terminalreporter.line(line)
    for name in targets:
        terminalreporter.line(f"SQS FIFO, {name}: {tally.said(name)}")
