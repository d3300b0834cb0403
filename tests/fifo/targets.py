"""The targets of the FIFO suite: how each SQS is started, and how its time passes.

FIFO_TARGETS names them: "fifoq" (the default), "elasticmq", or both.
"""

import contextlib
import json
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).parent.parent.parent
FIFOQ = pathlib.Path(os.environ.get("FIFOQ") or ROOT / "build" / "fifoq").absolute()
PEERS = pathlib.Path(os.environ.get("FIFOQ_PEERS") or pathlib.Path.home() / ".cache/fifoq/peers")
START_TIMEOUT_S = 60
PATIENCE_S = 5  # of real waiting, if time cannot be moved
READY = re.compile(r"listening on (http://127\.0\.0\.1:\d+)")

ELASTICMQ_CONFIG = """
include classpath("application.conf")
node-address {{ protocol = http, host = "127.0.0.1", port = {port}, context-path = "" }}
rest-sqs {{ bind-hostname = "127.0.0.1", bind-port = {port}, sqs-limits = strict }}
rest-stats {{ enabled = false }}
aws {{ region = "eu-west-1", accountId = "{account}" }}
"""


class Server:
    """A child process that serves SQS; ready when constructed."""

    def __init__(self, command, ready, more_env=None):
        self.log = tempfile.NamedTemporaryFile(prefix=f"{self.name}-", suffix=".log")
        env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **(more_env or {})}
        env.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
        self.process = subprocess.Popen(
            command, env=env, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log
        )
        try:
            self.ready = self._wait_for(ready)
        except BaseException:
            self.close()
            raise

    def output(self):
        return pathlib.Path(self.log.name).read_text(errors="replace")

    def _wait_for(self, pattern):
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            ended = self.process.poll() is not None
            if match := re.search(pattern, self.output()):
                return match
            if ended:
                break
            time.sleep(0.02)
        raise RuntimeError(f"{self.name} does not serve SQS:\n{self.output()[-2000:]}")

    def close(self):
        self.process.terminate()
        try:
            self.code = self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.code = self.process.wait()
        self.end = self.output()
        self.log.close()

    def forget(self):
        """Before each test; queues of other tests do no harm, because each has its own names."""


class Fifoq(Server):
    """`fifoq sqs`, with a clock that only the tests move unless other options are given."""

    name = "fifoq"

    def __init__(self, *options):
        if not FIFOQ.exists():
            pytest.fail(f"'{FIFOQ}' is not built: run `make`, or set FIFOQ")
        options = options or ["--virtual-clock"]
        super().__init__([FIFOQ, "sqs", "--port", "0", *options], READY)
        self.url = self.ready.group(1)

    def _control(self, path, body):
        data = json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_fifoq/{path}", data=data, method="POST")
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()

    def advance(self, seconds):
        self._control("clock", {"advance_ms": round(seconds * 1000)})

    def close(self):
        super().close()
        assert self.code == 0, self.end

    def forget(self):
        self._control("reset", {})

    def faults(self, *rules):
        """Replaces the faults; docs/guides/dev.md describes the rules."""
        self._control("faults", rules)


class ElasticMq(Server):
    """ElasticMQ, as built by tests/peers/elasticmq/make. Its time is real."""

    name = "elasticmq"

    def __init__(self, account="000000000000"):
        jars = PEERS / "elasticmq"
        if not jars.exists():
            pytest.fail(f"'{jars}' is not there: run `make check-peers`")
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
            port = free.getsockname()[1]
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as config:
            config.write(ELASTICMQ_CONFIG.format(port=port, account=account))
            config.flush()
            command = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m",
                       "-cp", f"{jars}/*", f"-Dconfig.file={config.name}",
                       "org.elasticmq.server.Main"]  # fmt: skip
            super().__init__(command, "Started SQS rest server")
        self.url = f"http://127.0.0.1:{port}"

    def advance(self, seconds):
        if seconds > PATIENCE_S:
            pytest.skip(f"ElasticMQ's clock cannot be moved, and this takes {seconds:g} s")
        time.sleep(seconds + 0.1)


TARGETS = {each.name: each for each in (Fifoq, ElasticMq)}


def chosen():
    names = os.environ.get("FIFO_TARGETS", "fifoq").split()
    if unknown := set(names) - set(TARGETS):
        raise pytest.UsageError(f"FIFO_TARGETS: no {unknown}; there are {', '.join(TARGETS)}")
    return names
