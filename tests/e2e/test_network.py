"""Proxies and certificates, compared with botocore on the same path: a company's proxy that
intercepts TLS is between fifoq and AWS's own host names."""

import json
import re
import subprocess
import sys

import pytest
from support import REGION, make_table

from fakes import KEY_ID, SECRET, tls
from fakes.api import Answer, Api
from fakes.connect import ConnectProxy
from fakes.proxy import query_error
from fakes.signature import Key

HOSTS = ["*.amazonaws.com", "*.eu-west-1.amazonaws.com"]
STS = f"sts.{REGION}.amazonaws.com"
PASSWORD = "canary-proxy-p@ss/9"
QUOTED = "canary-proxy-p%40ss%2F9"
# botocore in a process with the same environment.
WITNESS = f"""
import boto3, botocore.config
once = {{"total_max_attempts": 1}}
config = botocore.config.Config(retries=once, connect_timeout=5, read_timeout=5)
print(boto3.client("sts", region_name="{REGION}", config=config).get_caller_identity()["Arn"])
"""


@pytest.fixture(scope="module")
def authority():
    return tls.Authority("company")


@pytest.fixture
def bundle(tmp_path, authority):
    path = tmp_path / "company.pem"
    path.write_text(authority.pem(authority.root))
    return path


@pytest.fixture
def company(tmp_path, authority, proxy):
    """Starts such a proxy, in front of the emulated AWS."""
    started = []

    def start(**how):
        context = authority.server_context(tmp_path, hosts=HOSTS)
        started.append(ConnectProxy(proxy.url, context, **how))
        return started[-1]

    yield start
    for each in started:
        each.__exit__()


@pytest.fixture
def far(fifoq, bundle):
    """fifoq with AWS's real host names."""
    fifoq.env |= {"AWS_ENDPOINT_URL": None, "AWS_CA_BUNDLE": str(bundle), "AWS_MAX_ATTEMPTS": "1"}
    return fifoq


def witness(fifoq, env):
    """botocore's result in the same environment: its output, or its error's last line."""
    result = subprocess.run(
        [sys.executable, "-c", WITNESS], env=fifoq.environment(env), capture_output=True, text=True,
        timeout=60, cwd=fifoq.folder,
    )  # fmt: skip
    return result.returncode == 0, result.stdout + result.stderr


def test_the_same_way_as_botocore(far, company, proxy):
    there = company()
    env = {"HTTPS_PROXY": there.url}
    result = far.good("whoami", "--format", "json", env=env)
    good, said = witness(far, env)
    assert good, said
    assert json.loads(result.out)["arn"] == said.strip()
    assert there.hosts() == [STS, STS] and proxy.violations() == []
    assert there.asked[0].target == f"{STS}:443"


def test_everything_goes_through_it(far, company, proxy, aws):
    make_table(aws)
    there = company()
    far.good("up", "--yes", env={"https_proxy": there.url})
    assert len(set(there.hosts())) >= 7 and proxy.violations() == []
    assert far.run("drift", env={"https_proxy": there.url}).code == 0
    assert all(each.method == "CONNECT" for each in there.asked)


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy"])
def test_without_tls(fifoq, company, name):
    """A proxy for http:// gets the whole URL. Only the proxy can resolve the host."""
    there = company()
    env = {"AWS_ENDPOINT_URL": "http://aws.example", name: there.url}
    result = fifoq.good("whoami", env=env)
    good, said = witness(fifoq, env)
    assert good, said
    assert said.strip() in result.out
    assert [(e.method, e.target) for e in there.asked] == [("POST", "http://aws.example/")] * 2


def test_user_and_password(far, company):
    there = company(login=("user", PASSWORD))
    env = {"HTTPS_PROXY": f"http://user:{QUOTED}@{there.host}"}
    result = far.good("whoami", "-v", env=env)
    good, said = witness(far, env)
    assert good, said
    theirs, ours = there.asked[-1], there.asked[0]
    assert ours.authorization == theirs.authorization
    for secret in (PASSWORD, QUOTED, ours.authorization.split()[1]):
        assert secret not in result.text


def test_a_proxy_behind_tls(far, company, authority, tmp_path, proxy):
    """https://: the connection to the proxy is encrypted, too, and its certificate must be trusted."""
    there = company(login=("user", PASSWORD), outer=authority.server_context(tmp_path))
    env = {"HTTPS_PROXY": f"https://user:{QUOTED}@{there.host}"}
    result = far.good("whoami", "-vv", env=env)
    good, said = witness(far, env)
    assert good, said
    assert there.hosts() == [STS, STS] and proxy.violations() == []
    assert "canary" not in result.text


def test_a_proxy_with_a_certificate_of_somebody_else(far, company, tmp_path):
    there = company(outer=tls.Authority("somebody").server_context(tmp_path))
    env = {"HTTPS_PROXY": f"https://user:{QUOTED}@{there.host}"}
    result = far.run("whoami", "-vv", env=env)
    assert result.code == 1 and not witness(far, env)[0]
    assert f"the certificate of the proxy '{there.host}' (HTTPS_PROXY) is not trusted" in result.err
    assert "AWS_CA_BUNDLE" in result.err and "canary" not in result.text and there.asked == []


def test_a_proxy_with_a_certificate_of_another_name(far, company, authority, tmp_path):
    there = company(outer=authority.server_context(tmp_path))
    env = {"HTTPS_PROXY": f"https://user:{QUOTED}@localhost:{there.port}"}
    result = far.run("whoami", "-vv", env=env)
    assert result.code == 1 and not witness(far, env)[0]
    told = f"the certificate of the proxy 'localhost:{there.port}' (HTTPS_PROXY) is not trusted"
    assert told in result.err and "name" in result.err.partition(told)[2]
    assert "canary" not in result.text and there.asked == []


def test_behind_a_proxy_that_is_trusted_the_certificate_of_aws_counts(far, proxy, authority, tmp_path):
    inner = tls.Authority("somebody").server_context(tmp_path, hosts=HOSTS)
    outer = authority.server_context(tmp_path)
    with ConnectProxy(proxy.url, inner, outer=outer) as there:
        env = {"HTTPS_PROXY": f"https://user:{QUOTED}@{there.host}"}
        result = far.run("whoami", "-vv", env=env)
        assert result.code == 1 and not witness(far, env)[0]
    # curl 7.88 loses OpenSSL's reason for TLS in TLS
    named = (f"the certificate of '{STS}' is not trusted", f"TLS with '{STS}' failed behind the proxy")
    assert any(words in result.err for words in named) and "AWS_CA_BUNDLE" in result.err
    assert "certificate of the proxy" not in result.err
    assert there.hosts() == [STS, STS] and proxy.calls() == [] and "canary" not in result.text


@pytest.mark.parametrize(
    "login, words",
    [
        ("", "requires a user and password: use https://USER:PASSWORD@HOST:PORT: HTTP 407"),
        (f"user:{QUOTED}@", "does not accept the user and password in its URL: HTTP 407"),
    ],
)
def test_a_proxy_behind_tls_that_refuses(far, company, authority, tmp_path, login, words):
    there = company(login=("user", "another"), outer=authority.server_context(tmp_path))
    env = {"HTTPS_PROXY": f"https://{login}{there.host}"}
    result = far.run("whoami", "-vv", env=env)
    assert result.code == 1 and not witness(far, env)[0]
    assert f"the proxy '{there.host}' (HTTPS_PROXY) {words}" in result.err
    assert "canary" not in result.text


def test_a_proxy_behind_tls_by_the_bundle_of_the_profile(far, company, authority, tmp_path, bundle):
    there = company(outer=authority.server_context(tmp_path))
    (far.home / ".aws").mkdir()
    (far.home / ".aws/config").write_text(f"[default]\nca_bundle = {bundle}\n")
    env = {"HTTPS_PROXY": there.url, "AWS_CA_BUNDLE": None}
    far.good("whoami", env=env)
    good, said = witness(far, env)
    assert good, said
    assert there.hosts() == [STS, STS]


def test_a_proxy_behind_tls_for_an_endpoint_without(fifoq, company, authority, tmp_path, bundle):
    """Only the connection to the proxy is encrypted: it gets the whole URL."""
    there = company(login=("user", PASSWORD), outer=authority.server_context(tmp_path))
    env = {
        "AWS_ENDPOINT_URL": "http://aws.example", "AWS_CA_BUNDLE": str(bundle),
        "HTTP_PROXY": f"https://user:{QUOTED}@{there.host}",
    }  # fmt: skip
    result = fifoq.good("whoami", "-vv", env=env)
    good, said = witness(fifoq, env)
    assert good, said
    assert [(e.method, e.target) for e in there.asked] == [("POST", "http://aws.example/")] * 2
    assert "canary" not in result.text


def test_a_proxy_that_does_not_speak_tls(far, company):
    there = company()
    env = {"HTTPS_PROXY": f"https://user:{QUOTED}@{there.host}"}
    result = far.run("whoami", env=env)
    assert result.code == 1 and not witness(far, env)[0]
    assert f"the proxy '{there.host}' (HTTPS_PROXY) does not accept TLS" in result.err
    assert "http://" in result.err and "canary" not in result.text


@pytest.mark.parametrize(
    "login, refuse, words",
    [
        ("", None, "requires a user and password: use http://USER:PASSWORD@HOST:PORT: HTTP 407"),
        (f"user:{QUOTED}@", None, "does not accept the user and password in its URL: HTTP 407"),
        (f"user:{QUOTED}@", 403, f"refused the connection to '{STS}': HTTP 403"),
        ("", 502, f"refused the connection to '{STS}': HTTP 502"),
    ],
)
def test_a_proxy_that_refuses(far, company, login, refuse, words):
    there = company(login=("user", "another"), refuse=refuse)
    env = {"HTTPS_PROXY": f"http://{login}{there.host}", "AWS_MAX_ATTEMPTS": "2"}
    result = far.run("whoami", env=env)
    assert result.code == 1
    assert f"the proxy '{there.host}' (HTTPS_PROXY) {words}" in result.err
    assert len(there.asked) == (2 if refuse == 502 else 1)  # a no is a no
    assert "canary" not in result.text and "check the region" not in result.err
    assert not witness(far, env)[0]


def test_the_same_refusal_without_tls(fifoq, company):
    there = company(login=("user", "another"))
    env = {
        "AWS_ENDPOINT_URL": "http://aws.example",
        "http_proxy": f"http://u:{QUOTED}@{there.host}",
    }
    result = fifoq.run("whoami", env=env)
    assert result.code == 1 and len(there.asked) == 1
    assert f"the proxy '{there.host}' (http_proxy) does not accept" in result.err
    assert "canary" not in result.text


@pytest.mark.parametrize(
    "url, words",
    [
        (
            f"http://u:{QUOTED}@127.0.0.1:1",
            "cannot connect to the proxy '127.0.0.1:1' (HTTPS_PROXY)",
        ),
        (f"http://u:{QUOTED}@no.invalid:8", "cannot resolve the host name of the proxy 'no.invalid:8' (HTTPS_PROXY)"),
        (f"ftp://u:{QUOTED}@127.0.0.1:1", "the proxy '127.0.0.1:1' (HTTPS_PROXY)"),
        (f"http://u:{QUOTED}@127.0.0.1:port", "the proxy '127.0.0.1:port' (HTTPS_PROXY) is not a URL"),
        ("http://127.0.0.1:99999", "the proxy '127.0.0.1:99999' (HTTPS_PROXY) is not a URL"),
        ("http://u:canary#1@127.0.0.1:1", "(HTTPS_PROXY) is no"),
    ],
)
def test_a_proxy_that_is_not_there(far, url, words):
    result = far.run("whoami", env={"HTTPS_PROXY": url})
    assert result.code == 1 and words in result.err
    assert "canary" not in result.text
    assert not witness(far, {"HTTPS_PROXY": url})[0]


@pytest.mark.parametrize(
    "no_proxy, through",
    [
        ("127.0.0.1", False), ("*", False), ("127.0.0.0/8", True), ("0.0.1", False),
        ("127.0.0.1:{port}", False), ("127.0.0.1:1", True), ("localhost", True), (" , 127.0.0.1 ", False),
    ],
)  # fmt: skip
def test_no_proxy(fifoq, proxy, company, no_proxy, through):
    """An endpoint that is reachable both ways: both programs choose the same."""
    there = company()
    env = {"http_proxy": there.url, "NO_PROXY": no_proxy.format(port=proxy.port)}
    fifoq.good("whoami", env=env)
    assert len(there.asked) == int(through)
    good, said = witness(fifoq, env)
    assert good, said
    assert len(there.asked) == 2 * int(through)


def keys(got):
    """A container's endpoint, and the metadata service of a machine."""
    if got.method == "PUT":
        return Answer(body=b"a-token", headers={"x-aws-ec2-metadata-token-ttl-seconds": "60"})
    if got.path.endswith("/security-credentials/"):
        return Answer(body=b"a-role")
    found = {"AccessKeyId": KEY_ID, "SecretAccessKey": SECRET, "Token": "a-session", "Code": "Success",
             "Type": "AWS-HMAC", "LastUpdated": "2026-01-01T00:00:00Z",
             "Expiration": "2099-01-01T00:00:00Z"}  # fmt: skip
    return Answer(body=json.dumps(found).encode())


@pytest.mark.parametrize(
    "name, value, provider",
    [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "{}/credentials", "container-role"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "{}", "iam-role"),
    ],
)
def test_what_is_nearby_is_asked_straight(fifoq, proxy, company, name, value, provider):
    """Credential endpoints are never called through a proxy, because it would see the credentials."""
    proxy.keys[KEY_ID] = Key(SECRET, "a-session")
    there = company()
    with Api() as nearby:
        nearby.choose = keys
        env = {
            "AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "http_proxy": there.url,
            "AWS_ENDPOINT_URL": "http://aws.example", "AWS_EC2_METADATA_DISABLED": None,
            name: value.format(nearby.url),
        }  # fmt: skip
        result = fifoq.good("whoami", "--format", "json", env=env)
        assert json.loads(result.out)["provider"] == provider
        assert nearby.got and proxy.violations() == []
    assert [each.target for each in there.asked] == ["http://aws.example/"]


# Certificates


@pytest.mark.parametrize("variable", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
@pytest.mark.parametrize("trusted", ["theirs", "another", "none"])
def test_whose_certificates_are_trusted(far, company, tmp_path, bundle, variable, trusted):
    there = company()
    other = tmp_path / "other.pem"
    other.write_text(tls.Authority.pem(tls.Authority("another").root))
    file = {"theirs": str(bundle), "another": str(other), "none": None}[trusted]
    env = {"HTTPS_PROXY": there.url, "AWS_CA_BUNDLE": None, variable: file}
    result = far.run("whoami", env=env)
    good, said = witness(far, env)
    assert (result.code == 0) == good == (trusted == "theirs"), result.text + said
    if not good:
        assert f"the certificate of '{STS}' is not trusted" in result.err and "SSL" in said
        assert "self-signed" in result.err or "issuer" in result.err, result.err  # why
        assert "check the region" not in result.err


@pytest.mark.parametrize("variable", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "ca_bundle"])
def test_a_bundle_below_home(far, company, bundle, variable):
    there = company()
    (far.home / "c.pem").write_bytes(bundle.read_bytes())
    env = {"HTTPS_PROXY": there.url, "AWS_CA_BUNDLE": None}
    if variable == "ca_bundle":
        (far.home / ".aws").mkdir()
        (far.home / ".aws" / "config").write_text("[default]\nca_bundle = ~/c.pem\n")
    else:
        env[variable] = "~/c.pem"
    good, said = witness(far, env)
    assert good, said
    far.good("whoami", env=env)


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_file_for_openssl_that_is_of_no_use_is_passed_over(fifoq, content):
    """nix-shell, for example, names a missing file, so that nothing is trusted by accident."""
    if content:
        (fifoq.folder / "c.pem").write_text(content)
    env = {"SSL_CERT_FILE": "c.pem"}
    good, said = witness(fifoq, env)
    assert good, said
    fifoq.good("whoami", env=env)


@pytest.mark.parametrize(
    "content, words",
    [
        (None, "cannot read '{}': No such file or directory"),
        ("", "cannot use '{}': no certificate found in it"),
        ("no certificate\n", "cannot use '{}': no certificate found in it"),
        ("folder", "cannot use '{}': it is a folder"),
    ],
)
def test_a_bundle_that_is_none(fifoq, proxy, tmp_path, content, words):
    """Reported before the first request, whatever the endpoint is."""
    file = tmp_path / "bundle.pem"
    if content == "folder":
        file.mkdir()
    elif content is not None:
        file.write_text(content)
    result = fifoq.run("whoami", env={"AWS_CA_BUNDLE": str(file)})
    assert result.code == 64 and proxy.calls() == []
    assert "region       eu-west-1" in result.out  # known locally
    assert f"AWS_CA_BUNDLE: {words.format(file)}" in result.err


# The user agent


def test_the_user_agent(fifoq, proxy):
    fifoq.good("whoami")
    version = fifoq.good("version").out.split()[1]
    agent = proxy.calls()[0].request.headers.get("User-Agent")
    assert re.fullmatch(rf"fifoq/{re.escape(version)} \(linux; (x86_64|aarch64)\)", agent)


# Retry modes


@pytest.mark.parametrize(
    "mode, good", [("standard", True), ("adaptive", True), ("legacy", True), ("fast", False)]
)
def test_retry_modes(fifoq, proxy, mode, good):
    proxy.fault("sts", times=1, answer=query_error("Throttling", "Rate exceeded"))
    result = fifoq.run("whoami", env={"AWS_RETRY_MODE": mode})
    assert (result.code == 0) == good, result.text
    assert len(proxy.calls()) == (2 if good else 0)
    if not good:
        assert result.code == 64
        assert (
            "AWS_RETRY_MODE" in result.err and "standard" in result.err and "adaptive" in result.err
        )
