"""`up` if each service accepts only a few requests a second: the retry mode "adaptive" succeeds
with fewer throttled requests than the mode "standard"."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from difficult import Place

from fakes import hard

RATE_PER_S, BURST = 4, 3
MODES = ("adaptive", "standard")


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
