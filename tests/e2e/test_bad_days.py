"""Bad days: killed, interrupted, throttled, disconnected; the next `up` or `down` finishes the
work."""

import signal

import pytest
import reality
from judge import FAILED, INTERRUPTED, assert_whole, one_error
from support import TOKEN, wait_until

from fakes.proxy import aws_error, error_for
from fakes.wire import Headers, Response


def kill_at(fifoq, proxy, number, *args, kind="reset", how=signal.SIGKILL):
    """Run, and send a signal at its number-th mutating call; returns the result."""
    running = []

    def matches(exchange):
        writes = [e for e in proxy.mutating() if e.number <= exchange.number]
        return exchange.effect == "write" and len(writes) == number

    def kill(_):
        wait_until(lambda: running, 10, "the process has not started")
        running[0].send_signal(how)

    fault = proxy.fault(kind=kind, run=kill, times=1)
    fault.matches = matches
    running.append(fifoq.start(*args))
    result = fifoq.finish(running[0])
    proxy.faults.clear()
    assert how != signal.SIGKILL or result.code == -9, result.text
    return result


@pytest.mark.parametrize("kind", ["reset", "reset_after"])
@pytest.mark.parametrize("number", [1, 2, 4, 7, 11, 16, 22])
def test_up_after_a_kill_goes_on(fifoq, aws, proxy, table, number, kind):
    kill_at(fifoq, proxy, number, "up", "--yes", kind=kind)
    fifoq.good("up", "--yes")
    assert_whole(aws)
    proxy.clear()
    fifoq.good("up", "--yes")
    assert [e.name for e in proxy.mutating()] == []


@pytest.mark.parametrize("number", [2, 10])
def test_ctrl_c_says_what_was_done_and_what_was_left(fifoq, aws, proxy, table, number):
    how = {"kind": "pass", "how": signal.SIGINT}
    result = kill_at(fifoq, proxy, number, "up", "--yes", **how)
    assert result.code == INTERRUPTED, result.text
    last = result.err.strip().splitlines()[-1]
    assert "left" in last and "fifoq up" in last
    fifoq.good("up", "--yes")
    assert_whole(aws)


@pytest.mark.parametrize("number", [3, 9, 18])
def test_down_after_a_killed_up(fifoq, aws, proxy, table, number):
    kill_at(fifoq, proxy, number, "up", "--yes", kind="reset_after")
    fifoq.good("down", "--yes")
    assert reality.is_empty(reality.everything(aws))


@pytest.mark.parametrize("number", [1, 5, 10])
def test_down_after_a_killed_down(fifoq, aws, proxy, table, number):
    fifoq.good("up", "--yes")
    proxy.clear()
    kill_at(fifoq, proxy, number, "down", "--yes", kind="reset_after")
    fifoq.good("down", "--yes")
    assert reality.is_empty(reality.everything(aws))


ONCE = [
    {"kind": "answer", "answer": lambda e: error_for(e, "ServiceUnavailable", status=503)},
    {"kind": "answer", "answer": lambda e: error_for(e, "ThrottlingException", status=400)},
    {"kind": "reset"},
    {"kind": "reset_after"},
]
ONCE_NAMES = ["unavailable", "throttled", "reset", "answer-lost"]


@pytest.mark.parametrize("what", ONCE, ids=ONCE_NAMES)
def test_each_call_of_up_fails_once(fifoq, aws, proxy, table, what):
    """The first call of every action fails in one way, and `up` succeeds all the same."""
    proxy.fault(**what).matches = lambda exchange: exchange.nth == 1
    fifoq.good("up", "--yes", timeout=120)
    proxy.faults.clear()
    assert_whole(aws)
    proxy.clear()
    fifoq.good("up", "--yes")
    assert [e.name for e in proxy.mutating()] == []


@pytest.mark.parametrize("what", ONCE, ids=ONCE_NAMES)
def test_each_call_of_down_fails_once(fifoq, aws, proxy, table, what):
    fifoq.good("up", "--yes")
    proxy.clear()
    proxy.fault(**what).matches = lambda exchange: exchange.nth == 1
    fifoq.good("down", "--yes", timeout=120)
    assert reality.is_empty(reality.everything(aws))


def test_a_queue_that_was_deleted_a_moment_ago_is_waited_for(fifoq, aws, proxy, table):
    """SQS refuses a queue's name for a minute after its deletion."""
    code = "QueueDeletedRecently"
    old_code = [("x-amzn-query-error", f"AWS.SimpleQueueService.{code};Sender")]
    refusal = aws_error(f"com.amazonaws.sqs#{code}", headers=old_code)
    proxy.fault("sqs", "CreateQueue", nth=(1, 4), kind="answer", answer=refusal)
    fifoq.good("up", "--yes")
    assert_whole(aws)


def test_a_role_that_is_not_ready_is_waited_for(fifoq, aws, proxy, table):
    said = "The role defined for the function cannot be assumed by Lambda."
    proxy.fault(
        "lambda", "CreateFunction", nth=(1, 2, 3), kind="answer",
        answer=lambda e: error_for(e, "InvalidParameterValueException", said, 400),
    )  # fmt: skip
    fifoq.good("up", "--yes")
    assert_whole(aws)


def test_while_a_role_is_not_ready_the_package_is_not_sent_again_and_again(fifoq, aws, proxy, table):
    tries = 6
    said = "The role defined for the function cannot be assumed by Lambda."
    fault = proxy.fault(
        "lambda", "CreateFunction", times=tries, kind="answer",
        answer=lambda e: error_for(e, "InvalidParameterValueException", said, 400),
    )  # fmt: skip
    fifoq.good("up", "--yes")
    assert_whole(aws)
    asked = proxy.calls("lambda", "CreateFunction")
    sent = [len(exchange.request.body) for exchange in asked]
    package = max(sent)
    assert fault.used == tries and len(asked) > tries
    assert package > 500_000 and sum(size > package / 2 for size in sent) <= 2 * 2  # functions
    assert sum(sent) < 4.1 * package


def test_the_network_goes_away_in_the_middle(fifoq, aws, proxy, table):
    fault = proxy.fault(kind="reset")
    fault.matches = lambda exchange: len(proxy.mutating()) > 10
    result = fifoq.run("up", "--yes", timeout=120)
    assert result.code == FAILED, result.text
    one_error(result)
    proxy.faults.clear()
    fifoq.good("up", "--yes")
    assert_whole(aws)


def test_an_answer_that_is_no_answer(fifoq, aws, proxy, table):
    page = Response(200, Headers([("Content-Type", "text/html")]), b"<html>a login page</html>")
    proxy.fault(kind="answer", answer=page)
    result = fifoq.run("up", "--yes")
    assert result.code == FAILED, result.text
    one_error(result)
    assert TOKEN not in result.text
    assert proxy.mutating() == []


def test_everything_is_killed_by_hand_and_made_again(fifoq, aws, table):
    """Half of it was deleted in the console: `up` restores it, `down` succeeds."""
    fifoq.good("up", "--yes")
    aws.lambda_.delete_function(FunctionName="orders-ingest")
    aws.logs.delete_log_group(logGroupName="/aws/lambda/orders-drain")
    aws.events.remove_targets(Rule="orders-night", Ids=target_ids(aws, "orders-night"))
    aws.events.delete_rule(Name="orders-night")
    aws.ssm.delete_parameter(Name="/orders/crm-token")
    fifoq.good("up", "--yes")
    assert_whole(aws)
    aws.sqs.delete_queue(QueueUrl=aws.sqs.get_queue_url(QueueName="orders.fifo")["QueueUrl"])
    aws.lambda_.delete_function(FunctionName="orders-drain")
    fifoq.good("down", "--yes")
    assert reality.is_empty(reality.everything(aws))


def target_ids(aws, rule):
    return [target["Id"] for target in aws.events.list_targets_by_rule(Rule=rule)["Targets"]]
