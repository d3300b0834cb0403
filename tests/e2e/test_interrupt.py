"""Ctrl-C, once and twice, at every stage."""

import json
import signal
import sys
import termios

import pytest
import reality
from halt import STOPPING, At, Held, Terminal, process_error, says
from judge import INTERRUPTED, assert_whole
from support import interrupt, make_table, wait_until

from fakes.proxy import aws_error, query_error
from fakes.wire import Response

AT_ONCE = "fifoq: stopped immediately"
IGNORING = "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"


def last_line(result):
    return result.err.strip().splitlines()[-1]


def is_call(service, action, **members):
    """A matcher: this call, with these members in its JSON."""

    def matches(exchange):
        if (exchange.service, exchange.action) != (service, action):
            return False
        body = exchange.json() if members else {}
        return all(body.get(name) == value for name, value in members.items())

    return matches


def stop_and_count(proxy, seen, how=signal.SIGINT):
    """For At: sends the signal, waits until fifoq has handled it, and stores the requests made so
    far."""

    def then(process, _):
        process.send_signal(how)
        says(process, STOPPING)
        seen.append(len(proxy.calls()))

    return then


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_request_in_flight_is_finished_and_none_begun(fifoq, aws, proxy, table, how):
    seen = []
    matches = is_call("sqs", "CreateQueue", QueueName="orders-dead.fifo")
    result = At(fifoq, proxy, matches, stop_and_count(proxy, seen, how)).run("up", "--yes")
    assert result.code == INTERRUPTED, result.text
    assert "left; run 'fifoq up' to continue" in last_line(result)
    assert "1 created" not in last_line(result) or "dead-letters" in result.err
    # requests in progress are finished, and afterwards only the lock was released
    assert "orders-dead.fifo" in reality.queues(aws)
    after = [e.name for e in proxy.calls()[seen[0] :]]
    assert [name for name in after if name != "ssm:GetParameter"] == ["ssm:DeleteParameter"]
    assert "/orders/fifoq/lock" not in reality.parameters(aws)
    fifoq.good("up", "--yes")
    assert_whole(aws)


def test_down_says_what_is_left_too(fifoq, aws, proxy, table):
    fifoq.good("up", "--yes")
    seen = []
    matches = is_call("lambda", "DeleteEventSourceMapping")
    result = At(fifoq, proxy, matches, stop_and_count(proxy, seen)).run("down", "--yes")
    assert result.code == INTERRUPTED, result.text
    assert "deleted" in last_line(result) and "'fifoq down'" in last_line(result)
    assert reality.mappings(aws) == [] and "orders.fifo" in reality.queues(aws)
    fifoq.good("down", "--yes")
    assert reality.is_empty(reality.everything(aws))


@pytest.mark.parametrize("args", [("plan",), ("check",), ("up", "--yes"), ("down", "--yes")])
def test_while_it_only_reads_nothing_is_changed(fifoq, aws, proxy, table, args):
    if args[0] == "down":
        fifoq.good("up", "--yes")
    before = reality.everything(aws)
    proxy.clear()
    matches = is_call("sqs", "GetQueueAttributes")
    result = At(fifoq, proxy, matches, lambda process, _: interrupt(process)).run(*args)
    assert result.code == INTERRUPTED, result.text
    assert "nothing was changed" in last_line(result)
    assert proxy.mutating() == []
    assert reality.everything(aws) == before


@pytest.mark.parametrize(
    "args, held",
    [
        (("whoami",), ("sts", "GetCallerIdentity")),
        (("drift",), ("iam", "GetRole")),
        (("up", "--yes"), ("sqs", "GetQueueAttributes")),
    ],
)
def test_nobody_waits_for_an_answer_that_changes_nothing(fifoq, proxy, table, args, held):
    """No signal is sent while fifoq runs."""
    with Held(fifoq, proxy, is_call(*held), *args) as run:
        interrupt(run.process)
        result = fifoq.finish(run.process, timeout=30)
        assert result.code == INTERRUPTED, result.text
        assert proxy.mutating() == []


def test_a_hang_up_that_is_ignored_stays_so(fifoq, aws, proxy, table):
    """As with nohup: it continues after a logout."""

    def hang_up(process, _):
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGHUP)

    ignoring = [sys.executable, "-c", IGNORING]
    at = At(fifoq, proxy, is_call("sqs", "CreateQueue"), hang_up)
    assert at.run("up", "--yes", command=ignoring).code == 0
    assert_whole(aws)


def test_a_pause_between_attempts_ends_as_interrupted(fifoq, proxy):
    proxy.fault("sts", kind="answer", answer=query_error("Throttling"))
    fifoq.env["AWS_MAX_ATTEMPTS"] = "20"
    process = fifoq.start("whoami")
    wait_until(lambda: len(proxy.calls("sts")) >= 4, 30, "no attempts")
    interrupt(process)
    assert fifoq.finish(process).code == INTERRUPTED


def test_a_wait_of_a_minute_ends_at_once(fifoq, aws, proxy, table):
    """SQS refuses a queue's name for a minute after its deletion: that wait is not a request."""
    old_code = [("x-amzn-query-error", "AWS.SimpleQueueService.QueueDeletedRecently;Sender")]
    refusal = aws_error("com.amazonaws.sqs#QueueDeletedRecently", headers=old_code)
    matches = is_call("sqs", "CreateQueue", QueueName="orders.fifo")
    at = At(
        fifoq, proxy, matches, stop_and_count(proxy, []), kind="answer", answer=refusal
    )  # fmt: skip
    result = at.run("up", "--yes")
    assert result.code == INTERRUPTED, result.text
    asked = [e for e in proxy.calls("sqs", "CreateQueue") if matches(e)]
    assert len(asked) == 1
    fifoq.good("up", "--yes")
    assert_whole(aws)


def test_waiting_for_a_state_ends_at_once(fifoq, aws, proxy, table):
    """Lambda needs time to create a function; moto does not."""

    def pending(exchange):
        answer = proxy._hand_on(exchange)
        body = {**json.loads(answer.body), "State": "Pending"}
        return Response(answer.status, answer.headers, json.dumps(body).encode())

    for action in ("CreateFunction", "GetFunctionConfiguration"):
        proxy.fault("lambda", action, kind="answer", answer=pending)
    matches = is_call("lambda", "GetFunctionConfiguration")
    at = At(fifoq, proxy, matches, stop_and_count(proxy, []), kind="answer", answer=pending)
    proxy.faults.insert(0, proxy.faults.pop())
    result = at.run("up", "--yes")
    assert result.code == INTERRUPTED, result.text
    assert "left; run 'fifoq up' to continue" in last_line(result)
    proxy.faults.clear()
    fifoq.good("up", "--yes")
    assert_whole(aws)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_the_second_one_ends_it_at_once(fifoq, aws, proxy, table, how):
    def twice(process, _):
        process.send_signal(how)
        says(process, STOPPING)
        process.send_signal(how)
        process.wait(10)

    matches = is_call("sqs", "CreateQueue", QueueName="orders.fifo")
    result = At(fifoq, proxy, matches, twice).run("up", "--yes")
    assert result.code == INTERRUPTED, result.text
    assert last_line(result).startswith(AT_ONCE) and "--break-lock" in last_line(result)
    # its lock still exists; on this machine the process is known to be dead
    assert "/orders/fifoq/lock" in reality.parameters(aws)
    assert "took over the lock of" in fifoq.good("up", "--yes").err
    assert_whole(aws)


def test_the_second_one_while_it_reads(fifoq, aws, proxy, table):
    def twice(process, _):
        interrupt(process)
        while process.poll() is None:  # two signals in quick succession are merged into one
            interrupt(process)

    result = At(fifoq, proxy, is_call("sqs", "GetQueueAttributes"), twice).run("plan")
    assert result.code == INTERRUPTED, result.text
    assert last_line(result) == AT_ONCE
    assert proxy.mutating() == []


def test_while_it_asks(fifoq, aws, proxy, table):
    for args, question in ((("up",), "apply?"), (("down",), "remove all of this?")):
        with Terminal(fifoq, *args) as terminal:
            terminal.shows(question)
            terminal.interrupt()
            assert terminal.code() == INTERRUPTED, terminal.text()
            assert "nothing was changed" in terminal.text()
        assert proxy.mutating() == []
        if args[0] == "up":
            fifoq.good("up", "--yes")
            proxy.clear()


def test_while_it_asks_for_a_secret(fifoq, aws, proxy, table):
    fifoq.config({"parameters": {"crm-token": {"from": "prompt"}}})
    with Terminal(fifoq, "up") as terminal:
        terminal.shows("parameter 'crm-token' (not shown)")
        terminal.type("half of i")
        terminal.interrupt()
        assert terminal.code() == INTERRUPTED, terminal.text()
        assert termios.tcgetattr(terminal.theirs)[3] & termios.ECHO
        assert "half of i" not in terminal.text()
    assert proxy.mutating() == []


def test_a_secret_is_asked_for_once(fifoq, aws, proxy, table):
    """What is read again under the lock is not confirmed again."""
    fifoq.config({"parameters": {"crm-token": {"from": "prompt"}}})
    with Terminal(fifoq, "up") as terminal:
        terminal.shows("parameter 'crm-token' (not shown)")
        terminal.type("typed by hand\n")
        terminal.shows("apply?")
        terminal.type("y\n")
        assert terminal.code() == 0, terminal.text()
        assert terminal.text().count("not shown") == 1
    assert reality.parameters(aws)["/orders/crm-token"]["value"] == "typed by hand"


def test_what_changed_while_it_asked_is_asked_about_again(fifoq, aws, proxy, table):
    fifoq.good("up", "--yes")
    fifoq.config({"functions": {"memory": 512}})
    proxy.clear()
    with Terminal(fifoq, "up") as terminal:
        terminal.shows("apply?")
        aws.events.disable_rule(Name="orders-night")
        terminal.type("y\n")
        terminal.shows("something changed in the meantime")
        terminal.shows("apply?", times=2)
        assert "ENABLED" in terminal.text()
        terminal.type("n\n")
        assert terminal.code() == INTERRUPTED, terminal.text()
    assert [e.name for e in proxy.mutating()] == ["ssm:PutParameter", "ssm:DeleteParameter"]
    assert {f["MemorySize"] for f in reality.functions(aws).values()} == {256}
