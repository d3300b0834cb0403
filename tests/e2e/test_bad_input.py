"""Bad input: every mistake is reported with its place, and no request is sent to AWS."""

import json

import pytest
from judge import FAILED, USAGE, one_error, refused


@pytest.mark.parametrize(
    "change, at, said",
    [
        ({"queue": {"retension": "14d"}}, "queue.retension", "did you mean 'retention'"),
        ({"drian": {}}, "drian", "did you mean 'drain'"),
        ({"ingest": {"batch_size": "many"}}, "ingest.batch_size", "many"),
        ({"ingest": {"batch_size": 20000}}, "ingest.batch_size", "10000"),
        ({"ingest": {"events": "INSERT"}}, "ingest.events", ""),
        ({"ingest": {"events": ["CREATE"]}}, "ingest.events", "MODIFY"),
        ({"queue": {"retention": "15d"}}, "queue.retention", "14d"),
        ({"queue": {"visibility": "30s"}}, "queue.visibility", ""),
        ({"drain": {"schedules": ["cron(0/5 9-17 * * MON-FRI *)"]}}, "drain.schedules", "?"),
        ({"drain": {"schedules": ["cron(*/5 * * * *)"]}}, "drain.schedules", ""),
        ({"drain": {"schedules": ["rate(1 minutes)"]}}, "drain.schedules", "minute"),
        ({"drain": {"schedules": ["rate(0 minutes)"]}}, "drain.schedules", ""),
        ({"functions": {"architecture": "mips"}}, "functions.architecture", "arm64"),
        ({"functions": {"memory": 64}}, "functions.memory", "128"),
        ({"name": "Orders"}, "name", ""),
        ({"name": "a" * 70}, "name", ""),
        ({"name": None}, "name", "missing"),
        ({"drain": {"destinations": []}}, "drain.destinations", ""),
        ({"parameters": None}, "crm-token", ""),
        ({"ingest": {"message": {"id": "${itm.id}"}}}, "ingest.message", "item"),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else None,
)
@pytest.mark.parametrize("verb", [("check",), ("up", "--yes")], ids=lambda verb: verb[0])
def test_configuration_errors_say_where_and_what(fifoq, proxy, verb, change, at, said):
    fifoq.config(change)
    result = fifoq.run(*verb)
    assert result.code == USAGE, result.text
    lines = [line for line in result.err.splitlines() if "fifoq.yaml:" in line and at in line]
    assert lines, result.err
    where = lines[0][lines[0].index("fifoq.yaml:") :].split(":")
    assert where[1].isdigit() and where[2].isdigit(), lines[0]
    assert said.lower() in " ".join(lines).lower(), result.err
    assert proxy.calls() == []


def test_all_errors_are_said_at_once(fifoq):
    fifoq.config({"queue": {"retension": "1d"}, "functions": {"memory": 1}, "name": "X"})
    result = fifoq.run("check")
    assert result.code == USAGE
    assert len([line for line in result.err.splitlines() if "fifoq.yaml:" in line]) == 3


@pytest.mark.parametrize(
    "text", ["name: [", "", "- a\n- b\n", "name: a\nname: b\n", "name: \x00", "{{{"]
)
def test_broken_yaml(fifoq, text):
    fifoq.config(text=text)
    refused(fifoq.run("check"), USAGE, "fifoq.yaml")


def test_no_configuration(fifoq):
    result = fifoq.run("up", "--yes", "-f", "nowhere.yaml")
    refused(result, USAGE, "nowhere.yaml", "fifoq init")


@pytest.mark.parametrize(
    "args, said",
    [
        (("upp",), "did you mean 'up'"),
        (("up", "--yess"), "--yes"),
        (("up", "more", "--yes"), "more"),
        (("up", "--region"), "--region"),
        (("package",), "-o"),
    ],
)
def test_usage(fifoq, proxy, args, said):
    result = fifoq.run(*args)
    assert result.code == USAGE, result.text
    assert said in result.err
    assert proxy.calls() == []


def test_a_parameter_without_its_variable(fifoq, aws, proxy, table):
    result = fifoq.run("up", "--yes", env={"CRM_TOKEN": None})
    assert result.code in (FAILED, USAGE)
    one_error(result, "CRM_TOKEN", "crm-token")
    assert proxy.mutating() == []
