"""Credentials compared with botocore, in its own process with the same variables and files: both
must use the same provider and the same keys. fifoq's first request must be signed by them."""

import json
import os
import pty
import select
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from support import FIFOQ, wait_until
from world import World

from data.credentials import ENV, KEYS, LOGIN, LOGIN_CACHE, LOGIN_FILE, REGISTERED, ROLE, ROWS, SSO_NEW, WEB, imds, token
from fakes.identity import CANARY, Identity


@pytest.fixture(scope="module")
def pem():
    key = ec.generate_private_key(ec.SECP256R1())
    kind = serialization.PrivateFormat.TraditionalOpenSSL
    text = key.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption())
    return text.decode().replace("\n", "\\n")


@pytest.fixture(scope="module")
def server():
    with Identity() as fake:
        yield fake


@pytest.fixture
def world(tmp_path, server, pem):
    server.reset()
    made = World(tmp_path, server, pem)
    yield made
    made.fifoq.close()


def test_the_rows_are_many_and_of_all_sorts():
    providers = {row["provider"] for row in ROWS}
    assert len(ROWS) >= 60 and len({row["name"] for row in ROWS}) == len(ROWS)
    assert len(providers) == 11, providers  # the ten, and none
    assert sum(row["provider"] is None for row in ROWS) > 20


@pytest.mark.parametrize("row", ROWS, ids=[row["name"].replace(" ", "-") for row in ROWS])
def test_fifoq_finds_what_botocore_finds(world, row):
    world.be(**row)
    witness = world.witness()
    assert witness["provider"] == row["provider"], witness
    result = world.again().run("-vv")
    if row["provider"] is None:
        assert world.fake.calls("GetCallerIdentity") == [], result.text
        assert result.code == 1 and any(w in result.err for w in ("redentials", "profile", ".aws/")), result.text
        return
    assert result.code == 0, result.text
    world.asked_as(witness)
    told = json.loads(result.out)
    assert (told["provider"], told["key_id"]) == (row["provider"], witness["keys"][0])


def test_files_of_somebody_else_are_passed_over_and_told(world):
    """As in a container whose HOME belongs to root; needs another user."""
    if os.getuid() != 0:
        pytest.skip("only root can be somebody else")
    world.be(config="[profile p]\n" + KEYS, credentials="[default]\n" + KEYS)
    for name in ("config", "credentials"):
        (world.home / ".aws" / name).chmod(0o600)
    for folder in (world.folder, *world.folder.parents):
        if folder.stat().st_uid == 0 and folder != folder.parent:
            folder.chmod(folder.stat().st_mode | 0o055)
    as_nobody = [shutil.which("setpriv"), "--reuid=65534", "--regid=65534", "--clear-groups"]
    if subprocess.run([*as_nobody, "test", "-x", str(FIFOQ)]).returncode != 0:
        pytest.skip(f"nobody else may run '{FIFOQ}'")
    for env, args, code, said in (
        (ENV, [], 0, "env"),
        ({}, [], 1, ".aws/credentials' cannot be read: Permission denied"),
        ({}, ["--profile", "p"], 1, ".aws/config' cannot be read: Permission denied"),
    ):
        result = world.fifoq.run("whoami", *args, env=env, command=as_nobody)
        assert result.code == code and said in " ".join(result.text.split()), result.text


def test_what_was_tried_is_told_line_by_line(world):
    result = world.be().run()
    lines = result.err.splitlines()
    assert [line for line in lines if len(line) > 80] == []
    names = [line.split()[0] for line in lines if line.startswith("  ") and line[2] != " "]
    assert names == [
        "env", "assume-role", "assume-role-with-web-identity", "sso", "shared-credentials-file", "login",
        "custom-process", "config-file", "container-role", "iam-role",
    ]  # fmt: skip
    assert "aws configure" in lines[-1]


@pytest.mark.parametrize(
    "situation, said",
    [
        (dict(config=SSO_NEW), ["aws sso login --profile default"]),
        (dict(config=LOGIN), ["aws login --profile default"]),
        (dict(env={"AWS_PROFILE": "nobody"}), ["nobody", "aws configure list-profiles", ".aws/config"]),
        (dict(config="[default]\nx\n"), [".aws/config", "line 2"]),
        (dict(config="[default]\n" + ROLE), ["source_profile", "credential_source", "default"]),
        (dict(config="[default]\n" + ROLE + "source_profile = s\nmfa_serial = m\n", credentials="[s]\n" + KEYS), ["MFA", "'m'", "terminal"]),
    ],
)  # fmt: skip
def test_errors_say_where_and_what_next(world, situation, said):
    result = world.be(**situation).run()
    assert result.code == 1
    assert all(word in result.err for word in said), result.err


def test_a_refreshed_sso_token_is_kept_for_all_tools(world):
    name = ".aws/sso/cache/{SSO:corp}.json"
    world.be(config=SSO_NEW, files={name: token("{AGO_1H}", REGISTERED % "CANARY-refresh")}).run()
    path = world.home / world.fill(name)
    kept = json.loads(path.read_text())
    assert path.stat().st_mode & 0o777 == 0o600
    assert kept["refreshToken"].startswith("CANARY-after") and kept["expiresAt"] > world.fill("{IN_5MIN}")
    assert len(list(path.parent.iterdir())) == 1
    witness = world.witness()  # botocore continues with it
    assert world.fake.actions().count("/token") == 1
    world.run()
    world.asked_as(witness)


@pytest.mark.parametrize(
    "refresh, why", [("refused", "InvalidGrantException"), ("CANARY-timeless", "returned no token")]
)
def test_a_session_that_cannot_be_renewed_is_told_with_the_reason(world, refresh, why):
    name = ".aws/sso/cache/{SSO:corp}.json"
    world.be(config=SSO_NEW, files={name: token("{AGO_1H}", REGISTERED % refresh)})
    before = (world.home / world.fill(name)).read_text()
    result = world.run()
    assert result.code == 1
    told = " ".join(result.err.split())
    assert "expired and could not be renewed (" in told and why in told, told
    assert "aws sso login --profile default" in told
    assert (world.home / world.fill(name)).read_text() == before


@pytest.mark.parametrize(
    "env, said",
    [
        ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://u:CANARY@192.0.2.1/CANARY?CANARY"}, "'http://192.0.2.1' is not allowed"),
        ({"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "@192.0.2.1/CANARY"}, "'http://192.0.2.1' is not allowed"),
        ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://u:CANARY/1@192.0.2.1/x"}, "'http://u' is not allowed"),
        (imds("", AWS_EC2_METADATA_SERVICE_ENDPOINT="http://u:CANARY@127.0.0.1:1/"), "contains a user or password"),
        (imds("", AWS_EC2_METADATA_SERVICE_ENDPOINT="u:CANARY@127.0.0.1:1/"), "contains a user or password"),
    ],
)  # fmt: skip
def test_urls_that_are_refused_are_shown_without_their_secrets(world, env, said):
    result = world.be(env=env).run("-vv")
    assert result.code == 1 and said in " ".join(result.err.split()), result.err


def test_the_path_of_a_container_endpoint_is_not_shown(world):
    result = world.be(env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "{URL}/container?CANARY"}).run("-vv")
    assert result.code == 0 and f"GET {world.fake.url}/...?... " in result.err, result.err
    assert "/container" not in result.err


def test_ctrl_c_at_a_terminal_reaches_the_program_too(world):
    """It was killed by the signal before fifoq read it: that is not the program's fault."""
    world.be(config="[default]\ncredential_process = sh -c 'echo $$ > started; exec sleep 60'\n")
    started = world.folder / "started"
    process = world.fifoq.start("whoami")
    wait_until(lambda: started.exists() and started.read_text().strip(), 30, "the program was not started")
    program = int(started.read_text())
    os.kill(process.pid, signal.SIGSTOP)
    os.kill(program, signal.SIGINT)
    wait_until(lambda: Path(f"/proc/{program}/stat").read_text().rpartition(")")[2].split()[0] == "Z", 30, "it lives")
    os.kill(process.pid, signal.SIGINT)
    os.kill(process.pid, signal.SIGCONT)
    result = world.fifoq.finish(process)
    assert result.code == 130 and "terminated: interrupted" in result.err, result.text


def test_a_refreshed_login_is_kept_for_all_tools(world):
    world.be(config=LOGIN, files={LOGIN_FILE: LOGIN_CACHE % ("{AGO_1H}", "CANARY-refresh")}).run()
    path = world.home / world.fill(LOGIN_FILE)
    kept = json.loads(path.read_text())
    assert path.stat().st_mode & 0o777 == 0o600
    assert kept["refreshToken"] == "CANARY-new-refresh" and kept["accessToken"]["accountId"] == "123456789012"
    assert world.witness()["keys"][0] == kept["accessToken"]["accessKeyId"]


def test_trouble_of_the_identity_provider_is_tried_again(world):
    world.be(env=WEB, files={"jwt": "CANARY.web"})
    world.fake.failing = {"AssumeRoleWithWebIdentity": [(400, "IDPCommunicationError"), (400, "Throttling")]}
    world.run()
    assert world.fake.actions().count("AssumeRoleWithWebIdentity") == 3
    assert len(world.fake.calls("GetCallerIdentity")) == 1


def test_the_sts_of_the_region_is_asked_and_not_the_given_endpoint(world):
    world.be(config="[default]\n" + ROLE + "source_profile = s\n", credentials="[s]\n" + KEYS)
    with Identity() as other:
        world.run("--endpoint-url", other.url)
        assert other.actions() == ["GetCallerIdentity"] and world.fake.actions() == ["AssumeRole"]
    assert b"/eu-west-1/sts/" in str(world.fake.requests[0].headers).encode()


def test_credentials_that_end_soon_are_renewed_before_the_next_call(world):
    world.be(env=WEB, files={"jwt": "CANARY.web"})
    world.fake.lasts_h = 0.1  # below ten minutes
    world.run()
    asked = world.fake.actions()
    assert asked.count("AssumeRoleWithWebIdentity") == 2 and asked[:2] == ["AssumeRoleWithWebIdentity"] * 2


def test_credentials_that_aws_calls_expired_are_renewed_once(world):
    world.be(env=WEB, files={"jwt": "CANARY.web"})
    keys = world.witness()["keys"]
    world.fake.expired = {keys[0]}
    result = world.run()
    asked = world.fake.actions()
    assert asked.count("AssumeRoleWithWebIdentity") == 2 and asked.count("GetCallerIdentity") == 1
    assert result.code == 1 and "returned the same expired credentials" in result.err, result.err


def test_a_call_whose_credentials_have_expired_is_repeated_with_new_ones(world):
    world.be(env=WEB, files={"jwt": "CANARY.web"})
    world.fake.expired, world.fake.rolls = {world.witness()["keys"][0]}, True
    assert world.run().code == 0
    assert world.fake.actions() == ["AssumeRoleWithWebIdentity", "GetCallerIdentity"] * 2
    first, second = (r.headers.get("X-Amz-Security-Token") for r in world.fake.calls("GetCallerIdentity"))
    assert first != second


@pytest.mark.parametrize("elsewhere", [(), (0,), (1, 2)], ids=["", "stdin", "outputs"])
def test_an_mfa_code_is_asked_for_without_showing_it(world, elsewhere):
    """If the streams are redirected, the code is asked for on the process's terminal."""
    world.be(config="[default]\n" + ROLE + "source_profile = s\nmfa_serial = arn:aws:iam::1:mfa/u\n", credentials="[s]\n" + KEYS)
    world.fake.requests.clear()
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(world.folder)
        null = os.open(os.devnull, os.O_RDWR)
        for stream in elsewhere:
            os.dup2(null, stream)
        os.execve(FIFOQ, [str(FIFOQ), "whoami"], world.fifoq.environment({}))
    shown, typed, deadline = b"", False, time.monotonic() + 60
    while time.monotonic() < deadline:
        if not select.select([fd], [], [], 0.1)[0]:
            continue
        try:
            shown += os.read(fd, 4096)
        except OSError:  # it has ended
            break
        if b"(not shown): " in shown and not typed:
            typed = os.write(fd, b"654321\n") > 0
    os.close(fd)
    os.waitpid(pid, 0)
    asked = world.fake.calls("AssumeRole")
    assert b"mfa/u" in shown and len(asked) == 1, shown
    assert b"TokenCode=654321" in asked[0].body and b"SerialNumber=arn%3Aaws" in asked[0].body
    assert b"654321" not in shown and CANARY.encode() not in shown
