"""moto's server as a child process on a free port.

It has its own session, so that Ctrl-C reaches the program that uses it and not the server.
"""

import ctypes
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ACCOUNT = "123456789012"
MAIN = pathlib.Path(__file__).with_name("moto_main.py")
START_TIMEOUT_S = 90
PR_SET_PDEATHSIG = 1
PORT_LINE = re.compile(rb"Running on http://127\.0\.0\.1:(\d+)")


def _end_with_parent():
    """In the child: be killed when the parent dies, however it dies (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class MotoServer:
    """Started and ready when constructed; use as a context manager, or call close()."""

    def __init__(self):
        self.log = tempfile.NamedTemporaryFile(prefix="moto-", suffix=".log")
        command = [sys.executable, str(MAIN), "-H", "127.0.0.1", "-p", "0"]
        env = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "MOTO_"))}
        self.process = subprocess.Popen(
            command, env=env, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            start_new_session=True, preexec_fn=_end_with_parent,
        )  # fmt: skip
        try:
            self.url = f"http://127.0.0.1:{self._wait_for_port()}"
            self.configure()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _wait_for_port(self):
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            with open(self.log.name, "rb") as log:
                text = log.read()
            match = PORT_LINE.search(text)
            if match:
                return int(match.group(1))
            if self.process.poll() is not None:
                raise RuntimeError("moto's server ended: " + text.decode(errors="replace")[-2000:])
            time.sleep(0.05)
        raise TimeoutError(f"moto's server did not start within {START_TIMEOUT_S} s")

    def _post(self, path, body):
        request = urllib.request.Request(self.url + path, data=body, method="POST")
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.read()

    def configure(self):
        self._post("/moto-api/config", json.dumps({"lambda": {"use_docker": False}}).encode())

    def reset(self):
        """Empty every service, in all accounts and regions."""
        self._post("/moto-api/reset", b"")
        self.configure()

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
