"""AWS's Lambda Runtime Interface Emulator around the bootstrap.

https://github.com/aws/aws-lambda-runtime-interface-emulator
"""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from queues import Waiting

PATH = "/2015-03-31/functions/function/invocations"


def free_port():
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
        return free.getsockname()[1]


def children(pid):
    """The running child processes of this one."""
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            found += (task / "children").read_text().split()
    return [int(each) for each in found]


class Rie:
    """One function; use as a context manager, or call close()."""

    def __init__(self, program, folder, handler, env, timeout_s=60):
        self.log = tempfile.NamedTemporaryFile(prefix="rie-", suffix=".log")
        self.port = free_port()
        command = [
            program, "--runtime-interface-emulator-address", f"127.0.0.1:{self.port}",
            "--runtime-api-address", f"127.0.0.1:{free_port()}", folder / "bootstrap",
        ]  # fmt: skip
        base = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "_HANDLER": handler,
            "LAMBDA_TASK_ROOT": str(folder),
            "AWS_REGION": "eu-west-1",
            "AWS_LAMBDA_FUNCTION_NAME": f"orders-{handler}",
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(timeout_s),
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        }
        self.process = subprocess.Popen(
            command, env={**base, **env}, cwd=folder, stdin=subprocess.DEVNULL,
            stdout=self.log, stderr=self.log,
        )  # fmt: skip
        self._wait_until_it_listens()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _wait_until_it_listens(self, timeout=20):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            time.sleep(0.02)
        raise TimeoutError(f"RIE does not listen within {timeout} s:\n{self.output()}")

    def output(self):
        return pathlib.Path(self.log.name).read_text(errors="replace")

    def logs(self):
        """What the function logged: the lines that are JSON objects."""
        return [json.loads(line) for line in self.output().splitlines() if line.startswith("{")]

    def bootstrap(self):
        """The function's process."""
        (pid,) = children(self.process.pid)
        return pid

    def invoke(self, event, timeout=90, **headers):
        """(status, body as text) of a RequestResponse invocation."""
        data = event if isinstance(event, bytes) else json.dumps(event).encode()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"http://127.0.0.1:{self.port}{PATH}"
        request = urllib.request.Request(url, data=data, headers=sent, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def good(self, event, **how):
        """The result of an invocation, which must succeed."""
        status, body = self.invoke(event, **how)
        assert status == 200, body
        result = json.loads(body)
        assert not isinstance(result, dict) or "errorType" not in result, result
        return result

    def starting(self, event, **how):
        """An invocation in its own thread; result() waits for it."""
        return Waiting(lambda: self.invoke(event, **how))

    def close(self):
        for pid in children(self.process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()
        self.log.close()
