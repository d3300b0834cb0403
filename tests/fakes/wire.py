"""HTTP/1.1 on plain sockets: read one message, write one message, keep every byte as received.

The proxy and the fakes check what a client really sends, so no framework may normalise it first.
RFC 9112 is the source for framing.
"""

import socket
from dataclasses import dataclass, field

HEAD_LIMIT = 64 * 1024
BODY_LIMIT = 64 * 1024 * 1024
REASONS = {
    100: "Continue", 200: "OK", 201: "Created", 202: "Accepted", 204: "No Content",
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict",
    410: "Gone", 413: "Content Too Large", 422: "Unprocessable Content", 425: "Too Early",
    429: "Too Many Requests", 500: "Internal Server Error", 502: "Bad Gateway",
    503: "Service Unavailable", 504: "Gateway Timeout",
}  # fmt: skip
HOP_BY_HOP = {
    "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding",
    "upgrade", "expect", "content-length",
}  # fmt: skip


class BadMessage(Exception):
    """The input is not HTTP/1.1, or is larger than a test ever sends."""


class Headers(list):
    """(name, value) pairs in the order and the case received."""

    def get(self, name, default=None):
        values = self.all(name)
        return values[0] if values else default

    def all(self, name):
        return [value for key, value in self if key.lower() == name.lower()]

    def has_token(self, name, token):
        words = ",".join(self.all(name)).lower().split(",")
        return token in [word.strip() for word in words]


@dataclass
class Request:
    method: str
    target: str
    version: str
    headers: Headers
    body: bytes = b""
    raw_head: bytes = b""


@dataclass
class Response:
    status: int
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    version: str = "HTTP/1.1"
    cut: bool = False  # only a part of it is sent


class Stream:
    """A socket with a buffer that reads whole messages."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = b""

    def wait_readable(self):
        """Block until the next message begins; False at the end of the stream."""
        if not self.buffer:
            self.buffer = self.sock.recv(65536)
        return bool(self.buffer)

    def _more(self):
        data = self.sock.recv(262144)
        if not data:
            raise ConnectionError("the other side closed in the middle of a message")
        self.buffer += data

    def _until(self, end, limit):
        start = 0
        while True:
            at = self.buffer.find(end, start)
            if at >= 0:
                taken, self.buffer = self.buffer[:at], self.buffer[at + len(end) :]
                return taken
            if len(self.buffer) > limit:
                raise BadMessage(f"no end of a head or line within {limit} bytes")
            start = max(0, len(self.buffer) - len(end) + 1)
            self._more()

    def _exactly(self, length):
        if length > BODY_LIMIT:
            raise BadMessage(f"a body of {length} bytes is more than {BODY_LIMIT}")
        parts, have = [self.buffer[:length]], len(self.buffer[:length])
        self.buffer = self.buffer[length:]
        while have < length:
            data = self.sock.recv(min(262144, length - have))
            if not data:
                raise ConnectionError("the other side closed in the middle of a body")
            parts.append(data)
            have += len(data)
        return b"".join(parts)

    def _chunked(self):
        parts = []
        while True:
            size = int(self._until(b"\r\n", 1024).split(b";")[0].strip(), 16)
            if size == 0:
                break
            parts.append(self._exactly(size))
            if self._exactly(2) != b"\r\n":
                raise BadMessage("a chunk does not end with a line break")
        while self._until(b"\r\n", HEAD_LIMIT):
            pass
        return b"".join(parts)

    def _to_the_end(self):
        parts = [self.buffer]
        self.buffer = b""
        while data := self.sock.recv(262144):
            parts.append(data)
        return b"".join(parts)

    def read_request(self):
        raw = self._until(b"\r\n\r\n", HEAD_LIMIT)
        lines = raw.decode("latin-1").split("\r\n")
        words = lines[0].split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            raise BadMessage(f"not a request line: {lines[0]!r}")
        request = Request(words[0], words[1], words[2], parse_headers(lines[1:]), raw_head=raw)
        if request.headers.has_token("Expect", "100-continue"):
            self.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.body = self._body(request.headers, closes=False)
        return request

    def read_response(self, method):
        while True:
            lines = self._until(b"\r\n\r\n", HEAD_LIMIT).decode("latin-1").split("\r\n")
            version, status = lines[0].split(" ")[:2]
            response = Response(int(status), parse_headers(lines[1:]), version=version)
            if response.status >= 200:
                break
        if method != "HEAD" and response.status not in (204, 304):
            response.body = self._body(response.headers, closes=True)
        return response

    def _body(self, headers, closes):
        if headers.has_token("Transfer-Encoding", "chunked"):
            return self._chunked()
        lengths = set(headers.all("Content-Length"))
        if len(lengths) > 1:
            raise BadMessage("two different Content-Length headers")
        if lengths:
            return self._exactly(int(lengths.pop()))
        return self._to_the_end() if closes else b""


def parse_headers(lines):
    headers = Headers()
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise BadMessage(f"not a header line: {line!r}")
        headers.append((name, value.strip(" \t")))
    return headers


def end_to_end(headers):
    """The headers that a proxy forwards."""
    return Headers((name, value) for name, value in headers if name.lower() not in HOP_BY_HOP)


def encode_request(request, more=()):
    headers = end_to_end(request.headers)
    headers += more
    if request.body or request.method in ("POST", "PUT", "PATCH"):
        headers.append(("Content-Length", str(len(request.body))))
    headers.append(("Connection", "close"))
    return _encode(f"{request.method} {request.target} HTTP/1.1", headers) + request.body


def encode_response(response, method="GET", close=False):
    headers = end_to_end(response.headers)
    if response.status not in (204, 304):
        length = len(response.body)
        if method == "HEAD":
            length = int(response.headers.get("Content-Length", length))
        headers.append(("Content-Length", str(length)))
    if close:
        headers.append(("Connection", "close"))
    line = f"HTTP/1.1 {response.status} {REASONS.get(response.status, 'Other')}"
    body = b"" if method == "HEAD" or response.status in (204, 304) else response.body
    return _encode(line, headers) + body


def _encode(first_line, headers):
    lines = [first_line] + [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def keeps_alive(request):
    if request.headers.has_token("Connection", "close"):
        return False
    return request.version == "HTTP/1.1" or request.headers.has_token("Connection", "keep-alive")


def listen(port=0, host="127.0.0.1"):
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    sock.listen(256)
    return sock
