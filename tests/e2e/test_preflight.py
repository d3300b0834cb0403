"""`fifoq check` with credentials, and what `up` reports before its first write."""

import json

from judge import FAILED, REFUSED, USAGE, refused
from support import make_table

from fakes.proxy import aws_error
from fakes.wire import Headers, Response


def settings(unreserved, executions=1000):
    limits = {"ConcurrentExecutions": executions, "UnreservedConcurrentExecutions": unreserved}
    body = json.dumps({"AccountLimit": limits, "AccountUsage": {}}).encode()
    return Response(200, Headers([("Content-Type", "application/json")]), body)


def limit(proxy, answer):
    proxy.fault("lambda", "GetAccountSettings", kind="answer", answer=answer)


def rows(result):
    """{check: (verdict, text)} of the printed table."""
    found, name = {}, None
    table = result.out.partition("before 'up'\n")[2].partition("\n\n")[0]
    for line in table.splitlines():
        if line.startswith(" " * 20):
            found[name] = (found[name][0], found[name][1] + " " + line.strip())
        else:
            word, name, text = line[2:9].strip(), line[11:25].strip(), line[27:]
            found[name] = (word, text)
    return found


def test_check_says_what_up_would_meet(fifoq, proxy, table):
    limit(proxy, settings(990))
    result = fifoq.good("check")
    assert proxy.mutating() == [] and proxy.violations() == []
    assert max(len(line) for line in result.out.splitlines()) <= 80
    found = rows(result)
    assert {word for word, _ in found.values()} == {"ok"}
    assert found["account"][1].startswith("123456789012, eu-west-1")
    assert found["concurrency"][1].startswith("990 of 1,000 concurrent executions")
    assert found["table's stream"][1] == "'up' enables the stream of 'orders-table'"
    assert found["visibility"][1].startswith("a message is hidden for 6 min")
    assert set(found) == {
        "account", "concurrency", "table's stream", "parameters", "visibility", "dead letters",
        "schedules", "capacity", "ingest rate",
    }  # fmt: skip
    document = json.loads(fifoq.good("check", "--format", "json").out)
    assert {one["check"] for one in document["preflight"]} == set(found)
    assert {one["verdict"] for one in document["preflight"]} == {"ok"}


def test_what_cannot_be_asked_is_no_failure(fifoq, proxy, table):
    """The emulated AWS does not support the call; a policy may not allow it."""
    result = fifoq.good("check")
    assert rows(result)["concurrency"][0] == "unknown"
    limit(proxy, aws_error("AccessDeniedException", status=403))
    proxy.clear()
    up = fifoq.good("up", "--yes")
    assert "concurrency" not in up.err
    assert len(proxy.calls("lambda", "GetAccountSettings")) == 1


def test_up_warns_and_goes_on(fifoq, proxy, table):
    limit(proxy, settings(3))
    fifoq.config({"drain": {"schedules": ["rate(20 days)", "cron(0 9 1 1 ? 2020)"]}})
    result = fifoq.good("up", "--yes")
    warnings = " ".join(result.err.split())
    assert "warning: concurrency: 3 of 1,000" in warnings
    assert "warning: schedules: 'cron-" in warnings and "never runs again" in warnings
    assert "warning: capacity:" in warnings and "a message may wait 20 d for a run" in warnings
    assert "warning" not in fifoq.good("up", "--yes", "--quiet").err


def test_the_backlog_counts(fifoq, aws, proxy, table):
    change = {"drain": {"schedules": ["rate(1 day)"], "max_messages": 1}, "queue": {"retention": "1d"}}
    fifoq.config(change)
    fifoq.good("up", "--yes")
    url = aws.sqs.get_queue_url(QueueName="orders.fifo")["QueueUrl"]
    for number in range(3):
        aws.sqs.send_message(
            QueueUrl=url, MessageBody="{}", MessageGroupId="g", MessageDeduplicationId=str(number)
        )
    word, text = rows(fifoq.good("check"))["capacity"]
    assert word == "warning"
    assert text.startswith("at most 1 message a day at this schedule; 3 waiting now, which takes 3 d;")


def test_refusals_are_shown_and_refused(fifoq, aws, proxy):
    make_table(aws)
    aws.dynamodb.update_table(
        TableName="orders-table",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )
    result = fifoq.run("check")
    refused(result, REFUSED, "KEYS_ONLY")
    word, text = rows(result)["table's stream"]
    assert word == "refused" and "KEYS_ONLY" in text
    assert max(len(line) for line in result.out.splitlines()) <= 80
    assert proxy.mutating() == []


def test_a_parameter_without_a_value(fifoq, proxy, table):
    result = fifoq.run("check", env={"CRM_TOKEN": None})
    assert result.code in (FAILED, USAGE), result.text
    word, text = rows(result)["parameters"]
    assert word == "refused" and "CRM_TOKEN" in text
    assert proxy.mutating() == []


def test_an_existing_queue_that_hides_too_shortly(fifoq, aws, proxy, table):
    attributes = {"FifoQueue": "true", "VisibilityTimeout": "31"}
    aws.sqs.create_queue(QueueName="theirs.fifo", Attributes=attributes)
    fifoq.config({"queue": {"existing": "theirs.fifo", "retention": None, "visibility": None}})
    result = fifoq.run("check")
    refused(result, REFUSED, "theirs.fifo", "31")
    word, text = rows(result)["visibility"]
    assert word == "refused" and "hidden for 31 s, and" in text
