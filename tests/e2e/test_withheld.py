"""Answers that differ from the configuration: withheld because of a missing permission, or
overridden by the account."""

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
        ("lambda:GetFunction", no_environment, "Environment"),
        ("lambda:ListEventSourceMappings", no_filters, "FilterCriteria"),
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
    """GetFunction has no Tags if a function has none; only ListTags distinguishes the two."""
    fifoq.good("up", "--yes")
    withhold(proxy, "lambda:GetFunction", lambda value: value.pop("Tags", None))
    proxy.clear()
    fifoq.good("drift")
    assert len(proxy.calls("lambda", "ListTags")) == 3  # both functions and the mapping


def test_the_accounts_retention_is_not_compared(fifoq, table, proxy):
    """An account-level policy overrides the group's own retention, which is then not shown."""

    def overridden(value):
        for group in value["logGroups"]:
            group.update(retentionInDays=90, retentionPolicyName="company")

    fifoq.good("up", "--yes")
    withhold(proxy, "logs:DescribeLogGroups", overridden)
    assert "no drift" in fifoq.good("drift").out
    proxy.clear()
    assert "nothing to change" in fifoq.good("up", "--yes").text
    assert proxy.mutating() == []


def test_a_queue_that_only_lingered_is_not_taken_for_kept(fifoq, table, aws, proxy):
    """Deleted by somebody a moment before: visible to the plan, missing at the end."""
    fifoq.good("up", "--yes")
    deleted = []

    def at_the_end(exchange, go_on):
        if exchange.name == "lambda:UpdateFunctionConfiguration" and not deleted:
            deleted.append(exchange)
            url = aws.sqs.get_queue_url(QueueName="orders.fifo")["QueueUrl"]
            aws.sqs.delete_queue(QueueUrl=url)
        return go_on()

    proxy.layers.append(at_the_end)
    fifoq.config({"functions": {"memory": 512}})
    result = fifoq.run("up", "--yes")
    assert deleted and result.code == 1, result.text
    assert "'orders.fifo' is gone" in result.err and "run 'fifoq up' again" in result.err
    proxy.layers.remove(at_the_end)
    fifoq.good("up", "--yes")
    assert "no drift" in fifoq.good("drift").out
