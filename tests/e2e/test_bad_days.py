"""Bad input and bad days: one line that says what to do, the right exit code, nothing half-made."""

import json
import signal
import socket

import expected
import pytest
import reality
from support import TOKEN, make_table, policy_statements, wait_until

from fakes import SECRET
from fakes.proxy import aws_error, error_for
from fakes.signature import Key
from fakes.wire import Headers, Response

FAILED, REFUSED, USAGE, INTERRUPTED = 1, 4, 64, 130


def one_error(result, *said):
    """A line of stderr is the error, and it alone names all that has to be named."""
    assert "(null)" not in result.text
    for line in result.err.splitlines():
        if line.strip() and all(text.lower() in line.lower() for text in said):
            return line
    pytest.fail(f"no line of stderr says {said}:\n{result.text}")


def refused(result, code, *said):
    assert result.code == code, result.text
    return one_error(result, *said)


# Configuration


@pytest.mark.parametrize(
    "change, at, said",
    [
        ({"queue": {"retension": "14d"}}, "queue.retension", "did you mean 'retention'"),
        ({"drian": {}}, "drian", "did you mean 'drain'"),
        ({"ingest": {"batch_size": "many"}}, "ingest.batch_size", "many"),
        ({"ingest": {"batch_size": 20000}}, "ingest.batch_size", "10000"),
        ({"ingest": {"events": "INSERT"}}, "ingest.events", ""),
        ({"ingest": {"events": ["CREATE"]}}, "ingest.events", "MODIFY"),
        ({"queue": {"retention": "15d"}}, "queue.retention", "14d"),
        ({"queue": {"visibility": "30s"}}, "queue.visibility", ""),
        ({"drain": {"schedules": ["cron(0/5 9-17 * * MON-FRI *)"]}}, "drain.schedules", "?"),
        ({"drain": {"schedules": ["cron(*/5 * * * *)"]}}, "drain.schedules", ""),
        ({"drain": {"schedules": ["rate(1 minutes)"]}}, "drain.schedules", "minute"),
        ({"drain": {"schedules": ["rate(0 minutes)"]}}, "drain.schedules", ""),
        ({"functions": {"architecture": "mips"}}, "functions.architecture", "arm64"),
        ({"functions": {"memory": 64}}, "functions.memory", "128"),
        ({"name": "Orders"}, "name", ""),
        ({"name": "a" * 70}, "name", ""),
        ({"name": None}, "name", "missing"),
        ({"drain": {"destinations": []}}, "drain.destinations", ""),
        ({"parameters": None}, "crm-token", ""),
        ({"ingest": {"message": {"id": "${itm.id}"}}}, "ingest.message", "item"),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else None,
)
@pytest.mark.parametrize("verb", [("check",), ("up", "--yes")], ids=lambda verb: verb[0])
def test_configuration_errors_say_where_and_what(fifoq, proxy, verb, change, at, said):
    fifoq.config(change)
    result = fifoq.run(*verb)
    assert result.code == USAGE, result.text
    lines = [line for line in result.err.splitlines() if "fifoq.yaml:" in line and at in line]
    assert lines, result.err
    where = lines[0][lines[0].index("fifoq.yaml:") :].split(":")
    assert where[1].isdigit() and where[2].isdigit(), lines[0]
    assert said.lower() in " ".join(lines).lower(), result.err
    assert proxy.calls() == []


def test_all_errors_are_said_at_once(fifoq):
    fifoq.config({"queue": {"retension": "1d"}, "functions": {"memory": 1}, "name": "X"})
    result = fifoq.run("check")
    assert result.code == USAGE
    assert len([line for line in result.err.splitlines() if "fifoq.yaml:" in line]) == 3


@pytest.mark.parametrize(
    "text", ["name: [", "", "- a\n- b\n", "name: a\nname: b\n", "name: \x00", "{{{"]
)
def test_broken_yaml(fifoq, text):
    fifoq.config(text=text)
    refused(fifoq.run("check"), USAGE, "fifoq.yaml")


def test_no_configuration(fifoq):
    result = fifoq.run("up", "--yes", "-f", "nowhere.yaml")
    assert result.code in (FAILED, USAGE), result.text
    one_error(result, "nowhere.yaml", "fifoq init")


@pytest.mark.parametrize(
    "args, said",
    [
        (("upp",), "did you mean 'up'"),
        (("up", "--yess"), "--yes"),
        (("up", "more", "--yes"), "more"),
        (("up", "--region"), "--region"),
        (("package",), "-o"),
    ],
)
def test_usage(fifoq, proxy, args, said):
    result = fifoq.run(*args)
    assert result.code == USAGE, result.text
    assert said in result.err
    assert proxy.calls() == []


def test_a_parameter_without_its_variable(fifoq, aws, proxy, table):
    result = fifoq.run("up", "--yes", env={"CRM_TOKEN": None})
    assert result.code in (FAILED, USAGE)
    one_error(result, "CRM_TOKEN", "crm-token")
    assert proxy.mutating() == []


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
    """Ours by its tag, but made with another scope, to which SQS keeps for ever."""
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


# Killed, slow, broken


def assert_whole(aws):
    real = reality.everything(aws)
    assert set(real["queues"]) == set(expected.QUEUES)
    assert set(real["functions"]) == set(expected.FUNCTIONS)
    assert set(real["rules"]) == set(expected.RULES)
    assert set(real["log_groups"]) == set(expected.LOG_GROUPS)
    assert set(real["parameters"]) == {"/orders/crm-token"}
    assert len(real["mappings"]) == 1
    assert all(len(rule["targets"]) == 1 for rule in real["rules"].values())
    assert len(real["functions"]["orders-drain"]["policy"]) == len(expected.RULES)
    for role in real["roles"].values():
        assert all(s["Action"] for s in policy_statements(role["policies"]["fifoq"]))
    for kind in ("queues", "roles", "functions", "rules", "parameters", "log_groups"):
        for name, each in real[kind].items():
            assert each["tags"].get("fifoq:pipeline") == "orders", (kind, name)


def kill_at(fifoq, proxy, number, *args, kind="reset", how=signal.SIGKILL):
    """Run, and send a signal when it makes its number-th mutating call; the result."""
    running = []

    def matches(exchange):
        writes = [e for e in proxy.mutating() if e.number <= exchange.number]
        return exchange.effect == "write" and len(writes) == number

    def kill(_):
        wait_until(lambda: running, 10, "the process has not started")
        running[0].send_signal(how)

    fault = proxy.fault(kind=kind, run=kill, times=1)
    fault.matches = matches
    running.append(fifoq.start(*args))
    result = fifoq.finish(running[0])
    proxy.faults.clear()
    assert how != signal.SIGKILL or result.code == -9, result.text
    return result


@pytest.mark.parametrize("kind", ["reset", "reset_after"])
@pytest.mark.parametrize("number", [1, 2, 4, 7, 11, 16, 22])
def test_up_after_a_kill_goes_on(fifoq, aws, proxy, table, number, kind):
    kill_at(fifoq, proxy, number, "up", "--yes", kind=kind)
    fifoq.good("up", "--yes")
    assert_whole(aws)
    proxy.clear()
    fifoq.good("up", "--yes")
    assert [e.name for e in proxy.mutating()] == []


@pytest.mark.parametrize("number", [1, 9])
def test_ctrl_c_says_what_was_done_and_what_was_left(fifoq, aws, proxy, table, number):
    how = {"kind": "pass", "how": signal.SIGINT}
    result = kill_at(fifoq, proxy, number, "up", "--yes", **how)
    assert result.code == INTERRUPTED, result.text
    last = result.err.strip().splitlines()[-1]
    assert "left" in last and "fifoq up" in last
    fifoq.good("up", "--yes")
    assert_whole(aws)


@pytest.mark.parametrize("number", [3, 9, 18])
def test_down_after_a_killed_up(fifoq, aws, proxy, table, number):
    kill_at(fifoq, proxy, number, "up", "--yes", kind="reset_after")
    fifoq.good("down", "--yes")
    assert reality.is_empty(reality.everything(aws))


@pytest.mark.parametrize("number", [1, 5, 10])
def test_down_after_a_killed_down(fifoq, aws, proxy, table, number):
    fifoq.good("up", "--yes")
    proxy.clear()
    kill_at(fifoq, proxy, number, "down", "--yes", kind="reset_after")
    fifoq.good("down", "--yes")
    assert reality.is_empty(reality.everything(aws))


ONCE = [
    {"kind": "answer", "answer": lambda e: error_for(e, "ServiceUnavailable", status=503)},
    {"kind": "answer", "answer": lambda e: error_for(e, "ThrottlingException", status=400)},
    {"kind": "reset"},
    {"kind": "reset_after"},
]
ONCE_NAMES = ["unavailable", "throttled", "reset", "answer-lost"]


@pytest.mark.parametrize("what", ONCE, ids=ONCE_NAMES)
def test_each_call_of_up_fails_once(fifoq, aws, proxy, table, what):
    """The first call of every action fails in one way, and `up` still gets there."""
    proxy.fault(**what).matches = lambda exchange: exchange.nth == 1
    fifoq.good("up", "--yes", timeout=120)
    proxy.faults.clear()
    assert_whole(aws)
    proxy.clear()
    fifoq.good("up", "--yes")
    assert [e.name for e in proxy.mutating()] == []


@pytest.mark.parametrize("what", ONCE, ids=ONCE_NAMES)
def test_each_call_of_down_fails_once(fifoq, aws, proxy, table, what):
    fifoq.good("up", "--yes")
    proxy.clear()
    proxy.fault(**what).matches = lambda exchange: exchange.nth == 1
    fifoq.good("down", "--yes", timeout=120)
    assert reality.is_empty(reality.everything(aws))


def test_a_queue_that_was_deleted_a_moment_ago_is_waited_for(fifoq, aws, proxy, table):
    """SQS refuses a queue's name for a minute after its deletion."""
    code = "QueueDeletedRecently"
    old_code = [("x-amzn-query-error", f"AWS.SimpleQueueService.{code};Sender")]
    refusal = aws_error(f"com.amazonaws.sqs#{code}", headers=old_code)
    proxy.fault("sqs", "CreateQueue", nth=(1, 4), kind="answer", answer=refusal)
    fifoq.good("up", "--yes")
    assert_whole(aws)


def test_a_role_that_is_not_ready_is_waited_for(fifoq, aws, proxy, table):
    said = "The role defined for the function cannot be assumed by Lambda."
    proxy.fault(
        "lambda", "CreateFunction", nth=(1, 2, 3), kind="answer",
        answer=lambda e: error_for(e, "InvalidParameterValueException", said, 400),
    )  # fmt: skip
    fifoq.good("up", "--yes")
    assert_whole(aws)


def test_the_network_goes_away_in_the_middle(fifoq, aws, proxy, table):
    fault = proxy.fault(kind="reset")
    fault.matches = lambda exchange: len(proxy.mutating()) > 10
    result = fifoq.run("up", "--yes", timeout=120)
    assert result.code == FAILED, result.text
    one_error(result)
    proxy.faults.clear()
    fifoq.good("up", "--yes")
    assert_whole(aws)


def test_an_answer_that_is_no_answer(fifoq, aws, proxy, table):
    page = Response(200, Headers([("Content-Type", "text/html")]), b"<html>a login page</html>")
    proxy.fault(kind="answer", answer=page)
    result = fifoq.run("up", "--yes")
    assert result.code == FAILED, result.text
    one_error(result)
    assert TOKEN not in result.text
    assert proxy.mutating() == []


def test_everything_is_killed_by_hand_and_made_again(fifoq, aws, table):
    """Somebody deleted half of it in the console: `up` puts it back, `down` does not stumble."""
    fifoq.good("up", "--yes")
    aws.lambda_.delete_function(FunctionName="orders-ingest")
    aws.logs.delete_log_group(logGroupName="/aws/lambda/orders-drain")
    aws.events.remove_targets(Rule="orders-night", Ids=target_ids(aws, "orders-night"))
    aws.events.delete_rule(Name="orders-night")
    aws.ssm.delete_parameter(Name="/orders/crm-token")
    fifoq.good("up", "--yes")
    assert_whole(aws)
    aws.sqs.delete_queue(QueueUrl=aws.sqs.get_queue_url(QueueName="orders.fifo")["QueueUrl"])
    aws.lambda_.delete_function(FunctionName="orders-drain")
    fifoq.good("down", "--yes")
    assert reality.is_empty(reality.everything(aws))


def target_ids(aws, rule):
    return [target["Id"] for target in aws.events.list_targets_by_rule(Rule=rule)["Targets"]]


def test_a_table_whose_stream_has_another_view(fifoq, aws, proxy):
    """KEYS_ONLY cannot carry the item, and the view of a stream cannot be changed."""
    make_table(aws)
    aws.dynamodb.update_table(
        TableName="orders-table",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )
    result = fifoq.run("up", "--yes")
    assert result.code in (FAILED, REFUSED), result.text
    assert "KEYS_ONLY" in result.err
    assert proxy.mutating() == []
