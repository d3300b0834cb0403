"""What `fifoq` refuses: without credentials, in another account or region, or for resources of
others."""

import json
import socket

import expected
import pytest
import reality
from judge import FAILED, REFUSED, USAGE, assert_whole, one_error, refused
from support import make_table

from fakes import SECRET
from fakes.proxy import error_for
from fakes.signature import Key


# Credentials, region, endpoint


def test_no_credentials(fifoq, proxy):
    nothing = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
    refused(fifoq.run("up", "--yes", env=nothing), FAILED, "credentials")
    assert proxy.calls() == []


@pytest.mark.parametrize("code", ["ExpiredTokenException", "InvalidClientTokenId", "AccessDenied"])
def test_credentials_that_aws_does_not_take(fifoq, proxy, table, code):
    proxy.fault(kind="answer", answer=lambda e: error_for(e, code, "the words of AWS", 403))
    result = fifoq.run("up", "--yes")
    assert result.code == FAILED, result.text
    said = "expired" if code.startswith("Expired") else code
    assert said.lower() in result.err.lower()
    assert proxy.mutating() == []
    assert len(proxy.calls()) < 20


def test_credentials_that_expire_in_the_middle(fifoq, aws, proxy, table):
    def writes(exchange):
        return exchange.effect == "write" and len(proxy.mutating()) > 8

    fault = proxy.fault(kind="answer", answer=lambda e: error_for(e, "ExpiredToken", status=403))
    fault.matches = writes
    result = fifoq.run("up", "--yes")
    assert result.code == FAILED
    assert "expired" in result.err.lower()
    proxy.faults.clear()
    fifoq.good("up", "--yes")
    assert set(reality.queues(aws)) == set(expected.QUEUES)


def test_session_tokens_are_sent_and_signed(fifoq, proxy, table):
    proxy.keys["ASIATEST"] = Key(SECRET, "the-session-token")
    session = {"AWS_ACCESS_KEY_ID": "ASIATEST", "AWS_SESSION_TOKEN": "the-session-token"}
    fifoq.good("up", "--yes", env=session)
    assert proxy.violations() == []
    assert {e.scope.key_id for e in proxy.calls()} == {"ASIATEST"}


def test_credentials_from_a_profile(fifoq, proxy, table):
    folder = fifoq.home / ".aws"
    folder.mkdir()
    (folder / "credentials").write_text(
        f"[default]\naws_access_key_id = AKIDWRONG\naws_secret_access_key = wrong\n"
        f"[billing]\naws_access_key_id = AKIDTEST\naws_secret_access_key = {SECRET}\n"
    )
    (folder / "config").write_text("[profile billing]\nregion = eu-west-1\n")
    nothing = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
    fifoq.config({"region": None})
    fifoq.good("plan", env={**nothing, "AWS_PROFILE": "billing"})
    fifoq.good("plan", "--profile", "billing", env=nothing)
    assert proxy.violations() == []
    regions = {e.scope.region for e in proxy.calls() if e.service not in ("iam", "sts")}
    assert regions == {"eu-west-1"}


def test_no_region(fifoq, proxy):
    fifoq.config({"region": None})
    result = fifoq.run("up", "--yes")
    assert result.code in (FAILED, USAGE), result.text
    one_error(result, "region")
    assert proxy.mutating() == []


def test_a_table_that_does_not_exist(fifoq, aws, proxy):
    refused(fifoq.run("up", "--yes"), FAILED, "orders-table", "eu-west-1")
    assert proxy.mutating() == []
    assert reality.is_empty(reality.everything(aws))


def test_the_wrong_region(fifoq, aws, proxy, table):
    fifoq.config({"region": "us-east-1"})
    refused(fifoq.run("up", "--yes"), FAILED, "orders-table", "us-east-1")
    assert proxy.mutating() == []


def test_another_account(fifoq, aws, proxy, table):
    fifoq.config({"account": "999999999999"})
    refused(fifoq.run("up", "--yes"), REFUSED, "999999999999", "123456789012")
    assert proxy.mutating() == []


def test_an_endpoint_that_is_down(fifoq):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        result = fifoq.run("up", "--yes", env={"AWS_ENDPOINT_URL": url}, timeout=90)
    refused(result, FAILED, url.removeprefix("http://"))


def test_without_yes_and_without_a_terminal_nothing_changes(fifoq, aws, proxy, table):
    result = fifoq.run("up")
    assert result.code != 0
    one_error(result, "--yes")
    assert proxy.mutating() == []
    fifoq.good("up", "--yes")
    proxy.clear()
    result = fifoq.run("down")
    assert result.code != 0
    one_error(result, "--yes")
    assert proxy.mutating() == []


# Not ours


def foreign_queue(aws):
    attributes = {"FifoQueue": "true", "VisibilityTimeout": "31"}
    aws.sqs.create_queue(QueueName="orders.fifo", Attributes=attributes)
    return "orders.fifo"


def foreign_tagged_queue(aws):
    attributes, tags = {"FifoQueue": "true"}, {"fifoq:pipeline": "another"}
    aws.sqs.create_queue(QueueName="orders.fifo", Attributes=attributes, tags=tags)
    return "orders.fifo"


def foreign_role(aws):
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    aws.iam.create_role(RoleName="orders-drain", AssumeRolePolicyDocument=trust)
    return "orders-drain"


def foreign_log_group(aws):
    aws.logs.create_log_group(logGroupName="/aws/lambda/orders-ingest")
    return "/aws/lambda/orders-ingest"


def foreign_parameter(aws):
    aws.ssm.put_parameter(Name="/orders/crm-token", Value="theirs", Type="SecureString")
    return "/orders/crm-token"


def foreign_rule(aws):
    aws.events.put_rule(Name="orders-night", ScheduleExpression="rate(9 hours)")
    return "orders-night"


FOREIGN = [
    foreign_queue,
    foreign_tagged_queue,
    foreign_role,
    foreign_log_group,
    foreign_parameter,
    foreign_rule,
]


@pytest.mark.parametrize("make", FOREIGN)
def test_what_is_not_ours_is_left_alone(fifoq, aws, proxy, table, make):
    name = make(aws)
    before = reality.everything(aws)
    result = fifoq.run("up", "--yes")
    refused(result, REFUSED, name, "fifoq:pipeline", "--adopt")
    assert proxy.mutating() == []
    assert reality.everything(aws) == before
    fifoq.run("down", "--yes")
    assert reality.everything(aws) == before


@pytest.mark.parametrize("make", FOREIGN)
def test_what_is_not_ours_can_be_taken_over(fifoq, aws, proxy, table, make):
    name = make(aws)
    fifoq.good("up", "--adopt", "--yes")
    assert_whole(aws)
    real = reality.everything(aws)
    tags = [each["tags"] for kind in real.values() if name in kind for each in [kind[name]]]
    assert tags and all(each["team"] == "billing" for each in tags)
    assert real["queues"]["orders.fifo"]["attributes"]["VisibilityTimeout"] == "360"
    proxy.clear()
    fifoq.good("up", "--yes")
    assert [e.name for e in proxy.mutating()] == []


def test_what_cannot_be_changed_is_not_replaced(fifoq, aws, proxy, table):
    """With the pipeline's tag, but created with another scope, which SQS never changes."""
    attributes = {
        "FifoQueue": "true",
        "DeduplicationScope": "messageGroup",
        "FifoThroughputLimit": "perMessageGroupId",
    }
    ours = {"fifoq:pipeline": "orders"}
    aws.sqs.create_queue(QueueName="orders.fifo", Attributes=attributes, tags=ours)
    before = reality.everything(aws)
    refused(fifoq.run("up", "--yes"), REFUSED, "orders.fifo", "DeduplicationScope")
    assert proxy.mutating() == []
    assert reality.everything(aws) == before


def test_messages_that_wait_are_not_thrown_away(fifoq, aws, proxy, table):
    fifoq.good("up", "--yes")
    url = aws.sqs.get_queue_url(QueueName="orders.fifo")["QueueUrl"]
    aws.sqs.send_message(
        QueueUrl=url, MessageBody="{}", MessageGroupId="g", MessageDeduplicationId="1"
    )
    before = reality.everything(aws)
    proxy.clear()
    result = fifoq.run("down", "--yes")
    assert result.code == REFUSED, result.text
    assert "orders.fifo" in result.err and "--drop-messages" in result.err
    assert proxy.mutating() == []
    assert reality.everything(aws) == before
    fifoq.good("down", "--yes", "--drop-messages")
    assert reality.is_empty(reality.everything(aws))


def test_a_table_whose_stream_has_another_view(fifoq, aws, proxy):
    """KEYS_ONLY does not contain the item, and the view of a stream cannot be changed."""
    make_table(aws)
    aws.dynamodb.update_table(
        TableName="orders-table",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )
    result = fifoq.run("up", "--yes")
    assert result.code in (FAILED, REFUSED), result.text
    assert "KEYS_ONLY" in result.err
    assert proxy.mutating() == []
