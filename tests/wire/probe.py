"""The small program that prints the transport's decisions, one JSON line each."""

import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parent.parent.parent
PROBE = pathlib.Path(
    os.environ.get("FIFOQ_WIRE_PROBE") or ROOT / "build" / "check" / "tests" / "wire_probe"
)


class Probe:
    def __init__(self):
        if not PROBE.exists():
            pytest.fail(f"'{PROBE}' is not built: run `make check`, or set FIFOQ_WIRE_PROBE")
        self.process = subprocess.Popen(
            [str(PROBE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def ask(self, **question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"the probe ended with {self.process.wait(10)} on {question}"
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(10)
