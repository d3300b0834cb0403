"""A company's HTTP proxy: CONNECT with the TLS intercepted, and plain requests.

Whatever the host, requests are passed to one upstream (the emulated AWS, or the proxy in front of
it). https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6
"""

import base64
import select
import socket
import ssl
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

from fakes import wire

TIMEOUT_S = 60


@dataclass
class Asked:
    """A request to the proxy: CONNECT and host:port, or a method and a whole URL."""

    method: str
    target: str
    authorization: str | None
    user_agent: str | None


def plain(sock):
    """A socket for the connection inside this one: TLS within TLS cannot be unwrapped directly."""
    if not isinstance(sock, ssl.SSLSocket):
        return sock
    near, far = socket.socketpair()

    def pump():
        with far:
            while ready := [sock] if sock.pending() else select.select([sock, far], [], [], TIMEOUT_S)[0]:
                for each in ready:
                    if not (data := each.recv(65536)):
                        return
                    (far if each is sock else sock).sendall(data)

    def run():
        try:
            pump()
        except (OSError, ValueError):
            pass  # it was closed

    threading.Thread(target=run, daemon=True).start()
    return near


class ConnectProxy:
    """Listens at once. login: the required (user, password); refuse: the status for every client;
    context: the TLS of the intercepted connection; outer: that of the connection to the proxy,
    which makes it an https:// proxy."""

    def __init__(self, upstream, context=None, login=None, refuse=None, outer=None):
        parts = urlsplit(upstream)
        self.upstream = (parts.hostname, parts.port)
        self.context, self.login, self.refuse, self.outer = context, login, refuse, outer
        self.asked, self.open, self.lock = [], set(), threading.Lock()
        self.listener = wire.listen()
        self.port = self.listener.getsockname()[1]
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"{'https' if outer else 'http'}://{self.host}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
        with self.lock:
            left = list(self.open)
        for sock in left:
            sock.close()

    def hosts(self):
        """The hosts of the requested tunnels, in order."""
        with self.lock:
            return [
                each.target.rpartition(":")[0] for each in self.asked if each.method == "CONNECT"
            ]

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        sock.settimeout(TIMEOUT_S)
        with self.lock:
            self.open.add(sock)
        try:
            if self.outer:
                with self.outer.wrap_socket(sock, server_side=True) as outer:
                    self._talk(outer)
            elif sock.recv(1, socket.MSG_PEEK) == b"\x16":  # a ClientHello
                sock.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            else:
                self._talk(sock)
        except (OSError, ValueError, wire.BadMessage):
            pass  # the client's certificate check failed, or it disconnected
        finally:
            with self.lock:
                self.open.discard(sock)
            sock.close()

    def _talk(self, sock):
        stream = wire.Stream(sock)
        while stream.wait_readable():
            request = stream.read_request()
            self._record(request)
            if status := self._refusal(request):
                body = b"<html>no way</html>"
                headers = wire.Headers([("Proxy-Authenticate", 'Basic realm="company"')])
                sock.sendall(wire.encode_response(wire.Response(status, headers, body), close=True))
                return
            if request.method == "CONNECT":
                sock.sendall(b"HTTP/1.1 200 Connection established\r\nX-Proxy: here\r\n\r\n")
                with self.context.wrap_socket(plain(sock), server_side=True) as inside:
                    self._relay(wire.Stream(inside))
                return
            parts = urlsplit(request.target)
            request.target = parts.path + (f"?{parts.query}" if parts.query else "")
            sock.sendall(self._ask(request))

    def _record(self, request):
        headers = request.headers
        with self.lock:
            self.asked.append(
                Asked(
                    request.method, request.target, headers.get("Proxy-Authorization"),
                    headers.get("User-Agent"),
                )
            )  # fmt: skip

    def _refusal(self, request):
        if self.refuse or not self.login:
            return self.refuse
        right = base64.b64encode(":".join(self.login).encode()).decode()
        given = request.headers.get("Proxy-Authorization")
        return None if given == f"Basic {right}" else 407

    def _relay(self, stream):
        while stream.wait_readable():
            stream.sock.sendall(self._ask(stream.read_request()))

    def _ask(self, request):
        with socket.create_connection(self.upstream, timeout=TIMEOUT_S) as sock:
            sock.sendall(wire.encode_request(request))
            answer = wire.Stream(sock).read_response(request.method)
        return wire.encode_response(answer, request.method)
