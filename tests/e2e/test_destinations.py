"""What destinations may ask for beside keys: statuses, pauses, bodies. Judged by servers and parsers
that are none of ours."""

import pytest
from test_auth import drain, logs, pack, to
from test_bootstrap import Lambda

from fakes.api import Answer, Api


@pytest.fixture
def api():
    with Api() as made:
        yield made


@pytest.fixture
def lam(fifoq, aws, proxy, api):
    made = Lambda(fifoq, aws, proxy, api)
    yield made
    made.close()


# Statuses


class KnowsItsKeys:
    """Takes what it has not seen, breaks after it has, and says 409 to what it has."""

    def __init__(self):
        self.stored = []

    def __call__(self, got):
        key = got.headers["Idempotency-Key"]
        if key in self.stored:
            return Answer(409)
        self.stored.append(key)
        return Answer(500) if len(self.stored) == 1 else None


@pytest.mark.parametrize("on_reject", ["block", "dead-letter", "drop"])
def test_a_conflict_may_mean_that_it_is_there_already(lam, on_reject):
    lam.api.choose = server = KnowsItsKeys()
    pack(lam, to(lam, None, success=["200-299", 409]), drain={"on_reject": on_reject})
    runtime = lam.start("drain")
    lam.send(1, "g")
    lam.send(2, "g")
    assert drain(lam, runtime)["delivered"] == 2
    assert server.stored == ["event-1", "event-2"]
    assert [got.status for got in lam.api.requests()] == [500, 409, 200]
    assert lam.depth() == 0 and lam.depth("orders-dead.fifo") == 0


def test_without_it_a_conflict_comes_again(lam):
    lam.api.choose = KnowsItsKeys()
    pack(lam, to(lam, None), drain={"on_reject": "drop"})
    runtime = lam.start("drain")
    lam.send(1, "g")
    assert drain(lam, runtime)["delivered"] == 0
    assert lam.depth() == 1


# Pauses


@pytest.mark.parametrize("asked", ["2.5", "3.0"])
def test_a_pause_may_have_a_fraction(lam, asked):
    lam.api.script(Answer(429, {"Retry-After": asked}))
    pack(lam, to(lam, None))
    runtime = lam.start("drain")
    lam.send(1, "g")
    assert drain(lam, runtime)["delivered"] == 1
    first, second = lam.api.requests()
    assert second.at - first.at >= float(asked)


def test_a_403_that_asks_for_a_pause_is_a_rate_limit(lam):
    """The keys are kept, nothing is fetched again, and no other group goes there."""
    lam.api.choose = lambda got: Answer(403, {"Retry-After": "600"})
    pack(lam, to(lam, {"bearer": "${param.secret}"}), parameters={"secret": "k"},
         drain={"on_reject": "drop"})  # fmt: skip
    runtime = lam.start("drain")
    lam.send(1, "g")
    lam.send(2, "h")
    assert drain(lam, runtime)["stopped"] == "paused"
    assert len(lam.api.requests()) == 1 and lam.depth() == 2
    assert len(lam.proxy.calls("ssm", "GetParameters")) == 1
    assert "refuses our credentials" not in logs(runtime)


def test_a_413_that_asks_for_a_pause_is_not_final(lam):
    lam.api.script(Answer(413, {"Retry-After": "1"}))
    pack(lam, to(lam, None), drain={"on_reject": "drop"})
    runtime = lam.start("drain")
    lam.send(1, "g")
    lam.send(2, "g")
    assert drain(lam, runtime)["delivered"] == 2
    assert [got.status for got in lam.api.requests()] == [413, 200, 200]
