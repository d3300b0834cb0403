"""`fifoq sqs`: faults over real connections, the virtual clock, and a pipeline's queues on it."""

import json
import signal
import socket
import threading
import urllib.error
import urllib.parse
import urllib.request

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from botocore.parsers import create_parser
from sqs_server import Sqs
from support import wait_until

@pytest.fixture
def start(fifoq):
    return lambda *args, **more: Sqs(fifoq, *args, **more)


def exchange(url, body, target="AmazonSQS.GetQueueUrl", **headers):
    """All bytes of the answer, however it ends, and whether the connection was reset."""
    port = int(url.rpartition(":")[2])
    lines = [
        "POST / HTTP/1.1", f"Host: 127.0.0.1:{port}", f"X-Amz-Target: {target}",
        f"Content-Length: {len(body)}",
        "Connection: close", *(f"{name}: {value}" for name, value in headers.items()),
    ]  # fmt: skip
    got = b""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall("\r\n".join([*lines, "", body]).encode())
        try:
            while part := connection.recv(65536):
                got += part
        except ConnectionResetError:
            return got, True
    return got, False


SIGNED = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/sqs/aws4_request, "
    "SignedHeaders=host, Signature=0"
}


def test_it_serves_until_it_is_told_to_end(start):
    sqs = start()
    url = sqs.queue()
    assert url == f"{sqs.url}/123456789012/q.fifo"
    assert f"export AWS_ENDPOINT_URL_SQS={sqs.url}\n" in sqs.texts()
    sqs.send(url, "ä \U0001f600")
    assert sqs.bodies(url) == ["ä \U0001f600"]  # boto3 has compared the digests
    assert sqs.own("calls") == {"CreateQueue": 1, "SendMessage": 1, "ReceiveMessage": 1}
    waiting = threading.Thread(target=exchange, args=(sqs.url, json.dumps({
        "QueueUrl": url, "WaitTimeSeconds": 20}), "AmazonSQS.ReceiveMessage"), kwargs=SIGNED)  # fmt: skip
    waiting.start()
    wait_until(lambda: sqs.own("calls")["ReceiveMessage"] == 2, 10, "the poll waits")
    sqs.process.send_signal(signal.SIGTERM)
    assert sqs.process.wait(10) == 0
    waiting.join(10)
    assert not waiting.is_alive()


def test_the_largest_messages(start):
    sqs = start()
    url = sqs.queue()
    largest = '"' * 1048576  # two bytes each in JSON
    sqs.send(url, "x" * 1048576, "1")
    sqs.send(url, largest, "2")
    assert [len(body) for body in sqs.bodies(url)] == [1048576, 1048576]
    got, _ = exchange(sqs.url, " " * 7_000_000, **SIGNED)
    assert b" 413 " in got.partition(b"\r\n")[0]


def test_a_request_has_to_be_signed(start):
    sqs = start()
    got, _ = exchange(sqs.url, "{}")
    assert b" 403 " in got and b"MissingAuthenticationToken" in got
    got, _ = exchange(sqs.url, "{}", Authorization="Bearer x")
    assert b" 400 " in got and b"IncompleteSignature" in got


REFUSED = {
    "throttled": ("RequestThrottled", 400),
    "unavailable": ("ServiceUnavailable", 503),
    "empty_500": ("500", 500),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_a_fault_that_refuses(start, fault):
    sqs = start()
    url = sqs.queue()
    sqs.own("faults", [{"action": "SendMessage", "fault": fault, "nth": 2}])
    sqs.send(url, "a")
    with pytest.raises(ClientError) as caught:
        sqs.send(url, "b", "2")
    answered = caught.value.response
    assert (answered["Error"]["Code"], answered["ResponseMetadata"]["HTTPStatusCode"]) == (
        REFUSED[fault]
    )
    assert sqs.own("faults") == {fault: 1}
    assert sqs.bodies(url) == ["a"]


@pytest.mark.parametrize("fault, done", [("reset_before", []), ("reset_after", ["a"])])
def test_a_connection_that_is_reset(start, fault, done):
    sqs = start()
    url = sqs.queue()
    sqs.own("faults", [{"fault": fault, "nth": 1}])
    with pytest.raises(ConnectionClosedError):
        sqs.send(url, "a")
    sqs.own("faults", [{"fault": fault, "nth": 1}])
    assert exchange(sqs.url, '{"QueueName": "q.fifo"}', **SIGNED) == (b"", True)
    assert sqs.bodies(url) == done


def test_answers_that_are_spoilt(start):
    sqs = start()
    sqs.queue()
    ask = '{"QueueName": "q.fifo"}'
    whole = exchange(sqs.url, ask, **SIGNED)[0].partition(b"\r\n\r\n")[2]
    assert json.loads(whole)["QueueUrl"]
    sqs.own("faults", [{"fault": "garbage", "nth": 1}, {"fault": "cut", "nth": 2}])
    head, _, body = exchange(sqs.url, ask, **SIGNED)[0].partition(b"\r\n\r\n")
    assert b" 200 " in head and body.startswith(b"<html>")
    head, _, body = exchange(sqs.url, ask, **SIGNED)[0].partition(b"\r\n\r\n")
    assert b"Content-Length: %d" % len(whole) in head
    assert body == whole[: len(whole) // 2]


def test_faults_from_a_file(start, fifoq):
    rules = [{"fault": "throttled", "probability": 0.5}]
    (fifoq.folder / "faults.json").write_text(json.dumps(rules))

    def run(seed):
        sqs = start("--faults", "faults.json", "--seed", seed)
        seen = ""
        for _ in range(40):
            try:
                sqs.client.list_queues()
                seen += "."
            except ClientError:
                seen += "t"
        sqs.process.terminate()
        return seen

    first = run(1)
    assert first == run(1) and first != run(2) and len(set(first)) == 2
    (fifoq.folder / "faults.json").write_text('[{"fault": "throttled"}]')
    refused = fifoq.run("sqs", "--faults", "faults.json")
    assert refused.code == 64
    assert refused.err == "fifoq: faults: rule 1: set either 'probability' or 'nth'\n"


def poll(sqs, url, into, **more):
    found = sqs.client.receive_message(QueueUrl=url, WaitTimeSeconds=20, **more)
    into.append([each["Body"] for each in found.get("Messages", [])])


def waiting_poll(sqs, url, **more):
    """(thread, its result) of a long poll that waits at the server."""
    before, into = sqs.own("calls").get("ReceiveMessage", 0), []
    thread = threading.Thread(target=poll, args=(sqs, url, into), kwargs=more)
    thread.start()
    wait_until(lambda: sqs.own("calls").get("ReceiveMessage", 0) > before, 10, "the poll waits")
    return thread, into


def test_a_long_poll_ends_with_a_message(start):
    sqs = start("--virtual-clock")  # no time passes, so only the message can end it
    url = sqs.queue()
    thread, into = waiting_poll(sqs, url)
    assert into == []
    sqs.send(url, "a")
    thread.join(10)
    assert into == [["a"]]


def test_a_long_poll_ends_when_the_clock_is_moved(start):
    sqs = start("--virtual-clock")
    url = sqs.queue()
    sqs.send(url, "a")
    assert sqs.bodies(url) == ["a"]
    now = sqs.own("clock", {"advance_ms": 11_000})["now_ms"]
    thread, into = waiting_poll(sqs, url)
    assert sqs.own("clock", {"advance_ms": 18_999})["now_ms"] == now + 18_999
    assert into == []
    sqs.own("clock", {"advance_ms": 1})  # visible again after 30 s
    thread.join(10)
    assert into == [["a"]]
    thread, into = waiting_poll(sqs, url)
    sqs.own("clock", {"advance_ms": 20_000})
    thread.join(10)
    assert into == [[]]


def test_a_long_poll_in_real_time(start):
    sqs = start(read_timeout=15)  # the message ends it, not its 20 s
    url = sqs.queue()
    sqs.send(url, "a")
    sqs.client.receive_message(QueueUrl=url, VisibilityTimeout=1)
    into = []
    poll(sqs, url, into)
    assert into == [["a"]]


def test_nobody_gets_what_a_gone_client_waited_for(start):
    sqs = start("--virtual-clock")
    url = sqs.queue()
    port = int(sqs.url.rpartition(":")[2])
    body = json.dumps({"QueueUrl": url, "WaitTimeSeconds": 20})
    with socket.create_connection(("127.0.0.1", port)) as gone:
        gone.sendall(
            "\r\n".join([
                "POST / HTTP/1.1", "Host: localhost", "X-Amz-Target: AmazonSQS.ReceiveMessage",
                f"Authorization: {SIGNED['Authorization']}", f"Content-Length: {len(body)}", "",
                body,
            ]).encode()
        )  # fmt: skip
        wait_until(lambda: sqs.own("calls").get("ReceiveMessage"), 10, "the poll waits")
    sqs.send(url, "a")
    assert sqs.bodies(url) == ["a"]


def test_requests_of_its_own(start):
    sqs = start()
    sqs.queue()
    for path, body, code in [
        ("clock", {"advance_ms": 1}, 409), ("faults", [{}], 400), ("nothing", None, 404),
        ("faults", {"a": 1}, 400),
    ]:  # fmt: skip
        with pytest.raises(urllib.error.HTTPError) as caught:
            sqs.own(path, body)
        assert caught.value.code == code
        assert json.load(caught.value)["message"]
    sqs.own("faults", [{"fault": "throttled", "probability": 1}])
    sqs.own("reset", {})
    assert sqs.own("calls") == {}
    assert "QueueUrls" not in sqs.client.list_queues()


WEB_PAGES = [
    {"Host": "evil.example"},  # by DNS rebinding
    {"Host": "localhost.evil.example"},
    {"Host": "127.0.0.1:80@evil.example"},
    {"Origin": "https://evil.example", "Content-Type": "text/plain"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
]


@pytest.mark.parametrize("headers", WEB_PAGES)
@pytest.mark.parametrize("path", ["/_fifoq/reset", "/"])
def test_a_web_page_may_not_ask(start, headers, path):
    sqs = start()
    url = sqs.queue()
    headers = {"X-Amz-Target": "AmazonSQS.DeleteQueue", **SIGNED, **headers}
    body = json.dumps({"QueueUrl": url}).encode()
    request = urllib.request.Request(sqs.url + path, body, headers)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=30)
    with caught.value as answer:
        assert answer.code == 403 and answer.read()
    assert sqs.client.list_queues()["QueueUrls"] == [url]


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST:80", "[::1]:9324", "127.0.0.1"])
def test_names_of_this_machine(start, name):
    sqs = start()
    request = urllib.request.Request(f"{sqs.url}/_fifoq/calls", headers={"Host": name})
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert json.load(answer) == {}


def test_an_old_sdk_is_told_so(start):
    """The protocol of older SDKs: botocore's parser for it reads the answer."""
    sqs = start()
    form = urllib.parse.urlencode({"Action": "ListQueues", "Version": "2012-11-05"}).encode()
    for asked in (
        urllib.request.Request(sqs.url, form, SIGNED),
        urllib.request.Request(f"{sqs.url}/?{form.decode()}", headers=SIGNED),
    ):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(asked, timeout=30)
        with caught.value as got:
            answer = {"status_code": got.code, "headers": {}, "body": got.read()}
        error = create_parser("query").parse(answer, None)["Error"]
        assert error["Code"] == "UnsupportedProtocol"
        assert "JSON" in error["Message"] and "2023" in error["Message"]


def test_the_port_and_the_account(start, fifoq):
    first = start("--account", "000000000001", "--region", "us-west-2")
    url = first.queue()
    assert "/000000000001/" in url
    asked = first.client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    assert asked["Attributes"] == {"QueueArn": "arn:aws:sqs:us-west-2:000000000001:q.fifo"}
    port = first.url.rpartition(":")[2]
    taken = fifoq.run("sqs", "--port", port)
    assert taken.code == 1
    assert taken.err == (
        f"fifoq: cannot listen on 127.0.0.1:{port}; use another --port\n"
    )


def test_a_pipelines_queues(start, fifoq, table):
    sqs = start("--region", "eu-west-1")
    env = {"AWS_ENDPOINT_URL_SQS": sqs.url}
    fifoq.good("up", "--yes", env=env)
    names = [url.rpartition("/")[2] for url in sqs.client.list_queues()["QueueUrls"]]
    assert names == ["orders-dead.fifo", "orders-ingest-failures", "orders-turn.fifo", "orders.fifo"]
    again = fifoq.good("up", "--yes", env=env)
    assert "nothing to change" in again.text
    fifoq.good("down", "--yes", env=env)
    assert "QueueUrls" not in sqs.client.list_queues()
    # names are unavailable for 60 s after deletion, as on AWS
    with pytest.raises(ClientError, match="QueueDeletedRecently"):
        sqs.queue("orders.fifo")
