"""What destinations may need in addition to keys: statuses, pauses, bodies. Verified by independent
servers and parsers."""

import json
from urllib.parse import parse_qsl
from xml.etree import ElementTree

import pytest
from test_auth import drain, logs, pack, to
from test_bootstrap import Lambda

from fakes import stream_events
from fakes.api import Answer, Api


@pytest.fixture
def api():
    with Api() as made:
        yield made


@pytest.fixture
def lam(fifoq, aws, proxy, api):
    made = Lambda(fifoq, aws, proxy, api)
    yield made
    made.close()


# Statuses


class KnowsItsKeys:
    """Accepts new messages, breaks the connection after accepting, and answers 409 to known ones."""

    def __init__(self):
        self.stored = []

    def __call__(self, got):
        key = got.headers["Idempotency-Key"]
        if key in self.stored:
            return Answer(409)
        self.stored.append(key)
        return Answer(500) if len(self.stored) == 1 else None


@pytest.mark.parametrize("on_reject", ["block", "dead-letter", "drop"])
def test_a_conflict_may_mean_that_it_is_there_already(lam, on_reject):
    lam.api.choose = server = KnowsItsKeys()
    pack(lam, to(lam, None, success=["200-299", 409]), drain={"on_reject": on_reject})
    runtime = lam.start("drain")
    lam.send(1, "g")
    lam.send(2, "g")
    assert drain(lam, runtime)["delivered"] == 2
    assert server.stored == ["event-1", "event-2"]
    assert [got.status for got in lam.api.requests()] == [500, 409, 200]
    assert lam.depth() == 0 and lam.depth("orders-dead.fifo") == 0


def test_without_it_a_conflict_comes_again(lam):
    lam.api.choose = KnowsItsKeys()
    pack(lam, to(lam, None), drain={"on_reject": "drop"})
    runtime = lam.start("drain")
    lam.send(1, "g")
    assert drain(lam, runtime)["delivered"] == 0
    assert lam.depth() == 1


# Pauses


@pytest.mark.parametrize("asked", ["2.5", "3.0"])
def test_a_pause_may_have_a_fraction(lam, asked):
    lam.api.script(Answer(429, {"Retry-After": asked}))
    pack(lam, to(lam, None))
    runtime = lam.start("drain")
    lam.send(1, "g")
    assert drain(lam, runtime)["delivered"] == 1
    first, second = lam.api.requests()
    assert second.at - first.at >= float(asked)


def test_a_403_that_asks_for_a_pause_is_a_rate_limit(lam):
    """The keys are kept, nothing is fetched again, and no other group is sent there."""
    lam.api.choose = lambda got: Answer(403, {"Retry-After": "600"})
    pack(lam, to(lam, {"bearer": "${param.secret}"}), parameters={"secret": "k"},
         drain={"on_reject": "drop"})  # fmt: skip
    runtime = lam.start("drain")
    lam.send(1, "g")
    lam.send(2, "h")
    assert drain(lam, runtime)["stopped"] == "paused"
    assert len(lam.api.requests()) == 1 and lam.depth() == 2
    assert len(lam.fetches()) == 1
    assert "refuses our credentials" not in logs(runtime)


def test_a_413_that_asks_for_a_pause_is_not_final(lam):
    lam.api.script(Answer(413, {"Retry-After": "1"}))
    pack(lam, to(lam, None), drain={"on_reject": "drop"})
    runtime = lam.start("drain")
    lam.send(1, "g")
    lam.send(2, "g")
    assert drain(lam, runtime)["delivered"] == 2
    assert [got.status for got in lam.api.requests()] == [413, 200, 200]


# Bodies

ODD = "a&b=c d+é%\U0001f600<\"'\r\n\t;"


def sent(lam, destination, **message):
    """The one request for a message."""
    pack(lam, destination)
    runtime = lam.start("drain")
    lam.send(1, "g", **message)
    assert drain(lam, runtime)["delivered"] == 1, logs(runtime)
    (got,) = lam.api.requests()
    return got


def test_a_form_is_what_its_readers_read(lam):
    body = {"type": "order", "text": "${message.text}", "items[]": "${message.items}",
            "total": "${message.total}", "ok": True, "gone": "${message.none}"}  # fmt: skip
    got = sent(lam, to(lam, None, body_type="form", body=body), text=ODD, items=[1, "x y"],
               total=1.5, none=None)  # fmt: skip
    assert got.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qsl(got.body.decode(), strict_parsing=True) == [
        ("type", "order"), ("text", ODD), ("items[]", "1"), ("items[]", "x y"), ("total", "1.5"),
        ("ok", "true"),
    ]  # fmt: skip


def test_xml_is_what_its_readers_read(lam):
    body = '<order id="${message.text}"><n>${message.n}</n><t>${message.text}</t></order>'
    got = sent(lam, to(lam, None, body_type="xml", body=body), text=ODD)
    assert got.headers["Content-Type"] == "application/xml"
    root = ElementTree.fromstring(got.body.decode())
    assert root.get("id") == ODD and root.findtext("t") == ODD and root.findtext("n") == "1"


def test_text_is_sent_as_it_is(lam):
    headers = {"Content-Type": "text/csv"}
    body = "${message.n},${message.text}\n"
    got = sent(lam, to(lam, None, body_type="text", body=body, headers=headers), text=ODD)
    assert got.headers.get_all("Content-Type") == ["text/csv"]
    assert got.body.decode() == f"1,{ODD}\n"


def test_members_keep_the_order_of_the_configuration(lam):
    body = {"type": "order", "n": "${message.n}", "a": {"z": 1, "b": 2}}
    got = sent(lam, to(lam, None, body=body))
    assert got.body == b'{"type":"order","n":1,"a":{"z":1,"b":2}}'


def test_json_in_a_text_is_looked_into(lam):
    """As SNS without raw delivery sends it to the queue."""
    inner = {"id": 7, "total": 1.5, "lines": ["a", {"b": None}]}
    url = lam.api.url + "/${message.Message:fromjson.id}"
    body = {"whole": "${message.Message:fromjson}", "text": "${message.Message:fromjson:tojson}"}
    got = sent(lam, to(lam, None, url=url, body=body), Type="Notification",
               Message=json.dumps(inner))  # fmt: skip
    assert got.path == "/7"
    assert got.json()["whole"] == inner and json.loads(got.json()["text"]) == inner


@pytest.mark.parametrize(
    "more, message",
    [
        ({"body_type": "form", "body": "${message.list}"}, {"list": [1]}),
        ({"body_type": "form", "body": {"a": "${message.map}"}}, {"map": {"b": 1}}),
        ({"body_type": "xml", "body": "<a>${message.text}</a>"}, {"text": "\x07"}),
        ({"body_type": "text", "body": "${message.list}"}, {"list": [1]}),
        ({"body": {"a": "${message.text:fromjson}"}}, {"text": '{"a": 1'}),
    ],
)
def test_what_cannot_be_a_body_is_a_reject(lam, more, message):
    pack(lam, to(lam, None, **more), drain={"on_reject": "dead-letter"})
    runtime = lam.start("drain")
    lam.send(1, "g", **message)
    answer = drain(lam, runtime)
    assert (answer["delivered"], answer["rejected"]) == (0, 1)
    assert lam.api.requests() == [] and lam.depth("orders-dead.fifo") == 1


def test_null_makes_no_path(lam):
    url = lam.api.url + "/orders/${message.customer}"
    pack(lam, to(lam, None, url=url), drain={"on_reject": "dead-letter"})
    runtime = lam.start("drain")
    lam.send(1, "g", customer=None)
    assert drain(lam, runtime)["rejected"] == 1
    assert lam.api.requests() == []
    assert "is null" in logs(runtime)


def test_a_name_may_hold_nul(lam):
    """The message is passed on byte for byte; a template has U+FFFD in its place."""
    body = lam.api.url + "/templates"
    destinations = [to(lam, None), {"name": "b", "url": body, "body": "${message}"}]
    pack(lam, *destinations)
    runtime = lam.start("drain")
    lam.send(1, "g", **{"a\0b": "x\0"})
    assert drain(lam, runtime)["delivered"] == 1
    whole, made = lam.api.requests()
    assert whole.json()["a\0b"] == "x\0" and made.json()["a\ufffdb"] == "x\0"


def test_a_records_name_may_hold_nul(lam):
    """It does not block the stream."""
    lam.pack()
    runtime = lam.start("ingest")
    event = stream_events.inserts([{"id": "i-1", "customer": "c", "a\0b": 1}])
    invocation = runtime.invoke(event).wait()
    assert invocation.kind == "response", invocation.body
    (message,) = lam.messages()
    assert json.loads(message["Body"])["a\ufffdb"] == 1
