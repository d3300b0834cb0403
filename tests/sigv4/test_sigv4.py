"""fifoq's signer compared with botocore's, stage by stage, on random requests; and with AWS's own
examples.

The signer is called through a small program (FIFOQ_SIGV4_PROBE, else
build/check/tests/sigv4_probe): one JSON request a line in, one JSON line with each stage out.
"""

import base64
import json
import os
import pathlib
import subprocess
from urllib.parse import quote

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fakes import signature, wire

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
PROBE = pathlib.Path(
    os.environ.get("FIFOQ_SIGV4_PROBE") or ROOT / "build" / "check" / "tests" / "sigv4_probe"
)
PUBLISHED = json.loads((HERE / "data" / "published.json").read_text())
STAGES = ("canonical_request", "string_to_sign", "signature", "authorization")


class Probe:
    def __init__(self):
        self.process = subprocess.Popen(
            [str(PROBE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def sign(self, request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"the probe ended with {self.process.wait(10)} on {request}"
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(10)


@pytest.fixture(scope="module")
def probe():
    if not PROBE.exists():
        pytest.fail(f"'{PROBE}' is not built: run `make check`, or set FIFOQ_SIGV4_PROBE")
    made = Probe()
    yield made
    assert made.close() == 0


# Requests

PATH_PIECES = st.one_of(
    st.sampled_from(
        ["", ".", "..", "a", "b%3Ac", "x:y", "%20", "%2F", "%252F", "2015-03-31", "functions",
         "arn%3Aaws%3Alambda%3Aeu-west-1", "~-_.", "$LATEST", "a;b=c,d", "(1)", "%E1%88%B4", "@",
         "!*'&+"]
    ),  # fmt: skip
    st.text(max_size=6).map(lambda text: quote(text, safe="~")),
)
PATHS = st.builds(
    lambda pieces, end: "/" + "/".join(pieces) + end,
    st.lists(PATH_PIECES, max_size=6),
    st.sampled_from(["", "/"]),
)
QUERY_NAMES = st.one_of(
    st.sampled_from(["a", "a-b", "a.b", "A", "aa", "Action", "Version", "z~", "%", " "]),
    st.text(min_size=1, max_size=4),
)
QUERY_PAIRS = st.tuples(QUERY_NAMES, st.one_of(st.none(), st.text(max_size=6)))


def query_text(pairs):
    """As a well-behaved client writes it: a value of None omits the '='."""
    parts = []
    for name, value in pairs:
        end = "" if value is None else "=" + quote(value, safe="~")
        parts.append(quote(name, safe="~") + end)
    return "&".join(parts)


QUERIES = st.lists(QUERY_PAIRS, max_size=5).map(query_text)
HEADER_NAMES = st.sampled_from(
    ["Content-Type", "X-Amz-Target", "x-amz-meta-a", "X-Amz-Meta-B", "X-One", "x-one", "X-ONE-two",
     "Accept", "A", "zz", "If-Match", "Range", "X_Under"]
)  # fmt: skip
HEADER_VALUES = st.one_of(
    st.sampled_from(["", " ", "a", "  a   b  ", '"a   b"', "a,b", "a, b", "\ta\t b ", "=;:/"]),
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=12),
)
HEADERS = st.lists(st.tuples(HEADER_NAMES, HEADER_VALUES), max_size=6)
TIMES = st.datetimes().map(
    lambda when: f"{when.year:04}{when.month:02}{when.day:02}T"
    f"{when.hour:02}{when.minute:02}{when.second:02}Z"
)
SECRETS = st.text(st.sampled_from("ABCabc019/+="), min_size=1, max_size=60)
TOKENS = st.one_of(st.none(), st.text(st.sampled_from("ABCabc019/+="), min_size=1, max_size=400))


@st.composite
def requests(draw):
    headers = [["Host", draw(st.sampled_from(["sqs.eu-west-1.amazonaws.com", "127.0.0.1:4566"]))]]
    headers += [list(pair) for pair in draw(HEADERS)]
    time, token = draw(TIMES), draw(TOKENS)
    headers.append(["X-Amz-Date", time])
    if token:
        headers.append(["X-Amz-Security-Token", token])
    return {
        "method": draw(st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"])),
        "path": draw(PATHS),
        "query": draw(QUERIES),
        "headers": draw(st.permutations(headers)),
        "body_base64": base64.b64encode(draw(st.binary(max_size=200))).decode(),
        "region": draw(st.sampled_from(["eu-west-1", "us-east-1", "cn-north-1", "us-gov-west-1"])),
        "service": draw(st.sampled_from(["sqs", "lambda", "iam", "dynamodb", "events", "logs"])),
        "time": time,
        "key_id": draw(st.sampled_from(["AKIDEXAMPLE", "ASIAEXAMPLE"])),
        "secret": draw(SECRETS),
        "token": token,
    }


def plain_request(**changes):
    base = {
        "method": "GET",
        "path": "/",
        "query": "",
        "headers": [["Host", "example.amazonaws.com"], ["X-Amz-Date", "20150830T123600Z"]],
        "body_base64": "",
        "region": "us-east-1",
        "service": "service",
        "time": "20150830T123600Z",
        "key_id": "AKIDEXAMPLE",
        "secret": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        "token": None,
    }
    return {**base, **changes}


# References


def by_botocore(request):
    """Each stage as botocore computes it."""
    headers = HTTPHeaders()
    for name, value in request["headers"]:
        headers.add_header(name, value)
    end = "?" + request["query"] if request["query"] else ""
    url = f"https://{headers['Host']}{request['path']}{end}"
    body = base64.b64decode(request["body_base64"])
    aws = AWSRequest(request["method"], url, headers, body)
    aws.headers = headers
    aws.context["timestamp"] = request["time"]
    keys = Credentials(request["key_id"], request["secret"], request["token"])
    signer = SigV4Auth(keys, request["service"], request["region"])
    canonical = signer.canonical_request(aws)
    text = signer.string_to_sign(aws, canonical)
    final = signer.signature(text, aws)
    signer._inject_signature_to_request(aws, final)
    return dict(zip(STAGES, (canonical, text, final, aws.headers["Authorization"])))


def by_the_wire(request):
    """The canonical request as the receiving side computes it from the bytes."""
    end = "?" + request["query"] if request["query"] else ""
    body = base64.b64decode(request["body_base64"])
    pairs = wire.Headers(tuple(pair) for pair in request["headers"])
    target = (request["path"] + end).encode().decode("latin-1")
    seen = wire.Request(request["method"], target, "HTTP/1.1", pairs, body)
    return signature.canonical_request(seen, sorted({name.lower() for name, _ in pairs}))


# Tests


@settings(max_examples=600, deadline=None, database=None, print_blob=True)
@given(request=requests())
@example(plain_request(path=""))
@example(plain_request(path="/2017-03-31/tags/arn%3Aaws%3Alambda%3Aeu-west-1%3A1%3Afunction%3Af"))
@example(plain_request(query="a=2&a=1&a-b=0&a="))
def test_each_stage_agrees_with_botocore(probe, request):
    ours, theirs = probe.sign(request), by_botocore(request)
    for stage in STAGES:
        assert ours[stage] == theirs[stage], stage


RAW_QUERIES = st.lists(
    st.text(st.sampled_from("ab:/@,;~*'()!$=%3A"), min_size=1, max_size=8).filter(
        lambda text: "%" not in text.replace("%3A", "") and not text.startswith("=")
    ),
    min_size=1,
    max_size=4,
).map("&".join)


@settings(max_examples=200, deadline=None, database=None, print_blob=True)
@given(query=RAW_QUERIES)
def test_a_query_with_characters_left_bare(probe, query):
    """botocore leaves such a query unchanged; the specification, and so AWS, encodes it."""
    request = plain_request(query=query)
    assert probe.sign(request)["canonical_request"] == by_the_wire(request)


@pytest.mark.parametrize("published", PUBLISHED["requests"], ids=lambda each: each["name"])
def test_published_examples(probe, published):
    request = plain_request(
        method=published["method"],
        path=published["path"],
        query=published["query"],
        headers=published["headers"],
        body_base64=base64.b64encode(published["body"].encode()).decode(),
        region=PUBLISHED["region"],
        service=published["service"],
        time=PUBLISHED["time"],
        key_id=PUBLISHED["key_id"],
        secret=PUBLISHED["secret"],
    )
    answer = probe.sign(request)
    assert answer["signature"] == published["signature"]
    assert answer["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/")
