"""drain.rate applies to the pipeline: parallel and consecutive runs keep it together."""

import itertools

import pytest
import reality
from sqs_server import Sqs
from support import wait_until
from test_bootstrap import Lambda

from fakes.api import Answer, Api

TURN = "orders-turn.fifo"
INTERVAL_S = 0.25


@pytest.fixture
def api():
    with Api() as made:
        yield made


@pytest.fixture
def sqs(fifoq):
    return Sqs(fifoq)


@pytest.fixture
def lam(fifoq, aws, proxy, api, sqs, monkeypatch):
    monkeypatch.setattr(aws, "sqs", sqs.client)
    made = Lambda(fifoq, aws, proxy, api)
    sqs.queue(TURN)
    made.pack({"drain": {"rate": "4/s"}})
    yield made
    made.close()


def start(lam, sqs):
    return lam.start("drain", {"AWS_ENDPOINT_URL_SQS": sqs.url})


def gaps(api):
    at = sorted(got.at for got in api.requests())
    return [after - before for before, after in itertools.pairwise(at)]


def assert_paced(api):
    # the machine may delay one request and not the next
    assert min(gaps(api)) > INTERVAL_S / 2, gaps(api)
    assert sum(gaps(api)) > INTERVAL_S * 0.9 * len(gaps(api)), gaps(api)


def test_two_runs_side_by_side_keep_the_rate_together(lam, sqs, api):
    first, second = start(lam, sqs), start(lam, sqs)
    for number in range(12):
        lam.send(number, f"g-{number}")
    runs = [runtime.invoke({"max_messages": 6}) for runtime in (first, second)]
    answers = [run.wait(60).json() for run in runs]
    assert [answer["delivered"] for answer in answers] == [6, 6]
    assert len(api.requests()) == 12
    assert_paced(api)


def test_a_run_that_comes_too_late_says_why_it_did_nothing(lam, sqs, api):
    api.choose = lambda got: Answer(delay_s=9)
    first, second = start(lam, sqs), start(lam, sqs)
    lam.send(1, "a")
    lam.send(2, "b")
    run = first.invoke({"max_messages": 1})
    wait_until(api.requests, 30, "the first run sends")
    late = second.invoke({}, deadline_ms=14_000).wait(60).json()
    assert (late["received"], late["stopped"]) == (0, "turn")
    assert run.wait(60).json()["delivered"] == 1
    assert len(api.requests()) == 1


def test_the_turn_is_free_after_sigterm(lam, sqs, api):
    first, second = start(lam, sqs), start(lam, sqs)
    for number in range(20):
        lam.send(number, f"g-{number}")
    first.invoke({"max_messages": 20})
    wait_until(api.requests, 30, "the first run sends")
    first.shutdown()
    assert second.invoke({"max_messages": 20}).wait(60).json()["delivered"] > 10
    assert_paced(api)


def test_a_rate_comes_and_goes(fifoq, aws, table):
    """The turn's message is not a difference and has no effect elsewhere."""
    sqs = Sqs(fifoq)
    env = {"AWS_ENDPOINT_URL_SQS": sqs.url}

    def names():
        return {url.rpartition("/")[2] for url in sqs.client.list_queues()["QueueUrls"]}

    fifoq.good("up", "--yes", env=env)
    assert TURN in names()
    sqs.send(sqs.client.get_queue_url(QueueName=TURN)["QueueUrl"], "turn")
    fifoq.good("drift", env=env)
    fifoq.config({"drain": {"rate": None}})
    fifoq.good("up", "--yes", env=env)
    assert names() == {"orders.fifo", "orders-dead.fifo", "orders-ingest-failures"}
    assert TURN not in str(reality.roles(aws)["orders-drain"]["policies"])
    fifoq.good("drift", env=env)


def test_down_leaves_nothing_and_saves_nothing_of_it(fifoq, aws, table):
    sqs = Sqs(fifoq)
    env = {"AWS_ENDPOINT_URL_SQS": sqs.url}
    fifoq.good("up", "--yes", env=env)
    url = sqs.client.get_queue_url(QueueName=TURN)["QueueUrl"]
    sqs.send(url, "turn")
    held = sqs.client.receive_message(QueueUrl=url, VisibilityTimeout=600)
    assert held["Messages"]
    fifoq.good("down", "--yes", "--export", "saved.ndjson", env=env)
    assert (fifoq.folder / "saved.ndjson").read_text() == ""
    assert "QueueUrls" not in sqs.client.list_queues()
