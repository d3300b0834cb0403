"""ingest.start: from when on records become messages, and that a replay is always announced."""

import time
from datetime import datetime, timezone

import pytest
from support import HOST, make_table, wait_until

from fakes.api import Api
from fakes.proxy import aws_error

DONE, DIFFERS = 0, 2
NOW = {"ingest": {"start": "now"}}


def words(result):
    return " ".join(result.text.split())


def moment(aws):
    """(ingest's environment value, the mapping's tag), each None if it is not set."""
    function = aws.lambda_.get_function(FunctionName="orders-ingest")["Configuration"]
    told = function.get("Environment", {}).get("Variables", {}).get("FIFOQ_START")
    kept = [tags_of(aws, m).get("fifoq:start") for m in mappings(aws)]
    return told, kept[0] if kept else None


def mappings(aws):
    found = aws.lambda_.list_event_source_mappings(FunctionName="orders-ingest")
    return found["EventSourceMappings"]


def tags_of(aws, mapping):
    return aws.lambda_.list_tags(Resource=mapping["EventSourceMappingArn"])["Tags"]


def seconds(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()


def next_second():
    """The time is in whole seconds: a later one would differ."""
    was = int(time.time())
    wait_until(lambda: int(time.time()) > was + 1, 5, "the clock stands")


def unmap(aws):
    for mapping in mappings(aws):
        aws.lambda_.delete_event_source_mapping(UUID=mapping["UUID"])


@pytest.fixture
def streaming(aws):
    """A table whose stream is enabled already."""
    return make_table(aws, stream=True)


def test_now_is_chosen_once(fifoq, aws, streaming):
    fifoq.config(NOW)
    before = time.time()
    result = fifoq.good("up", "--yes")
    told, kept = moment(aws)
    assert told == kept
    assert before - 3 <= seconds(told) <= time.time()
    assert f"those created at {told} or later" in words(result)
    next_second()
    assert fifoq.run("drift").code == DONE
    assert "nothing to change" in fifoq.good("up", "--yes").text
    assert moment(aws) == (told, kept)


def test_a_run_that_ends_before_the_mapping_keeps_its_moment(fifoq, aws, proxy, streaming):
    """The function has it already; a later time would lose what is written between the two runs."""
    fifoq.config(NOW)
    refused = aws_error("AccessDeniedException", status=403)
    proxy.fault("lambda", "CreateEventSourceMapping", kind="answer", answer=refused, times=1)
    assert fifoq.run("up", "--yes").code == 1
    told, kept = moment(aws)
    assert told and not kept
    next_second()
    fifoq.good("up", "--yes")
    assert moment(aws) == (told, told)


def test_the_mapping_keeps_it_when_the_function_is_gone(fifoq, aws, streaming):
    fifoq.config(NOW)
    fifoq.good("up", "--yes")
    told, _ = moment(aws)
    aws.lambda_.delete_function(FunctionName="orders-ingest")
    next_second()
    fifoq.good("up", "--yes")
    assert moment(aws) == (told, told)


def test_now_leaves_a_mapping_that_began_with_the_oldest_record(fifoq, aws, streaming):
    """What ingest has not read yet would be skipped."""
    fifoq.good("up", "--yes")
    fifoq.config(NOW)
    assert "nothing to change" in fifoq.good("up", "--yes").text
    assert moment(aws) == (None, None)


def test_a_time_is_an_update_and_what_was_edited_is_found(fifoq, aws, streaming):
    fifoq.config(NOW)
    fifoq.good("up", "--yes")
    fifoq.config({"ingest": {"start": "2026-01-31T08:00:00Z"}})
    assert "2026-01-31T08:00:00Z" in fifoq.good("plan").out
    fifoq.good("up", "--yes")
    assert moment(aws) == ("2026-01-31T08:00:00Z",) * 2
    aws.lambda_.update_function_configuration(
        FunctionName="orders-ingest", Environment={"Variables": {"FIFOQ_START": "2030-01-01T00:00:00Z"}}
    )
    (mapping,) = mappings(aws)
    aws.lambda_.tag_resource(
        Resource=mapping["EventSourceMappingArn"], Tags={"fifoq:start": "2031-01-01T00:00:00Z"}
    )
    drift = fifoq.run("drift")
    assert drift.code == DIFFERS
    assert "FIFOQ_START" in drift.out and "fifoq:start" in drift.out
    fifoq.good("up", "--yes")
    assert moment(aws) == ("2026-01-31T08:00:00Z",) * 2
    fifoq.config({"ingest": {"start": "oldest"}})
    fifoq.good("up", "--yes")
    assert moment(aws) == (None, None)


def test_an_edited_now_goes_back_to_the_earlier_moment(fifoq, aws, streaming):
    fifoq.config(NOW)
    fifoq.good("up", "--yes")
    told, _ = moment(aws)
    aws.lambda_.update_function_configuration(
        FunctionName="orders-ingest", Environment={"Variables": {"FIFOQ_START": "2099-01-01T00:00:00Z"}}
    )
    assert fifoq.run("drift").code == DIFFERS
    fifoq.good("up", "--yes")
    assert moment(aws) == (told, told)


@pytest.mark.parametrize("command", [["check"], ["plan"], ["up", "--yes"]])
def test_the_first_up_says_how_far_back_it_reads(fifoq, aws, streaming, command):
    """The stream was enabled a moment ago, so it contains only what was written since."""
    said = words(fifoq.good(*command))
    assert "start" in said and "the stream is already enabled" in said
    assert "from the oldest record, up to" in said and "when the stream was enabled" in said
    assert "set ingest.start to 'now' to skip them" in said


def test_a_stream_that_is_off_holds_nothing(fifoq, table):
    assert "oldest record" not in words(fifoq.good("up", "--yes"))


def test_who_has_chosen_the_oldest_is_not_warned(fifoq, streaming):
    fifoq.config({"ingest": {"start": "oldest"}})
    result = fifoq.good("up", "--yes")
    assert "warning" not in result.err and "note: start:" in result.err


@pytest.mark.parametrize("command", [["check"], ["plan"], ["up", "--yes"]])
def test_a_mapping_that_is_made_again_never_replays_silently(fifoq, aws, streaming, command):
    fifoq.good("up", "--yes")
    unmap(aws)
    said = words(fifoq.good(*command))
    assert "sent again, behind newer ones" in said
    assert "from the oldest record, up to" in said
    assert "set ingest.start to 'now' or a time" in said


def test_made_again_since_the_moment_that_is_kept(fifoq, aws, streaming):
    fifoq.config(NOW)
    fifoq.good("up", "--yes")
    told, _ = moment(aws)
    unmap(aws)
    assert f"those created at {told} or later" in words(fifoq.good("plan"))
    fifoq.good("up", "--yes")
    assert moment(aws) == (told, told)


def test_a_date_that_does_not_exist_is_refused(fifoq):
    for wrong in ("2026-02-30T00:00:00Z", "2026-01-01", "yesterday"):
        fifoq.config({"ingest": {"start": wrong}})
        result = fifoq.run("check", "--offline")
        assert result.code == 64 and "ingest.start" in result.err, result.text


def delivered(fifoq, aws, api, start):
    """The ids of two items that arrive if `fifoq dev` runs with that start, and what it logs."""
    fifoq.config(
        {
            "ingest": {"filter": None, "message": {"id": "${item.id}", "total": None}, "start": start},
            "functions": {"architecture": HOST},
            "drain": {
                "rate": None,
                "destinations": [{"name": "crm", "url": api.url + "/o/${message.id}", "body": None, "auth": None}],
            },
        }
    )
    fifoq.good("up", "--yes")
    for name in ("a", "b"):
        aws.dynamodb.put_item(
            TableName="orders-table", Item={"id": {"S": name}, "customer": {"S": "c"}}
        )
    process = fifoq.start("dev", "--every", "1s", "--for", "120s", "-v")
    return process


def test_dev_honours_a_time(fifoq, aws, streaming):
    with Api() as api:
        process = delivered(fifoq, aws, api, "2099-01-01T00:00:00Z")
        wait_until(lambda: "before_start" in "".join(fifoq.texts(process)), 60, "nothing is left out")
        process.terminate()
        assert fifoq.finish(process).code in (0, 130)
        assert api.requests() == []


def test_dev_honours_now_as_up_has_chosen_it(fifoq, aws, streaming):
    """The item that existed before `up` is skipped; those written between `up` and `dev` arrive."""
    next_second()
    with Api() as api:
        process = delivered(fifoq, aws, api, "now")
        api.wait_for(2, timeout=60)
        process.terminate()
        assert fifoq.finish(process).code in (0, 130)
        assert [got.json()["id"] for got in api.requests()] == ["a", "b"]
