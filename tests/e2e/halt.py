"""Stops fifoq at a chosen request, and runs it on a terminal."""

import os
import pty
import signal
import subprocess
import threading

from support import FIFOQ, wait_until

END = b"\x1eend\x1e"
STOPPING = "stopping: running requests finish first"


class At:
    """Runs fifoq and calls then(process, exchange) once, while the first request that matches waits
    for its answer. `kind` and `answer` are those of a fault of the proxy."""

    def __init__(self, fifoq, proxy, matches, then, kind="pass", answer=None):
        self.fifoq, self.then, self.running = fifoq, then, []
        self.fault = proxy.fault(kind=kind, answer=answer, run=self._reached, times=1)
        self.fault.matches = matches

    def _reached(self, exchange):
        wait_until(lambda: self.running, 10, "the process has not started")
        self.then(self.running[0], exchange)

    def run(self, *args, **how):
        self.running.append(self.fifoq.start(*args, **how))
        result = self.fifoq.finish(self.running[0])
        assert self.fault.used == 1, f"the request was never made:\n{result.text}"
        return result


def says(process, text):
    """Wait until the process has printed this on stderr."""
    wait_until(lambda: text in process_error(process), 20, f"not said: {text}")


def process_error(process):
    file = process.files[1].fileno()
    return os.pread(file, os.fstat(file).st_size, 0).decode("utf-8", "replace")


class Held:
    """A run that waits at its first request that matches, until release() or the end of the block."""

    def __init__(self, fifoq, proxy, matches, *args):
        self.fifoq, self.reached, self.free = fifoq, threading.Event(), threading.Event()
        self.fault = proxy.fault(kind="pass", run=self._wait, times=1)
        self.fault.matches = matches
        self.process = fifoq.start(*args)

    def _wait(self, _):
        self.reached.set()
        self.free.wait(60)

    def __enter__(self):
        assert self.reached.wait(30), "the request was never made"
        return self

    def __exit__(self, *_):
        self.free.set()

    def finish(self):
        self.free.set()
        return self.fifoq.finish(self.process)


class Terminal:
    """fifoq with a terminal for standard input and standard error; use as a context manager."""

    def __init__(self, fifoq, *args):
        self.ours, self.theirs = pty.openpty()
        self.shown = b""
        self.process = subprocess.Popen(
            [str(FIFOQ), *args], env={**fifoq.environment(None), "TERM": "dumb"}, cwd=fifoq.folder,
            stdin=self.theirs, stdout=subprocess.DEVNULL, stderr=self.theirs,
        )  # fmt: skip
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while True:
            try:
                self.shown += os.read(self.ours, 4096)
            except OSError:
                return

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.theirs)
        self.reader.join(5)
        os.close(self.ours)

    def text(self):
        return self.shown.decode("utf-8", "replace")

    def shows(self, text, times=1):
        wait_until(lambda: self.text().count(text) >= times, 30, f"not shown: {text}")

    def type(self, text):
        os.write(self.ours, text.encode())

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)

    def code(self):
        """The exit code, after all output has been read."""
        status = self.process.wait(30)
        os.write(self.theirs, END)
        wait_until(lambda: END in self.shown, 30, "the terminal's end is not seen")
        self.shown = self.shown.replace(END, b"")
        return status
