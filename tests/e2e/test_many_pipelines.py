"""One run for many pipelines: what it asks only once, its reports, its exit code."""

import json
import threading
import xml.etree.ElementTree as ET
from collections import Counter

import pytest
import yaml
from support import CONFIG, interrupt, make_table, merge, wait_until

from fakes.moto_server import ACCOUNT
from fakes.proxy import query_error

PIPELINES = ("alpha", "beta", "gamma")
ONCE = (
    "sts:GetCallerIdentity", "lambda:ListEventSourceMappings", "events:ListRules",
    "logs:DescribeLogGroups", "ssm:DescribeParameters", "iam:ListRoles",
)  # fmt: skip
REGION = CONFIG["region"]


def write(fifoq, name, **change):
    """teams/NAME/fifoq.yaml"""
    folder = fifoq.folder / "teams" / name
    folder.mkdir(parents=True, exist_ok=True)
    config = json.loads(json.dumps(CONFIG))
    merge(config, {"name": name, "table": {"name": f"{name}-table"}, **change})
    (folder / "fifoq.yaml").write_text(yaml.safe_dump(config))
    return f"teams/{name}/fifoq.yaml"


@pytest.fixture
def teams(fifoq, aws, proxy):
    """Three pipelines that exist, in a repository."""
    (fifoq.folder / ".git").mkdir()
    for name in PIPELINES:
        make_table(aws, f"{name}-table")
        fifoq.good("up", "--yes", "-f", write(fifoq, name))
    proxy.clear()
    return fifoq


def change_queue(aws, name, seconds="31"):
    url = aws.sqs.get_queue_url(QueueName=f"{name}.fifo")["QueueUrl"]
    aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": seconds})


def test_lists_of_the_account_are_read_once(teams, proxy):
    result = teams.run("drift", "teams/*", "--output", "json=report.json")
    assert result.code == 0, result.text
    count = Counter(e.name for e in proxy.calls())
    assert {name: count[name] for name in ONCE} == dict.fromkeys(ONCE, 1)
    assert {e.effect for e in proxy.calls()} == {"read"}
    assert [line.split()[:5] for line in result.out.splitlines()[1:4]] == [
        [name, ACCOUNT, REGION, "no", "drift"] for name in PIPELINES
    ]
    assert result.out.splitlines()[-1] == "3 pipelines: 3 without drift"
    report = json.loads((teams.folder / "report.json").read_text())
    assert (report["result"], len(report["pipelines"])) == ("none", 3)
    alone = json.loads(teams.run("drift", "teams/beta", "--format", "json").out)
    together = report["pipelines"][1]
    assert (together["pipeline"], together["checked"]) == ("beta", alone["checked"])


def test_every_difference_is_found(teams, aws):
    """Also those that only the account's lists show: a foreign rule, a foreign mapping."""
    aws.events.put_rule(
        Name="alpha-old", ScheduleExpression="rate(1 day)",
        Tags=[{"Key": "fifoq:pipeline", "Value": "alpha"}],
    )  # fmt: skip
    aws.logs.put_retention_policy(logGroupName="/aws/lambda/beta-drain", retentionInDays=1)
    queue = aws.sqs.create_queue(QueueName="elsewhere")["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue.rsplit('/', 1)[1]}"
    aws.lambda_.create_event_source_mapping(EventSourceArn=arn, FunctionName="gamma-ingest")
    together = json.loads(teams.run("drift", "teams/*", "--format", "json").out)
    for one in together["pipelines"]:
        alone = json.loads(teams.run("drift", one["file"], "--format", "json").out)
        assert alone["findings"], one["pipeline"]
        for finding in alone["findings"]:
            finding["id"] = f"{ACCOUNT}/{REGION}/{finding['id']}"
        assert one["findings"] == alone["findings"]


def test_one_run_writes_every_format(teams, aws):
    change_queue(aws, "beta")
    write(teams, "delta", table=None)
    formats = ("json", "sarif", "junit", "markdown", "github")
    summary = teams.folder / "summary.md"
    outputs = [arg for name in formats for arg in ("--output", f"{name}=drift.{name}")]
    env = {"GITHUB_STEP_SUMMARY": str(summary)}
    result = teams.run("drift", "teams/*", *outputs, env=env)
    assert result.code == 64, result.text
    assert result.out.splitlines()[-1] == "4 pipelines: 1 failed, 1 drift, 2 without drift"
    text = {name: (teams.folder / f"drift.{name}").read_text() for name in formats}

    report = json.loads(text["json"])
    states = {one["file"]: one["result"] for one in report["pipelines"]}
    assert report["result"] == "failed"
    assert states == {
        "teams/alpha/fifoq.yaml": "none", "teams/beta/fifoq.yaml": "drift",
        "teams/delta/fifoq.yaml": "failed", "teams/gamma/fifoq.yaml": "none",
    }  # fmt: skip

    (run,) = json.loads(text["sarif"])["runs"]
    (finding,) = run["results"]
    place = finding["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert place == "teams/beta/fifoq.yaml"
    assert finding["partialFingerprints"]["fifoq/v1"].startswith(f"{ACCOUNT}/{REGION}/")
    assert run["invocations"][0]["executionSuccessful"] is False

    suites = ET.fromstring(text["junit"])
    assert [(s.get("name").split()[0], s.get("failures"), s.get("errors")) for s in suites] == [
        ("alpha", "0", "0"), ("beta", "1", "0"), ("teams/delta/fifoq.yaml", "0", "1"),
        ("gamma", "0", "0"),
    ]  # fmt: skip
    assert suites.get("errors") == "1"
    assert "::error file=teams/beta/fifoq.yaml,line=" in text["github"]
    assert "::error file=teams/delta/fifoq.yaml,line=1" in text["github"]
    assert text["markdown"] == summary.read_text()
    assert "| beta | " in text["markdown"]


@pytest.mark.parametrize(
    "breaks, code",
    [({"unreadable"}, 3), ({"unreadable", "drift"}, 2), ({"unreadable", "drift", "config"}, 64)],
)
def test_the_worst_result_is_the_exit_code(teams, aws, proxy, breaks, code):
    if "drift" in breaks:
        change_queue(aws, "beta")
    if "config" in breaks:
        write(teams, "gamma", table=None)
    proxy.fault("iam", "GetRolePolicy", answer=query_error("AccessDenied"))
    assert teams.run("drift", "teams/*").code == code


def test_all_environments_of_a_file(fifoq, aws, proxy):
    make_table(aws)
    environments = {"one": {"tags": {"team": "one"}}, "two": {"tags": {"team": "two"}}}
    fifoq.config({"environments": environments})
    result = fifoq.run("plan", "--all-envs", "--format", "json")
    assert result.code == 0, result.text
    plans = json.loads(result.out)
    assert [(one["pipeline"], one["result"]) for one in plans["pipelines"]] == [
        ("orders-one", "changes"), ("orders-two", "changes"),
    ]  # fmt: skip
    assert proxy.mutating() == []
    text = fifoq.good("plan", "--all-envs").out
    assert text.splitlines()[1].startswith("orders-one") and "orders-two-drain" in text


def test_two_regions_are_two_clients(fifoq, aws, proxy):
    make_table(aws)
    fifoq.config({"environments": {"eu": {}, "us": {"region": "us-east-1"}}})
    report = json.loads(fifoq.run("drift", "--all-envs", "--format", "json").out)
    assert [one["region"] for one in report["pipelines"]] == [REGION, "us-east-1"]
    assert len(proxy.calls("events", "ListRules")) == 2


def test_each_file_may_name_its_profile(fifoq, aws, proxy):
    make_table(aws)
    files = {"AWS_CONFIG_FILE": str(fifoq.folder / "aws-config")}
    profile = "[profile {0}]\naws_access_key_id = {1}\naws_secret_access_key = {2}\n"
    key, secret = fifoq.env["AWS_ACCESS_KEY_ID"], fifoq.env["AWS_SECRET_ACCESS_KEY"]
    (fifoq.folder / "aws-config").write_text(
        profile.format("good", key, secret) + profile.format("wrong", key, "another-secret")
    )
    fifoq.config({"environments": {"a": {"profile": "good"}, "b": {"profile": "missing"}}})
    report = json.loads(fifoq.run("drift", "--all-envs", "--format", "json", env=files).out)
    first, second = report["pipelines"]
    assert first["result"] == "drift"
    assert second["result"] == "failed" and "missing" in second["error"]


@pytest.mark.parametrize(
    "args, says",
    [
        (["nowhere/*"], "'nowhere/*' matches no configuration"),
        (["-f", "fifoq.yaml", "teams"], "--file and PATH"),
        (["--all-envs", "--env", "x"], "--env and --all-envs"),
        (["--output", "yaml=x"], "--output: unknown value 'yaml=x'"),
        (["--output", "sarif"], "--output: unknown value 'sarif'"),
    ],
)
def test_wrong_usage(fifoq, args, says):
    result = fifoq.run("drift", *args)
    assert result.code == 64
    assert says in result.err


def test_interrupting_stops_all(teams, proxy):
    going_on = threading.Event()
    proxy.fault("iam", "ListRoles", run=lambda _: going_on.wait(60))
    run = teams.start("drift", "teams/*")
    wait_until(lambda: proxy.calls("iam", "ListRoles"), 30, "no request")
    interrupt(run)
    result = teams.finish(run, timeout=20)
    going_on.set()
    assert result.code == 130, result.text
