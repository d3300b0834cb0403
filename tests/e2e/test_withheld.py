"""What AWS leaves out of an answer when a right is missing is told as unreadable, never as a difference."""

import json

import pytest

from fakes.hard.base import as_json, succeeded, with_json

DENIED = {"ErrorCode": "AccessDeniedException", "Message": "not authorized"}
UNREADABLE = 3


def no_tags(value):
    value.pop("Tags", None)
    value["TagsError"] = DENIED


def no_environment(value):
    value["Configuration"]["Environment"] = {"Error": DENIED}


def no_filters(value):
    for mapping in value["EventSourceMappings"]:
        mapping.pop("FilterCriteria", None)
        mapping["FilterCriteriaError"] = DENIED


def withhold(proxy, name, change):
    def layer(exchange, go_on):
        answer = go_on()
        if exchange.name != name or not succeeded(answer):
            return answer
        value = as_json(answer)
        change(value)
        return with_json(answer, value)

    proxy.layers.append(layer)


@pytest.mark.parametrize(
    "name, change, said",
    [
        ("lambda:GetFunction", no_tags, "lambda:ListTags"),
        ("lambda:GetFunction", no_environment, "kms:Decrypt"),
        ("lambda:ListEventSourceMappings", no_filters, "kms:Decrypt"),
    ],
)
def test_what_is_withheld_could_not_be_read(fifoq, table, proxy, name, change, said):
    fifoq.good("up", "--yes")
    withhold(proxy, name, change)
    drift = fifoq.run("drift", "--format", "json")
    assert drift.code == UNREADABLE, drift.text
    assert json.loads(drift.out)["findings"] == []
    assert said in drift.text and "AccessDeniedException" in drift.text
    proxy.clear()
    for command in (["plan"], ["up", "--yes"]):
        result = fifoq.run(*command)
        assert result.code == 1 and said in result.err, result.text
        assert "not this pipeline's" not in result.text
    assert proxy.mutating() == []


def test_tags_that_are_left_out_without_a_word_are_asked_for(fifoq, table, proxy):
    """GetFunction has no Tags where a function has none; only ListTags tells the two apart."""
    fifoq.good("up", "--yes")
    withhold(proxy, "lambda:GetFunction", lambda value: value.pop("Tags", None))
    proxy.clear()
    fifoq.good("drift")
    assert len(proxy.calls("lambda", "ListTags")) == 3  # both functions and the mapping
