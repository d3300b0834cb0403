"""Credentials that expire soon are renewed during a run, and a caller with a copy of the client
never waits without end."""

import os
import signal
import sys
import threading
import time
from datetime import datetime, timedelta, timezone

import pytest
import reality
from halt import STOPPING, At, says
from judge import INTERRUPTED
from support import wait_until

from fakes import KEY_ID, SECRET
from fakes.identity import ROLE, XMLNS
from fakes.signature import Key
from fakes.wire import Headers, Response

PROGRAM = """#!{python}
import datetime, json, time
time.sleep(0.3)
ends = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=5)
print(json.dumps({{"Version": 1, "AccessKeyId": "{key_id}", "SecretAccessKey": "{secret}",
                   "Expiration": ends.strftime("%Y-%m-%dT%H:%M:%SZ")}}))
"""


@pytest.fixture
def renewing(fifoq, table):
    """fifoq with a slow program whose credentials are always about to expire."""
    program = fifoq.folder / "credentials"
    program.write_text(PROGRAM.format(python=sys.executable, key_id=KEY_ID, secret=SECRET))
    program.chmod(0o700)
    (fifoq.home / ".aws").mkdir()
    (fifoq.home / ".aws" / "config").write_text(f"[default]\ncredential_process = {program}\n")
    fifoq.env.update(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)
    return fifoq


@pytest.mark.parametrize("args", [("check",), ("up", "--yes"), ("down", "--yes")])
def test_it_comes_to_an_end(renewing, proxy, args):
    renewing.good(*args)
    assert proxy.violations() == []


HIT = """#!{python}
import datetime, json, os, time
marks = {marks!r}
if os.listdir(marks):  # a renewal: slow enough to be hit
    open(os.path.join(marks, str(os.getpid())), "w").close()
    time.sleep(1)
open(os.path.join(marks, "0"), "w").close()
ends = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=4)
print(json.dumps({{"Version": 1, "AccessKeyId": "{key_id}", "SecretAccessKey": "{secret}",
                   "Expiration": ends.strftime("%Y-%m-%dT%H:%M:%SZ")}}))
"""


def test_ctrl_c_that_hits_a_renewal_leaves_no_lock(fifoq, aws, proxy, table):
    """A terminal's signal also kills the program that renews: it is started once more."""
    marks = fifoq.folder / "marks"
    marks.mkdir()
    program = fifoq.folder / "credentials"
    program.write_text(HIT.format(python=sys.executable, key_id=KEY_ID, secret=SECRET, marks=str(marks)))
    program.chmod(0o700)
    (fifoq.home / ".aws").mkdir()
    (fifoq.home / ".aws" / "config").write_text(f"[default]\ncredential_process = {program}\n")
    fifoq.env.update(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)
    hit = []

    def renewals():
        return {int(mark.name) for mark in marks.iterdir()} - {0}

    def let_them_end(process, _):
        """Until the credentials have expired; the renewal that follows receives the signal together
        with fifoq."""
        time.sleep(4.5)
        before = renewals()

        def strike():
            wait_until(lambda: renewals() - before, 30, "nobody renews")
            for pid in renewals() - before:
                os.kill(pid, signal.SIGINT)
            process.send_signal(signal.SIGINT)
            hit.append(True)

        threading.Thread(target=strike, daemon=True).start()

    result = At(fifoq, proxy, lambda e: e.action == "CreateRole", let_them_end).run("up", "--yes")
    assert hit and result.code == INTERRUPTED, result.text
    assert "/orders/fifoq/lock" not in reality.parameters(aws), result.text
    assert proxy.violations() == []


class ShortRole:
    """STS instead of the proxy: each role's credentials last at most 3 s and have their own keys."""

    def __init__(self, proxy):
        self.proxy, self.given, self.ends = proxy, 0, 0.0
        proxy.fault("sts", "AssumeRole", kind="answer", answer=self.answer)

    def answer(self, _):
        self.given += 1
        ends = datetime.now(timezone.utc) + timedelta(seconds=3)
        self.ends = ends.timestamp()
        key_id, token = f"ASIASHORT{self.given:07}", f"token-{self.given}"
        self.proxy.keys[key_id] = Key(SECRET, token)
        text = ROLE.format("AssumeRole", XMLNS, AccessKeyId=key_id, SecretAccessKey=SECRET, Token=token,
                           Expiration=ends.strftime("%Y-%m-%dT%H:%M:%SZ"))  # fmt: skip
        return Response(200, Headers([("Content-Type", "text/xml")]), text.encode())


def test_after_ctrl_c_what_is_under_way_still_gets_credentials(fifoq, aws, proxy, table):
    """The lock is released with credentials that are requested after the signal."""
    (fifoq.home / ".aws").mkdir()
    role = "[default]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = s\n"
    keys = f"[profile s]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET}\n"
    (fifoq.home / ".aws" / "config").write_text(role + keys)
    fifoq.env.update(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)
    sts, seen = ShortRole(proxy), []

    def stop(process, _):
        process.send_signal(signal.SIGINT)
        says(process, STOPPING)
        seen.append(sts.given)
        while time.time() < sts.ends:
            time.sleep(0.05)

    result = At(fifoq, proxy, lambda e: e.action == "CreateQueue", stop).run("up", "--yes")
    assert result.code == INTERRUPTED, result.text
    assert sts.given > seen[0]
    assert "/orders/fifoq/lock" not in reality.parameters(aws), result.text
    assert proxy.violations() == []
