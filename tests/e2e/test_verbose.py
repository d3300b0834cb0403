"""-v and -vv: what they show, and that the output and core files contain no secret."""

import base64
import json
import os
import re
import resource
import signal
import subprocess
import threading
from pathlib import Path

import pytest
from support import HOST, REGION, TOKEN, interrupt, make_table, wait_until

from fakes import KEY_ID, SECRET, tls
from fakes.api import Api
from fakes.connect import ConnectProxy
from fakes.proxy import aws_error
from fakes.signature import Key

SESSION = "canary-session-token-5e1f/+=="
PROXY_PASSWORD = "canary-proxy-password"
LINE = re.compile(r"([a-z]+:[A-Za-z]+) +(\d{3}|---) +(\d+) ms  #(\d+)(?:  (\S+))?")


def requests_of(text):
    """(call, status, attempt, request id) of each line of a request."""
    found = [LINE.fullmatch(line) for line in text.splitlines()]
    return [(m[1], m[2], int(m[4]), m[5]) for m in found if m]


def test_a_line_for_each_request(fifoq, proxy, table):
    result = fifoq.good("up", "--yes", "-v")
    shown = requests_of(result.err)
    made = [(e.name, str(e.response.status)) for e in proxy.calls()]
    assert sorted((call, status) for call, status, _, _ in shown) == sorted(made)
    assert ":" not in result.out.splitlines()[0] or "ms  #" not in result.out
    columns = {line.index(" ms  #") for line in result.err.splitlines() if " ms  #" in line}
    assert len(columns) == 1, "the lines are aligned"


def test_attempts_and_request_ids(fifoq, proxy, table):
    proxy.fault("dynamodb", "DescribeTable", times=1, answer=aws_error("ThrottlingException"))
    result = fifoq.good("plan", "-v")
    shown = [each[1:] for each in requests_of(result.err) if each[0] == "dynamodb:DescribeTable"]
    assert ("400", 1, "00000000-0000-4000-8000-000000000000") in shown
    assert [attempt for status, attempt, _ in shown if status == "200"].count(2) == 1


def test_a_request_without_an_answer(fifoq, proxy):
    proxy.fault("sts", times=1, kind="reset")
    result = fifoq.good("whoami", "-v")
    lines = [line for line in result.err.splitlines() if " ms  #" in line]
    assert re.match(
        r"sts:GetCallerIdentity +--- +\d+ ms  #1  no usable answer from '127.0.0.1:\d+'", lines[0]
    )
    assert re.match(r"sts:GetCallerIdentity +200 +\d+ ms  #2", lines[1])


def test_headers(fifoq, proxy):
    fifoq.env["AWS_SESSION_TOKEN"] = SESSION
    proxy.keys[KEY_ID] = Key(SECRET, SESSION)
    plain, full = fifoq.good("whoami", "-v").err, fifoq.good("whoami", "-vv").err
    assert "Authorization" not in plain and "  > " not in plain and len(requests_of(plain)) == 1
    assert re.search(
        r"  > Authorization: AWS4-HMAC-SHA256 Credential=\(hidden\)/\d{8}/eu-west-1/sts/aws4_request, "
        r"SignedHeaders=\S+, Signature=\(hidden\)\n", full
    )  # fmt: skip
    assert "  > X-Amz-Security-Token: (hidden)\n" in full
    assert f"  > POST {proxy.url}/ (" in full and "  < 200 (" in full
    assert re.search(r"  < content-type: .*xml", full)
    sent = proxy.calls()[-1].request
    signature = re.search("Signature=(.*)", sent.headers.get("Authorization"))[1]
    for secret in (signature, KEY_ID, SESSION, SECRET, "GetCallerIdentityResponse"):
        assert secret not in full
    assert proxy.violations() == []


# The canaries


@pytest.fixture
def canaries(fifoq, proxy, aws, tmp_path):
    """Everything uses a proxy with a password, over TLS, with a session token."""
    authority = tls.Authority("company")
    (tmp_path / "company.pem").write_text(authority.pem(authority.root))
    names = ["amazonaws.com", f"{REGION}.amazonaws.com", f"dynamodb.{REGION}.amazonaws.com"]
    context = authority.server_context(tmp_path, hosts=[f"*.{name}" for name in names])
    proxy.keys[KEY_ID] = Key(SECRET, SESSION)
    make_table(aws)
    with ConnectProxy(proxy.url, context, login=("user", PROXY_PASSWORD)) as company:
        fifoq.env |= {
            "AWS_ENDPOINT_URL": None, "AWS_SESSION_TOKEN": SESSION,
            "AWS_CA_BUNDLE": str(tmp_path / "company.pem"),
            "HTTPS_PROXY": f"http://user:{PROXY_PASSWORD}@{company.host}",
        }  # fmt: skip
        yield fifoq
        assert company.asked and proxy.violations() == []


def assert_no_secret(text):
    login = base64.b64encode(f"user:{PROXY_PASSWORD}".encode()).decode()
    for secret in (SECRET, SESSION, TOKEN, PROXY_PASSWORD, login):
        assert secret not in text
        assert base64.b64encode(secret.encode()).decode() not in text
        assert json.dumps(secret)[1:-1] not in text


@pytest.mark.parametrize("level", ["-v", "-vv"])
def test_no_secret_is_shown(canaries, proxy, level):
    fifoq = canaries
    for args in (["whoami"], ["up", "--yes"], ["plan"], ["drift"], ["whoami", "--format", "json"]):
        result = fifoq.good(*args, level)
        assert requests_of(result.err)
        assert_no_secret(result.text)
    proxy.fault("sqs", "GetQueueAttributes", answer=aws_error("AccessDenied", status=403))
    result = fifoq.run("drift", level)
    assert result.code == 3
    assert_no_secret(result.text)
    proxy.faults.clear()
    result = fifoq.good("down", "--yes", "--drop-messages", level)
    assert_no_secret(result.text)


@pytest.mark.parametrize("level", ["-v", "-vv"])
def test_dev_shows_no_secret(canaries, proxy, aws, level):
    """The functions get the credentials and the proxy variables, and send the parameter's value as
    a bearer token."""
    with Api() as api:
        destination = {
            "name": "crm",
            "url": f"{api.url}/orders",
            "auth": {"bearer": "${param.crm-token}"},
        }
        canaries.config({
            "functions": {"architecture": HOST, "log_level": "trace"},
            "ingest": {"filter": None, "group": None, "message": None},
            "drain": {"schedules": ["rate(1 minute)"], "destinations": [destination]},
        })  # fmt: skip
        canaries.good("up", "--yes")
        running = canaries.start("dev", level, "--every", "1s")
        wait_until(lambda: requests_of(canaries.texts(running)[1]), 60, "no request was shown")
        aws.dynamodb.put_item(TableName="orders-table", Item={"id": {"S": "new"}})
        api.wait_for(1, timeout=60)
        interrupt(running)
        assert_no_secret(canaries.finish(running).text)


# Cores


@pytest.mark.parametrize("number", [signal.SIGABRT, signal.SIGSEGV])
def test_a_crash_leaves_no_core(fifoq, proxy, number):
    """Whatever the limit allows: no core file next to it, and no report of the kernel that it wrote
    one."""
    waiting, go_on = threading.Event(), threading.Event()

    def hold(_):
        waiting.set()
        go_on.wait(60)

    proxy.fault("sts", kind="pass", run=hold)
    env = {name: "handle_segv=0:handle_abort=0:disable_coredump=0" for name in ["ASAN_OPTIONS"]}
    command = ["prlimit", f"--core={resource.RLIM_INFINITY}:{resource.RLIM_INFINITY}"]
    process = fifoq.start("whoami", env=env, command=command)
    try:
        assert waiting.wait(60)
        limits = Path(f"/proc/{process.pid}/limits").read_text()
        allowed = re.search(r"Max core file size +(\S+) +(\S+)", limits).groups()
        os.kill(process.pid, number)
        _, status = os.waitpid(process.pid, 0)
    finally:
        go_on.set()
    process.returncode = -number
    assert allowed == ("0", "0")
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == number
    assert not os.WCOREDUMP(status)
    assert [path.name for path in fifoq.folder.iterdir() if path.name.startswith("core")] == []


def test_the_test_would_see_a_core(tmp_path):
    """The same signal for a program without protection: the kernel reports that it wrote a core."""
    if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0:
        pytest.skip("cores are not allowed here")
    if not Path("/proc/sys/kernel/core_pattern").read_text().strip():
        pytest.skip("this kernel writes no cores")
    command = ["prlimit", "--core=unlimited", "sh", "-c", "kill -ABRT $$"]
    process = subprocess.Popen(command, cwd=tmp_path)
    _, status = os.waitpid(process.pid, 0)
    process.returncode = -signal.SIGABRT
    assert os.WTERMSIG(status) == signal.SIGABRT and os.WCOREDUMP(status)
