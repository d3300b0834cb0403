"""`fifoq check --offline` reports whether a configuration can work, with the runtime's own code and
the available secrets. Each case is a common mistake; none of it calls AWS."""

import datetime

import pytest
from judge import USAGE
from support import Fifoq

from fakes.tls import Authority

DESTINATION = {"name": "d", "url": "https://api.example.com/x"}


@pytest.fixture
def local(tmp_path):
    """Without credentials, and an endpoint without a listener."""
    runner = Fifoq(tmp_path, "http://127.0.0.1:9")
    runner.env = {k: v for k, v in runner.env.items() if not k.startswith("AWS_")}
    yield runner
    runner.close()


def configure(fifoq, destination=None, parameters=("k",), **more):
    names = {name: {"from": f"env:{name.upper()}"} for name in parameters}
    drain = {"schedules": ["rate(1 hour)"], "destinations": [{**DESTINATION, **(destination or {})}]}
    fifoq.config({"drain": {**drain, "rate": None}, "parameters": names, **more})


def said(result):
    return [line for line in result.err.splitlines() if line.startswith("fifoq.yaml:")]


def check(fifoq, env=None, code=0):
    result = fifoq.run("check", "--offline", "-q", env=env)
    assert result.code == code, result.text
    return said(result)


WRONG = {
    "dot segments": ({"url": "https://api.example.com/a/../b"}, {}, ".url: the path has a segment"),
    "a body that GET drops": ({"method": "GET", "body": {"a": 1}}, {}, ".body: a GET request sends"),
    "a control character": (
        {"auth": {"bearer": "${param.k}"}}, {"K": "a\x01b"},
        ".auth.bearer: a value holds a line break or another control character, which headers do not allow; "
        "${param.k} is from env:K",
    ),
    "two line breaks": ({"auth": {"bearer": "${param.k}"}}, {"K": "ab\n\n"}, ".auth.bearer: a value"),
    "a colon in the user": (
        {"auth": {"basic": {"username": "a:b", "password": "${param.k}"}}}, {},
        ".auth.basic: the username contains a colon",
    ),
    "not base64": (
        {"auth": {"hmac": {"secrets": ["${param.k}"]}}}, {"K": "whsec_!"}, ".auth.hmac.secrets[0]: ",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("verb", [("check",), ("plan",), ("up", "--yes")], ids=lambda verb: verb[0])
def test_what_can_never_work(local, case, verb):
    destination, env, text = WRONG[case]
    configure(local, destination)
    result = local.run(*verb, env=env)
    assert result.code == USAGE, result.text
    (line,) = [one for one in said(result) if "warning: " not in one]
    where, column = line.split(":")[1:3]
    assert int(where) > 1 and column.isdigit()
    assert f" drain.destinations[0]{text}" in line
    assert all(value not in result.text for value in env.values() if len(value) > 2)


WARNED = {
    "quotes": ({"bearer": "${param.k}"}, '"token"', "begins and ends with a quote"),
    "a space": ({"header": {"name": "X-K", "value": "${param.k}"}}, "token ", "a space or a line"),
    "beyond ascii": ({"bearer": "${param.k}"}, "tokén", "non-ASCII characters"),
    "the word twice": ({"bearer": "${param.k}"}, "Bearer token", "begins with 'Bearer '"),
    "hmac": ({"hmac": {"secrets": ["${param.k}"]}}, "sup3rsecret\n\n", "a space or a line break"),
}


@pytest.mark.parametrize("case", WARNED)
def test_what_is_hardly_meant(local, case):
    auth, value, text = WARNED[case]
    configure(local, {"auth": auth})
    (line,) = check(local, {"K": value})
    assert ": warning: parameters.k.from: the value " in line and text in line
    assert value.strip() not in line


@pytest.mark.parametrize("auth", [{"bearer": "${param.k}"}, {"hmac": {"secrets": ["${param.k}"]}}])
@pytest.mark.parametrize("value", ["token", "token\n", "token\r\n", None])
def test_one_line_break_at_the_end_is_no_part_of_a_secret(local, auth, value):
    configure(local, {"auth": auth})
    assert check(local, {"K": value}) == []


def mtls(fifoq):
    both = {"certificate": "${param.cert}", "key": "${param.key}"}
    configure(fifoq, {"auth": {"mtls": both}}, parameters=("cert", "key"))


def test_client_certificates(local):
    certificate, key = Authority().issue("client")
    _, other = Authority().issue("other")
    mtls(local)
    assert check(local) == []
    (soon,) = check(local, {"CERT": certificate, "KEY": key})
    assert "warning: parameters.cert.from: the value is a certificate that expires in less" in soon
    lines = check(local, {"CERT": certificate, "KEY": other}, USAGE)
    assert any(
        "auth.mtls.key: does not match the certificate" in line
        and "${param.key} is from env:KEY" in line
        for line in lines
    )
    (line,) = check(local, {"CERT": certificate.replace("\n", " ")}, USAGE)
    assert "parameters.cert.from: the value is PEM, but on one line; keep its line breaks" in line
    (line,) = check(local, {"KEY": key.replace("\n", "\\n")}, USAGE)
    assert "parameters.key.from: the value is PEM, but its line breaks are written as \\n" in line
    lines = check(local, {"CERT": "no certificate", "KEY": key}, USAGE)
    assert any("auth.mtls.certificate: expected a PEM certificate" in line for line in lines)
    assert key.splitlines()[1] not in "".join(lines)


def test_a_certificate_that_has_expired(local, monkeypatch):
    past = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=9)
    monkeypatch.setattr(Authority, "now", staticmethod(lambda: past))
    certificate, key = Authority().issue("client")
    mtls(local)
    (line,) = check(local, {"CERT": certificate, "KEY": key})
    assert "warning: parameters.cert.from: the value is a certificate that has expired" in line


def test_a_file_below_home(local):
    configure(local, {"auth": {"bearer": "${param.k}"}})
    local.config({"parameters": {"crm-token": {"from": "file:~/tok"}}})
    assert f"file:{local.home}/tok, not readable here" in local.good("check", "--offline").out
    (local.home / "tok").write_text("token\n")
    assert f"file:{local.home}/tok, readable" in local.good("check", "--offline").out
