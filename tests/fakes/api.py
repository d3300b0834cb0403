"""The HTTP API at the end of the pipeline: stores its requests in order, and answers by script.

As a program it prints one line per request: python -m fakes.api --port 8080
"""

import argparse
import json
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from fakes import tls


@dataclass
class Answer:
    """Waits delay_s before the first byte; status None breaks the connection instead."""

    status: int | None = 200
    headers: dict = field(default_factory=dict)
    body: bytes = b"{}"
    delay_s: float = 0.0


@dataclass
class Got:
    """One request. Header names are looked up in any case; `at` is a time of the monotonic clock;
    peer is the common name in the client's certificate."""

    method: str
    path: str
    headers: object
    body: bytes
    connection: int
    at: float
    status: int | None = None
    peer: str | None = None

    def json(self):
        return json.loads(self.body)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, *_):
        pass

    def _body(self):
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(parts)

    def _any(self):
        got = Got(
            self.command, self.path, self.headers, self._body(), self.client_address[1],
            time.monotonic(), peer=tls.peer_name(self.connection),
        )  # fmt: skip
        answer = self.server.api.take(got)
        if answer.delay_s:
            self.server.api.stopping.wait(answer.delay_s)
        if answer.status is None:
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD" and answer.status not in (204, 304):
            self.wfile.write(answer.body)
        self.wfile.flush()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _any


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def handle_error(self, request, client_address):
        """A client that disconnects during a request is not printed."""


class Api:
    """Listens at once; use as a context manager, or call close().

    script() queues answers that are used one by one; after them `choose` (a callable that gets the
    Got and returns an Answer or None) decides, and otherwise the answer is 200 {}.
    """

    def __init__(self, port=0, choose=None, on_request=None, tls_context=None):
        self.choose, self.on_request = choose, on_request
        self.got, self.scripted = [], deque()
        self.changed = threading.Condition()
        self.stopping = threading.Event()
        self.server = Server(("127.0.0.1", port), Handler)
        self.server.api = self
        self.port = self.server.server_address[1]
        self.url = f"{'https' if tls_context else 'http'}://127.0.0.1:{self.port}"
        if tls_context:  # each connection's thread does its own handshake
            self.server.socket = tls_context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.stopping.set()
        self.server.shutdown()
        self.server.server_close()

    def script(self, *answers):
        with self.changed:
            self.scripted.extend(answers)

    def take(self, got):
        """Store a request and choose its answer; called by the handler."""
        with self.changed:
            if self.scripted:
                answer = self.scripted.popleft()
            else:
                answer = (self.choose and self.choose(got)) or Answer()
            got.status = answer.status
            self.got.append(got)
            if self.on_request:
                self.on_request(got)
            self.changed.notify_all()
        return answer

    def requests(self):
        with self.changed:
            return list(self.got)

    def wait_for(self, count, timeout):
        """The requests, as soon as there are at least `count`; TimeoutError gives their number."""
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.got) >= count, timeout):
                raise TimeoutError(f"{len(self.got)} of {count} requests within {timeout} s")
            return list(self.got)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0)

    def show(got):
        text = got.body.decode("utf-8", "replace")
        print(f"{got.method} {got.path}  {text[:60]}", flush=True)

    with Api(parser.parse_args().port, on_request=show) as api:
        print(f"listening on {api.url}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
