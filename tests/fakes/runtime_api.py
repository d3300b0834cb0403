"""The Lambda Runtime API, for testing the bootstrap as Lambda runs it, without Lambda.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
import uuid
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from fakes.api import Server

PREFIX = "/2018-06-01/runtime"
EXTENSION = "/2020-01-01/extension"
RESULT = re.compile(PREFIX + r"/invocation/([^/]+)/(response|error)")
RESPONSE_LIMIT = 6 * 1024 * 1024 + 100
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:"


@dataclass
class Invocation:
    """One event in progress; `kind` is "response" or "error" after the function has answered."""

    event: bytes
    request_id: str
    invocation_id: str | None
    headers: dict
    kind: str | None = None
    body: bytes = b""
    result_headers: object = None
    results: int = 0
    done: threading.Event = field(default_factory=threading.Event)

    def wait(self, timeout=30):
        if not self.done.wait(timeout):
            raise TimeoutError(f"no answer to {self.request_id} within {timeout} s")
        return self

    def json(self):
        return json.loads(self.body)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, *_):
        pass

    def _answer(self, status, body=b'{"status":"OK"}\n', headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def _refuse(self, status, kind):
        self._answer(status, json.dumps({"errorMessage": kind, "errorType": kind}).encode())

    def do_GET(self):
        if self.path == EXTENSION + "/event/next":
            if refusal := self.server.api.extension_next(self.headers):
                self._refuse(*refusal)
            else:
                self.close_connection = True
            return
        if self.path != PREFIX + "/invocation/next":
            self._refuse(404, "NotFound")
            return
        status, invocation = self.server.api.next(self)
        if status:
            self._refuse(status, "Container")
        elif invocation:
            self._answer(200, invocation.event, invocation.headers)
        else:
            self.close_connection = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == EXTENSION + "/register":
            status, answer = self.server.api.register(body, self.headers)
            self._answer(status, b"{}", answer)
            return
        if self.path == PREFIX + "/init/error":
            refusal = self.server.api.init_error(body, self.headers)
        elif match := RESULT.fullmatch(self.path):
            refusal = self.server.api.result(match.group(1), match.group(2), body, self.headers)
        else:
            refusal = (404, "NotFound")
        if refusal:
            self._refuse(*refusal)
        else:
            self._answer(202)


class RuntimeApi:
    """Serves one bootstrap process at a time; use as a context manager, or call close().

    post_statuses and next_statuses are queues of statuses to answer instead of the usual ones
    (None: the usual one). extensions is False if the Extensions API is missing; `registered` is the
    extension's name, `attending` whether it waits for events. Protocol errors of the bootstrap are
    in `violations`.
    """

    def __init__(self, function="orders-ingest", echo_required=True):
        self.function, self.echo_required = function, echo_required
        self.waiting, self.known = deque(), {}
        self.current, self.polls, self.idle = None, 0, False
        self.extension_id, self.polls_before = None, 0
        self.init_errors, self.violations = [], []
        self.extensions, self.registered, self.attending = True, None, False
        self.post_statuses, self.next_statuses = deque(), deque()
        self.closed, self.process, self.output = False, None, None
        self.changed = threading.Condition()
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.api = self
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        with self.changed:
            self.closed = True
            self.changed.notify_all()
        self.stop()
        self.server.shutdown()
        self.server.server_close()
        if self.output:
            self.output.close()

    # For the tests

    def invoke(self, event, deadline_ms=60_000, request_id=None, invocation_id=True, **headers):
        """Queue an event (a JSON value, or bytes as they are) for the next /next."""
        data = event if isinstance(event, bytes) else json.dumps(event).encode()
        request_id = request_id or str(uuid.uuid4())
        attempt = str(uuid.uuid4()) if invocation_id is True else invocation_id or None
        trace = f"Root=1-{uuid.uuid4().hex[:8]}-{uuid.uuid4().hex[:24]};Sampled=0"
        sent = {
            "Lambda-Runtime-Aws-Request-Id": request_id,
            "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": ARN + self.function,
            "Lambda-Runtime-Trace-Id": trace,
        }
        if attempt:
            sent["Lambda-Runtime-Invocation-Id"] = attempt
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        invocation = Invocation(data, request_id, attempt, sent)
        with self.changed:
            self.waiting.append(invocation)
            self.changed.notify_all()
        return invocation

    def start(self, bootstrap, handler, task_root, env=None, memory_mb=128, command=()):
        """Run the bootstrap (by this command) with Lambda's environment and nothing of the test's;
        env is added."""
        base = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "_HANDLER": handler,
            "LAMBDA_TASK_ROOT": str(task_root),
            "LAMBDA_RUNTIME_DIR": "/var/runtime",
            "AWS_LAMBDA_RUNTIME_API": self.address,
            "AWS_LAMBDA_FUNCTION_NAME": self.function,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory_mb),
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{self.function}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "2024/01/01/[$LATEST]0123456789abcdef",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
        }
        self.registered, self.extension_id, self.attending = None, None, False
        self.polls_before = self.polls
        self.output = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [*command, str(bootstrap)], env={**base, **(env or {})}, cwd=str(task_root),
            stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.output,
        )  # fmt: skip
        return self.process

    def stop(self, how=signal.SIGKILL):
        """Stop the process; its exit status (negative: the signal)."""
        if not self.process:
            return None
        if self.process.poll() is None:
            os.kill(self.process.pid, how)
        try:
            return self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def logs(self):
        """What the process has written so far, one string per line."""
        if not self.output:
            return []
        size = os.fstat(self.output.fileno()).st_size
        return os.pread(self.output.fileno(), size, 0).decode("utf-8", "replace").splitlines()

    def wait_idle(self, timeout=30):
        """Waits until the bootstrap waits in /next and nothing is queued."""
        self._wait(lambda: self.idle and not self.waiting, timeout, "the bootstrap is not idle")

    def wait_init_error(self, timeout=30):
        self._wait(lambda: self.init_errors, timeout, "no init error came")
        return self.init_errors[0]

    def _wait(self, ready, timeout, said):
        with self.changed:
            if not self.changed.wait_for(ready, timeout):
                raise TimeoutError(f"{said} within {timeout} s: " + "\n".join(self.logs()[-5:]))

    # For the bootstrap

    def next(self, handler):
        """(status, None) for a scripted failure, else (None, invocation); the last may be None."""
        with self.changed:
            self.polls += 1
            if self.next_statuses and (status := self.next_statuses.popleft()):
                return status, None
            if self.current and not self.current.kind:
                return None, self.current
            self.idle = True
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.waiting or self.closed)
            self.idle = False
            if not self.waiting:
                return None, None
            self.current = self.waiting.popleft()
            self.known[self.current.request_id] = self.current
            return None, self.current

    def result(self, request_id, kind, body, headers):
        """Accept an answer; returns the status to refuse it with, or None."""
        with self.changed:
            invocation = self.known.get(request_id)
            if not invocation:
                self.violations.append(f"{kind} for the unknown request '{request_id}'")
                return 400, "InvalidRequestID"
            echoed = headers.get("Lambda-Runtime-Invocation-Id")
            if self.echo_required and echoed != invocation.invocation_id:
                self.violations.append(f"Invocation-Id {echoed} for {invocation.invocation_id}")
            invocation.results += 1
            if invocation.kind or invocation is not self.current:
                self.violations.append(f"a second answer to '{request_id}'")
                return 403, "InvalidStateTransition"
            invocation.kind, invocation.body = kind, body
            invocation.result_headers = headers
            invocation.done.set()
            if self.post_statuses and (status := self.post_statuses.popleft()):
                return status, "Scripted"
            if len(body) > RESPONSE_LIMIT:
                return 413, "RequestEntityTooLarge"
            return None

    def register(self, body, headers):
        """(status, headers) for an internal extension, which Lambda accepts only during startup."""
        with self.changed:
            name = headers.get("Lambda-Extension-Name")
            if not self.extensions:
                return 404, {}
            late = self.polls > self.polls_before or self.registered
            if late or not name or "SHUTDOWN" in json.loads(body)["events"]:
                self.violations.append(f"the extension '{name}' cannot be registered")
                return 403, {}
            self.registered, self.extension_id = name, str(uuid.uuid4())
            return 200, {"Lambda-Extension-Identifier": self.extension_id}

    def extension_next(self, headers):
        """Waits until the end: it asked for no events. Returns the status to refuse it with, or
        None."""
        with self.changed:
            if headers.get("Lambda-Extension-Identifier") != self.extension_id:
                self.violations.append("an unknown extension waits for events")
                return 403, "Extension.UnknownExtensionIdentifier"
            self.attending = True
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.closed)
            return None

    def wait_attending(self, timeout=30):
        """Waits until the extension waits for events, without which Lambda does not end the init
        phase."""
        self._wait(lambda: self.attending, timeout, "the extension does not wait for events")

    def shutdown(self, grace_s=0.5):
        """Stop the process as Lambda does: SIGTERM only with an extension. Its exit status."""
        if self.registered and self.process.poll() is None:
            self.process.terminate()
            try:
                return self.process.wait(grace_s)
            except subprocess.TimeoutExpired:
                pass
        return self.stop()

    def init_error(self, body, headers):
        with self.changed:
            if self.polls > self.polls_before:
                self.violations.append("init/error after the first next")
                return 403, "InvalidStateTransition"
            self.init_errors.append((json.loads(body), headers))
            self.changed.notify_all()
            return None
