"""The depth of `up` and `drift`: the longest chain of requests determines the time. The latency is
longer than the emulator needs for all requests that are sent together, so that they count as one
link."""

import pytest
import reality
from support import make_table

from fakes.proxy import longest_chain

DELAY_S = 0.250
MOST_DEEP = 11  # two of them check that the change is visible, in parallel with the release of the lock
MOST_REQUESTS = 80
MOST_MEMORY_KIB = 30 * 1024
DRIFT_MOST_DEEP = 4
DRIFT_MOST_REQUESTS = 52
PER_PARAMETER = 2
PER_SCHEDULE = 4  # rule, target, and that the target and the tags are visible
DRIFT_MOST_MEMORY_KIB = 20 * 1024


@pytest.fixture
def far(fifoq, aws, moto, proxy, table):
    """fifoq far from an empty emulator that has loaded all of its services."""
    fifoq.good("up", "--yes")
    moto.reset()
    make_table(aws)
    proxy.clear()
    proxy.delay_s = DELAY_S
    return fifoq


def test_up_is_at_most_eleven_requests_deep(far, aws, proxy, capsys):
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
    assert len(proxy.calls()) <= MOST_REQUESTS
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
    assert len(proxy.calls()) <= DRIFT_MOST_REQUESTS
    assert result.max_rss_kib < DRIFT_MOST_MEMORY_KIB


def test_what_one_more_schedule_and_parameter_cost(fifoq, aws, moto, proxy):
    """In a first `up`, which would otherwise meet AWS's limits on requests per second."""

    def requests(n):
        moto.reset()
        make_table(aws)
        fifoq.config({
            "drain": {"schedules": [{"name": f"k{i}", "at": f"rate({i + 2} hours)"} for i in range(n)]},
            "parameters": {f"k{i}": {"from": "env:CRM_TOKEN"} for i in range(n)},
        })  # fmt: skip
        proxy.clear()
        fifoq.good("up", "--yes")
        ours = [e for e in proxy.calls() if e.service in ("events", "ssm")]
        return sum(e.service == "events" for e in ours), sum(e.service == "ssm" for e in ours)

    few, many = requests(2), requests(12)
    assert many[0] - few[0] <= 10 * PER_SCHEDULE
    assert many[1] - few[1] <= 10 * PER_PARAMETER + 1  # a page of the emulator has ten
