"""Authentication of destinations, verified by independent servers and libraries."""

import base64
import gzip
import hmac
import json
import shutil
import ssl
import subprocess
import time
from types import SimpleNamespace
from urllib.parse import parse_qs, parse_qsl, unquote_plus

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from support import FIFOQ, as_list, policy_statements
from test_bootstrap import Lambda

from fakes import KEY_ID, SECRET, signature, tls, wire
from fakes.api import Answer, Api
from fakes.signature import Key

CANARY = "canary-7f3a-that-no-log-may-hold"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def api():
    with Api() as made:
        yield made


@pytest.fixture
def endpoint():
    """The token endpoint."""
    with Api() as made:
        made.choose = TokenServer("fifoq", CANARY)
        yield made


@pytest.fixture
def lam(fifoq, aws, proxy, api):
    made = Lambda(fifoq, aws, proxy, api)
    yield made
    made.close()


def pack(lam, *destinations, parameters=None, drain=None):
    """A drain with the most verbose log level, with these parameters in the Parameter Store."""
    for name, value in (parameters or {}).items():
        put(lam, name, value)
    lam.pack({
        "functions": {"log_level": "trace"},
        "parameters": {name: {"from": f"existing:/orders/{name}"} for name in parameters or {}},
        "drain": {"destinations": list(destinations), **(drain or {})},
    })  # fmt: skip


def put(lam, name, value):
    lam.aws.ssm.put_parameter(
        Name=f"/orders/{name}", Value=value, Type="SecureString", Overwrite=True
    )


def to(lam, auth, **more):
    return {"name": "crm", "url": lam.api.url + "/orders/${message.id}", "auth": auth, **more}


def drain(lam, runtime, **event):
    """One run; its counts."""
    invocation = runtime.invoke(event).wait(60)
    assert invocation.kind == "response", invocation.body
    return invocation.json()


def logs(runtime):
    """Its output, checked to contain no secret."""
    runtime.wait_idle()
    text = "\n".join(runtime.logs())
    for secret in (CANARY, base64.b64encode(f"fifoq:{CANARY}".encode()).decode()):
        assert secret not in text
    return text


# OAuth 2


class TokenServer:
    """RFC 6749 section 4.4 as a server implements it: checks the client, issues numbered tokens."""

    def __init__(self, client, secret):
        self.client, self.secret = client, secret
        self.lasts_s, self.given, self.asked = 3600, 0, []

    def __call__(self, got):
        assert got.method == "POST" and got.headers["Content-Type"] == FORM
        form = {name: value for name, (value,) in parse_qs(got.body.decode()).items()}
        self.asked.append(form)
        kind, _, code = got.headers.get("Authorization", "").partition(" ")
        if kind == "Basic":
            assert "client_secret" not in form and "client_id" not in form
            client, secret = map(unquote_plus, base64.b64decode(code).decode().split(":"))
        else:
            client, secret = form.get("client_id"), form.get("client_secret")
        if form["grant_type"] != "client_credentials" or (client, secret) != (
            self.client, self.secret,
        ):  # fmt: skip
            refusal = {"error": "invalid_client", "error_description": secret}
            return Answer(401, body=json.dumps(refusal).encode())
        self.given += 1
        return Answer(body=self.token(self.given))

    def token(self, number):
        answer = {"access_token": f"{CANARY}-{number}", "token_type": "Bearer"}
        if self.lasts_s is not None:
            answer["expires_in"] = self.lasts_s
        return json.dumps(answer).encode()


def oauth2(endpoint, **more):
    return {"oauth2": {
        "token_url": endpoint.url + "/token", "client_id": "fifoq",
        "client_secret": "${param.secret}", **more,
    }}  # fmt: skip


def bearers(api):
    said = [got.headers["Authorization"] for got in api.requests()]
    return [value.removeprefix(f"Bearer {CANARY}-") for value in said]


@pytest.mark.parametrize("style", ["basic", "body"])
@pytest.mark.parametrize("secret", [CANARY, "s:3/c+r é%&= t"])
def test_a_token_serves_until_it_expires(lam, endpoint, style, secret):
    endpoint.choose.secret = secret
    auth = oauth2(endpoint, style=style, scope="orders.write orders.read", audience="https://api")
    pack(lam, to(lam, auth), parameters={"secret": secret})
    runtime = lam.start("drain")
    for number in range(3):
        lam.send(number, "g")
    assert drain(lam, runtime)["delivered"] == 3
    lam.send(3, "g")
    assert drain(lam, runtime)["delivered"] == 1
    assert bearers(lam.api) == ["1", "1", "1", "1"]
    (form,) = endpoint.choose.asked
    assert form["scope"] == "orders.write orders.read" and form["audience"] == "https://api"
    assert secret not in logs(runtime)


def test_an_expired_token_is_replaced(lam, endpoint):
    """The token lasts two seconds, and the API refuses older ones."""
    endpoint.choose.lasts_s = 2
    given = {}
    endpoint.on_request = lambda got: given.setdefault(endpoint.choose.given, got.at)
    lam.api.choose = lambda got: (
        Answer(401) if got.at - given[int(got.headers["Authorization"][-1])] > 2 else None
    )
    pack(lam, to(lam, oauth2(endpoint)), parameters={"secret": CANARY}, drain={"rate": "4/s"})
    runtime = lam.start("drain")
    for number in range(12):
        lam.send(number, "g")
    assert drain(lam, runtime, max_messages=12)["delivered"] == 12
    assert 2 <= endpoint.choose.given < 9
    logs(runtime)


def test_groups_side_by_side_ask_for_one_token(lam, endpoint):
    server = endpoint.choose
    endpoint.choose = lambda got: Answer(body=server(got).body, delay_s=0.5)
    pack(lam, to(lam, oauth2(endpoint)), parameters={"secret": CANARY},
         drain={"parallel_groups": 5})  # fmt: skip
    runtime = lam.start("drain")
    for number in range(5):
        lam.send(number, f"g-{number}")
    assert drain(lam, runtime)["delivered"] == 5
    assert server.given == 1 and bearers(lam.api) == ["1"] * 5
    logs(runtime)


def test_a_token_that_is_refused_is_replaced_once(lam, endpoint):
    pack(lam, to(lam, oauth2(endpoint)), parameters={"secret": CANARY})
    runtime = lam.start("drain")
    lam.send(0, "g")
    assert drain(lam, runtime)["delivered"] == 1
    lam.api.choose = lambda got: (
        Answer(401) if got.headers["Authorization"].endswith("-1") else None
    )
    lam.send(1, "g")
    assert drain(lam, runtime)["delivered"] == 1
    assert [got.status for got in lam.api.requests()] == [200, 401, 200]
    assert endpoint.choose.given == 2
    assert len(lam.fetches()) == 1
    logs(runtime)


def test_tokens_that_are_always_refused_end_the_run(lam, endpoint):
    lam.api.choose = lambda got: Answer(401)
    pack(lam, to(lam, oauth2(endpoint)), parameters={"secret": CANARY})
    runtime = lam.start("drain")
    lam.send(0, "g")
    lam.send(1, "h")
    answer = drain(lam, runtime)
    assert answer["stopped"] == "refused" and answer["delivered"] == 0
    assert bearers(lam.api) == ["1", "2", "3"] and lam.depth() == 2
    logs(runtime)


def test_a_client_secret_that_was_rotated_is_fetched_again(lam, endpoint):
    pack(lam, to(lam, oauth2(endpoint)), parameters={"secret": CANARY})
    runtime = lam.start("drain")
    lam.send(0, "g")
    drain(lam, runtime)
    put(lam, "secret", CANARY + "-new")
    endpoint.choose.secret = CANARY + "-new"
    lam.api.choose = lambda got: (
        Answer(401) if got.headers["Authorization"].endswith("-1") else None
    )
    lam.send(1, "g")
    assert drain(lam, runtime)["delivered"] == 1
    assert [got.status for got in endpoint.requests()] == [200, 401, 200]
    logs(runtime)


NO_TOKEN = {
    "garbage": (Answer(body=b"<html>" + CANARY.encode()), "JSON"),
    "nothing": (Answer(body=b""), "JSON"),
    "no token": (Answer(body=b'{"token_type": "Bearer"}'), "access_token"),
    "mac": (Answer(body=b'{"access_token": "t", "token_type": "mac"}'), "token_type"),
    "line break": (Answer(body=b'{"access_token": "t\\r\\nX: y"}'), "access_token"),
    "huge": (Answer(body=b'{"access_token": "' + b"t" * 200_000 + b'"}'), "too large"),
    "long": (Answer(body=b'{"access_token": "' + b"t" * 20_000 + b'"}'), "access_token"),
    "404": (Answer(404), "404"),
    "scope": (Answer(400, body=b'{"error": "invalid_scope"}'), "invalid_scope"),
    "echo": (Answer(400, body=json.dumps({"error": CANARY}).encode()), "400"),
}


@pytest.mark.parametrize("case", NO_TOKEN)
def test_what_is_no_token_ends_the_run_and_loses_nothing(lam, endpoint, case):
    bad, says = NO_TOKEN[case]
    endpoint.choose = lambda got: bad
    pack(lam, to(lam, oauth2(endpoint)), parameters={"secret": CANARY},
         drain={"on_reject": "drop"})  # fmt: skip
    runtime = lam.start("drain")
    lam.send(0, "g")
    lam.send(1, "h")
    assert drain(lam, runtime)["stopped"] == "refused"
    assert lam.api.requests() == [] and lam.depth() == 2
    assert len(endpoint.requests()) == 2  # the second with parameters fetched again
    assert says in logs(runtime)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_token_endpoint_that_moved_is_not_followed(lam, endpoint, status):
    with Api() as elsewhere:
        endpoint.choose = lambda got: Answer(status, {"Location": elsewhere.url + "/token"})
        pack(lam, to(lam, oauth2(endpoint, style="body")), parameters={"secret": CANARY})
        runtime = lam.start("drain")
        lam.send(0, "g")
        assert drain(lam, runtime)["stopped"] == "refused"
        assert elsewhere.requests() == [] and lam.api.requests() == [] and lam.depth() == 1
    assert "redirects are not followed" in logs(runtime)


@pytest.mark.parametrize("status", [None, 500, 503, 429, 408])
def test_a_token_endpoint_that_stumbles_is_asked_again(lam, endpoint, status):
    endpoint.script(Answer(status, {"Retry-After": "1"}))
    pack(lam, to(lam, oauth2(endpoint)), parameters={"secret": CANARY})
    runtime = lam.start("drain")
    lam.send(0, "g")
    assert drain(lam, runtime)["delivered"] == 1
    first, second = endpoint.requests()
    assert second.at - first.at >= 0.7
    logs(runtime)


def test_a_token_endpoint_that_wants_a_pause_gets_it(lam, endpoint):
    endpoint.choose = lambda got: Answer(503, {"Retry-After": "600"})
    pack(lam, to(lam, oauth2(endpoint)), parameters={"secret": CANARY})
    runtime = lam.start("drain")
    lam.send(0, "g")
    lam.send(1, "h")
    assert drain(lam, runtime)["stopped"] == "paused"
    assert len(endpoint.requests()) == 1 and lam.depth() == 2
    logs(runtime)


def test_a_slow_token_endpoint_is_given_up_in_time(lam, endpoint):
    """The run has time for the token and the request, and ends before its deadline."""
    endpoint.choose = lambda got: Answer(delay_s=30)
    pack(lam, to(lam, oauth2(endpoint), timeout="1s"), parameters={"secret": CANARY},
         drain={"timeout": "8s"})  # fmt: skip
    runtime = lam.start("drain")
    lam.send(0, "g")
    invocation = runtime.invoke({}, deadline_ms=8000)
    assert invocation.wait(8).kind == "response"
    assert lam.api.requests() == [] and lam.depth() == 1
    assert "did not answer" in logs(runtime)


# Standard Webhooks


def webhook(secret, got):
    """The reference library's result for a request."""
    headers = {name.lower(): value for name, value in got.headers.items()}
    return Webhook(secret).verify(got.body.decode(), headers, json_parse=False)


def whsec(key):
    return "whsec_" + base64.b64encode(key).decode()


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_webhook_is_signed_with_each_key(lam, method):
    old, new, raw = whsec(b"o" * 24), whsec(CANARY.encode()), CANARY + "-raw"
    secrets = ["${param.new}", "${param.old}", "${param.raw}"]
    pack(lam, to(lam, {"hmac": {"secrets": secrets}}, method=method),
         parameters={"old": old, "new": new, "raw": raw})  # fmt: skip
    runtime = lam.start("drain")
    lam.send(0, "g", text="é ü \U0001f600 \\ \" ")
    assert drain(lam, runtime)["delivered"] == 1
    (got,) = lam.api.requests()
    for secret in (old, new, raw.encode()):
        webhook(secret, got)
    with pytest.raises(WebhookVerificationError):
        webhook(whsec(b"x" * 24), got)
    assert got.headers["webhook-id"] == "event-0"
    assert abs(int(got.headers["webhook-timestamp"]) - time.time()) < 30
    assert (method == "GET") == (got.body == b"")
    assert new not in logs(runtime) and raw not in logs(runtime)


def test_webhook_keys_rotate(lam):
    """The receiver may change over at any time while both keys are configured."""
    old, new = whsec(b"o" * 32), whsec(b"n" * 32)
    auth = {"hmac": {"secrets": ["${param.new}", "${param.old}"]}}
    pack(lam, to(lam, auth), parameters={"old": old, "new": new})
    runtime = lam.start("drain")
    takes = SimpleNamespace(secret=old)

    def receiver(got):
        try:
            webhook(takes.secret, got)
        except WebhookVerificationError:
            return Answer(401)
        return None

    lam.api.choose = receiver
    for number, takes.secret in enumerate([old, new]):
        lam.send(number, "g")
        assert drain(lam, runtime)["delivered"] == 1
    put(lam, "new", whsec(b"3" * 32))
    takes.secret = whsec(b"3" * 32)
    lam.send(2, "g")
    assert drain(lam, runtime)["delivered"] == 1
    assert [got.status for got in lam.api.requests()] == [200, 200, 401, 200]


def test_a_retry_is_the_same_webhook_at_another_time(lam):
    auth = {"hmac": {"secrets": ["${param.key}"]}}
    pack(lam, to(lam, auth), parameters={"key": whsec(b"k" * 24)})
    lam.api.script(Answer(500), Answer(500))
    runtime = lam.start("drain")
    lam.send(0, "g")
    assert drain(lam, runtime)["delivered"] == 1
    for got in lam.api.requests():
        assert got.headers["webhook-id"] == "event-0"
        webhook(whsec(b"k" * 24), got)


def test_a_key_that_is_none_is_not_the_messages_fault(lam):
    pack(lam, to(lam, {"hmac": {"secrets": ["${param.key}"]}}),
         parameters={"key": "whsec_" + CANARY + "!"}, drain={"on_reject": "drop"})  # fmt: skip
    runtime = lam.start("drain")
    lam.send(0, "g")
    assert drain(lam, runtime)["stopped"] == "refused"
    assert lam.api.requests() == [] and lam.depth() == 1
    assert "whsec_" in logs(runtime)


# SigV4


def aws_would_refuse(got, token=None):
    headers = wire.Headers(got.headers.items())
    request = wire.Request(got.method, got.path, "HTTP/1.1", headers, got.body)
    return signature.problems(request, {KEY_ID: Key(SECRET, token)})


@pytest.mark.parametrize("token", [None, "session/token+=="])
@pytest.mark.parametrize("method", ["POST", "PUT", "GET", "DELETE"])
def test_requests_are_signed_for_aws(lam, method, token):
    url = lam.api.url + "/prod/a%20b/${message.id}/(1)!$&'*,;=:@~//x"
    url += "?q=${message.id}&b=%2F&a&z=1&a=0"
    auth = {"sigv4": {"service": "execute-api", "region": "eu-central-1", "resource": "a1b2c3"}}
    pack(lam, to(lam, auth, url=url, method=method, headers={"X-Other": "${group}"}))
    runtime = lam.start("drain", {"AWS_SESSION_TOKEN": token} if token else None)
    lam.send(0, "g", id="é/ +%2F?#&=")
    assert drain(lam, runtime)["delivered"] == 1
    (got,) = lam.api.requests()
    assert aws_would_refuse(got, token) == []
    assert "/eu-central-1/execute-api/aws4_request" in got.headers["Authorization"]
    assert got.headers.get("X-Amz-Security-Token") == token
    assert SECRET not in logs(runtime)


def test_the_region_is_the_functions_own(lam):
    auth = {"sigv4": {"service": "lambda", "resource": "take-orders"}}
    pack(lam, to(lam, auth, url=lam.api.url))
    runtime = lam.start("drain")
    lam.send(0, "g")
    assert drain(lam, runtime)["delivered"] == 1
    (got,) = lam.api.requests()
    assert aws_would_refuse(got) == []
    assert "/eu-west-1/lambda/aws4_request" in got.headers["Authorization"]


def test_drains_role_may_invoke_what_sigv4_leads_to(fifoq, aws, table):
    """As AWS returns it after up; the next plan finds nothing to change."""
    host = "https://a1b2c3.execute-api.eu-west-1.amazonaws.com/prod"
    destinations = [
        {"name": "api", "url": host, "auth": {"sigv4": {"service": "execute-api"}}},
        {"name": "url", "url": "https://x.lambda-url.eu-west-1.on.aws/",
         "auth": {"sigv4": {"service": "lambda", "resource": "take-orders"}}},
    ]  # fmt: skip
    fifoq.config({"drain": {"destinations": destinations}})
    fifoq.good("up", "--yes")
    answer = aws.iam.get_role_policy(RoleName="orders-drain", PolicyName="fifoq")
    may = {
        (action, resource): each.get("Condition")
        for each in policy_statements(answer["PolicyDocument"])
        for action in as_list(each["Action"])
        for resource in as_list(each["Resource"])
    }
    function = "arn:aws:lambda:eu-west-1:123456789012:function:take-orders"
    api = ("execute-api:Invoke", "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/*/POST/*")
    assert may[api] is None
    for resource in (function, function + ":*"):
        typed = may["lambda:InvokeFunctionUrl", resource]["StringEquals"]
        assert as_list(typed["lambda:FunctionUrlAuthType"]) == ["AWS_IAM"]
        through = may["lambda:InvokeFunction", resource]["Bool"]
        assert as_list(through["lambda:InvokedViaFunctionUrl"]) == ["true"]
    assert fifoq.good("plan", "--detailed-exitcode").code == 0


# Mutual TLS


@pytest.fixture(scope="module")
def authorities():
    return SimpleNamespace(ours=tls.Authority("ours"), theirs=tls.Authority("theirs"))


@pytest.fixture(params=["packaged", "host"])
def secure(request, lam, authorities, tmp_path):
    """HTTPS that accepts certificates of one CA, for the static bootstrap and for the one on this
    machine's libraries."""
    open_apis = []

    def make(needed=True):
        context = authorities.ours.server_context(tmp_path, authorities.ours, needed)
        made = Api(tls_context=context)
        open_apis.append(made)
        return made

    def start():
        if request.param == "host":
            host = FIFOQ.parent / "bootstrap_host"
            (lam.folder / "bootstrap").write_bytes(host.read_bytes())
        roots = tmp_path / "roots.pem"
        roots.write_text(tls.Authority.pem(authorities.ours.root))
        return lam.start("drain", {"SSL_CERT_FILE": str(roots)})

    yield SimpleNamespace(api=make, start=start)
    for made in open_apis:
        made.close()


MTLS = {"mtls": {"certificate": "${param.certificate}", "key": "${param.key}"}}


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_a_client_certificate_is_shown(lam, secure, authorities, kind):
    api = secure.api()
    certificate, key = authorities.ours.issue("fifoq", kind)
    pack(lam, to(lam, MTLS, url=api.url), parameters={"certificate": certificate, "key": key})
    runtime = secure.start()
    for number in range(3):
        lam.send(number, "g")
    assert drain(lam, runtime)["delivered"] == 3
    assert [got.peer for got in api.requests()] == ["fifoq"] * 3
    assert len({got.connection for got in api.requests()}) == 1
    text = logs(runtime)
    assert "PRIVATE" not in text and key.splitlines()[1] not in text


def test_a_chain_may_stand_in_a_parameter_of_its_own(lam, secure, authorities):
    api = secure.api()
    certificate, key = authorities.ours.issue("fifoq")
    end = "-----END CERTIFICATE-----"
    leaf, _, chain = certificate.partition(end)
    auth = {"mtls": {"certificate": "${param.leaf}\n${param.chain}", "key": "${param.key}"}}
    pack(lam, to(lam, auth, url=api.url),
         parameters={"leaf": leaf + end, "chain": chain.strip(), "key": key})  # fmt: skip
    runtime = secure.start()
    lam.send(0, "g")
    assert drain(lam, runtime)["delivered"] == 1
    assert [got.peer for got in api.requests()] == ["fifoq"]


@pytest.mark.parametrize("close", [False, True])
def test_identities_are_never_mixed(lam, secure, authorities, close):
    """Three destinations at one address, two of them with their own certificate: no connection and
    no TLS session of one is used for another."""
    api = secure.api(needed=False)
    api.choose = lambda got: Answer(headers={"Connection": "close"} if close else {})
    parameters, destinations = {}, []
    for name in ("a", "b"):
        parameters[f"{name}-crt"], parameters[f"{name}-key"] = authorities.ours.issue(name)
        auth = {"mtls": {"certificate": f"${{param.{name}-crt}}", "key": f"${{param.{name}-key}}"}}
        destinations.append({"name": name, "url": f"{api.url}/{name}", "auth": auth})
    destinations.append({"name": "nobody", "url": f"{api.url}/nobody"})
    pack(lam, *destinations, parameters=parameters)
    runtime = secure.start()
    for number in range(4):
        lam.send(number, "g")
    assert drain(lam, runtime)["delivered"] == 4
    got = api.requests()
    assert [(g.path, g.peer) for g in got] == [("/a", "a"), ("/b", "b"), ("/nobody", None)] * 4
    assert len({g.connection for g in got}) == (12 if close else 3)


def test_a_certificate_that_was_rotated_is_fetched_again(lam, secure, authorities):
    """A key that does not match the certificate ends the run, until the parameters match."""
    api = secure.api()
    certificate, key = authorities.ours.issue("first")
    other, other_key = authorities.ours.issue("second")
    pack(lam, to(lam, MTLS, url=api.url), parameters={"certificate": certificate, "key": other_key},
         drain={"on_reject": "drop"})  # fmt: skip
    runtime = secure.start()
    lam.send(0, "g")
    assert drain(lam, runtime)["stopped"] == "refused"
    assert api.requests() == [] and lam.depth() == 1
    put(lam, "certificate", other)
    assert drain(lam, runtime)["delivered"] == 1
    assert [got.peer for got in api.requests()] == ["second"]
    assert "does not match the certificate" in logs(runtime)


def test_a_certificate_that_is_not_taken_loses_nothing(lam, secure, authorities):
    api = secure.api()
    certificate, key = authorities.theirs.issue("stranger")
    parameters = {"certificate": certificate, "key": key}
    destination = to(lam, MTLS, url=api.url, timeout="2s")
    pack(lam, destination, parameters=parameters, drain={"on_reject": "drop"})
    runtime = secure.start()
    lam.send(0, "g")
    assert drain(lam, runtime)["delivered"] == 0
    assert api.requests() == [] and lam.depth() == 1
    assert "no usable answer" in logs(runtime)  # a TLS alert, or the reset that overtook it


def test_a_server_that_is_not_trusted_sees_nothing(lam, secure, authorities, tmp_path):
    context = authorities.theirs.server_context(tmp_path, authorities.ours)
    certificate, key = authorities.ours.issue("fifoq")
    with Api(tls_context=context) as api:
        pack(lam, to(lam, MTLS, url=api.url, timeout="2s"),
             parameters={"certificate": certificate, "key": key})  # fmt: skip
        runtime = secure.start()
        lam.send(0, "g")
        assert drain(lam, runtime)["delivered"] == 0
        assert api.requests() == [] and lam.depth() == 1
    assert "not trusted" in logs(runtime)


# Redirects


REDIRECTS = [("bearer", status) for status in (301, 302, 303, 307, 308)] + [
    (kind, 307) for kind in ("basic", "header", "query", "oauth2", "hmac", "sigv4")
]


@pytest.mark.parametrize("kind, status", REDIRECTS)
def test_redirects_are_never_followed(lam, endpoint, kind, status):
    auth = {
        "bearer": {"bearer": "${param.secret}"},
        "basic": {"basic": {"username": "fifoq", "password": "${param.secret}"}},
        "header": {"header": {"name": "X-Key", "value": "${param.secret}"}},
        "query": {"query": {"name": "key", "value": "${param.secret}"}},
        "oauth2": oauth2(endpoint),
        "hmac": {"hmac": {"secrets": ["${param.secret}"]}},
        "sigv4": {"sigv4": {"service": "es"}},
    }[kind]
    with Api() as elsewhere:
        lam.api.choose = lambda got: Answer(status, {"Location": elsewhere.url + "/stolen"})
        pack(lam, to(lam, auth), parameters={"secret": CANARY})
        runtime = lam.start("drain")
        lam.send(0, "g")
        assert drain(lam, runtime)["delivered"] == 0
        assert len(lam.api.requests()) == 1 and lam.depth() == 1
        assert elsewhere.requests() == []
    logs(runtime)


# A certificate together with a token, and private CAs


def test_a_certificate_goes_with_a_token(lam, secure, authorities):
    """RFC 8705: the token endpoint and the API require it; it may be the client's only credential."""
    api, token_api = secure.api(), secure.api()
    token_api.choose = lambda got: Answer(
        body=json.dumps({"access_token": CANARY, "token_type": "BearerToken"}).encode()
    )
    certificate, key = authorities.ours.issue("fifoq")
    auth = {**MTLS, "oauth2": {
        "token_url": token_api.url + "/token", "client_id": "fifoq", "style": "tls",
        "scope": ["orders.write", "orders.read"],
    }}  # fmt: skip
    pack(lam, to(lam, auth, url=api.url), parameters={"certificate": certificate, "key": key})
    runtime = secure.start()
    lam.send(0, "g")
    assert drain(lam, runtime)["delivered"] == 1
    (asked,), (got,) = token_api.requests(), api.requests()
    assert asked.peer == got.peer == "fifoq"
    assert got.headers["Authorization"] == f"Bearer {CANARY}"
    form = dict(parse_qsl(asked.body.decode()))
    assert form == {"grant_type": "client_credentials", "client_id": "fifoq",
                    "scope": "orders.write orders.read"}  # fmt: skip
    assert "PRIVATE" not in logs(runtime)


def test_a_destinations_own_authority_is_the_only_one(lam, secure, authorities, tmp_path):
    """Two destinations, each with a CA that the other does not trust, without and with the right
    one. Neither is in the environment's CA file."""
    apis, parameters, destinations = [], {}, []
    for name, authority in (("a", tls.Authority("first")), ("b", tls.Authority("second"))):
        api = Api(tls_context=authority.server_context(tmp_path))
        apis.append(api)
        parameters[name] = tls.Authority.pem(authority.root)
        destinations.append(to(lam, None, url=api.url, ca=f"${{param.{name}}}", timeout="2s"))
        destinations[-1]["name"] = name
    pack(lam, *destinations, parameters=parameters)
    runtime = secure.start()
    for number in range(3):
        lam.send(number, "g")
    assert drain(lam, runtime)["delivered"] == 3
    for api in apis:
        assert len(api.requests()) == 3 and len({got.connection for got in api.requests()}) == 1
    put(lam, "b", parameters["a"])
    runtime = lam.start("drain")
    lam.send(3, "g")
    assert drain(lam, runtime)["delivered"] == 0
    assert len(apis[0].requests()) == 4 and len(apis[1].requests()) == 3
    text = logs(runtime)
    assert "is not trusted" in text and "'ca'" in text and "AWS_CA_BUNDLE" not in text
    for api in apis:
        api.close()


def test_an_authority_that_is_not_known_names_the_way(lam, secure, authorities, tmp_path):
    context = tls.Authority("private").server_context(tmp_path)
    with Api(tls_context=context) as api:
        pack(lam, to(lam, None, url=api.url, timeout="2s"))
        runtime = secure.start()
        lam.send(0, "g")
        assert drain(lam, runtime)["delivered"] == 0
        assert api.requests() == []
    assert "into 'ca' of this destination" in logs(runtime)


def test_a_server_without_its_intermediate_certificate(lam, secure, tmp_path):
    authority = tls.Authority("private")
    chain, key = authority.issue("server", usage=ExtendedKeyUsageOID.SERVER_AUTH)
    end = "-----END CERTIFICATE-----\n"
    (tmp_path / "leaf.pem").write_text(chain.partition(end)[0] + end + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "leaf.pem")
    with Api(tls_context=context) as api:
        pack(lam, to(lam, None, url=api.url, ca="${param.ca}"),
             parameters={"ca": tls.Authority.pem(authority.middle)})  # fmt: skip
        runtime = secure.start()
        lam.send(0, "g")
        assert drain(lam, runtime)["delivered"] == 1


def test_an_authority_that_cannot_be_read_is_not_the_messages_fault(lam, secure):
    pack(lam, to(lam, None, url=secure.api(needed=False).url, ca="${param.ca}"),
         parameters={"ca": CANARY}, drain={"on_reject": "drop"})  # fmt: skip
    runtime = secure.start()
    lam.send(0, "g")
    assert drain(lam, runtime)["stopped"] == "refused"
    assert lam.depth() == 1
    assert "ca: expected one or more PEM certificates" in logs(runtime)


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs the openssl command")
def test_a_server_with_http_2_only_is_named(lam, secure, authorities, tmp_path):
    """Its TLS ends with alert 120, no_application_protocol (RFC 7301, section 3.2)."""
    authorities.ours.server_context(tmp_path)
    command = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", tmp_path / "server.pem",
               "-key", tmp_path / "server.pem", "-alpn", "h2"]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as server:  # fmt: skip
        try:
            line = next(line for line in server.stdout if line.startswith(b"ACCEPT"))
            port = int(line.rsplit(b":", 1)[1])
            pack(lam, to(lam, None, url=f"https://127.0.0.1:{port}/", timeout="2s"))
            runtime = secure.start()
            lam.send(0, "g")
            assert drain(lam, runtime)["delivered"] == 0
        finally:
            server.kill()
    assert "does not accept HTTP/1.1" in logs(runtime)


# Other signatures, verified as their receivers do


def mac(secret, text, digest="sha256"):
    return hmac.new(secret.encode(), text.encode(), digest)


SIGNATURES = {
    "github": (
        {"header": "X-Hub-Signature-256", "value": "sha256=${signature}"},
        lambda got, secret: (
            got.headers["X-Hub-Signature-256"]
            == "sha256=" + mac(secret, got.body.decode()).hexdigest()
        ),
    ),
    "shopify": (
        {"header": "X-Shopify-Hmac-Sha256", "encoding": "base64"},
        lambda got, secret: (
            base64.b64decode(got.headers["X-Shopify-Hmac-Sha256"], validate=True)
            == mac(secret, got.body.decode()).digest()
        ),
    ),
    "slack": (
        {"header": "X-Slack-Signature", "value": "v0=${signature}",
         "signed": "v0:${timestamp}:${body}", "timestamp_header": "X-Slack-Request-Timestamp"},
        lambda got, secret: (
            got.headers["X-Slack-Signature"] == "v0=" + mac(
                secret, f"v0:{got.headers['X-Slack-Request-Timestamp']}:{got.body.decode()}"
            ).hexdigest()
        ),
    ),
    "stripe": (
        {"header": "Stripe-Signature", "value": "t=${timestamp},v1=${signature}",
         "signed": "${timestamp}.${body}"},
        lambda got, secret: stripe_takes(got, secret),
    ),
}  # fmt: skip


def stripe_takes(got, secret):
    """https://docs.stripe.com/webhooks#verify-manually"""
    parts = dict(part.split("=", 1) for part in got.headers["Stripe-Signature"].split(","))
    want = mac(secret, f"{parts['t']}.{got.body.decode()}").hexdigest()
    return parts["v1"] == want and abs(int(parts["t"]) - time.time()) < 300


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("form", SIGNATURES)
def test_a_signature_in_the_receivers_form(lam, form, method):
    """Stripe's secrets begin with whsec_ too, and are the key unchanged."""
    settings, takes = SIGNATURES[form]
    secret = "whsec_" + CANARY
    auth = {"hmac": {"secrets": ["${param.secret}"], **settings}}
    pack(lam, to(lam, auth, method=method), parameters={"secret": secret})
    lam.api.script(Answer(500))
    runtime = lam.start("drain")
    lam.send(0, "g", text="é ü \U0001f600 \\ \" ")
    assert drain(lam, runtime)["delivered"] == 1
    for got in lam.api.requests():
        assert takes(got, secret) and not takes(got, secret + "x")
        assert "webhook-signature" not in got.headers
    logs(runtime)


# Keys without a password, and token endpoints of other kinds


def test_a_key_may_have_no_password(lam):
    auth = {"basic": {"username": "${param.secret}", "password": ""}}
    pack(lam, to(lam, auth), parameters={"secret": CANARY})
    runtime = lam.start("drain")
    lam.send(0, "g")
    assert drain(lam, runtime)["delivered"] == 1
    (got,) = lam.api.requests()
    code = base64.b64encode(f"{CANARY}:".encode()).decode()
    assert got.headers["Authorization"] == f"Basic {code}"
    assert code not in logs(runtime)


TOKENS = {
    "bom": b'\xef\xbb\xbf{"access_token": "T", "expires_in": 3600}',
    "latin-1": b'{"access_token": "T", "msg": "caf\xe9"}',
    "half": b'{"access_token": "T", "msg": "\\ud800"}',
    "long life": b'{"access_token": "T", "expires_in": 18446744073709551615}',
    "no life": b'{"access_token": "T", "expires_in": 0}',
    "text": b'{"access_token": "T", "expires_in": "3600"}',
    "other type": b'{"access_token": "T", "token_type": "BearerToken"}',
}


@pytest.mark.parametrize("case", TOKENS)
def test_tokens_of_careless_servers_are_taken(lam, endpoint, case):
    endpoint.choose = lambda got: Answer(body=TOKENS[case])
    pack(lam, to(lam, oauth2(endpoint)), parameters={"secret": CANARY})
    runtime = lam.start("drain")
    for number in range(3):
        lam.send(number, "g")
    assert drain(lam, runtime)["delivered"] == 3
    assert [got.headers["Authorization"] for got in lam.api.requests()] == ["Bearer T"] * 3
    assert len(endpoint.requests()) == 1


def test_the_token_endpoint_gets_what_it_asks_for(lam, endpoint):
    """No compressed answer is requested; a server that compresses all the same is named."""
    packed = gzip.compress(b'{"access_token": "T"}')
    endpoint.choose = lambda got: Answer(headers={"Content-Encoding": "gzip"}, body=packed)
    form = {"grant_type": "account_credentials", "resource": "https://r/${param.tenant}"}
    auth = oauth2(endpoint, headers={"X-Tenant": "t-${param.tenant}"}, form=form)
    pack(lam, to(lam, auth), parameters={"secret": CANARY, "tenant": "7"})
    runtime = lam.start("drain")
    lam.send(0, "g")
    assert drain(lam, runtime)["stopped"] == "refused"
    asked = endpoint.requests()[0]
    assert asked.headers["Accept-Encoding"] == "identity" and asked.headers["X-Tenant"] == "t-7"
    assert dict(parse_qsl(asked.body.decode())) == {
        "grant_type": "account_credentials", "resource": "https://r/7"
    }  # fmt: skip
    assert "Content-Encoding" in logs(runtime)
