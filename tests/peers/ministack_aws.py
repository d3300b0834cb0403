"""MiniStack, https://github.com/ministackorg/ministack: an AWS that runs functions as processes on
this machine, with its own Runtime API, Extensions API and stream poller."""

import contextlib
import json
import re
import tempfile
import threading
import urllib.request
from types import SimpleNamespace

import boto3
from programs import peer
from rie import free_port
from support import REGION, SERVICES, policy_statements
from targets import Server

from fakes import KEY_ID, SECRET
from fakes.iam import Guard, Requests
from fakes.moto_server import ACCOUNT
from fakes.proxy import Proxy
from fakes.signature import Key

USER = "tester"
READY = re.compile(r"Running on http://127\.0\.0\.1:\d+ ")


class MiniStack(Server):
    """One account, whose root has the tests' key. Requests of its functions use a proxy
    (`functions`), whose guards allow what the roles in the account allow.

    judges: its own evaluator of policies decides what a user may do.
    """

    name = "ministack"

    def __init__(self, judges=False):
        python = peer("ministack") / "bin" / "python"  # or the test is skipped
        self.folder = tempfile.TemporaryDirectory(prefix="ministack-")
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        # a function's keys are the account's number and the root's secret
        self.functions = Proxy(self.url, {ACCOUNT: Key(SECRET)})
        env = {
            "AUTH": "true" if judges else "false",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "HOME": self.folder.name,
            "TMPDIR": self.folder.name,
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "MINISTACK_REGION": REGION,
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_ENDPOINT_URL": self.functions.url,
            "IOT_MTLS_ENABLED": "0",  # these two would listen on every address
            "SFTP_ENABLED": "0",
        }
        super().__init__([python, "-m", "ministack"], READY, env)
        self.judging, self.ended = threading.Lock(), False
        self.guards = {}  # by region
        self.functions.layers.append(self._as_their_roles)

    def _as_their_roles(self, exchange, go_on):
        with self.judging:
            granted = None if self.ended else self._granted()
            if granted is None:  # what is still running belongs to an earlier test
                return go_on()
            region = exchange.scope.region
            guard = self.guards.setdefault(region, Guard(Requests(ACCOUNT, region)))
            guard.use({"Statement": granted})
        return guard(exchange, go_on)

    def denied(self):
        """The requests of the functions that were denied."""
        return [need for guard in self.guards.values() for need in guard.denied]

    def _granted(self):
        """All statements of all roles; None if a reset deletes them in the meantime."""
        iam, found = self.client("iam"), []
        with contextlib.suppress(iam.exceptions.NoSuchEntityException):
            for role in iam.list_roles()["Roles"]:
                for name in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]:
                    given = iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)
                    found += policy_statements(given["PolicyDocument"])
            return found or None
        return None

    def close(self):
        with self.judging:
            self.ended = True
        super().close()
        self.functions.close()
        self.folder.cleanup()

    def reset(self):
        request = urllib.request.Request(self.url + "/_ministack/reset", data=b"", method="POST")
        with urllib.request.urlopen(request, timeout=60) as answer:
            answer.read()

    def client(self, service, region=REGION):
        return boto3.client(
            service, endpoint_url=self.url, region_name=region,
            aws_access_key_id=KEY_ID, aws_secret_access_key=SECRET,
        )  # fmt: skip

    def user(self):
        """A new user's keys; `may` is its policy."""
        iam = self.client("iam")
        iam.create_user(UserName=USER)
        key = iam.create_access_key(UserName=USER)["AccessKey"]
        return {
            "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        }

    def may(self, policy):
        document = json.dumps(policy)
        self.client("iam").put_user_policy(
            UserName=USER, PolicyName="p", PolicyDocument=document
        )

    def clients(self, region=REGION):
        """boto3's clients of the account's root."""
        made = {service: self.client(service, region) for service in SERVICES}
        made["lambda_"] = made.pop("lambda")
        return SimpleNamespace(**made)
