"""The proxy for a host: the same as botocore's, for the same environment."""

import itertools
import os
from unittest import mock

import pytest
from botocore.httpsession import ProxyConfiguration
from botocore.utils import get_environ_proxies
from hypothesis import given, settings
from hypothesis import strategies as st

HOSTS = [
    "sqs.eu-west-1.amazonaws.com", "SQS.EU-WEST-1.amazonaws.com", "localhost", "127.0.0.1", "10.1.2.3",
    "[::1]", "vpce-1-2.sqs.eu-west-1.vpce.amazonaws.com", "amazonaws.com", "myamazonaws.com",
]  # fmt: skip
PORTS = ["", ":443", ":8443"]
LISTS = [
    None, "", "*", " * ", "*,localhost", "localhost", "localhost,127.0.0.1", ".amazonaws.com", "amazonaws.com",
    "..amazonaws.com", "*.amazonaws.com", "AMAZONAWS.com", "sqs.eu-west-1.amazonaws.com:443",
    "sqs.eu-west-1.amazonaws.com:8443", ".amazonaws.com:8443", " localhost , .amazonaws.com ", "10.0.0.0/8",
    "10.", "2.3", "1.2.3", "::1", "[::1]", "[::1]:8443", ":443", ",,", ".", "com", "a,b,c,com",
]  # fmt: skip


def botocore_proxy(env, url):
    with mock.patch.dict(os.environ, env, clear=True):
        return ProxyConfiguration(get_environ_proxies(url)).proxy_url_for(url)


def agree(probe, env, url):
    ours, theirs = probe.ask(env=env, url=url), botocore_proxy(env, url)
    assert (ours["proxy"] is None) == (theirs is None), (env, url, ours, theirs)
    if theirs:
        assert theirs in (ours["proxy"], "http://" + ours["proxy"], "http:" + ours["proxy"])
        assert env[ours["variable"]] == ours["proxy"]
    return ours


@pytest.mark.parametrize("no_proxy", LISTS)
def test_no_proxy(probe, no_proxy):
    env = {"https_proxy": "http://proxy:3128", "http_proxy": "http://other:3128"}
    if no_proxy is not None:
        env["NO_PROXY"] = no_proxy
    for scheme, host, port in itertools.product(("http", "https"), HOSTS, PORTS):
        agree(probe, env, f"{scheme}://{host}{port}/path,@*?a=b")


SETTINGS = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_both_spellings(probe, scheme):
    """Lower case has precedence over upper case, and an empty variable disables the other."""
    for values in itertools.product((None, "", "http://one"), (None, "", "http://two"), repeat=2):
        named = zip(SETTINGS, values, strict=True)
        env = {name: value for name, value in named if value is not None}
        agree(probe, env, f"{scheme}://host/")
        agree(probe, {**env, "REQUEST_METHOD": "GET"}, f"{scheme}://host/")
    for lower, upper in itertools.product((None, "", "host", "else"), repeat=2):
        env = {"http_proxy": "http://one", "https_proxy": "http://one"}
        if lower is not None:
            env["no_proxy"] = lower
        if upper is not None:
            env["NO_PROXY"] = upper
        agree(probe, env, f"{scheme}://host/")


def test_all_proxy_is_none_of_aws_tools(probe):
    for name in ("ALL_PROXY", "all_proxy"):
        assert agree(probe, {name: "http://one"}, "https://host/")["proxy"] is None


@settings(deadline=None)
@given(
    no_proxy=st.text("aA.:,* 1[]", max_size=12).map(str.strip),
    host=st.text("aA1.", min_size=1, max_size=8),
    port=st.sampled_from(["", ":1", ":11"]),
)
def test_any_list(probe, no_proxy, host, port):
    agree(probe, {"HTTPS_PROXY": "http://one", "NO_PROXY": no_proxy}, f"https://{host}{port}/")


@pytest.mark.parametrize("password", ["plain", "p%40ss", "p@ss", "p/ss", "p:ss", "p#ss?x", "a@b@c"])
@pytest.mark.parametrize("form", ["http://user:{}@proxy.corp:3128", "user:{}@proxy.corp:3128/"])
def test_the_name_in_messages_has_no_password(probe, password, form):
    url = form.format(password)
    ours = probe.ask(env={"HTTPS_PROXY": url}, url="https://host/")
    assert ours["name"] == "proxy.corp:3128"
