"""`up` for many pipelines: one question, each under its own lock, one that fails stops no other."""

import json

import pytest
import reality
from support import interrupt, make_table, wait_until
from test_many_pipelines import write

from fakes.moto_server import ACCOUNT
from fakes.proxy import Fault, aws_error

NAMES = ("alpha", "beta", "gamma")


@pytest.fixture
def teams(fifoq, aws):
    """Three configurations; nothing exists but their tables."""
    for name in NAMES:
        make_table(aws, f"{name}-table")
        write(fifoq, name)
    return fifoq


def functions(aws):
    return sorted(f["FunctionName"] for f in aws.lambda_.list_functions()["Functions"])


def everything(*names):
    return sorted(f"{name}-{half}" for name in names for half in ("ingest", "drain"))


def locks(proxy):
    return [
        json.loads(e.request.body)["Name"]
        for e in proxy.calls("ssm", "PutParameter")
        if json.loads(e.request.body)["Name"].endswith("/fifoq/lock")
    ]


def test_all_are_applied_each_under_its_lock(teams, aws, proxy):
    result = teams.good("up", "--yes", "teams/*", timeout=120)
    assert functions(aws) == everything(*NAMES)
    assert sorted(locks(proxy)) == [f"/{name}/fifoq/lock" for name in NAMES]
    assert [line.split()[:2] for line in result.out.splitlines()[-3:]] == [
        [name, ACCOUNT] for name in NAMES
    ]
    assert teams.good("drift", "teams/*").out.splitlines()[-1] == "3 pipelines: 3 without drift"
    proxy.clear()
    teams.good("up", "--yes", "teams/*")
    assert proxy.mutating() == []


def test_nothing_happens_without_an_answer(teams, proxy):
    result = teams.run("up", "teams/*")
    assert result.code == 64 and "use --yes" in result.err
    assert "alpha-drain" in result.out and proxy.mutating() == []


def test_one_that_fails_stops_no_other(teams, aws, proxy):
    write(teams, "gamma", table=None)  # fails before its plan

    def of_beta(exchange):
        return exchange.action == "CreateFunction" and b"beta" in exchange.request.body

    proxy.faults.append(Fault(of_beta, answer=aws_error("InvalidParameterValueException", "no")))
    result = teams.run("up", "--yes", "teams/*", "--format", "json", timeout=120)
    assert result.code == 1, result.text
    report = json.loads(result.out)
    assert [one["result"] for one in report["pipelines"]][1:] == ["failed", "failed"]
    assert functions(aws) == everything("alpha")
    assert "beta: " in result.err
    proxy.faults.clear()
    write(teams, "gamma")
    teams.good("up", "--yes", "teams/*", timeout=120)
    assert functions(aws) == everything(*NAMES)


def test_interrupting_stops_all_and_releases_the_locks(teams, aws, proxy):
    seen = []
    proxy.fault("lambda", "CreateFunction", run=seen.append, kind="reset")
    run = teams.start("up", "--yes", "teams/*")
    wait_until(lambda: len(seen) > 0, 60, "no function")
    interrupt(run)
    result = teams.finish(run, timeout=60)
    assert result.code == 130, result.text
    assert not [name for name in reality.everything(aws)["parameters"] if "fifoq/lock" in name]
    proxy.faults.clear()
    teams.good("up", "--yes", "teams/*", timeout=120)
    assert functions(aws) == everything(*NAMES)
