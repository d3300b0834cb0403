"""`fifoq policy` with moto's own policy evaluation, in addition to test_policy.py: all actions are
present, and each is needed.

moto evaluates actions only: it has no resources for most services and no conditions, so they are
left out of what fifoq prints. It also checks no signature, because it would refuse every signed
GET: the proxy has checked it over the bytes.
"""

import json
from types import SimpleNamespace

import boto3
import pytest
from support import REGION, SERVICES, Fifoq, make_table

from fakes import KEY_ID, SECRET
from fakes.moto_server import ACCOUNT, MotoServer
from fakes.proxy import Proxy
from fakes.signature import Key

EVERYTHING = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]


class Judged:
    """An AWS that enforces permissions, and a fifoq with those of its user."""

    def __init__(self, folder, moto):
        self.moto, self.root = moto, {"Statement": EVERYTHING, "Version": "2012-10-17"}
        self.admin = self.clients(*self.user("admin", self.client("iam", KEY_ID, SECRET)))
        key_id, secret = self.user("fifoq", self.admin.iam)
        self.proxy = Proxy(moto.url, {key_id: Key(secret)})
        self.fifoq = Fifoq(folder, self.proxy.url)
        self.fifoq.env.update(AWS_ACCESS_KEY_ID=key_id, AWS_SECRET_ACCESS_KEY=secret)
        make_table(self.admin)
        moto._post("/moto-api/reset-auth", b"0")

    def close(self):
        self.fifoq.close()
        self.proxy.close()

    def client(self, service, key_id, secret):
        return boto3.client(
            service, endpoint_url=self.moto.url, region_name=REGION,
            aws_access_key_id=key_id, aws_secret_access_key=secret,
        )  # fmt: skip

    def clients(self, key_id, secret):
        made = {service: self.client(service, key_id, secret) for service in SERVICES}
        return SimpleNamespace(**made)

    def user(self, name, iam):
        iam.create_user(UserName=name)
        document = json.dumps(self.root)
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]

    def allow(self, statements):
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        self.admin.iam.put_user_policy(UserName="fifoq", PolicyName="p", PolicyDocument=document)

    def actions(self, command):
        policy = json.loads(self.fifoq.good("policy", command, "--account", ACCOUNT).out)
        return {action for each in policy["Statement"] for action in each["Action"]}

    def run(self, *args, actions):
        """The run, the actions that it asked for, and those that were denied."""
        self.allow([{"Effect": "Allow", "Action": sorted(actions), "Resource": "*"}])
        self.proxy.clear()
        result = self.fifoq.run(*args)
        calls = self.proxy.calls()
        denied = {e.name for e in calls if e.response and e.response.status == 403}
        return result, {e.name for e in calls}, denied

    def all_allowed(self, *args):
        self.allow(EVERYTHING)
        return self.fifoq.good(*args)


@pytest.fixture(scope="module")
def server():
    with MotoServer() as moto:
        yield moto


@pytest.fixture
def judged(tmp_path, server):
    server._post("/moto-api/reset-auth", b"inf")
    server.reset()
    made = Judged(tmp_path, server)
    made.fifoq.config()
    yield made
    made.close()


def test_moto_does_judge(judged):
    result, _, denied = judged.run("up", "--yes", actions={"sts:GetCallerIdentity"})
    assert result.code == 1 and denied, result.text
    assert "'fifoq policy up'" in result.err


@pytest.mark.parametrize("command", ["up", "drift", "plan", "down"])
def test_its_policy_is_enough(judged, command):
    if command != "up":
        judged.all_allowed("up", "--yes")
    args = (command,) if command in ("drift", "plan") else (command, "--yes")
    result, asked, denied = judged.run(*args, actions=judged.actions(command))
    assert (result.code, denied) == (0, set()), result.text
    assert len(asked) > 10


BEFORE = {"up": ("down", "--yes"), "drift": ("up", "--yes"), "down": ("up", "--yes")}
# AWS requires no permission for it; moto has no such action
UNJUDGED = {"sts:GetCallerIdentity", "lambda:GetAccountSettings"}


@pytest.mark.parametrize("command", BEFORE)
def test_without_any_one_of_its_actions_it_is_denied(judged, command):
    """Each action of a run is needed: without it, exactly that action is denied, and reported."""
    judged.all_allowed("up", "--yes")
    args = (command,) if command == "drift" else (command, "--yes")
    all_of_them = judged.actions(command)
    judged.all_allowed(*BEFORE[command])
    _, asked, denied = judged.run(*args, actions=all_of_them)
    assert denied == set()
    for action in sorted(asked & all_of_them - UNJUDGED):
        if command != "drift":
            judged.all_allowed(*BEFORE[command])
        result, _, denied = judged.run(*args, actions=all_of_them - {action})
        assert denied == {action}, f"without {action}: {denied}\n{result.text}"
        # `up` also requests the tags of what does not exist yet, and works without that answer
        assert action in result.text or (command, result.code) == ("up", 0), result.text
