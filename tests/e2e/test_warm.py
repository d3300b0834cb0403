"""What the bootstrap does before the first event, while Lambda gives it a whole processor."""

import pytest
from support import wait_until
from test_bootstrap import Lambda, failures, items

from fakes import stream_events, tls
from fakes.api import Answer, Api


@pytest.fixture
def api():
    with Api() as made:
        yield made


@pytest.fixture
def lam(fifoq, aws, proxy, api):
    made = Lambda(fifoq, aws, proxy, api)
    made.pack()
    yield made
    made.close()


def test_parameters_are_there_before_the_first_event(lam):
    runtime = lam.start("drain")
    runtime.wait_idle()
    assert len(lam.fetches()) == 1
    lam.send(0, "g")
    assert runtime.invoke({}).wait().json()["delivered"] == 1
    assert len(lam.fetches()) == 1
    assert lam.proxy.violations() == []


def test_a_parameter_store_that_fails_at_first_delays_nothing(lam):
    lam.proxy.fault("ssm", "GetParameters", times=2, kind="reset")
    runtime = lam.start("drain", {"AWS_MAX_ATTEMPTS": "2"})
    runtime.wait_idle()
    lam.send(0, "g")
    assert runtime.invoke({}).wait().json()["delivered"] == 1
    assert len(lam.fetches()) >= 2


@pytest.mark.parametrize("handler", ["ingest", "drain"])
def test_nobody_there_is_no_init_error(lam, handler):
    with Api() as gone:
        url = gone.url.replace("http:", "https:")
    runtime = lam.start(handler, {"AWS_ENDPOINT_URL": url})
    runtime.wait_idle()
    assert runtime.invoke({"Records": []}).wait().kind == ("error" if handler == "drain" else "response")
    assert runtime.init_errors == []


def test_the_connection_to_sqs_is_made_before_the_first_event(lam, tmp_path):
    authority = tls.Authority("sqs")
    roots = tmp_path / "roots.pem"
    roots.write_text(tls.Authority.pem(authority.root))
    with Api(tls_context=authority.server_context(tmp_path)) as sqs:
        sqs.choose = lambda got: Answer(404 if got.method == "GET" else 400)
        runtime = lam.start("ingest", {"AWS_ENDPOINT_URL_SQS": sqs.url, "SSL_CERT_FILE": str(roots)})
        runtime.wait_idle()
        (first,) = sqs.requests()
        assert (first.method, first.path, first.headers["Authorization"]) == ("GET", "/", None)
        invocation = runtime.invoke(stream_events.inserts(items(1)), deadline_ms=6000)
        wait_until(lambda: len(sqs.requests()) > 1, 20, "a request to SQS")
        assert failures(invocation.wait(60))
        assert {got.connection for got in sqs.requests()[:2]} == {first.connection}
