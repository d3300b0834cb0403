"""`fifoq check --live`: checks what only the other side knows, with drain's code, and shows no
secret."""

import json
import signal

import pytest
from judge import FAILED, INTERRUPTED, USAGE
from support import Fifoq

from fakes import tls
from fakes.api import Answer, Api

SECRET = "s3cr3t-value-of-a-test"


@pytest.fixture(scope="module")
def authorities():
    return {"ours": tls.Authority("ours"), "theirs": tls.Authority("theirs")}


@pytest.fixture
def local(tmp_path, authorities):
    runner = Fifoq(tmp_path, "http://127.0.0.1:9")
    runner.env = {k: v for k, v in runner.env.items() if not k.startswith("AWS_")}
    roots = tmp_path / "roots.pem"
    roots.write_text(tls.Authority.pem(authorities["ours"].root))
    runner.env |= {"SSL_CERT_FILE": str(roots), "K": SECRET}
    yield runner
    runner.close()


@pytest.fixture
def api(tmp_path, authorities):
    with Api(tls_context=authorities["ours"].server_context(tmp_path)) as server:
        yield server


def configure(fifoq, *destinations, **parameters):
    names = parameters or {"k": "env:K"}
    many = [
        {"name": f"d{i}", "url": "https://127.0.0.1:9/x", **one} for i, one in enumerate(destinations)
    ]
    fifoq.config(
        {
            "drain": {"schedules": ["rate(1 hour)"], "rate": None, "destinations": many},
            "parameters": {"crm-token": None, **{n: {"from": f} for n, f in names.items()}},
        }
    )


def live(fifoq, code=0, *args, env=None):
    """[(destination, what, verdict, text)]"""
    result = fifoq.run("check", "--live", "--offline", "--format", "json", *args, env=env)
    assert result.code == code, result.text
    assert SECRET not in result.text and "t0ken" not in result.text
    found = json.loads(result.out)["live"]
    return [(f["destination"], f["what"], f["verdict"], f["text"]) for f in found]


def test_a_request_with_the_keys(local, api):
    headers = {"X-A": "one", "X-B": "${message.id}"}
    configure(
        local,
        {
            "url": f"{api.url}/orders/${{message.id}}", "check": f"{api.url}/me?k=1", "headers": headers,
            "auth": {"bearer": "${param.k}"},
        },
    )  # fmt: skip
    assert live(local) == [("d0", "request", "ok", "GET: answered 200")]
    (got,) = api.requests()
    assert (got.method, got.path, got.body) == ("GET", "/me?k=1", b"")
    assert got.headers["Authorization"] == f"Bearer {SECRET}"
    assert got.headers["X-A"] == "one" and "X-B" not in got.headers
    assert "Idempotency-Key" not in got.headers


@pytest.mark.parametrize(
    "status, verdict, text",
    [
        (204, "ok", "HEAD: answered 204"),
        (401, "failed", "HEAD: answered 401: it refuses the key"),
        (302, "failed", "redirects are not followed"),
        (404, "failed", "HEAD: answered 404, which is not among the statuses in success"),
    ],
)
def test_what_is_answered(local, api, status, verdict, text):
    api.script(Answer(status))
    check = {"url": f"{api.url}/${{param.k}}", "method": "HEAD", "success": [204]}
    configure(local, {"check": check, "auth": {"header": {"name": "X-K", "value": "${param.k}"}}})
    ((_, what, found, said),) = live(local, 0 if verdict == "ok" else FAILED)
    assert (what, found) == ("request", verdict) and text in said
    assert api.requests()[0].path == f"/{SECRET}"


def test_text_says_the_same(local, api):
    api.script(Answer(401))
    configure(local, {"check": api.url, "auth": {"bearer": "${param.k}"}})
    result = local.run("check", "--live", "--offline")
    assert result.code == FAILED and result.out.endswith("failed\n")
    assert "tested now\n  failed   request         d0: GET: answered 401" in result.out
    assert "tested now" not in local.good("check", "--offline").out


def test_only_a_connection_without_check(local, api, tmp_path, authorities):
    folder = tmp_path / "theirs"
    folder.mkdir()
    with Api(tls_context=authorities["theirs"].server_context(folder)) as stranger:
        configure(local, {"url": f"{api.url}/x"}, {"url": f"{stranger.url}/x"}, {})
        first, second, third = live(local, FAILED)
    assert first[1:3] == ("connection", "ok") and "check: URL" in first[3]
    assert second[1:3] == ("connection", "failed") and "is not trusted" in second[3]
    assert third[1:3] == ("connection", "failed") and "127.0.0.1:9" in third[3]
    assert api.requests() == []


def oauth2(api):
    values = {"client_id": "fifoq", "client_secret": "${param.k}"}
    return {"oauth2": {"token_url": f"{api.url}/token", **values}}


def token(**more):
    return json.dumps({"access_token": "t0ken", "token_type": "Bearer", **more}).encode()


def test_a_token_is_got_and_used(local, api):
    api.script(Answer(body=token(expires_in=60)), Answer(204))
    configure(local, {"check": f"{api.url}/me", "auth": oauth2(api)})
    assert live(local) == [
        ("d0", "token", "ok", "received one from the token endpoint"),
        ("d0", "request", "ok", "GET: answered 204"),
    ]
    assert api.requests()[1].headers["Authorization"] == "Bearer t0ken"


def test_a_token_that_is_refused(local, api):
    api.script(Answer(401, body=b'{"error": "invalid_client"}'))
    configure(local, {"check": f"{api.url}/me", "auth": oauth2(api)})
    ((_, what, verdict, text),) = live(local, FAILED)
    assert (what, verdict) == ("token", "failed")
    assert "the token endpoint answered 401, invalid_client" in text
    assert len(api.requests()) == 1


def test_a_client_certificate(local, tmp_path, authorities):
    certificate, key = authorities["ours"].issue("client")
    stranger, its_key = authorities["theirs"].issue("stranger")
    context = authorities["ours"].server_context(tmp_path, authorities["ours"])
    mtls = {"mtls": {"certificate": "${param.c}", "key": "${param.key}"}}
    with Api(tls_context=context) as server:
        configure(local, {"check": server.url, "auth": mtls}, c="env:C", key="env:KEY")
        assert live(local, env={"C": certificate, "KEY": key})[0][2] == "ok"
        assert [got.peer for got in server.requests()] == ["client"]
        ((_, what, verdict, _text),) = live(local, FAILED, env={"C": stranger, "KEY": its_key})
        assert (what, verdict) == ("request", "failed")
        assert len(server.requests()) == 1


def test_a_value_that_nobody_has(local, api):
    configure(local, {"check": api.url, "auth": {"bearer": "${param.k}"}})
    ((_, what, verdict, text),) = live(local, FAILED, env={"K": None})
    assert (what, verdict) == ("secret", "failed")
    assert "no value found for ${param.k}; set its variable or file" in text
    assert api.requests() == []


def test_values_from_the_parameter_store(fifoq, aws, proxy, table, api, authorities):
    """If its source has none; with its own policy."""
    configure(fifoq, {"check": api.url, "auth": {"bearer": "${param.k}"}}, k="env:K", o="existing:/o/k")
    roots = fifoq.folder / "roots.pem"
    roots.write_text(tls.Authority.pem(authorities["ours"].root))
    fifoq.env["SSL_CERT_FILE"] = str(roots)
    ours = [{"Key": "fifoq:pipeline", "Value": "orders"}]
    put = {"Type": "SecureString", "Value": SECRET + "\n", "Tags": ours}
    aws.ssm.put_parameter(Name="/o/k", **put)
    aws.ssm.put_parameter(Name="/orders/k", **put)
    config = (fifoq.folder / "fifoq.yaml").read_text().replace("param.k", "param.o")
    for text in (config, config.replace("param.o", "param.k")):
        fifoq.config(text=text)
        result = fifoq.run("check", "--live", "--format", "json", env={"K": None})
        assert SECRET not in result.text
        assert api.requests()[-1].headers["Authorization"] == f"Bearer {SECRET}", result.text
    assert [e.action for e in proxy.calls("ssm") if "GetParameter" in e.action] == ["GetParameters"] * 2
    assert proxy.mutating() == []


def test_its_policy(local):
    configure(local, {"auth": {"bearer": "${param.k}"}}, k="env:K", o="existing:/o/k")
    usual = json.loads(local.good("policy", "check", "--account", "123456789012").out)
    more = json.loads(local.good("policy", "check", "--live", "--account", "123456789012").out)
    added = [one for one in more["Statement"] if one not in usual["Statement"]]
    reads = {
        resource
        for one in added
        for resource in one["Resource"]
        if "ssm:GetParameters" in one["Action"]
    }
    prefix = "arn:aws:ssm:eu-west-1:123456789012:parameter"
    assert reads == {f"{prefix}/orders/*", f"{prefix}/o/k"}
    assert "ssm:GetParameters" not in json.dumps(usual)
    assert local.run("policy", "up", "--live").code == USAGE


def test_ctrl_c(local, api):
    api.script(Answer(200, delay_s=50))
    configure(local, {"check": api.url, "auth": {"bearer": "${param.k}"}})
    process = local.start("check", "--live", "--offline")
    api.wait_for(1, 20)
    process.send_signal(signal.SIGINT)
    assert local.finish(process, 20).code == INTERRUPTED


@pytest.mark.parametrize(
    "check, said",
    [
        ("http://api.example.com/x", "http:// is allowed only for localhost"),
        ("https://a.example/${message.id}", "only ${param.NAME} is allowed in it"),
        ({"method": "GET"}, "missing"),
        ({"url": "https://a.example/", "method": "POST"}, "unknown value 'POST'"),
        (["https://a.example/"], ""),
    ],
)
def test_a_check_that_is_wrong(local, check, said):
    configure(local, {"check": check})
    result = local.run("check", "--offline")
    assert result.code == USAGE
    assert any("drain.destinations[0].check" in line and said in line for line in result.err.splitlines())
