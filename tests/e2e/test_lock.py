"""The lock: one run at a time changes a pipeline."""

import json
import time

import pytest
import reality
from halt import At, Held
from judge import FAILED, REFUSED, assert_whole, refused

from fakes.proxy import error_for

LOCK = "/orders/fifoq/lock"
ELSEWHERE = {
    "token": "0123456789abcdef",
    "who": "joe@elsewhere (arn:aws:iam::123456789012:user/joe)",
    "command": "down",
    "pid": 4711,
    "process": "another-machine-4711-1",
    "since": "2026-01-01T12:00:00Z",
}


def lock_names(aws):
    return [name for name in reality.parameters(aws) if "/fifoq/" in name]


def when(offset_s):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + offset_s))


def leave_lock(aws, until):
    text = json.dumps({**ELSEWHERE, "until": until})
    aws.ssm.put_parameter(Name=LOCK, Value=text, Type="String")


def a_write(exchange):
    return exchange.effect == "write" and exchange.service != "ssm"


@pytest.mark.parametrize("second", ["up", "down"])
def test_the_second_run_is_refused_with_the_name_of_the_first(fifoq, aws, proxy, table, second):
    if second == "down":
        fifoq.good("up", "--yes")
        fifoq.config({"functions": {"memory": 512}})
        proxy.clear()
    with Held(fifoq, proxy, a_write, "up", "--yes") as first:
        result = fifoq.run(second, "--yes")
        refused(
            result, REFUSED, "'fifoq up' is running", f"process {first.process.pid}", "since",
            "the lock expires at", f"'fifoq {second} --break-lock'",
        )  # fmt: skip
        result = first.finish()
    assert result.code == 0, result.text
    assert_whole(aws)
    assert lock_names(aws) == []


def test_a_user_whose_name_is_no_utf8(fifoq, aws, proxy, table):
    fifoq.env["USER"] = "m\udcfcller"
    with Held(fifoq, proxy, a_write, "up", "--yes") as first:
        assert json.loads(reality.parameters(aws)[LOCK]["value"])["who"].startswith("m?ller@")
        result = first.finish()
    assert result.code == 0, result.text
    assert lock_names(aws) == []


def test_reading_takes_no_lock_and_heeds_none(fifoq, aws, proxy, table):
    fifoq.good("up", "--yes")
    leave_lock(aws, when(600))
    proxy.clear()
    fifoq.good("plan")
    fifoq.good("check")
    assert "nothing to change" in fifoq.good("up", "--yes").out.lower()
    assert proxy.mutating() == []
    assert lock_names(aws) == [LOCK]


@pytest.mark.parametrize("verb", ["up", "down"])
def test_a_run_with_nothing_to_do_takes_away_what_a_dead_one_left(fifoq, aws, table, verb):
    """A run that was killed when all was done but the release of its lock."""
    if verb == "up":
        fifoq.good("up", "--yes")
    leave_lock(aws, when(-1))
    assert "nothing to" in fifoq.good(verb, "--yes").out.lower()
    assert lock_names(aws) == []


def test_a_lock_from_elsewhere(fifoq, aws, proxy, table):
    leave_lock(aws, when(600))
    result = fifoq.run("up", "--yes")
    refused(result, REFUSED, "'fifoq down' is running", ELSEWHERE["who"], "4711", "2026-01-01T12:00")
    assert lock_names(aws) == [LOCK] and reality.queues(aws) == {}
    result = fifoq.good("up", "--yes", "--break-lock")
    assert "joe@elsewhere" in result.err
    assert_whole(aws)
    assert lock_names(aws) == []


def test_a_lock_whose_time_is_up(fifoq, aws, proxy, table):
    leave_lock(aws, when(-1))
    result = fifoq.good("up", "--yes")
    assert "joe@elsewhere" in result.err and "had expired" in result.err
    assert lock_names(aws) == []
    leave_lock(aws, when(-1))
    fifoq.good("down", "--yes")
    assert reality.is_empty(reality.everything(aws))


def test_a_run_that_was_killed_here_is_in_nobodys_way(fifoq, aws, proxy, table):
    at = At(fifoq, proxy, a_write, lambda process, _: process.kill())
    assert at.run("up", "--yes").code == -9
    assert lock_names(aws) == [LOCK]
    assert "its process has exited" in fifoq.good("up", "--yes").err
    assert_whole(aws)
    assert lock_names(aws) == []


def test_a_failed_run_gives_it_back(fifoq, aws, proxy, table):
    proxy.fault(
        "lambda", "CreateFunction", kind="answer",
        answer=lambda e: error_for(e, "AccessDeniedException", "no", 403),
    )  # fmt: skip
    assert fifoq.run("up", "--yes").code == FAILED
    assert lock_names(aws) == []


def test_a_run_whose_lock_cannot_be_given_back_says_so(fifoq, aws, proxy, table):
    proxy.fault(
        "ssm", "DeleteParameter", kind="answer",
        answer=lambda e: error_for(e, "AccessDeniedException", "no", 403),
    )  # fmt: skip
    result = fifoq.good("up", "--yes")
    assert "cannot release the lock; it expires at" in result.err
    proxy.faults.clear()
    assert "nothing to change" in fifoq.good("up", "--yes").out.lower()
    fifoq.good("down", "--yes")
    assert reality.is_empty(reality.everything(aws))


def test_whoever_may_not_take_it_changes_nothing(fifoq, aws, proxy, table):
    proxy.fault(
        "ssm", "PutParameter", kind="answer",
        answer=lambda e: error_for(e, "AccessDeniedException", "not authorized", 403),
    )  # fmt: skip
    refused(fifoq.run("up", "--yes"), FAILED, "cannot take the lock", "ssm:PutParameter")
    assert {e.name for e in proxy.mutating()} == {"ssm:PutParameter"}


def test_each_environment_has_its_own(fifoq, aws, proxy, table):
    leave_lock(aws, when(600))
    fifoq.config({"environments": {"staging": {"functions": {"memory": 512}}}})
    fifoq.good("up", "--env", "staging", "--yes")
    assert "orders-staging.fifo" in reality.queues(aws)
