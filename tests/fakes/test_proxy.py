"""The proxy itself: it must detect errors, and not change what it forwards."""

import concurrent.futures
import hashlib
import http.client
import socket
from contextlib import closing

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from fakes import SECRET, actions, signature, strict, wire
from fakes.proxy import Exchange, aws_error, error_for, longest_chain

REGION = "eu-west-1"
CONFIG = Config(retries={"total_max_attempts": 1}, max_pool_connections=64)


def client(proxy, service, key_id="AKIDTEST", secret=None, token=None):
    return boto3.client(
        service,
        endpoint_url=proxy.url,
        region_name=REGION,
        aws_access_key_id=key_id,
        aws_secret_access_key=secret or proxy.keys["AKIDTEST"].secret,
        aws_session_token=token,
        config=CONFIG,
    )


def test_passes_on_and_records(proxy):
    sqs = client(proxy, "sqs")
    url = sqs.create_queue(QueueName="a.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    assert url.startswith(proxy.url)
    client(proxy, "iam").create_role(
        RoleName="r", AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}'
    )
    client(proxy, "lambda").list_event_source_mappings()
    client(proxy, "dynamodb").list_tables()
    assert [e.name for e in proxy.calls()] == [
        "sqs:CreateQueue", "iam:CreateRole", "lambda:ListEventSourceMappings",
        "dynamodb:ListTables",
    ]  # fmt: skip
    assert [e.name for e in proxy.mutating()] == ["sqs:CreateQueue", "iam:CreateRole"]
    assert proxy.violations() == []


def test_keeps_connections_alive(proxy):
    sqs = client(proxy, "sqs")
    for _ in range(5):
        sqs.list_queues()
    assert proxy.connections == 1
    assert {e.connection for e in proxy.calls()} == {1}


def test_sees_a_wrong_secret(proxy):
    client(proxy, "sqs", secret="not the secret").list_queues()
    assert [v for v in proxy.violations() if "bytes on the wire" in v]
    assert [v for v in proxy.violations() if "botocore computes" in v]


def test_sees_an_unknown_key_and_an_unsigned_request(proxy):
    client(proxy, "sqs", key_id="AKIDOTHER").list_queues()
    with closing(http.client.HTTPConnection("127.0.0.1", proxy.port)) as raw:
        raw.request("POST", "/", b"{}", {"X-Amz-Target": "AmazonSQS.ListQueues"})
        raw.getresponse().read()
    assert len(proxy.violations()) == 2
    assert "AKIDOTHER" in proxy.violations()[0]
    assert "not signed" in proxy.violations()[1]


def test_session_tokens(proxy):
    proxy.keys["ASIATEST"] = signature.Key("another secret", "the token")
    client(proxy, "sqs", "ASIATEST", "another secret", "the token").list_queues()
    assert proxy.violations() == []
    client(proxy, "sqs", "ASIATEST", "another secret", "an old token").list_queues()
    assert "session token" in proxy.violations()[0]


def signed_request(**changes):
    """A request signed by botocore, then changed as a bad client or an attacker would."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    headers = {"Host": "sqs.example", "Content-Type": "application/x-amz-json-1.0"}
    aws = AWSRequest("POST", "http://sqs.example/a%3Ab?x=1&y=2", headers, b"{}")
    SigV4Auth(Credentials("AKIDTEST", "s3cret"), "sqs", REGION).add_auth(aws)
    sent = wire.Headers(aws.headers.items()) + changes.pop("more_headers", [])
    request = wire.Request("POST", "/a%3Ab?x=1&y=2", "HTTP/1.1", wire.Headers(sent), b"{}")
    for name, value in changes.items():
        setattr(request, name, value)
    return request


@pytest.mark.parametrize(
    "change, said",
    [
        ({}, None),
        ({"body": b"{ }"}, "bytes on the wire"),
        ({"method": "PUT"}, "bytes on the wire"),
        ({"target": "/a:b?x=1&y=2"}, "bytes on the wire"),
        ({"target": "/a%3Ab?x=1&y=3"}, "bytes on the wire"),
        ({"more_headers": [("X-Amz-Evil", "1")]}, "'x-amz-evil' was sent and is not signed"),
    ],
)
def test_a_change_after_signing_is_seen(change, said):
    found = signature.problems(signed_request(**change), {"AKIDTEST": signature.Key("s3cret")})
    assert (found == []) if said is None else any(said in sentence for sentence in found)


def test_large_chunked_expected_and_head(proxy):
    body = b"x" * (1 << 20) + b"y"
    proxy.fault(kind="answer", answer=lambda e: wire.Response(200, body=e.request.body))
    with closing(http.client.HTTPConnection("127.0.0.1", proxy.port)) as raw:
        raw.request("POST", "/big", body)
        assert hashlib.sha256(raw.getresponse().read()).digest() == hashlib.sha256(body).digest()
        raw.request("POST", "/chunked", iter([b"one ", b"two"]), encode_chunked=True)
        assert raw.getresponse().read() == b"one two"
        raw.request("HEAD", "/head")
        answer = raw.getresponse()
        assert answer.status == 200 and answer.read() == b""
        raw.request("GET", "/after")
        assert raw.getresponse().status == 200
    assert proxy.connections == 1


def test_expect_100_continue(proxy):
    proxy.fault(kind="answer", answer=lambda e: wire.Response(200, body=e.request.body))
    sock = socket.create_connection(("127.0.0.1", proxy.port), timeout=10)
    sock.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
    assert sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    sock.sendall(b"ok")
    assert wire.Stream(sock).read_response("POST").body == b"ok"
    sock.close()


def test_many_connections_at_once(proxy):
    sqs = client(proxy, "sqs")
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        list(pool.map(lambda _: sqs.list_queues(), range(200)))
    assert len(proxy.calls("sqs", "ListQueues")) == 200
    assert proxy.connections <= 64
    assert proxy.violations() == []


def test_faults(proxy):
    sqs = client(proxy, "sqs")
    proxy.fault("sqs", "CreateQueue", nth=1, kind="answer", answer=aws_error("ServiceUnavailable"))
    with pytest.raises(ClientError, match="ServiceUnavailable"):
        sqs.create_queue(QueueName="q")
    sqs.create_queue(QueueName="q")
    proxy.fault("sqs", "DeleteQueue", times=1, kind="reset_after")
    url = sqs.get_queue_url(QueueName="q")["QueueUrl"]
    with pytest.raises(Exception, match="[Cc]onnection"):
        sqs.delete_queue(QueueUrl=url)
    assert "QueueUrls" not in sqs.list_queues()
    proxy.fault("iam", kind="answer", answer=lambda e: error_for(e, "ExpiredToken", status=403))
    with pytest.raises(ClientError, match="ExpiredToken"):
        client(proxy, "iam").list_roles()


def test_a_fault_may_ask_what_was_recorded(proxy):
    fault = proxy.fault(kind="answer", answer=lambda e: error_for(e, "Late"))
    fault.matches = lambda exchange: len(proxy.mutating()) > 1
    sqs = client(proxy, "sqs")
    sqs.create_queue(QueueName="a")
    with pytest.raises(ClientError, match="Late"):
        sqs.create_queue(QueueName="b")


def test_a_reset_before_leaves_aws_untouched(proxy):
    sqs = client(proxy, "sqs")
    proxy.fault("sqs", "CreateQueue", times=1, kind="reset")
    with pytest.raises(Exception, match="[Cc]onnection"):
        sqs.create_queue(QueueName="q")
    assert "QueueUrls" not in sqs.list_queues()


def test_the_delay_is_in_front_of_each_request(proxy):
    proxy.delay_s = 0.04
    client(proxy, "sqs").list_queues()
    exchange = proxy.calls()[0]
    assert exchange.end - exchange.start >= 0.04


def interval(start, end):
    return Exchange(0, 0, None, "s", "a", "read", 0, [], None, start, end)


@pytest.mark.parametrize(
    "intervals, depth",
    [
        ([], 0),
        ([(0, 1)], 1),
        ([(0, 1), (0, 1), (0.5, 2)], 1),
        ([(0, 1), (1, 2), (2, 3)], 3),
        ([(0, 10), (0, 1), (1, 2), (1.5, 9), (2, 3), (10, 11)], 4),
    ],
)
def test_depth_is_the_longest_chain(intervals, depth):
    assert len(longest_chain([interval(*pair) for pair in intervals])) == depth


def test_every_action_has_one_effect():
    for reads, writes in ((actions.READS[s], actions.WRITES.get(s, "")) for s in actions.READS):
        assert not set(reads.split()) & set(writes.split())
    assert actions.effect_of("sqs", "NoSuchAction") == actions.UNKNOWN


@pytest.mark.parametrize(
    "method, path, action",
    [
        ("POST", "/2015-03-31/functions", "CreateFunction"),
        ("GET", "/2015-03-31/functions/f/policy", "GetPolicy"),
        ("DELETE", "/2015-03-31/functions/f/policy/sid", "RemovePermission"),
        ("PUT", "/2019-09-25/functions/f/event-invoke-config", "PutFunctionEventInvokeConfig"),
        ("GET", "/2015-03-31/event-source-mappings/?FunctionName=f", "ListEventSourceMappings"),
        ("POST", "/2017-03-31/tags/arn%3Aaws%3Alambda%3Ax", "TagResource"),
        ("GET", "/2015-03-31/nothing", None),
    ],
)
def test_lambda_paths(method, path, action):
    request = wire.Request(method, path, "HTTP/1.1", wire.Headers())
    assert actions.decode(request, "lambda") == ("lambda", action)


EMPTY_ZIP = b"PK\x05\x06" + bytes(18)  # the end of a directory without entries


def make_function(proxy):
    trust = '{"Version": "2012-10-17", "Statement": []}'
    iam = client(proxy, "iam")
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    client(proxy, "lambda").create_function(
        FunctionName="f", Runtime="provided.al2023", Handler="h", Role=role,
        Code={"ZipFile": EMPTY_ZIP},
    )  # fmt: skip
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    table = client(proxy, "dynamodb").create_table(
        TableName="t", BillingMode="PAY_PER_REQUEST", StreamSpecification=stream,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )  # fmt: skip
    return table["TableDescription"]["LatestStreamArn"]


def test_as_strict_as_aws(proxy, moto):
    direct = boto3.client(
        "lambda", endpoint_url=moto.url, region_name=REGION, aws_access_key_id="AKIDTEST",
        aws_secret_access_key=SECRET,
    )  # fmt: skip
    proxy.stricter.append(strict.as_strict_as_aws(direct))
    stream, lam = make_function(proxy), client(proxy, "lambda")
    with pytest.raises(lam.exceptions.InvalidParameterValueException, match="Could not unzip"):
        lam.create_function(FunctionName="g", Role="arn:aws:iam::123456789012:role/r", Code={"ZipFile": b"x"})
    say = {
        "FunctionName": "f", "StatementId": "s", "Action": "lambda:InvokeFunction",
        "Principal": "events.amazonaws.com",
    }  # fmt: skip
    mapping = {"FunctionName": "f", "EventSourceArn": stream, "StartingPosition": "LATEST"}
    lam.add_permission(**say)
    uuid = lam.create_event_source_mapping(**mapping)["UUID"]
    with pytest.raises(lam.exceptions.ResourceConflictException):
        lam.add_permission(**say)
    with pytest.raises(lam.exceptions.ResourceConflictException):
        lam.create_event_source_mapping(**mapping)
    lam.remove_permission(FunctionName="f", StatementId="s")
    lam.delete_event_source_mapping(UUID=uuid)
    with pytest.raises(lam.exceptions.ResourceNotFoundException):
        lam.remove_permission(FunctionName="f", StatementId="s")
    with pytest.raises(lam.exceptions.ResourceNotFoundException):
        lam.delete_event_source_mapping(UUID=uuid)
