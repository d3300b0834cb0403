"""The same scenario in many AWS accounts in parallel: each with its own proxy and its own layers,
and each command with exactly the policy that is printed for it."""

import json
import re
from types import SimpleNamespace

import boto3
import reality
from support import REGION, SERVICES, Fifoq, make_table

from fakes import KEY_ID, SECRET, hard
from fakes.iam import Guard, Requests
from fakes.moto_server import ACCOUNT
from fakes.proxy import Proxy
from fakes.signature import Key
from fakes.strict import as_strict_as_aws, no_tags_of_nothing

# A change of every kind.
CHANGE = {
    "queue": {"visibility": "10m", "retention": "7d"},
    "ingest": {"batch_size": 7, "filter": None},
    "functions": {"memory": 512, "log_retention": "7d"},
    "drain": {
        "schedules": [
            {"name": "night", "at": "rate(2 hours)"},
            {"name": "noon", "at": "cron(0 12 * * ? *)"},
        ]
    },
    "tags": {"team": "shipping"},
}
ROTATED = {"CRM_TOKEN": "another-secret-token"}


def clients_of(moto, account):
    """boto3's clients connected directly to moto, in their own account."""

    def into_account(params, **_):
        params["headers"]["x-moto-account-id"] = account

    made = {}
    for service in SERVICES:
        client = boto3.client(
            service, endpoint_url=moto.url, region_name=REGION,
            aws_access_key_id=KEY_ID, aws_secret_access_key=SECRET,
        )  # fmt: skip
        client.meta.events.register("before-call", into_account)
        made[service] = client
    made["lambda_"] = made.pop("lambda")
    return SimpleNamespace(**made)


class Place:
    """An account, the proxy in front of it, and fifoq in a folder; use as a context manager."""

    def __init__(self, moto, folder, account, layers=()):
        folder.mkdir()
        self.account, self.aws = account, clients_of(moto, account)
        self.proxy = Proxy(moto.url, {KEY_ID: Key(SECRET)})
        self.proxy.account = account
        self.proxy.stricter.append(as_strict_as_aws(self.aws.lambda_))
        self.proxy.stricter.append(no_tags_of_nothing(self.aws.logs))
        self.guard = Guard(Requests(account, REGION, self._function_of))
        self.layers = list(layers)
        hard.switch_on(self.proxy, *self.layers)
        self.proxy.layers.insert(0, self.guard)
        self.fifoq = Fifoq(folder, self.proxy.url)
        self.fifoq.config()
        self.table = make_table(self.aws)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.fifoq.close()
        self.proxy.close()

    def _function_of(self, uuid):
        known = self.aws.lambda_.list_event_source_mappings()["EventSourceMappings"]
        return next((each["FunctionArn"] for each in known if each["UUID"] == uuid), None)

    def run(self, command, *args, **how):
        """Run with the permissions that `fifoq policy` prints for the command, and no others."""
        printed = self.fifoq.good("policy", command, "--account", self.account)
        self.guard.use(json.loads(printed.out))
        return self.fifoq.run(command, *args, **how)

    def good(self, *args):
        """Run; the command must succeed."""
        result = self.run(*args)
        assert (result.code, self.guard.denied) == (0, []), result.text
        return result

    def real(self):
        """Every existing resource, without what differs between accounts and runs."""
        found = reality.everything(self.aws)
        for mapping in found["mappings"]:
            mapping.pop("uuid")
        # a lock whose removal failed too often expires by itself
        found["parameters"].pop("/orders/fifoq/lock", None)
        for parameter in found["parameters"].values():
            parameter["tags"].pop("fifoq:value")  # salted
            parameter["tags"].pop("fifoq:version", None)
            parameter.pop("version")
        found["table"] = reality.table(self.aws, self.table)
        text = json.dumps(found, sort_keys=True).replace(self.account, ACCOUNT)
        text = text.replace(self.proxy.url, "http://endpoint")
        return json.loads(re.sub(r"/stream/[0-9T:.-]+", "/stream/LABEL", text))

    def settle(self):
        for layer in self.layers:
            layer.settle()

    def attempts(self):
        """How often the most frequent request was made: (times, its name)."""
        seen = {}
        for e in self.proxy.calls():
            key = (e.name, e.request.target, e.request.body)
            seen[key] = seen.get(key, 0) + 1
        key = max(seen, key=seen.get)
        return seen[key], key[0]


STEPS = {
    "up": ("up", "--yes"),
    "again": ("up", "--yes"),
    "change": ("up", "--yes"),
    "plan": ("plan",),
    "drift": ("drift",),
    "down": ("down", "--yes"),
    "back": ("up", "--yes"),
}


def story(place, steps):
    """The exit code and the state after each of these steps.

    Time passes before steps that decide by what they read: before the change, before drift, before
    down and before the way back; `again` and `plan` follow at once.
    """
    told, real = {}, None
    for step in steps:
        if step in ("change", "drift", "down", "back"):
            place.settle()
        if step == "change":
            place.fifoq.config(CHANGE)
            place.fifoq.env.update(ROTATED)
        place.proxy.clear()
        result = place.run(*STEPS[step], timeout=120)
        writes = [e.name for e in place.proxy.mutating()]
        real = place.real() if writes else real
        told[step] = SimpleNamespace(
            result=result, real=real, attempts=place.attempts(), writes=writes,
            requests=len(place.proxy.calls()), violations=place.proxy.violations(),
            denied=list(place.guard.denied),
        )  # fmt: skip
        if result.code != 0:
            break
    return told
