"""The depth of `up` and `drift`: with a latency of 40 ms for each request, the longest chain of
them determines the time."""

import pytest
import reality
from support import make_table

from fakes.proxy import longest_chain

DELAY_S = 0.040
MOST_DEEP = 13  # two of them check that the change is visible, in parallel with the release of the lock
MOST_MEMORY_KIB = 30 * 1024
DRIFT_MOST_DEEP = 4
DRIFT_MOST_MEMORY_KIB = 20 * 1024


@pytest.fixture
def far(fifoq, aws, moto, proxy, table):
    """fifoq with a latency of 40 ms to an empty emulator that has loaded all of its services."""
    fifoq.good("up", "--yes")
    moto.reset()
    make_table(aws)
    proxy.clear()
    proxy.delay_s = DELAY_S
    return fifoq


def test_up_is_at_most_thirteen_requests_deep(far, aws, proxy, capsys):
    result = far.measured("up", "--yes")
    assert result.code == 0, result.text
    chain = longest_chain(proxy.calls())
    with capsys.disabled():
        print(
            f"\n  up: {len(proxy.calls())} requests, {len(chain)} deep, "
            f"{len({e.connection for e in proxy.calls()})} connections, {result.wall_s:.2f} s, "
            f"peak {result.max_rss_kib / 1024:.1f} MiB"
        )
    assert len(reality.functions(aws)) == 2
    assert len(chain) <= MOST_DEEP, " > ".join(exchange.name for exchange in chain)
    assert result.max_rss_kib < MOST_MEMORY_KIB
    assert proxy.violations() == []


def test_up_again_is_shallow(far, proxy, capsys):
    far.good("up", "--yes")
    proxy.clear()
    result = far.measured("up", "--yes")
    chain = longest_chain(proxy.calls())
    with capsys.disabled():
        print(
            f"\n  up again: {len(proxy.calls())} requests, {len(chain)} deep, "
            f"{result.wall_s:.2f} s, peak {result.max_rss_kib / 1024:.1f} MiB"
        )
    assert proxy.mutating() == []
    assert len(chain) <= MOST_DEEP


def test_drift_is_at_most_four_requests_deep(far, proxy, capsys):
    far.good("up", "--yes")
    proxy.clear()
    result = far.measured("drift")
    assert result.code == 0, result.text
    chain = longest_chain(proxy.calls())
    with capsys.disabled():
        print(
            f"\n  drift: {len(proxy.calls())} requests, {len(chain)} deep, "
            f"{len({e.connection for e in proxy.calls()})} connections, {result.wall_s:.2f} s, "
            f"peak {result.max_rss_kib / 1024:.1f} MiB"
        )
    assert {e.effect for e in proxy.calls()} == {"read"}
    assert len(chain) <= DRIFT_MOST_DEEP, " > ".join(exchange.name for exchange in chain)
    assert result.max_rss_kib < DRIFT_MOST_MEMORY_KIB
