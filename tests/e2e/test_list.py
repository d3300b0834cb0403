"""`fifoq list`: pipelines by their tags. moto's tagging service needs more packages than the tests
have: here it answers from moto's own queues and functions."""

import json

import botocore.session
import pytest
from botocore.validate import ParamValidator
from support import REGION, make_table

from fakes import hard, wire
from fakes.moto_server import ACCOUNT
from fakes.proxy import aws_error

GET = botocore.session.get_session().get_service_model("resourcegroupstaggingapi")
GET = GET.operation_model("GetResources").input_shape
JSON = wire.Headers([("Content-Type", "application/x-amz-json-1.1")])


@pytest.fixture
def tagging(aws, proxy):
    """The requests that the service got."""
    seen = []

    def found():
        for url in aws.sqs.list_queues().get("QueueUrls", []):
            tags = aws.sqs.list_queue_tags(QueueUrl=url).get("Tags", {})
            yield f"arn:aws:sqs:{REGION}:{ACCOUNT}:{url.rsplit('/', 1)[1]}", tags
        for each in aws.lambda_.list_functions()["Functions"]:
            arn = each["FunctionArn"]
            yield arn, aws.lambda_.list_tags(Resource=arn)["Tags"]

    def answer(exchange):
        asked = json.loads(exchange.request.body)
        assert not ParamValidator().validate(asked, GET).has_errors()
        seen.append(asked)
        (wanted,) = asked["TagFilters"]
        mappings = [
            {"ResourceARN": arn, "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}
            for arn, tags in found() if wanted["Key"] in tags
        ]  # fmt: skip
        body = {"ResourceTagMappingList": mappings, "PaginationToken": ""}
        return wire.Response(200, JSON, json.dumps(body).encode())

    proxy.fault("tagging", "GetResources", answer=answer)
    return seen


@pytest.fixture
def two(fifoq, aws, tagging):
    """Two pipelines, and queues that are no pipeline's."""
    make_table(aws)
    fifoq.good("up", "--yes")
    fifoq.config({"name": "another"})
    fifoq.good("up", "--yes")
    aws.sqs.create_queue(QueueName="foreign", tags={"team": "x"})
    return fifoq


@pytest.mark.parametrize("with_file", [True, False])
def test_pipelines_are_found_by_their_tags(two, proxy, with_file):
    if not with_file:
        (two.folder / "fifoq.yaml").unlink()
    proxy.clear()
    env = {"AWS_REGION": REGION}
    report = json.loads(two.good("list", "--format", "json", env=env).out)
    assert (report["account"], report["region"]) == (ACCOUNT, REGION)
    found = [(p["pipeline"], p["resources"], p["functions"]) for p in report["pipelines"]]
    assert found == [("another", 6, 2), ("orders", 6, 2)]
    assert all(p["fifoq"] for p in report["pipelines"])
    assert {e.name for e in proxy.calls()} == {"sts:GetCallerIdentity", "tagging:GetResources"}
    text = two.good("list", env=env).out.splitlines()
    assert [line.split()[:2] for line in text[1:3]] == [["another", REGION], ["orders", REGION]]
    assert text[-1] == f"2 pipelines in account {ACCOUNT}, {REGION}"


def test_all_pages_are_read(two, proxy, tagging):
    hard.switch_on(proxy, hard.OnePerPage())
    assert len(json.loads(two.good("list", "--format", "json").out)["pipelines"]) == 2


def test_none_is_not_an_error(fifoq, tagging):
    assert fifoq.good("list").out == f"0 pipelines in account {ACCOUNT}, {REGION}\n"


def test_a_refusal_names_the_permission(fifoq, proxy):
    proxy.fault("tagging", "GetResources", answer=aws_error("AccessDeniedException"))
    result = fifoq.run("list")
    assert result.code == 1
    assert "tag:GetResources" in result.err


def test_its_policy(fifoq):
    policy = json.loads(fifoq.good("policy", "list", "--account", ACCOUNT).out)
    (statement,) = policy["Statement"]
    assert (statement["Action"], statement["Resource"]) == (["tag:GetResources"], ["*"])
