"""Core dumps if the limit does not apply: PR_SET_DUMPABLE replaces a limit that the process may not
lower.

Each program crashes with the same launcher. One that disables its core dumps by the limit only
proves that the kernel would have written one.
"""

import os
import re
import resource
import shlex
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from support import ROOT
from test_bootstrap import Lambda

from fakes.api import Api

LAUNCHER = [sys.executable, str(ROOT / "tests" / "fakes" / "no_limit.py")]


def crash(process):
    """Aborts the process, whose limit was not lowered; returns whether the kernel wrote a core."""
    limits = Path(f"/proc/{process.pid}/limits").read_text()
    os.kill(process.pid, signal.SIGABRT)
    _, status = os.waitpid(process.pid, 0)
    process.returncode = -signal.SIGABRT
    assert re.search(r"Max core file size +(\S+)", limits)[1] != "0", "the limit was lowered"
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGABRT
    return os.WCOREDUMP(status)


@pytest.fixture(autouse=True)
def cores(tmp_path):
    """The absence of a core is meaningful only if one could be written."""
    if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0:
        pytest.skip("cores are not allowed here")
    lower = "import os, resource as r, sys\ntry: r.setrlimit(r.RLIMIT_CORE, (0, 0))\n"
    lower += "except (OSError, ValueError): print('refused', flush=True)\nsys.stdin.read()"
    process = subprocess.Popen(
        [*LAUNCHER, sys.executable, "-c", lower], cwd=tmp_path, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    with process:
        try:
            said = process.stdout.readline().strip()
            if said.startswith("no filter"):
                pytest.skip(said)
            assert said == "refused", said
            if not crash(process):
                pytest.skip("this kernel writes no cores")
        finally:
            if process.returncode is None:
                process.kill()


def test_the_command(fifoq, proxy):
    waiting, go_on = threading.Event(), threading.Event()

    def hold(_):
        waiting.set()
        go_on.wait(60)

    proxy.fault("sts", kind="pass", run=hold)
    env = {"ASAN_OPTIONS": "handle_segv=0:handle_abort=0:disable_coredump=0"}
    process = fifoq.start("whoami", env=env, command=LAUNCHER)
    try:
        assert waiting.wait(60)
        assert not crash(process)
    finally:
        go_on.set()


@pytest.mark.parametrize("handler", ["ingest", "drain"])
def test_the_bootstrap(fifoq, aws, proxy, handler):
    with Api() as api:
        pipeline = Lambda(fifoq, aws, proxy, api)
        pipeline.pack()
        real = pipeline.folder / "real"
        starter = (pipeline.folder / "bootstrap").rename(real).parent / "bootstrap"
        starter.write_text(f"#!/bin/sh\nexec {shlex.join([*LAUNCHER, str(real)])}\n")
        starter.chmod(0o755)
        runtime = pipeline.start(handler)
        try:
            runtime.wait_idle()
            wrote = crash(runtime.process)
        finally:
            pipeline.close()
    assert not wrote
