"""Shared by the end-to-end tests: the configuration, fifoq as a child process, a table."""

import copy
import json
import os
import pathlib
import platform
import signal
import subprocess
import sys
import time
from dataclasses import dataclass

import pytest
import yaml

from fakes import KEY_ID, SECRET

ROOT = pathlib.Path(__file__).parent.parent.parent
FIFOQ = pathlib.Path(os.environ.get("FIFOQ") or ROOT / "build" / "fifoq").absolute()
REGION = "eu-west-1"
HOST = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"
TOKEN = "a-secret-token-that-nobody-may-see"
SERVICES = "sqs iam lambda events logs ssm dynamodb dynamodbstreams".split()

# Every section that the design and the tests mention, with values that are not the defaults.
CONFIG = {
    "name": "orders",
    "region": REGION,
    "tags": {"team": "billing"},
    "table": {"name": "orders-table"},
    "ingest": {
        "events": ["INSERT"],
        "filter": [
            {"dynamodb": {"NewImage": {"status": {"S": ["paid"]}}}},
            {"dynamodb": {"NewImage": {"status": {"S": ["sent"]}}}},
        ],
        "group": "${item.customer}",
        "message": {"id": "${item.id}", "total": "${item.total}"},
        "batch_size": 50,
    },
    "queue": {"retention": "14d", "visibility": "6m"},
    "drain": {
        "schedules": [
            "cron(0/5 9-17 ? * MON-FRI *)",
            {"name": "night", "at": "rate(1 hour)", "max_messages": 500},
        ],
        "max_messages": 20,
        "rate": "5/s",
        "timeout": "60s",
        "destinations": [
            {
                "name": "crm",
                "url": "https://api.example.com/v1/orders/${message.id}",
                "body": {"order": "${message.id}", "cents": "${message.total}"},
                "auth": {"bearer": "${param.crm-token}"},
            }
        ],
    },
    "parameters": {"crm-token": {"from": "env:CRM_TOKEN"}},
    "functions": {
        "architecture": "arm64", "memory": 256, "log_retention": "30d", "log_level": "info",
    },
}  # fmt: skip


@dataclass
class Result:
    """code is negative if a signal killed the process."""

    code: int
    out: str
    err: str
    wall_s: float
    max_rss_kib: int | None = None

    @property
    def text(self):
        return self.out + self.err


# Runs a command in its own child process and writes the child's peak memory: the value of a process
# that Python starts directly would include Python's own.
MEASURE = """
import os, sys
pid = os.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(pid, 0)
with open(sys.argv[1], "w") as out:
    out.write(str(usage.ru_maxrss))
raise SystemExit(os.waitstatus_to_exitcode(status) & 0xFF)
"""


class Fifoq:
    """Runs the command in its own folder, with credentials, connected to the proxy."""

    def __init__(self, folder, endpoint):
        self.folder, self.endpoint, self.started = folder, endpoint, []
        self.home = folder / "home"
        self.home.mkdir()
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
            "CRM_TOKEN": TOKEN,
        }
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS"):
            if name in os.environ:
                self.env[name] = os.environ[name]

    def environment(self, changes):
        env = {**self.env, **(changes or {})}
        return {name: value for name, value in env.items() if value is not None}

    def start(self, *args, env=None, cwd=None, command=None, umask=-1):
        """The running process; its outputs are written to files."""
        number = len(self.started)
        out = open(self.folder / f"out-{number}", "w+b")
        err = open(self.folder / f"err-{number}", "w+b")
        process = subprocess.Popen(
            [*(command or []), str(FIFOQ), *map(str, args)],
            env=self.environment(env), cwd=cwd or self.folder, stdin=subprocess.DEVNULL,
            stdout=out, stderr=err, umask=umask, start_new_session=True,  # no terminal to ask on
        )  # fmt: skip
        process.files = (out, err)
        self.started.append(process)
        return process

    def finish(self, process, timeout=60, began=None):
        """Wait for it; a process that does not exit in time is killed, and the test fails."""
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            pytest.fail(f"no end within {timeout} s:\n{''.join(self.texts(process))[-3000:]}")
        wall_s = time.monotonic() - began if began else 0.0
        return Result(code, *self.texts(process), wall_s)

    @staticmethod
    def texts(process):
        texts = []
        for file in process.files:
            size = os.fstat(file.fileno()).st_size
            texts.append(os.pread(file.fileno(), size, 0).decode("utf-8", "replace"))
        return texts

    def run(self, *args, env=None, timeout=60, **how):
        began = time.monotonic()
        return self.finish(self.start(*args, env=env, **how), timeout, began)

    def measured(self, *args, timeout=60, command=()):
        """Like run, with the peak memory."""
        figure = self.folder / "max-rss"
        command = [*command, sys.executable, "-I", "-S", "-c", MEASURE, str(figure)]
        result = self.run(*args, timeout=timeout, command=command)
        result.max_rss_kib = int(figure.read_text())
        return result

    def good(self, *args, **how):
        """Run; the command must succeed."""
        result = self.run(*args, **how)
        assert result.code == 0, f"{args} ended with {result.code}:\n{result.text}"
        return result

    def config(self, *changes, text=None, name="fifoq.yaml"):
        """Write the configuration: CONFIG with each of the changes merged over it."""
        if text is None:
            merged = copy.deepcopy(CONFIG)
            for change in changes:
                merge(merged, change)
            text = yaml.safe_dump(merged, sort_keys=False, allow_unicode=True)
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def close(self):
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.wait()
            for file in process.files:
                file.close()


def merge(into, change):
    """Objects are merged member by member, a member that is None is removed, the rest is replaced."""
    for name, value in change.items():
        if value is None:
            into.pop(name, None)
        elif isinstance(value, dict) and isinstance(into.get(name), dict):
            merge(into[name], value)
        else:
            into[name] = copy.deepcopy(value)


def make_table(aws, name="orders-table", stream=False, region=None):
    """A table with key id, an item and a tag, created outside of fifoq."""
    more = {}
    if stream:
        view = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        more["StreamSpecification"] = view
    aws.dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=[{"Key": "owner", "Value": "somebody else"}],
        **more,
    )
    aws.dynamodb.put_item(TableName=name, Item={"id": {"S": "old"}, "total": {"N": "1"}})
    return name


def wait_until(ready, timeout, said):
    """Poll until ready() is true; returns its value."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if value := ready():
            return value
        time.sleep(0.05)
    raise TimeoutError(f"{said} within {timeout} s")


def interrupt(process):
    process.send_signal(signal.SIGINT)


def policy_statements(document):
    """The statements of a policy, given as JSON or parsed, as a list."""
    parsed = json.loads(document) if isinstance(document, str) else document
    found = parsed["Statement"]
    return found if isinstance(found, list) else [found]


def as_list(value):
    return value if isinstance(value, list) else [value]
