"""`fifoq bootstrap`: from nothing to a working environment, with a canary, and again."""

import json
import os
import pty
import re
import select
import subprocess
import time

import pytest
import reality
from sqs_server import READY
from support import FIFOQ, HOST, TOKEN, interrupt, make_table, wait_until
from test_dev import end

from fakes.api import Answer, Api
from fakes.proxy import aws_error

OWN = {"table": {"name": "orders-table", "create": {"key": "id"}}}


@pytest.fixture
def api():
    with Api() as made:
        yield made


@pytest.fixture
def environment(fifoq, api):
    """A configuration for a new environment with the queues of `fifoq sqs`."""
    process = fifoq.start("sqs")
    served = wait_until(lambda: READY.search(shown_by(fifoq, process)), 30, "fifoq sqs is silent")
    fifoq.env["AWS_ENDPOINT_URL_SQS"] = served.group(1)
    fifoq.config(
        OWN,
        {
            "ingest": {
                "filter": None,
                "group": "${item.id}",
                "message": {"id": "${item.id}", "total": "${item.total:-none}"},
            },
            "functions": {"architecture": HOST},
            "drain": {
                "schedules": ["rate(1 minute)"],
                "rate": None,
                "destinations": [
                    {
                        "name": "crm",
                        "url": api.url + "/orders/${message.id}",
                        "body": {"order": "${message.id}", "cents": "${message.total}"},
                        "auth": {"bearer": "${param.crm-token}"},
                    }
                ],
            },
        },
    )
    return fifoq


def shown_by(fifoq, process):
    return "".join(fifoq.texts(process))


def item_file(fifoq, item, name="item.json"):
    (fifoq.folder / name).write_text(item if isinstance(item, str) else json.dumps(item))
    return name


def items(aws):
    return aws.dynamodb.scan(TableName="orders-table")["Items"]


def dev_beside(fifoq):
    """`fifoq dev` does not wait for a pipeline, so it is started when the pipeline exists."""
    return fifoq.start("dev", "--every", "1s", "--for", "240s")


def test_from_nothing_unattended(environment, aws, proxy):
    result = environment.good("bootstrap", "--yes")
    assert reality.table(aws, "orders-table")["stream_arn"]
    assert len(reality.functions(aws)) == 2 and len(reality.roles(aws)) == 2
    assert re.search(r"rows: \d+, all as configured", result.out)
    for queue in ("orders.fifo", "orders-dead.fifo", "orders-ingest-failures"):
        assert f"{queue}: 0 waiting, 0 in flight" in result.out
    assert re.search(r"rate-\w{8}: next within one period, by \w{3} \d{4}-", result.out)
    assert TOKEN not in result.text and proxy.violations() == []


def test_again_it_changes_nothing_and_says_so(environment, proxy):
    environment.good("bootstrap", "--yes")
    proxy.clear()
    result = environment.good("bootstrap", "--yes")
    assert "nothing to change" in result.out and "all as configured" in result.out
    assert proxy.mutating() == []


def test_a_canary_goes_through(environment, aws, api, proxy):
    """The whole pipeline on this machine: table, stream, ingest, queue, drain, API. The API is slow
    enough that the message is seen in the queue."""
    api.choose = lambda got: Answer(200, delay_s=1.5)
    environment.good("bootstrap", "--yes")
    process = dev_beside(environment)
    item = {"id": "canary-1", "total": 12.50, "tags": ["a", None, True], "more": {"n": 1}}
    text = json.dumps(item).replace("12.5", "12.50")
    name = item_file(environment, text)
    result = environment.good("bootstrap", "--yes", "--canary", name, timeout=120)
    assert "canary: put into table 'orders-table'" in result.err
    assert "canary: in 'orders.fifo'" in result.err
    assert "canary: done: 'orders.fifo' is empty again" in result.err
    (got,) = api.requests()
    assert got.json()["order"] == "canary-1" and float(got.json()["cents"]) == 12.5
    (stored,) = items(aws)
    assert stored["tags"] == {"L": [{"S": "a"}, {"NULL": True}, {"BOOL": True}]}
    assert stored["more"] == {"M": {"n": {"N": "1"}}}
    again = environment.good("bootstrap", "--yes", "--canary", name, timeout=120)
    assert "canary: not put: an item with this 'id' already exists in the table" in again.err
    alone = environment.good("bootstrap", "--yes", "--canary", timeout=120)
    assert "canary: done" in alone.err
    assert len(api.requests()) == 2 and len(items(aws)) == 2
    assert re.fullmatch(r"fifoq-canary-\d+", api.requests()[1].json()["order"])
    end(environment, process)
    assert proxy.violations() == []


def test_what_no_look_at_the_queue_finds_is_in_drains_log(environment, aws, proxy):
    """A message may be deleted before it is seen. Here nothing runs, and only the log reports it."""
    environment.good("bootstrap", "--yes")
    process = environment.start("bootstrap", "--yes", "--canary", "--wait", "60s")
    wait_until(
        lambda: "canary: put" in shown_by(environment, process), 60, "the canary was not put"
    )
    drain = {"logGroupName": "/aws/lambda/orders-drain", "logStreamName": "one"}
    aws.logs.create_log_stream(**drain)
    lines = ["START", json.dumps({"Delivered": 0}), json.dumps({"Delivered": 1})]
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": line} for line in lines]
    aws.logs.put_log_events(**drain, logEvents=events[:2])
    looks = len(proxy.calls("logs", "FilterLogEvents"))
    wait_until(
        lambda: len(proxy.calls("logs", "FilterLogEvents")) > looks + 1, 60, "no look at the log"
    )
    assert process.poll() is None
    aws.logs.put_log_events(**drain, logEvents=events[2:])
    result = environment.finish(process, 60)
    assert result.code == 0, result.text
    assert "canary: done: 'orders.fifo' is empty again" in result.err


def test_a_canary_without_functions_says_so(environment, aws):
    result = environment.run("bootstrap", "--yes", "--canary", "--wait", "2s")
    assert result.code == 1
    assert "it was not seen in 'orders.fifo'" in result.err
    assert "'fifoq dev'" in result.err
    assert len(items(aws)) == 1


def test_a_canary_that_the_api_refuses_waits(environment, aws, api):
    api.choose = lambda got: Answer(503)
    environment.good("bootstrap", "--yes")
    process = dev_beside(environment)
    result = environment.run("bootstrap", "--yes", "--canary", "--wait", "10s", timeout=60)
    assert result.code == 1, result.text
    assert "it is waiting in 'orders.fifo'" in result.err
    end(environment, process)


def test_a_canary_that_is_given_up(environment, api, aws):
    """It ends in the dead-letter queue, and this is reported."""
    text = (environment.folder / "fifoq.yaml").read_text()
    text = text.replace("  destinations:", "  on_reject: dead-letter\n  destinations:")
    environment.config(text=text)
    api.choose = lambda got: Answer(422)
    environment.good("bootstrap", "--yes")
    process = dev_beside(environment)
    result = environment.run("bootstrap", "--yes", "--canary", "--wait", "60s", timeout=90)
    assert result.code == 1, result.text
    assert "canary: given up: 'orders-dead.fifo' has one more message" in result.err
    end(environment, process)


def test_ctrl_c_says_where_the_canary_is(environment):
    process = environment.start("bootstrap", "--yes", "--canary", "--wait", "60s")
    wait_until(
        lambda: "canary: put" in shown_by(environment, process), 60, "the canary was not put"
    )
    interrupt(process)
    result = environment.finish(process)
    assert result.code == 130
    assert "canary: interrupted after" in result.err and "orders.fifo" in result.err


@pytest.mark.parametrize(
    "item, said",
    [
        (None, "file 'item.json' not found"),
        ("[1]", "'item.json' is not an item: expected a JSON object"),
        ('{"id": ', "item.json: "),
        ({"name": "x"}, "the table's key 'id' is missing or has the wrong type; expected a string"),
        ({"id": 5}, "the table's key 'id' is missing or has the wrong type; expected a string"),
        ({"id": "x", "customer": {"a": 1}, "total": 1}, "ingest.group"),
        ({"id": "x", "customer": "c"}, "ingest.message: "),
        ({"id": "x", "customer": "c", "total": 1, "status": "new"}, "ingest.filter"),
    ],
)
def test_an_item_that_would_block_the_stream_is_not_put(fifoq, aws, proxy, item, said):
    fifoq.config(OWN)
    if item is not None:
        if isinstance(item, dict) and "status" not in item:
            item["status"] = "paid"
        item_file(fifoq, item)
    result = fifoq.run("bootstrap", "--yes", "--canary", "item.json")
    assert result.code == 64, result.text
    assert said in result.err and "nothing was changed" in result.err
    assert proxy.mutating() == []


def test_the_keys_of_a_table_of_others_are_asked_for(fifoq, aws, proxy):
    make_table(aws)
    item_file(fifoq, {"status": "paid", "customer": "c", "total": 1})
    result = fifoq.run("bootstrap", "--yes", "--canary", "item.json")
    assert result.code == 64 and "the table's key 'id'" in result.err
    assert proxy.mutating() == []


def test_an_item_without_canary_is_a_mistake(fifoq, proxy):
    result = fifoq.run("bootstrap", "--yes", "item.json")
    assert result.code == 64 and "an item needs --canary" in result.err
    assert proxy.calls() == []


def test_it_asks_before_it_changes_anything(fifoq, proxy):
    fifoq.config(OWN)
    result = fifoq.run("bootstrap")
    assert result.code == 64 and "nothing was changed" in result.err
    assert proxy.mutating() == []


def test_json_is_two_documents(fifoq):
    fifoq.config(OWN)
    text = fifoq.good("bootstrap", "--yes", "--format", "json").out
    done, end_of_first = json.JSONDecoder().raw_decode(text)
    status = json.loads(text[end_of_first:])
    assert done["pipeline"] == status["pipeline"] == "orders"
    assert status["different"] == 0 and status["rows"] > 10 and status["canary"] is None
    assert [each["name"] for each in status["queues"]] == [
        "orders-dead.fifo", "orders.fifo", "orders-ingest-failures",
    ]  # fmt: skip
    assert all(each["next"] for each in status["schedules"])


def test_after_a_failure_it_goes_on(environment, proxy, aws):
    refusal = aws_error("InvalidParameterValueException")
    proxy.fault("lambda", "CreateEventSourceMapping", kind="answer", answer=refusal)
    result = environment.run("bootstrap", "--yes")
    assert result.code == 1
    assert "run 'fifoq bootstrap' again to continue" in result.err
    proxy.faults.clear()
    again = environment.good("bootstrap", "--yes")
    assert "all as configured" in again.out
    assert len(reality.mappings(aws)) == 1


def test_parameters_are_asked_for_without_echo(fifoq, aws):
    """On a terminal; input must not be echoed."""
    fifoq.config(OWN, {"parameters": {"crm-token": {"from": "prompt"}}})
    main, terminal = pty.openpty()
    process = start_on(fifoq, terminal)
    os.close(terminal)
    shown = talk(main, "crm-token", TOKEN)
    assert process.wait(60) == 0, shown
    assert TOKEN not in shown and "all as configured" in shown
    value = aws.ssm.get_parameter(Name="/orders/crm-token", WithDecryption=True)
    assert value["Parameter"]["Value"] == TOKEN


def start_on(fifoq, terminal):
    process = subprocess.Popen(
        [FIFOQ, "bootstrap", "--yes"], stdin=terminal, stdout=terminal, stderr=terminal,
        cwd=fifoq.folder, env={**fifoq.env, "TERM": "dumb"}, start_new_session=True,
    )  # fmt: skip
    process.files = ()
    fifoq.started.append(process)
    return process


def talk(main, asked, answer):
    """All output until the other side closes; the answer is typed when it is asked for."""
    shown = ""
    while True:
        ready, _, _ = select.select([main], [], [], 60)
        assert ready, f"nothing more is shown: {shown}"
        try:
            data = os.read(main, 4096)
        except OSError:  # Linux: the other side was closed
            data = b""
        if not data:
            os.close(main)
            return shown
        shown += data.decode()
        if answer and asked in shown.rpartition("\n")[2] and shown.rstrip().endswith(":"):
            os.write(main, f"{answer}\n".encode())
            answer = None
