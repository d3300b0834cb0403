"""Credentials that end soon are renewed under way: whoever calls with a copy of the client waits for nobody in vain."""

import sys

import pytest

from fakes import KEY_ID, SECRET

PROGRAM = """#!{python}
import datetime, json, time
time.sleep(0.3)
ends = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=5)
print(json.dumps({{"Version": 1, "AccessKeyId": "{key_id}", "SecretAccessKey": "{secret}",
                   "Expiration": ends.strftime("%Y-%m-%dT%H:%M:%SZ")}}))
"""


@pytest.fixture
def renewing(fifoq, table):
    """fifoq with a slow program whose credentials are always about to end."""
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
