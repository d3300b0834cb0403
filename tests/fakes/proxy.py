"""A recording HTTP/1.1 proxy in front of the emulated AWS.

It keeps connections alive (moto closes each one), checks every signature over the bytes on the
wire, decodes and counts the calls, delays them, and can answer or break them instead of moto. As a
program: python -m fakes.proxy --upstream http://127.0.0.1:5000 --key ID:SECRET
"""

import argparse
import json
import signal
import socket
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

from fakes import actions, signature, wire

IO_TIMEOUT_S = 120


@dataclass
class Exchange:
    """One request and its result. Times are of the monotonic clock, in seconds."""

    number: int
    connection: int
    request: wire.Request
    service: str | None
    action: str | None
    effect: str
    nth: int
    violations: list
    scope: signature.Scope | None
    start: float
    end: float | None = None
    response: wire.Response | None = None
    fault: str | None = None

    @property
    def name(self):
        return f"{self.service}:{self.action}"

    def json(self):
        """The request's body as JSON, {} if it has none."""
        return json.loads(self.request.body or b"{}")


@dataclass
class Fault:
    """What to do instead of forwarding a request.

    matches(exchange) selects requests. `run` is called first, whatever the kind. Kinds: "answer"
    (answer is a wire.Response, or a callable that gets the exchange), "reset" (before AWS receives
    it), "reset_after" (AWS has done the work, its answer is lost), "pass" (only `run`). `times` is
    the maximum number, None for no limit.
    """

    matches: object
    kind: str = "answer"
    answer: object = None
    run: object = None
    times: int | None = None
    used: int = field(default=0)


def aws_error(code, message="made by the test", status=400, headers=()):
    """An error in the format of the JSON services; includes Lambda's header."""
    kinds = [("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-ErrorType", code)]
    kinds += [("x-amzn-RequestId", "00000000-0000-4000-8000-000000000000"), *headers]
    body = json.dumps({"__type": code, "message": message, "Message": message}).encode()
    return wire.Response(status, wire.Headers(kinds), body)


def query_error(code, message="made by the test", status=400):
    """An error in the format of the Query services (IAM, STS)."""
    body = (
        '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error>'
        f"<Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        "<RequestId>00000000-0000-4000-8000-000000000000</RequestId></ErrorResponse>"
    )
    return wire.Response(status, wire.Headers([("Content-Type", "text/xml")]), body.encode())


def error_for(exchange, code, message="made by the test", status=400):
    """The same error in the format of the called service."""
    make = query_error if exchange.service in ("iam", "sts") else aws_error
    return make(code, message, status)


def longest_chain(exchanges):
    """The longest list of exchanges in which each began after the one before had ended."""
    done = sorted((e for e in exchanges if e.end is not None), key=lambda e: e.start)
    best = []
    for at, exchange in enumerate(done):
        earlier = [i for i in range(at) if done[i].end <= exchange.start]
        before = max(earlier, key=lambda i: best[i][0], default=None)
        best.append((1 if before is None else best[before][0] + 1, before))
    at = max(range(len(done)), key=lambda i: best[i][0], default=None)
    chain = []
    while at is not None:
        chain.append(done[at])
        at = best[at][1]
    return chain[::-1]


class Proxy:
    """Listens at once; use as a context manager, or call close()."""

    def __init__(self, upstream, keys, port=0, delay_s=0.0, on_done=None):
        parts = urlsplit(upstream)
        self.upstream = (parts.hostname, parts.port)
        self.keys, self.delay_s, self.on_done = dict(keys), delay_s, on_done
        self.exchanges, self.faults, self.bad_messages = [], [], []
        self.stricter = []  # callables: return an exchange's answer that AWS gives and moto does not
        self.layers = []  # callables between a request and moto: see fakes/hard
        self.account = None  # the account that moto uses for the caller; None: its default
        self.skew_s = 0  # how far the client's clock is ahead
        self.lock = threading.RLock()  # a fault may read the recording
        self.counts, self.connections, self.open = {}, 0, set()
        self.listener = wire.listen(port)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Stop listening and drop every connection."""
        with self.lock:
            sockets = [self.listener, *self.open]
        for sock in sockets:
            _drop(sock)

    # For the tests

    def fault(self, service=None, action=None, nth=None, times=None, **what):
        """Add a fault for a service, an action, its n-th call (a number or several, from 1)."""
        wanted = {nth} if isinstance(nth, int) else set(nth or ())

        def matches(exchange):
            return (
                service in (None, exchange.service)
                and action in (None, exchange.action)
                and (not wanted or exchange.nth in wanted)
            )

        self.faults.append(Fault(matches, times=times, **what))
        return self.faults[-1]

    def calls(self, service=None, action=None):
        with self.lock:
            seen = list(self.exchanges)
        return [e for e in seen if service in (None, e.service) and action in (None, e.action)]

    def mutating(self):
        """Calls that can change something; an unknown call counts as one."""
        return [e for e in self.calls() if e.effect != actions.READ]

    def violations(self):
        """Bad signatures, unclassified calls and broken HTTP, as sentences."""
        found = [f"{e.name} (request {e.number}): {v}" for e in self.calls() for v in e.violations]
        unknown = {e.name for e in self.calls() if e.effect == actions.UNKNOWN}
        found += [f"{name}: no row in fakes/actions.py" for name in sorted(unknown)]
        return found + self.bad_messages

    def depth(self):
        return len(longest_chain(self.calls()))

    def clear(self):
        """Forget the recording (not the faults)."""
        with self.lock:
            self.exchanges, self.counts, self.bad_messages = [], {}, []

    def now(self):
        return datetime.now(timezone.utc) + timedelta(seconds=self.skew_s)

    # For the threads

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            sock.settimeout(None)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.connections += 1
                number = self.connections
                self.open.add(sock)
            threading.Thread(target=self._serve, args=(sock, number), daemon=True).start()

    def _serve(self, sock, connection):
        stream = wire.Stream(sock)
        try:
            while stream.wait_readable() and self._one(stream, connection):
                pass
        except (wire.BadMessage, ValueError) as error:
            self.bad_messages.append(f"connection {connection}: {error}")
        except OSError:
            pass
        finally:
            with self.lock:
                self.open.discard(sock)
            sock.close()

    def _one(self, stream, connection):
        start = time.monotonic()
        request = stream.read_request()
        exchange = self._record(request, connection, start)
        if self.delay_s:
            time.sleep(self.delay_s)
        fault = self._choose_fault(exchange)
        response = self._respond(exchange, fault)
        keep = wire.keeps_alive(request) and response is not None
        with self.lock:
            exchange.response = response
            exchange.end = time.monotonic()
        if self.on_done:
            self.on_done(exchange)
        if response is None:
            _reset(stream.sock)
            return False
        data = wire.encode_response(response, request.method, close=not keep)
        if response.cut:
            stream.sock.sendall(data[: -(len(response.body) // 2 or 2)])
            return False
        stream.sock.sendall(data)
        return keep

    def _record(self, request, connection, start):
        authorization = signature.read_authorization(request.headers)
        scope = authorization.scope if authorization else None
        service, action = actions.decode(request, scope.service if scope else None)
        violations = signature.problems(request, self.keys, self.now())
        if scope and service != scope.service:
            violations.append(f"signed for '{scope.service}', sent to '{service}'")
        effect = actions.effect_of(service, action)
        if _only_connects(request, authorization):
            service, action, effect, violations = "sqs", "(connects)", actions.READ, []
        with self.lock:
            nth = self.counts[service, action] = self.counts.get((service, action), 0) + 1
            exchange = Exchange(
                len(self.exchanges) + 1, connection, request, service, action, effect, nth,
                violations, scope, start,
            )  # fmt: skip
            self.exchanges.append(exchange)
        return exchange

    def _choose_fault(self, exchange):
        with self.lock:
            for fault in self.faults:
                spent = fault.times is not None and fault.used >= fault.times
                if not spent and fault.matches(exchange):
                    fault.used += 1
                    exchange.fault = fault.kind
                    return fault
        return None

    def _respond(self, exchange, fault):
        """The response, or None if the connection is to be reset."""
        if not fault:
            return self._hand_on(exchange)
        if fault.run:
            fault.run(exchange)
        if fault.kind == "answer":
            return fault.answer(exchange) if callable(fault.answer) else fault.answer
        if fault.kind == "reset":
            return None
        response = self._hand_on(exchange)
        return None if fault.kind == "reset_after" else response

    def _hand_on(self, exchange):
        return self._through(exchange, exchange.request, list(self.layers))

    def _through(self, exchange, request, layers):
        if layers:
            return layers[0](
                exchange, lambda other=None: self._through(exchange, other or request, layers[1:])
            )
        for check in self.stricter:
            if answer := check(exchange):
                return answer
        return self._forward(request)

    def _forward(self, request):
        more = [("x-moto-account-id", self.account)] if self.account else []
        try:
            with socket.create_connection(self.upstream, timeout=IO_TIMEOUT_S) as sock:
                sock.sendall(wire.encode_request(request, more))
                return wire.Stream(sock).read_response(request.method)
        except (OSError, wire.BadMessage, ValueError) as error:
            self.bad_messages.append(f"upstream: {error}")
            return wire.Response(502, wire.Headers(), str(error).encode())


def _only_connects(request, authorization):
    """The bootstrap's unsigned GET / before its first event (runtime/warm.c)."""
    return request.method == "GET" and request.target == "/" and not authorization and not request.body


def _drop(sock):
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    sock.close()


def _reset(sock):
    """Close with a RST, so that the client gets a broken connection and not a short answer."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    sock.close()


def _print_exchange(exchange):
    status = exchange.response.status if exchange.response else "reset"
    took = 1000 * (exchange.end - exchange.start)
    print(f"{exchange.number:4} {exchange.name:44} {status} {took:5.0f} ms", flush=True)
    for violation in exchange.violations:
        print(f"     ! {violation}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--upstream", required=True, metavar="URL")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay-ms", type=float, default=0)
    parser.add_argument("--key", action="append", default=[], metavar="ID:SECRET[:TOKEN]")
    options = parser.parse_args()
    keys = {}
    for text in options.key:
        key_id, _, rest = text.partition(":")
        secret, _, token = rest.partition(":")
        keys[key_id] = signature.Key(secret, token or None)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    delay_s = options.delay_ms / 1000
    with Proxy(options.upstream, keys, options.port, delay_s, _print_exchange) as proxy:
        print(f"listening on {proxy.url}", flush=True)
        stop.wait()
        writes, bad = len(proxy.mutating()), len(proxy.violations())
        print(f"{len(proxy.calls())} requests, {writes} mutating, {bad} violations,", end=" ")
        print(f"{proxy.depth()} deep, {proxy.connections} connections")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
