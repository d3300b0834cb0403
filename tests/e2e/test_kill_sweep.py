"""The kill sweep: at whichever request fifoq is killed, the next run finishes the work.

`up`, `up` after a change or with another stream, and `down` are killed. A run that is not killed
follows. Then everything that boto3 reads is compared with the result of runs that were never
killed. A kill point is a request and a side: killed before AWS receives it, or after AWS has done
it and before it answers. `make kill-sweep` runs all of them (FIFOQ_KILL_SWEEP=all); otherwise it is
a sample.
"""

import base64
import copy
import hashlib
import itertools
import json
import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import reality
from mutations import other_view
from support import CONFIG, Fifoq, make_table, merge, wait_until

from fakes import KEY_ID, SECRET, actions
from fakes.proxy import Proxy
from fakes.signature import Key
from fakes.strict import as_strict_as_aws

ALL = os.environ.get("FIFOQ_KILL_SWEEP") == "all"
SEED = int(os.environ.get("FIFOQ_KILL_SEED", "4"))
WORKERS = 4
SAMPLE = {actions.WRITE: 4, actions.READ: 2}  # points for each phase, side and sort of table
SIDES = ("before", "after")

# Every kind of row has something to do.
CHANGE = {
    "tags": {"team": "shipping"},
    "queue": {"visibility": "7m", "retention": "10d"},
    "ingest": {"batch_size": 10, "filter": [{"dynamodb": {"NewImage": {"a": {"S": ["b"]}}}}]},
    "drain": {
        "schedules": [{"name": "night", "at": "rate(2 hours)"}, {"name": "noon", "at": "rate(1 day)"}],
        "destinations": [
            {
                "name": "crm",
                "url": "https://api.example.com/v2/orders/${message.id}",
                "headers": {"X-More": "${param.more}"},
                "auth": {"bearer": "${param.crm-token}"},
            }
        ],
    },
    "parameters": {"more": {"from": "env:MORE"}},
    "functions": {"memory": 512, "log_retention": "7d"},
}  # fmt: skip


ANYTHING = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}],
})  # fmt: skip


def meddle(aws, name, policy):
    """Changed manually, because no change of the configuration reaches it."""
    drain = f"{name}-drain"
    aws.lambda_.put_function_event_invoke_config(FunctionName=drain, MaximumRetryAttempts=2)
    aws.lambda_.remove_permission(FunctionName=drain, StatementId="fifoq-schedules")
    aws.events.disable_rule(Name=f"{name}-night")
    aws.iam.attach_role_policy(RoleName=drain, PolicyArn=policy)
    aws.iam.put_role_policy(RoleName=drain, PolicyName="more", PolicyDocument=ANYTHING)


def differences(have, want, path=""):
    """The differences of two values, as lines."""
    if isinstance(have, dict) and isinstance(want, dict):
        for key in sorted({*have, *want}):
            yield from differences(have.get(key), want.get(key), f"{path}.{key}")
    elif have != want:
        yield f"{path}: {have!r} and not {want!r}"


class Pipeline:
    """A pipeline with its own name, connected to its own proxy, on a shared AWS."""

    def __init__(self, name, folder, moto, clients, own_table, policy):
        self.name, self.aws, self.own_table, self.policy = name, clients, own_table, policy
        self.table = f"{name}-items"
        self.proxy = Proxy(moto.url, {KEY_ID: Key(SECRET)})
        self.proxy.stricter.append(as_strict_as_aws(clients.lambda_))
        folder.mkdir()
        self.fifoq = Fifoq(folder, self.proxy.url)
        self.fifoq.env["MORE"] = "another secret"
        self.configure()
        if not own_table:
            make_table(self.aws, self.table)

    def close(self):
        self.fifoq.close()
        self.proxy.close()
        if not self.own_table:
            self.aws.dynamodb.delete_table(TableName=self.table)

    def configure(self, change=None):
        table = {"name": self.table}
        if self.own_table:
            table["create"] = {"key": "id"}
        config = copy.deepcopy(CONFIG)
        merge(config, change or {})
        merge(config, {"name": self.name, "table": table})
        self.fifoq.config(config)
        self.fifoq.good("package", "-o", "code.zip")
        code = hashlib.sha256((self.fifoq.folder / "code.zip").read_bytes()).digest()
        self.code = base64.b64encode(code).decode()

    def prepare(self, phase):
        if phase == "change":
            self.configure(CHANGE)
            self.fifoq.env["CRM_TOKEN"] = "a new secret"
            meddle(self.aws, self.name, self.policy)

        elif phase == "switch":
            other_view(self.aws, self.table)

    def args(self, phase):
        if phase == "down":
            return "down", "--yes", "--delete-table"
        return "up", "--yes", *(["--switch-stream"] if phase == "switch" else [])

    def real(self):
        """Every existing resource, without what differs between runs."""
        mine = lambda text: self.name in text  # noqa: E731
        real = reality.everything(self.aws, mine)
        for parameter in real["parameters"].values():
            tags = parameter["tags"]
            if "fifoq:value-version" in tags:  # as often as it was written
                assert tags.pop("fifoq:value-version") == str(parameter.pop("version"))
                del tags["fifoq:value"]  # salted
        for mapping in real["mappings"]:
            del mapping["uuid"]
        if self.table in self.aws.dynamodb.list_tables()["TableNames"]:
            real["table"] = reality.table(self.aws, self.table)
        text = json.dumps(real, sort_keys=True).replace(self.code, "CODE")
        text = text.replace(self.name, "NAME")
        label = real.get("table", {}).get("stream_arn")
        if label:
            text = text.replace(label.rsplit("/", 1)[1], "LABEL")
        return json.loads(text)

    def killed(self, phase, effect, number, side):
        """Run, and kill it at its number-th request of that effect; returns whether it got there."""
        running, seen = [], itertools.count(1)

        def matches(exchange):
            same = (exchange.effect == actions.READ) == (effect == actions.READ)
            return same and next(seen) == number

        def kill(exchange):
            if side == "after":
                self.proxy._hand_on(exchange)
            wait_until(lambda: running, 10, "the process has not started")
            running[0].kill()
            running[0].wait()

        self.proxy.clear()
        self.proxy.faults.clear()
        fault = self.proxy.fault(kind="answer", answer=kill, times=1)
        fault.matches = matches
        running.append(self.fifoq.start(*self.args(phase)))
        result = self.fifoq.finish(running[0])
        assert result.code == (-9 if fault.used else 0), result.text
        # requests in flight when it was killed arrive all the same
        over = lambda: all(e.end for e in self.proxy.calls())  # noqa: E731
        wait_until(over, 10, "some request does not end")
        self.proxy.faults.clear()
        return bool(fault.used)


PHASES = ("up", "change", "switch", "down")


class Sweep:
    """Runs that were never killed, the points derived from them, and the killed ones."""

    def __init__(self, folder, moto, clients):
        self.folder, self.moto, self.clients = folder, moto, clients
        self.lock, self.reached, self.names = threading.Lock(), dict.fromkeys(PHASES, 0), 0
        made = clients.iam.create_policy(PolicyName="anything", PolicyDocument=ANYTHING)
        self.policy = made["Policy"]["Arn"]
        self.wanted = {own: self.reference(own) for own in (False, True)}

    def pipeline(self, own_table):
        with self.lock:
            self.names += 1
            name = f"k{self.names:04}"
        folder = self.folder / name
        return Pipeline(name, folder, self.moto, self.clients, own_table, self.policy)

    def reference(self, own_table):
        """phase: (the state afterwards, how many requests of each effect it made)."""
        pipeline, wanted = self.pipeline(own_table), {}
        for phase in PHASES:
            pipeline.prepare(phase)
            pipeline.proxy.clear()
            pipeline.fifoq.good(*pipeline.args(phase))
            writes = len(pipeline.proxy.mutating())
            counts = {actions.WRITE: writes, actions.READ: len(pipeline.proxy.calls()) - writes}
            wanted[phase] = pipeline.real(), counts
        pipeline.close()
        return wanted

    def points(self, phase, own_table):
        """(effect, number, side): all of them, or a sample chosen by the seed."""
        dice = random.Random(f"{SEED} {phase} {own_table}")
        chosen = []
        for effect, n in self.wanted[own_table][phase][1].items():
            numbers = range(1, n + 1)
            for side in SIDES:
                few = numbers if ALL else dice.sample(numbers, min(n, SAMPLE[effect]))
                chosen += [(effect, number, side) for number in few]
        dice.shuffle(chosen)
        return chosen

    def chains(self):
        """One point of each phase for every pipeline."""
        for own_table in (False, True):
            columns = [self.points(phase, own_table) for phase in PHASES]
            most = max(map(len, columns))
            for i in range(most):
                yield own_table, [column[i % len(column)] for column in columns]

    def run(self, chain):
        """None, or the problem."""
        own_table, points = chain
        pipeline = self.pipeline(own_table)
        at = "before the first run"
        try:
            for phase, point in zip(PHASES, points):
                at = f"{phase}, killed at {point} (pipeline {pipeline.name}, own table: {own_table})"
                pipeline.prepare(phase)
                got_there = pipeline.killed(phase, *point)
                pipeline.fifoq.good(*pipeline.args(phase))
                differ = list(differences(pipeline.real(), self.wanted[own_table][phase][0]))
                assert not differ, "\n".join(differ)
                with self.lock:
                    self.reached[phase] += got_there
        except (AssertionError, pytest.fail.Exception, TimeoutError) as error:
            return f"{at}:\n{error}"
        finally:
            pipeline.close()
        return None


@pytest.mark.timeout(7200 if ALL else 600)
def test_whichever_request_it_dies_at_the_next_run_finishes(tmp_path, moto, clients, capsys):
    sweep = Sweep(tmp_path, moto, clients)
    with ThreadPoolExecutor(WORKERS) as pool:
        wrong = [text for text in pool.map(sweep.run, sweep.chains()) if text]
    with capsys.disabled():
        total = sum(sweep.reached.values())
        each = ", ".join(f"{phase} {n}" for phase, n in sweep.reached.items())
        print(f"\n  kill points: {total} ({each}), {len(wrong)} not finished by the next run")
    assert not wrong, "\n\n".join(wrong[:10])
