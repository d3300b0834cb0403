"""`fifoq drift`: no findings after `up`; then changes from outside, in every format."""

import base64
import datetime
import hashlib
import io
import json
import xml.etree.ElementTree as ElementTree
import zipfile

import expected
import pytest
from judge import USAGE, refused
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Sarif
from support import TOKEN

from fakes.proxy import error_for

NONE, DIFFERS, UNREADABLE = 0, 2, 3
FORMATS = ("text", "json", "junit", "sarif", "github", "markdown")
REASON = "a, 'b' <c>"
NEXT_YEAR = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=365)).date()
ANYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


@pytest.fixture
def up(fifoq, table, proxy):
    """fifoq with its pipeline created, and nothing recorded yet."""
    fifoq.good("up", "--yes")
    proxy.clear()
    return fifoq


def drift(fifoq, *args, code, **how):
    """What a run found, as the JSON document; it must exit with that code."""
    result = fifoq.run("drift", "--format", "json", *args, **how)
    assert result.code == code, result.text
    return json.loads(result.out)


def named(document):
    """The findings as (what, row, property)."""
    return [(f["what"], f["row"], f["property"]) for f in document["findings"]]


def queue_url(aws, name="orders.fifo"):
    return aws.sqs.get_queue_url(QueueName=name)["QueueUrl"]


def hide_for(aws, seconds):
    attributes = {"VisibilityTimeout": str(seconds)}
    aws.sqs.set_queue_attributes(QueueUrl=queue_url(aws), Attributes=attributes)


def upload(aws, content):
    """Other code for drain; its zip's hash as Lambda reports it."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as out:
        out.writestr("bootstrap", content)
    aws.lambda_.update_function_code(FunctionName="orders-drain", ZipFile=made.getvalue())
    return base64.b64encode(hashlib.sha256(made.getvalue()).digest()).decode()


def tag_drain(aws, **tags):
    names = {name.replace("__", ":").replace("_", "-"): value for name, value in tags.items()}
    aws.lambda_.tag_resource(Resource=expected.function_arn("orders-drain"), Tags=names)


def change_several(aws):
    """Makes the changes from outside; drift must find SEVERAL."""
    hide_for(aws, 30)
    aws.iam.put_role_policy(
        RoleName="orders-drain", PolicyName="more", PolicyDocument=json.dumps(ANYTHING)
    )
    other = {"Id": "other", "Arn": "arn:aws:sqs:eu-west-1:123456789012:x"}
    aws.events.put_targets(Rule="orders-night", Targets=[other])
    aws.ssm.put_parameter(
        Name="/orders/crm-token", Value="rotated", Type="SecureString", Overwrite=True
    )
    aws.logs.delete_log_group(logGroupName="/aws/lambda/orders-ingest")
    mapping = aws.lambda_.list_event_source_mappings()["EventSourceMappings"][0]
    aws.lambda_.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    upload(aws, "theirs")


SEVERAL = [
    ("changed", "queue", "VisibilityTimeout"),
    ("changed", "parameter/crm-token", "Version"),
    ("missing", "ingest-logs", None),
    ("extra", "drain-role", "OtherInlinePolicies.more"),
    ("code", "drain", "CodeSha256"),
    ("unhealthy", "mapping", "Enabled"),
    ("extra", "schedule/night", "OtherTargets.other"),
]


# What is found


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_after_up(up, proxy, form):
    result = up.run("drift", "--format", form)
    assert result.code == NONE, result.text
    assert result.err == ""
    assert {e.effect for e in proxy.calls()} == {"read"}
    assert not any(e.request.body and b'"WithDecryption": true' in e.request.body
                   for e in proxy.calls())  # fmt: skip
    assert proxy.violations() == []
    if form == "json":
        document = json.loads(result.out)
        assert (document["version"], document["result"]) == (1, "none")
        assert (document["findings"], document["unreadable"]) == ([], [])
        assert document["checked"] == 17
        assert (document["account"], document["region"]) == ("123456789012", "eu-west-1")


def test_what_somebody_changed(up, aws):
    change_several(aws)
    document = drift(up, code=DIFFERS)
    assert sorted(named(document)) == sorted(map(tuple, SEVERAL))
    assert document["result"] == "drift"
    by_row = {f["row"]: f for f in document["findings"]}
    assert (by_row["queue"]["want"], by_row["queue"]["have"]) == ("360", "30")
    assert by_row["queue"]["name"] == "orders.fifo"
    lines = (up.folder / "fifoq.yaml").read_text().splitlines()
    assert "visibility:" in lines[by_row["queue"]["line"] - 1]
    assert "rate(1 hour)" in "".join(lines[by_row["schedule/night"]["line"] - 1 :][:2])
    assert all(f["file"] == "fifoq.yaml" for f in document["findings"])
    assert "tampered" in by_row["drain"]["note"]
    assert TOKEN not in json.dumps(document) and "rotated" not in by_row["queue"]["have"]


def test_what_is_found_is_repaired(up, aws):
    change_several(aws)
    up.good("up", "--yes")
    assert drift(up, code=NONE)["findings"] == []


def test_the_ids_are_stable(up, aws, tmp_path):
    hide_for(aws, 30)
    first = drift(up, code=DIFFERS)["findings"][0]
    hide_for(aws, 31)
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    up.config().rename(moved / "fifoq.yaml")
    again = drift(up, "-f", moved / "fifoq.yaml", code=DIFFERS)["findings"][0]
    assert again["have"] == "31"
    assert again["id"] == first["id"]


def test_a_rotation_shows_without_the_value(up, aws):
    """In CI the variable with the value is not set."""
    aws.ssm.put_parameter(
        Name="/orders/crm-token", Value="rotated", Type="SecureString", Overwrite=True
    )
    document = drift(up, code=DIFFERS, env={"CRM_TOKEN": None})
    assert named(document) == [("changed", "parameter/crm-token", "Version")]
    aws.ssm.delete_parameter(Name="/orders/crm-token")
    document = drift(up, code=DIFFERS, env={"CRM_TOKEN": None})
    assert named(document) == [("missing", "parameter/crm-token", None)]


def test_whose_code_it_is(up, aws):
    up.config({"drain": {"timeout": "59s"}})
    notes = {f["property"]: f["note"] for f in drift(up, code=DIFFERS)["findings"]}
    assert "configuration" in notes["CodeSha256"]
    up.config()

    written = upload(aws, "of another build")
    tag_drain(aws, fifoq__code="0.0.9-00000000", fifoq__code_sha256=written)
    (finding,) = drift(up, code=DIFFERS)["findings"]
    assert finding["what"] == "build"
    assert "another fifoq build" in finding["note"]
    drift(up, "--fail-on", "changed,missing,extra,code,unhealthy", code=NONE)

    upload(aws, "nobody's")
    (finding,) = drift(up, "--fail-on", "changed,missing,extra,code,unhealthy", code=DIFFERS)["findings"]
    assert finding["what"] == "code" and "tampered" in finding["note"]


def test_what_has_lost_its_tag_is_compared(up, aws):
    hide_for(aws, 30)
    aws.sqs.untag_queue(QueueUrl=queue_url(aws), TagKeys=["fifoq:pipeline"])
    assert named(drift(up, code=DIFFERS)) == [
        ("changed", "queue", "VisibilityTimeout"),
        ("missing", "queue", "Tags.fifoq:pipeline"),
    ]


def test_nothing_made_yet(fifoq, table):
    document = drift(fifoq, code=DIFFERS)
    assert {f["what"] for f in document["findings"]} == {"missing", "changed"}
    assert {f["row"] for f in document["findings"] if f["what"] == "changed"} == {"table"}


# Unreadable rows


def denied(proxy, **where):
    proxy.fault(kind="answer", answer=lambda e: error_for(e, "AccessDenied", "no", 403), **where)


def test_what_cannot_be_read_is_said(up, aws, proxy):
    denied(proxy, service="iam", action="GetRole")
    document = drift(up, code=UNREADABLE)
    assert document["result"] == "unreadable"
    assert [u["row"] for u in document["unreadable"]] == ["ingest-role", "drain-role"]
    assert all("AccessDenied" in u["reason"] for u in document["unreadable"])
    assert document["checked"] == 15
    for form in FORMATS:
        result = up.run("drift", "--format", form)
        assert result.code == UNREADABLE, result.text
        assert "AccessDenied" in result.out


def test_a_difference_weighs_more(up, aws, proxy):
    hide_for(aws, 30)
    denied(proxy, service="iam", action="GetRole")
    document = drift(up, code=DIFFERS)
    assert len(document["unreadable"]) == 2
    assert named(document) == [("changed", "queue", "VisibilityTimeout")]


def test_parts_of_what_cannot_be_read(up, aws, proxy):
    denied(proxy, service="lambda", action="GetFunction")
    document = drift(up, code=UNREADABLE)
    unreadable = {u["row"] for u in document["unreadable"]}
    assert {"ingest", "drain", "mapping", "drain-async"} <= unreadable


# Findings that count


def test_fail_on(up, aws):
    hide_for(aws, 30)
    document = drift(up, "--fail-on", "missing,extra", code=NONE)
    assert named(document) == [("changed", "queue", "VisibilityTimeout")]
    assert not document["findings"][0]["counts"]
    drift(up, "--fail-on", "missing,changed", code=DIFFERS)
    refused(up.run("drift", "--fail-on", "changed,gone"), USAGE, "gone", "unhealthy")


def ignoring(fifoq, *entries, name="fifoq.ignore.yaml"):
    (fifoq.folder / name).write_text(json.dumps(entries))


def test_ignored(up, aws):
    hide_for(aws, 30)
    aws.logs.delete_log_group(logGroupName="/aws/lambda/orders-ingest")
    ids = {f["row"]: f["id"] for f in drift(up, code=DIFFERS)["findings"]}
    logs = {"id": ids["ingest-logs"], "reason": "made by hand", "until": str(NEXT_YEAR)}
    queue = {"row": "queue", "property": "VisibilityTimeout", "reason": "a trial"}

    ignoring(up, logs, {**queue, "until": str(NEXT_YEAR)})
    document = drift(up, code=NONE)
    assert document["result"] == "none"
    assert len(document["findings"]) == 2
    assert {f["ignored"]["reason"] for f in document["findings"]} == {"made by hand", "a trial"}
    assert document["ignores"] == []

    ignoring(up, logs, {**queue, "until": "2020-02-29"})
    document = drift(up, code=DIFFERS)
    assert [f["row"] for f in document["findings"] if f["counts"]] == ["queue"]
    assert [i["state"] for i in document["ignores"]] == ["expired"]

    hide_for(aws, 360)
    ignoring(up, logs, {**queue, "until": str(NEXT_YEAR)}, name="other.yaml")
    document = drift(up, "--ignore", "other.yaml", code=NONE)
    assert [(i["state"], i["row"]) for i in document["ignores"]] == [("unused", "queue")]
    text = up.run("drift", "--ignore", "other.yaml").out
    assert "other.yaml:1: unused: row queue, property VisibilityTimeout" in text
    assert "made by hand" in text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- {row: queue, property: Tags, until: 2030-01-01}", ("1:3", "reason")),
        ("- {row: queue, property: Tags, reason: x}", ("1:3", "until")),
        ("- {row: queue, property: Tags, reason: x, until: 2030-02-30}", ("2030-02-30", "date")),
        ("- {row: queue, reason: x, until: 2030-01-01}", ("property",)),
        ("- {id: zz, reason: x, until: 2030-01-01}", ("zz", "16")),
        ("\n- {reasn: x}", ("2:4", "reasn", "did you mean 'reason'")),
        ("a: b", ("list",)),
        ("- [", ("2:1",)),
    ],
)
def test_a_wrong_ignore_file(up, proxy, text, said):
    (up.folder / "fifoq.ignore.yaml").write_text(text)
    refused(up.run("drift"), USAGE, "fifoq.ignore.yaml:", *said)


def test_an_ignore_file_that_is_not_there(up):
    refused(up.run("drift", "--ignore", "nowhere.yaml"), USAGE, "nowhere.yaml")


def test_formats_of_the_other_verbs(fifoq):
    refused(fifoq.run("plan", "--format", "sarif"), USAGE, "sarif", "text|json")
    refused(fifoq.run("--format", "sarif", "plan"), USAGE, "plan", "text and json")
    refused(fifoq.run("drift", "--format", "xml"), USAGE, "xml", "text|json|junit|sarif")


# All formats contain the same


@pytest.fixture
def changed(up, aws):
    change_several(aws)
    ignoring(
        up,
        {"row": "schedule/night", "property": "OtherTargets", "reason": REASON, "until": str(NEXT_YEAR)},
    )
    return up


def shown(fifoq, form, **how):
    result = fifoq.run("drift", "--format", form, **how)
    assert result.code == DIFFERS, result.text
    return result.out


def test_sarif(changed, aws):
    findings = drift(changed, code=DIFFERS)["findings"]
    document = json.loads(shown(changed, "sarif"))
    Sarif.model_validate(document)
    (run,) = document["runs"]
    assert [r["partialFingerprints"]["fifoq/v1"] for r in run["results"]] == [
        f["id"] for f in findings
    ]
    assert [r["ruleId"] for r in run["results"]] == [f["what"] for f in findings]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    for result, finding in zip(run["results"], findings, strict=True):
        assert rules[result["ruleIndex"]] == result["ruleId"]
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "fifoq.yaml"
        assert place["region"]["startLine"] == finding["line"]
        suppressed = [s["justification"] for s in result.get("suppressions", [])]
        assert suppressed == ([REASON] if finding["ignored"] else [])
    assert run["invocations"][0]["executionSuccessful"]


def test_junit(changed):
    document = drift(changed, code=DIFFERS)
    root = ElementTree.fromstring(shown(changed, "junit"))
    cases = {case.get("name"): case for case in root.iter("testcase")}
    failing = {name for name, case in cases.items() if case.find("failure") is not None}
    assert len(cases) == document["checked"] == int(root.get("tests"))
    assert failing == {f["row"] for f in document["findings"] if f["counts"]}
    assert int(root.get("failures")) == len(failing)
    assert "VisibilityTimeout: 30" in cases["queue"].find("failure").get("message")
    assert REASON in cases["schedule/night"].find("system-out").text


def test_github(changed, tmp_path):
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    findings = drift(changed, code=DIFFERS)["findings"]
    lines = shown(changed, "github", env={"GITHUB_STEP_SUMMARY": str(summary)}).splitlines()
    errors = [line for line in lines if line.startswith("::error ")]
    assert len(errors) == len([f for f in findings if f["counts"]])
    place = f"::error file=fifoq.yaml,line={findings[0]['line']},title=drift%3A queue changed::"
    assert errors[0].startswith(place)
    assert [line for line in lines if line.startswith("::notice ")] != []
    assert summary.read_text() == "before\n" + shown(changed, "markdown")


def test_markdown(changed):
    findings = drift(changed, code=DIFFERS)["findings"]
    text = shown(changed, "markdown")
    cells = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(cells) == len(findings) + 1
    assert all(f"`{f['id']}`" in text for f in findings)
    assert "&lt;c>" in text


def test_text(changed):
    text = shown(changed, "text")
    assert all(len(line) <= 80 for line in text.splitlines())
    assert "\x1b" not in text
    assert "  changed     VisibilityTimeout: 30, expected 360\n" in text
    assert "6 differences, 1 ignored: 17 checked\n" in text
    assert text.splitlines()[-1].startswith("next: ")
