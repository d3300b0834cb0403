"""`fifoq drift`: nothing after `up`; then what somebody else changed, one thing at a time."""

import json

import pytest


ANYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


@pytest.fixture
def up(fifoq, table):
    """fifoq with its pipeline made."""
    fifoq.good("up", "--yes")
    return fifoq


def drift(fifoq, *args, code, **how):
    """What a run found, as the JSON document; and it must end with that exit code."""
    result = fifoq.run("drift", "--format", "json", *args, **how)
    assert result.code == code, result.text
    return json.loads(result.out)


def named(document):
    """The findings as (what, row, property)."""
    return [(f["what"], f["row"], f["property"]) for f in document["findings"]]


def test_nothing_after_up(up, proxy):
    proxy.clear()
    document = drift(up, code=0)
    assert document["findings"] == []
    assert document["unreadable"] == []
    assert document["result"] == "none"
    assert document["checked"] >= 17
    assert proxy.mutating() == []


def test_kinds_of_drift(up, aws):
    queue = aws.sqs.get_queue_url(QueueName="orders.fifo")["QueueUrl"]
    aws.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "30"})
    aws.iam.put_role_policy(
        RoleName="orders-drain", PolicyName="more", PolicyDocument=json.dumps(ANYTHING)
    )
    aws.events.put_targets(
        Rule="orders-night", Targets=[{"Id": "other", "Arn": "arn:aws:sqs:eu-west-1:123456789012:x"}]
    )
    aws.ssm.put_parameter(
        Name="/orders/crm-token", Value="rotated", Type="SecureString", Overwrite=True
    )
    aws.logs.delete_log_group(logGroupName="/aws/lambda/orders-ingest")
    assert named(drift(up, code=2)) == [
        ("changed", "queue", "VisibilityTimeout"),
        ("changed", "parameter/crm-token", "Version"),
        ("missing", "ingest-logs", None),
        ("extra", "drain-role", "OtherInlinePolicies.more"),
        ("extra", "schedule/night", "Targets.other"),
    ]
