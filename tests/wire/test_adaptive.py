"""The limiter of retry mode "adaptive" compared with botocore's own classes, at the same times."""

import json
import pathlib
from types import SimpleNamespace

import pytest
from botocore.exceptions import CapacityNotAvailableError
from botocore.retries import adaptive, bucket, throttling
from hypothesis import given, settings
from hypothesis import strategies as st


class Clock(bucket.Clock):
    def __init__(self, now_ms):
        self.now_ms = now_ms

    def current_time(self):
        return self.now_ms / 1000

    def sleep(self, amount):
        raise AssertionError("nothing here sleeps")


class Detector:
    def is_throttling_error(self, throttled):
        return throttled


class Theirs:
    """As adaptive.register_retry_handler creates it, with a fixed clock."""

    def __init__(self, start_ms):
        self.clock = Clock(start_ms)
        self.tokens = bucket.TokenBucket(max_rate=1, clock=self.clock)
        cubic = throttling.CubicCalculator(0, self.clock.current_time())
        self.limiter = adaptive.ClientRateLimiter(
            cubic, adaptive.RateClocker(self.clock), self.tokens, Detector(), self.clock
        )

    def step(self, now_ms, what):
        """The rate after it; of a "take" whether there was a token."""
        self.clock.now_ms = now_ms
        if what != "take":
            self.limiter.on_receiving_response(throttled=what == "throttled")
            return self.tokens.max_rate, True
        if not self.limiter._enabled:
            return self.tokens.max_rate, True
        try:
            return self.tokens.max_rate, self.tokens.acquire(block=False)
        except CapacityNotAvailableError:
            return self.tokens.max_rate, False


def compare(probe, start_ms, steps):
    ours = probe.ask(start=start_ms, steps=steps)["rates"]
    theirs = Theirs(start_ms)
    for step, (rate, wait_ms) in zip(steps, ours, strict=True):
        their_rate, taken = theirs.step(*step)
        assert rate == pytest.approx(their_rate, rel=1e-9), step
        assert taken == (wait_ms == 0), (step, wait_ms)


PAUSES = st.integers(0, 3000) | st.integers(0, 30) | st.sampled_from([500, 1000, 60000])
WHAT = st.sampled_from(["take", "take", "ok", "ok", "throttled"])


@settings(deadline=None, max_examples=300)
@given(start=st.integers(0, 10**7), steps=st.lists(st.tuples(PAUSES, WHAT), max_size=60))
def test_any_traffic(probe, start, steps):
    now, timed = start, []
    for pause, what in steps:
        now += pause
        timed.append([now, what])
    compare(probe, start, timed)


def drive(probe, allowed, seconds):
    """A client at its maximum speed, with a service that accepts `allowed` calls in each second;
    the successful calls, and all, second by second."""
    steps, start, now = [], 5_000_000, 5_000_000
    good, made, second = [0] * seconds, [0] * seconds, 0
    while now < start + 1000 * seconds:
        waits = probe.ask(start=start, steps=[*steps, [now, "take"]])["rates"][-1][1]
        steps.append([now, "take"])
        if waits:
            now += waits
            continue
        now += 5  # an answer takes some time
        second = min((now - start) // 1000, seconds - 1)
        made[second] += 1
        throttled = good[second] >= allowed
        good[second] += not throttled
        steps.append([now, "throttled" if throttled else "ok"])
    compare(probe, start, steps)
    return SimpleNamespace(good=good, made=made)


def test_it_finds_the_rate_that_the_service_takes(probe):
    seen = drive(probe, allowed=10, seconds=20)
    assert seen.good[0] == 10  # nothing slows it before the first throttle
    assert sum(seen.made) < 1.2 * sum(seen.good), seen
    assert sum(seen.good[10:]) > 10 * 10 / 2, seen


# The numbers in the table are those that botocore uses.
PUBLISHED = json.loads((pathlib.Path(__file__).parent / "adaptive.json").read_text())


@pytest.mark.parametrize("case", PUBLISHED, ids=lambda case: case["what"])
def test_written_down(probe, case):
    rates = probe.ask(start=case["start"], steps=case["steps"])["rates"]
    assert [rate for rate, _ in rates] == pytest.approx(case["rates"], abs=1e-6)
    compare(probe, case["start"], case["steps"])
