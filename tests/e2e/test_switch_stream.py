"""A stream is replaced with another one only on request, and the plan reports from where that is
read."""

import json

import pytest
import reality
from mutations import TABLE, other_view, stream, stream_off

DONE, REFUSED = 0, 4

CHANGES = {"off": stream_off, "another-view": other_view}


def mappings(aws):
    return aws.lambda_.list_event_source_mappings(FunctionName="orders-ingest")["EventSourceMappings"]


def view(aws):
    return aws.dynamodb.describe_table(TableName=TABLE)["Table"]["StreamSpecification"]


@pytest.fixture(params=CHANGES)
def changed(request, fifoq, aws, table):
    """A pipeline whose table has got another stream, or none; and the stream it had."""
    fifoq.good("up", "--yes")
    old = stream(aws)
    CHANGES[request.param](aws)
    return old


def switched(fifoq, aws, old):
    """It is as configured, on another stream, and `up` has nothing to do."""
    (mapping,) = mappings(aws)
    assert mapping["EventSourceArn"] == stream(aws) != old
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert view(aws) == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert fifoq.run("drift").code == DONE
    assert "nothing to change" in fifoq.good("up", "--yes", "--switch-stream").text


def test_the_plan_tells_the_replay_position(fifoq, aws, proxy, changed):
    proxy.clear()
    plan = json.loads(fifoq.good("plan", "--switch-stream", "--format", "json").out)
    (step,) = [s for s in plan["steps"] if s["row"] == "mapping"]
    said = {c["property"]: (c.get("have"), c.get("want")) for c in step["changes"]}
    assert said["StartingPosition"] == (None, "TRIM_HORIZON")
    assert said["EventSourceArn"][0] == changed
    assert proxy.mutating() == []


def test_up_does_it_when_it_is_told_to(fifoq, aws, proxy, changed):
    result = fifoq.good("up", "--yes", "--switch-stream")
    assert "has not read are lost" in " ".join(result.err.split())
    switched(fifoq, aws, changed)


def test_up_alone_gives_no_stream_up(fifoq, aws, proxy, changed):
    """A disabled stream is enabled, because items are lost until then; the mapping is unchanged."""
    for _ in range(2):
        result = fifoq.run("up", "--yes")
    assert result.code == REFUSED and "--switch-stream" in result.err, result.text
    assert [m["EventSourceArn"] for m in mappings(aws)] == [changed]
    fifoq.good("up", "--yes", "--switch-stream")
    switched(fifoq, aws, changed)


def test_a_table_that_is_not_ours_gets_another_stream_too(fifoq, aws, table):
    other_view(aws)
    assert fifoq.run("up", "--yes").code == REFUSED
    fifoq.good("up", "--yes", "--switch-stream")
    assert view(aws)["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    assert len(reality.functions(aws)) == 2
    assert fifoq.run("drift").code == DONE
