"""The pipeline in other partitions: all ARNs that fifoq writes are in the region's partition."""

import re
import urllib.parse
from types import SimpleNamespace

import boto3
import pytest
from support import make_table

from fakes import KEY_ID, SECRET

REGIONS = {"cn-northwest-1": "aws-cn", "us-gov-east-1": "aws-us-gov"}


@pytest.fixture(params=REGIONS)
def region(request, fifoq, moto):
    client = boto3.client(
        "dynamodb", endpoint_url=moto.url, region_name=request.param,
        aws_access_key_id=KEY_ID, aws_secret_access_key=SECRET,
    )  # fmt: skip
    make_table(SimpleNamespace(dynamodb=client))
    fifoq.config({"region": request.param})
    return request.param


def texts(proxy):
    """Everything that fifoq wrote, percent-decoded."""
    for exchange in proxy.exchanges:
        body = exchange.request.body.decode("utf-8", "replace")
        yield urllib.parse.unquote(exchange.request.target) + " " + urllib.parse.unquote(body)


def test_a_pipeline_lives_in_its_partition(region, fifoq, proxy):
    fifoq.good("up", "--yes", timeout=120)
    written = [text.replace('\\"', '"') for text in texts(proxy)]
    arns = {arn for text in written for arn in re.findall(r"arn:[a-z-]*:[a-z-]+:[^\"&\s]*", text)}
    assert len(arns) > 10
    assert {arn.split(":")[1] for arn in arns} == {REGIONS[region]}, arns
    places = {arn.split(":")[3] for arn in arns}
    assert places <= {region, ""}, arns
    principals = {p for text in written for p in re.findall(r"[a-z]+\.amazonaws\.com[.a-z]*", text)}
    assert principals == {"lambda.amazonaws.com", "events.amazonaws.com"}
    scopes = {each.scope.region for each in proxy.exchanges}
    assert scopes == {region}

    drift = fifoq.run("drift", timeout=120)
    assert drift.code == 0, drift.text
    fifoq.good("down", "--yes", timeout=120)
