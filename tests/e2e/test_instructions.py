"""Instructions that fifoq executes for one record, one message, one command, counted by valgrind.

Time says little on a shared machine, and instructions hardly vary. The values allowed are in
data/instructions.json, for each environment whose compiler and libraries give the same ones;
`make bench-update` writes them. https://valgrind.org/docs/manual/cl-manual.html
"""

import json
import os
import platform
import re
import shutil
import signal
import subprocess
from pathlib import Path

import boto3
import pytest
from sqs_server import Sqs
from support import HOST, ROOT, TOKEN, make_table

from fakes import KEY_ID, SECRET, stream_events
from fakes.api import Answer, Api
from fakes.runtime_api import RuntimeApi

TABLE = ROOT / "tests/data/instructions.json"
UPDATE = bool(os.environ.get("FIFOQ_UPDATE_INSTRUCTIONS"))
ALLOWED = 0.03
TEXT = 'Leave it with the neighbour, "the blue door". Größe M, Farbe grün \N{EN DASH} no plastic. ' * 8
SSM_ANSWER = {"InvalidParameters": ["/orders/fifoq/pause"], "Parameters": [{
    "ARN": "arn:aws:ssm:eu-west-1:123456789012:parameter/orders/crm-token", "DataType": "text",
    "Name": "/orders/crm-token", "Type": "SecureString", "Value": TOKEN, "Version": 1}]}  # fmt: skip


def environment():
    """What decides how many instructions the same source becomes."""
    gcc = subprocess.run(["gcc", "-dumpversion"], capture_output=True, text=True).stdout.strip()
    known = platform.freedesktop_os_release()
    return f"{known['ID']} {known.get('VERSION_ID', '')} {platform.machine()} gcc {gcc}"


def judge(name, counted, report):
    """Compares a count with the allowed one, or writes it."""
    table = json.loads(TABLE.read_text())
    values = table.setdefault(environment(), {})
    if UPDATE:
        values[name] = counted
        TABLE.write_text(json.dumps(table, indent=2, sort_keys=True) + "\n")
        return
    if name not in values:
        pytest.skip(f"no value for '{environment()}' in {TABLE.name}: run `make bench-update`")
    ratio = counted / values[name]
    report(f"{name}: {counted:,} instructions, {ratio:.3f} of the allowed {values[name]:,}")
    assert ratio <= 1 + ALLOWED, (
        f"{name}: {counted:,}, expected at most {values[name]:,}; if it must be more, run `make bench-update`"
    )
    if ratio < 1 - ALLOWED:
        report(f"{name}: run `make bench-update` to keep what was won")


@pytest.fixture
def report(capsys):
    def say(text):
        with capsys.disabled():
            print(f"\n  {text}", end="")

    return say


class Callgrind:
    """The prefix of a command, and the instructions that it executed until its end."""

    def __init__(self, folder):
        if os.environ.get("FIFOQ"):
            pytest.skip("only the build of `make` is counted")
        if not shutil.which("valgrind"):
            pytest.skip("valgrind not found")
        self.folder, self.runs = folder, 0

    def command(self):
        self.runs += 1
        self.file = self.folder / f"callgrind-{self.runs}"
        return ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={self.file}"]

    def instructions(self):
        return int(re.search(r"^totals: (\d+)$", self.file.read_text(), re.M).group(1))


@pytest.fixture
def callgrind(tmp_path):
    return Callgrind(tmp_path)


class Function:
    """The packaged bootstrap with fast servers of its own: `fifoq sqs`, parameters, an API."""

    def __init__(self, fifoq, callgrind):
        self.fifoq, self.callgrind = fifoq, callgrind
        self.sqs = Sqs(fifoq)
        for name in ("orders.fifo", "orders-dead.fifo"):
            self.sqs.queue(name)
        self.url = self.sqs.client.get_queue_url(QueueName="orders.fifo")["QueueUrl"]
        self.api = Api()
        answer = Answer(headers={"Content-Type": "application/x-amz-json-1.1"}, body=json.dumps(SSM_ANSWER).encode())
        self.ssm = Api(choose=lambda _: answer)
        self.folder = fifoq.folder / "task"
        self.pack()

    def pack(self):
        destination = {
            "name": "crm", "url": self.api.url + "/orders", "auth": {"bearer": "${param.crm-token}"},
        }  # fmt: skip
        self.fifoq.config(
            {
                "functions": {"architecture": HOST},
                "ingest": {"message": None, "filter": None},
                "drain": {"rate": None, "timeout": "900s", "max_messages": 1000, "destinations": [destination]},
                "queue": {"visibility": "90m"},
            }
        )
        self.fifoq.good("package", "-o", "code.zip")
        shutil.unpack_archive(self.fifoq.folder / "code.zip", self.folder)
        (self.folder / "bootstrap").chmod(0o755)

    def count(self, handler, *events):
        """The instructions of one process for all these events."""
        with RuntimeApi(f"orders-{handler}") as runtime:
            env = {
                "AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET,
                "AWS_ENDPOINT_URL_SQS": self.sqs.url, "AWS_ENDPOINT_URL_SSM": self.ssm.url,
            }  # fmt: skip
            runtime.start(self.folder / "bootstrap", handler, self.folder, env, command=self.callgrind.command())
            for event in events:
                invocation = runtime.invoke(event, deadline_ms=900_000).wait(200)
                assert invocation.kind == "response", invocation.body
            runtime.wait_idle()
            runtime.stop(signal.SIGTERM)
            assert not [line for line in runtime.logs() if '"level":"error"' in line]
            return self.callgrind.instructions()

    def close(self):
        self.api.close()
        self.ssm.close()


@pytest.fixture
def function(fifoq, callgrind):
    made = Function(fifoq, callgrind)
    yield made
    made.close()


def item(number, groups):
    address = {"street": "12 Example Street", "city": "Exampleton", "zip": "12345"}
    lines = [{"sku": f"SKU-{i:04}", "count": i, "price": 10 + i} for i in range(1, 5)]
    return {
        "id": f"i-{number:06}", "customer": f"c-{number % groups:03}", "n": number, "paid": True,
        "coupon": None, "address": address, "lines": lines, "text": TEXT,
    }  # fmt: skip


@pytest.mark.parametrize("groups, few, many", [(1, 20, 120), (100, 100, 300)])
def test_ingest(function, report, groups, few, many):
    def event(first, count):
        return stream_events.batch(*(
            stream_events.record(n, new=item(n, groups)) for n in range(first, first + count)
        ))  # fmt: skip

    counts = [function.count("ingest", event(at, n)) for at, n in ((0, few), (1000, many))]
    assert function.sqs.own("calls")["SendMessageBatch"] >= (few + many) // 10
    judge(f"ingest, a record, groups: {groups}", (counts[1] - counts[0]) // (many - few), report)


def test_drain(function, report):
    def fill(first, count):
        for n in range(first, first + count):
            function.sqs.client.send_message(
                QueueUrl=function.url, MessageBody=json.dumps(item(n, 1)), MessageGroupId="g",
                MessageDeduplicationId=f"event-{n}",
            )  # fmt: skip

    counts = []
    for first, count in ((0, 10), (1000, 110)):
        fill(first, count)
        counts.append(function.count("drain", {"max_messages": count}))
    assert len(function.api.requests()) == 120
    judge("drain, a message", (counts[1] - counts[0]) // 100, report)


# The commands have no secret's value: its hash would be nine tenths of what they execute.


@pytest.mark.parametrize("command", ["version", "check --offline", "check", "drift"])
def test_command(fifoq, aws, callgrind, report, command):
    make_table(aws)
    if command == "drift":
        fifoq.good("up", "--yes")
        del fifoq.env["CRM_TOKEN"]
    else:
        open_to_all = {"name": "crm", "url": "https://api.example.com/v1"}
        fifoq.config({"parameters": None, "drain": {"destinations": [open_to_all]}})
    fifoq.good(*command.split(), command=callgrind.command(), timeout=120)
    judge(command, callgrind.instructions(), report)
