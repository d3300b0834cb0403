"""The fakes of the API and of Lambda, tested with a plain HTTP client."""

import http.client
import json
import sys
from contextlib import closing
from decimal import Decimal

import boto3.dynamodb.types
import pytest

from fakes import stream_events
from fakes.api import Answer, Api
from fakes.runtime_api import PREFIX, RuntimeApi


def ask(connection, method, path, body=None, headers=None):
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    return answer.status, answer.read(), answer.headers


def test_api_records_in_order_and_answers_by_script():
    with Api() as api, closing(http.client.HTTPConnection("127.0.0.1", api.port)) as raw:
        api.script(Answer(429, {"Retry-After": "7"}, b"slow down"), Answer(204))
        status, body, headers = ask(raw, "POST", "/a?b=c", b"one", {"X-One": "1"})
        assert (status, body, headers["Retry-After"]) == (429, b"slow down", "7")
        assert ask(raw, "PUT", "/b", b"two")[0] == 204
        assert ask(raw, "POST", "/c", iter([b"thr", b"ee"]))[:2] == (200, b"{}")
        got = api.wait_for(3, timeout=5)
        assert [(g.method, g.path, g.body) for g in got] == [
            ("POST", "/a?b=c", b"one"), ("PUT", "/b", b"two"), ("POST", "/c", b"three"),
        ]  # fmt: skip
        assert got[0].headers["x-one"] == "1"
        assert len({g.connection for g in got}) == 1


def test_api_says_how_many_came():
    with Api() as api, pytest.raises(TimeoutError, match="0 of 1 requests"):
        api.wait_for(1, timeout=0.01)


def test_api_can_break_the_connection():
    with Api() as api, closing(http.client.HTTPConnection("127.0.0.1", api.port)) as raw:
        api.script(Answer(None))
        with pytest.raises(http.client.RemoteDisconnected):
            ask(raw, "POST", "/")


BOOTSTRAP = """#!{python}
import http.client, os
c = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    c.request("GET", "{prefix}/invocation/next")
    r = c.getresponse(); event = r.read(); h = r.headers
    request_id = h["Lambda-Runtime-Aws-Request-Id"]
    echo = {{"Lambda-Runtime-Invocation-Id": h["Lambda-Runtime-Invocation-Id"]}}
    print("event", request_id, flush=True)
    c.request("POST", "{prefix}/invocation/" + request_id + "/response", event, echo)
    c.getresponse().read()
"""


def test_runtime_api_runs_a_bootstrap(tmp_path):
    program = tmp_path / "bootstrap"
    program.write_text(BOOTSTRAP.format(python=sys.executable, prefix=PREFIX))
    program.chmod(0o755)
    with RuntimeApi() as runtime:
        runtime.start(program, "ingest", tmp_path)
        runtime.post_statuses.extend([410, None])
        first = runtime.invoke({"n": 1})
        second = runtime.invoke({"n": 2}, request_id=first.request_id + "x")
        assert first.wait().json() == {"n": 1}
        assert second.wait().json() == {"n": 2}
        runtime.wait_idle()
        assert runtime.violations == []
        assert runtime.logs() == [f"event {first.request_id}", f"event {second.request_id}"]
        assert runtime.stop() == -9


def test_runtime_api_keeps_the_rules():
    with RuntimeApi() as runtime:
        host, port = runtime.address.split(":")
        with closing(http.client.HTTPConnection(host, int(port))) as raw:
            invocation = runtime.invoke({})
            again = [ask(raw, "GET", PREFIX + "/invocation/next")[2] for _ in range(2)]
            assert again[0]["Lambda-Runtime-Trace-Id"].startswith("Root=1-")
            assert {h["Lambda-Runtime-Aws-Request-Id"] for h in again} == {invocation.request_id}
            path = f"{PREFIX}/invocation/{invocation.request_id}/response"
            assert ask(raw, "POST", path, b"{}")[0] == 202
            assert ask(raw, "POST", path, b"{}")[0] == 403
            assert ask(raw, "POST", PREFIX + "/invocation/nobody/error", b"{}")[0] == 400
            assert ask(raw, "POST", PREFIX + "/init/error", b"{}")[0] == 403
            runtime.next_statuses.append(500)
            assert ask(raw, "GET", PREFIX + "/invocation/next")[0] == 500
        said = " ".join(runtime.violations)
        assert "Invocation-Id None" in said and "second answer" in said and "unknown" in said


def test_events_are_dynamodbs_own_types():
    event = stream_events.inserts([stream_events.every_type()])
    new = event["Records"][0]["dynamodb"]["NewImage"]
    assert {kind for value in new.values() for kind in value} == {
        "S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL",
    }  # fmt: skip
    assert new["digits"] == {"N": "12345678901234567890123456789012345678"}
    assert new["binaries"] == {"BS": ["AQ==", "Ag=="]}
    plain = boto3.dynamodb.types.TypeDeserializer().deserialize(new["map"])
    assert plain["inner"]["deep"] == [Decimal(1), "two", None]
    json.dumps(event)


def test_events_of_each_name():
    insert = stream_events.record(0, new={"id": "a"})
    modify = stream_events.record(1, new={"id": "a", "x": 2}, old={"id": "a"})
    remove = stream_events.ttl_delete(2, old={"id": "a"})
    assert [r["eventName"] for r in (insert, modify, remove)] == ["INSERT", "MODIFY", "REMOVE"]
    assert len({r["eventID"] for r in (insert, modify, remove)}) == 3
    assert remove["userIdentity"]["type"] == "Service"
    assert "NewImage" not in remove["dynamodb"]
