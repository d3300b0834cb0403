"""Destinations and an AWS that answer with incomplete HTTP messages (RFC 9112), which must never
count as answers. A socket writes them; the bytes are in the tests."""

import json
import socket
import threading

import pytest
from support import FIFOQ
from test_bootstrap import Lambda

from fakes import wire

WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
REFUSED = b"HTTP/1.1 422 No\r\nContent-Length: 2\r\n\r\nno"
AMBIGUOUS = [
    b"HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n Content-Length: 2\r\n\r\nok",  # libcurl 7.88 failed on this one
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"ok",
]


class Raw:
    """Answers each request with the bytes that `choose` returns for it, and closes the connection."""

    def __init__(self):
        self.got, self.lock = [], threading.Lock()
        self.choose = lambda request: WHOLE
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            stream = wire.Stream(connection)
            if not stream.wait_readable():
                return
            request = stream.read_request()
            with self.lock:
                self.got.append(request)
            connection.sendall(self.choose(request))

    def close(self):
        self.listener.close()


@pytest.fixture
def raw():
    made = Raw()
    yield made
    made.close()


@pytest.fixture(params=["packaged", "host"])
def lam(request, fifoq, aws, proxy, raw):
    """The static bootstrap, and the one on this machine's libraries: each has its own curl."""
    made = Lambda(fifoq, aws, proxy, raw)
    destination = {"name": "crm", "url": raw.url + "/x", "timeout": "1s"}
    made.pack({"drain": {
        "on_reject": "drop", "parallel_groups": 10, "max_messages": 1000,
        "destinations": [destination],
    }})  # fmt: skip
    if request.param == "host":
        host = FIFOQ.parent / "bootstrap_host"
        (made.folder / "bootstrap").write_bytes(host.read_bytes())
    yield made
    made.close()


def number_of(request):
    return json.loads(request.body)["n"]


def test_a_message_is_deleted_after_a_whole_answer_only(lam, raw):
    """Each message, of its own group, gets one of the answers: each answer cut off after each of
    its bytes, including a rejection that would drop the message. The runs are too short for
    retries."""
    cut = [WHOLE[:n] for n in range(len(WHOLE))] + [REFUSED[:n] for n in (17, 20, 37, 39)]
    answers = [*cut, *AMBIGUOUS, WHOLE]
    everything = set(range(len(answers)))
    raw.choose = lambda request: answers[number_of(request)]
    for number in everything:
        lam.send(number, f"g-{number}")
    runtime, counts = lam.start("drain"), []
    while {number_of(request) for request in raw.got} != everything and len(counts) < 30:
        counts.append(runtime.invoke({}, deadline_ms=4_500).wait(30).json())
    assert {number_of(request) for request in raw.got} == everything
    assert sum(each["delivered"] for each in counts) == 1
    assert sum(each["rejected"] for each in counts) == 0
    assert len(lam.proxy.calls("sqs", "DeleteMessage")) == 1
    assert runtime.process.poll() is None
