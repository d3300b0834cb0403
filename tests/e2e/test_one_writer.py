"""Writes to one function never overlap: Lambda refuses them with 409, or loses a statement of its
policy."""

import pytest
import reality

from fakes import hard
from fakes.hard.base import function_name

SCHEDULES = [{"name": f"s{n}", "at": f"cron({n} * * * ? *)"} for n in range(6)]
FEWER = [{"name": f"s{n}", "at": f"cron({n} 1 * * ? *)"} for n in range(3)]


@pytest.fixture
def layer(proxy):
    made = hard.OneWriteAtATime()
    hard.switch_on(proxy, made)
    return made


def disturb(aws):
    """Every part of the function needs a write."""
    name = {"FunctionName": "orders-drain"}
    aws.lambda_.update_function_configuration(**name, Timeout=33)
    aws.lambda_.put_function_event_invoke_config(**name, MaximumRetryAttempts=1)
    aws.lambda_.remove_permission(**name, StatementId="fifoq-schedules")
    for n in range(3):
        aws.lambda_.add_permission(
            **name, StatementId=f"theirs-{n}", Action="lambda:InvokeFunction", Principal="1" * 12
        )


def test_writes_to_one_function_never_overlap(fifoq, table, aws, proxy, layer):
    fifoq.config({"drain": {"schedules": SCHEDULES}})
    fifoq.good("up", "--yes")
    disturb(aws)
    fifoq.config({"drain": {"schedules": FEWER}})
    fifoq.good("up", "--yes")
    assert "nothing to change" in fifoq.good("plan").text
    fifoq.good("down", "--yes")
    assert layer.overlaps == []
    assert reality.functions(aws) == {}
    written = [e for e in proxy.mutating() if e.service == "lambda" and function_name(e)]
    assert len(written) >= 12
