"""`up` if each service accepts only a few requests a second: the retry mode "adaptive" succeeds
with fewer throttled requests than the mode "standard". And many runs at once at AWS's rates: they
share one bucket and do not know of each other."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from difficult import Place
from support import interrupt, wait_until

from fakes import hard
from fakes.hard.rates import Rate

RATE_PER_S, BURST = 4, 3
MODES = ("adaptive", "standard")
AT_ONCE = 12


def up(place, mode):
    """In this mode and with patience; the limit is removed at the end."""
    env = {"AWS_RETRY_MODE": mode, "AWS_MAX_ATTEMPTS": "10"}
    result = place.run("up", "--yes", env=env, timeout=240)
    place.proxy.layers.clear()
    return result


@pytest.fixture(scope="module")
def storms(moto_server, tmp_path_factory):
    """By mode: (its limiter, the result, the resources, whether the signatures were valid); "none"
    is without a limit. The modes run in parallel, each in its own account."""
    moto_server.reset()
    folder = tmp_path_factory.mktemp("storm")

    def tell(mode, account):
        limit = hard.Limit(RATE_PER_S, BURST)
        with Place(moto_server, folder / mode, account, [limit] if mode in MODES else []) as place:
            result = up(place, mode if mode in MODES else None)
            told = limit, result, place.real(), place.proxy.violations()
            if mode == "adaptive":
                assert "nothing to change" in place.good("plan").text
            return told

    with ThreadPoolExecutor(len(MODES)) as pool:
        accounts = {mode: str(210000000000 + i) for i, mode in enumerate((*MODES, "none"))}
        told = {mode: pool.submit(tell, mode, account) for mode, account in accounts.items()}
        yield {mode: each.result() for mode, each in told.items()}


def test_adaptive_mode_gets_there(storms):
    limit, result, real, violations = storms["adaptive"]
    assert limit.used > 0, "the limit was never reached"
    assert result.code == 0, result.text
    assert violations == []
    assert real == storms["none"][2]


def test_adaptive_mode_asks_in_vain_less_often(storms):
    adaptive, standard = (storms[mode][0].used for mode in MODES)
    assert 0 < adaptive < standard


@pytest.fixture
def slow_lambda(fifoq, proxy, table):
    """A pipeline, and less than Lambda's documented rate."""
    fifoq.good("up", "--yes")
    proxy.clear()
    hard.switch_on(proxy, rates := hard.Rates([Rate("lambda", "", 10, 10)]))
    return rates


def test_many_drifts_at_once_are_patient(fifoq, slow_lambda):
    runs = [fifoq.start("drift") for _ in range(AT_ONCE)]
    results = [fifoq.finish(run, timeout=120) for run in runs]
    assert [result.code for result in results] == [0] * AT_ONCE, results[0].text
    assert sum(slow_lambda.refused.values()) > AT_ONCE, "the limit was hardly reached"


def test_the_number_of_attempts_that_is_set_counts(fifoq, proxy):
    """As in AWS's tools: two attempts are two attempts, however long AWS throttles."""
    hard.switch_on(proxy, hard.Rates([Rate("sts", "", 0.001, 0)]))
    result = fifoq.run("whoami", env={"AWS_MAX_ATTEMPTS": "2"})
    assert result.code == 1, result.text
    assert "tried 2 times" in result.text


def test_a_patient_run_is_interrupted_at_once(fifoq, proxy, slow_lambda):
    slow_lambda.rates = [Rate("lambda", "", 0.001, 0)]
    run = fifoq.start("drift")
    wait_until(lambda: "AWS allows" in fifoq.texts(run)[1], 60, "no word about the wait")
    requests = len(proxy.calls("lambda"))
    interrupt(run)
    assert fifoq.finish(run, timeout=30).code == 130
    assert len(proxy.calls("lambda")) == requests
