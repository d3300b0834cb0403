"""`fifoq up` and `fifoq down`: boto3 reads back every attribute of every resource."""

import base64
import hashlib
import json
import re

import expected
import pytest
import reality
from support import REGION, TOKEN, as_list, make_table, policy_statements

from fakes import SECRET


@pytest.fixture
def up(fifoq, table):
    """The result of the first `up`."""
    return fifoq.good("up", "--yes")


def own_tags(tags):
    """Checks the tags that everything has; returns the rest of them."""
    rest = dict(tags)
    assert rest.pop("fifoq:pipeline") == "orders"
    assert rest.pop("team") == "billing"
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*", rest.pop("fifoq:version"))
    rest.pop("fifoq:code", None)
    rest.pop("fifoq:code-sha256", None)
    return rest


def test_queues(up, aws):
    real = reality.queues(aws)
    assert set(real) == set(expected.QUEUES)
    for name, want in expected.QUEUES.items():
        have = real[name]["attributes"]
        assert {k: have.get(k) for k in want} == want, name
        for absent in ("Policy", "KmsMasterKeyId", "RedrivePolicy"):
            assert not have.get(absent), (name, absent)
        assert own_tags(real[name]["tags"]) == {}, name
    assert "FifoQueue" not in real["orders-ingest-failures"]["attributes"]


def test_roles(up, aws):
    stream = reality.table(aws, "orders-table")["stream_arn"]
    needed, allowed = expected.granted(stream)
    real = reality.roles(aws)
    assert set(real) == set(allowed)
    for name, role in real.items():
        (trust,) = policy_statements(role["trust"])
        assert trust["Effect"] == "Allow"
        assert as_list(trust["Action"]) == ["sts:AssumeRole"]
        assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}
        assert list(role["policies"]) == ["fifoq"]
        assert role["attached"] == [] and role["boundary"] is None and role["path"] == "/"
        assert own_tags(role["tags"]) == {"fifoq:region": REGION}
        actions = set()
        for statement in policy_statements(role["policies"]["fifoq"]):
            assert statement["Effect"] == "Allow"
            assert not {"NotAction", "NotResource", "Condition"} & set(statement)
            actions.update(as_list(statement["Action"]))
            for action in as_list(statement["Action"]):
                resources = set(as_list(statement["Resource"]))
                assert resources <= allowed[name].get(action, set()), (name, action)
        assert actions >= needed[name], name


def test_the_senders_may_send_where_they_must(up, aws):
    policy = reality.roles(aws)["orders-ingest"]["policies"]["fifoq"]
    targets = set()
    for statement in policy_statements(policy):
        if "sqs:SendMessage" in as_list(statement["Action"]):
            targets.update(each.rsplit(":", 1)[1] for each in as_list(statement["Resource"]))
    assert targets >= {"orders.fifo", "orders-ingest-failures"}


def test_functions(up, fifoq, aws):
    real = reality.functions(aws)
    assert set(real) == set(expected.FUNCTIONS)
    fifoq.good("package", "-o", "code.zip")
    code = hashlib.sha256((fifoq.folder / "code.zip").read_bytes()).digest()
    for name, want in expected.FUNCTIONS.items():
        have = real[name]
        assert {k: have.get(k) for k in want} == want, name
        assert have["CodeSha256"] == base64.b64encode(code).decode(), name
        assert not have.get("Layers") and not (have.get("VpcConfig") or {}).get("SubnetIds")
        assert TOKEN not in json.dumps(have) and SECRET not in json.dumps(have)
        assert have["tags"]["fifoq:code"]
        assert own_tags(have["tags"]) == {}, name


def test_permissions(up, aws):
    real = reality.functions(aws)
    assert real["orders-ingest"]["policy"] == []
    (statement,) = real["orders-drain"]["policy"]
    assert statement["Sid"] == "fifoq-schedules"
    assert statement["Effect"] == "Allow"
    assert statement["Action"] == "lambda:InvokeFunction"
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Resource"] == expected.function_arn("orders-drain")
    rules = expected.arn("events", "rule/orders-*")
    assert statement["Condition"] == {"ArnLike": {"AWS:SourceArn": rules}}


def test_mapping(up, aws):
    (real,) = reality.mappings(aws)
    assert {k: real.get(k) for k in expected.MAPPING} == expected.MAPPING
    assert real["EventSourceArn"] == reality.table(aws, "orders-table")["stream_arn"]
    assert real["patterns"] == expected.PATTERNS
    assert real.get("MaximumRecordAgeInSeconds", -1) == -1
    assert real.get("TumblingWindowInSeconds", 0) == 0
    assert own_tags(real["tags"]) == {}


def test_rules(up, aws):
    real = reality.rules(aws)
    assert set(real) == set(expected.RULES)
    for name, (expression, given) in expected.RULES.items():
        rule = real[name]
        assert rule["ScheduleExpression"] == expression
        assert rule["State"] == "ENABLED" and not rule["EventPattern"] and not rule["RoleArn"]
        assert rule["EventBusName"] in ("default", None)
        (target,) = rule["targets"]
        assert target["Arn"] == expected.function_arn("orders-drain")
        assert target["Input"] == given
        assert set(target) <= {"Id", "Arn", "Input"}
        assert own_tags(rule["tags"]) == {}


def test_parameters(up, aws):
    real = reality.parameters(aws)
    assert set(real) == {"/orders/crm-token"}
    parameter = real["/orders/crm-token"]
    proof = {k: parameter["tags"].pop(k) for k in ("fifoq:value", "fifoq:value-version")}
    assert TOKEN not in str(proof) and proof["fifoq:value-version"] == "1"
    assert (parameter["type"], parameter["value"]) == ("SecureString", TOKEN)
    assert parameter["version"] == 1
    assert own_tags(parameter["tags"]) == {}


def test_log_groups(up, aws):
    real = reality.log_groups(aws)
    assert {name: group["retention"] for name, group in real.items()} == expected.LOG_GROUPS
    for group in real.values():
        assert own_tags(group["tags"]) == {}


def test_the_table_only_gets_its_stream(fifoq, aws, table):
    before = reality.table(aws, table)
    fifoq.good("up", "--yes")
    after = reality.table(aws, table)
    assert after["stream"] == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    for name in ("keys", "attributes", "billing", "tags", "items"):
        assert after[name] == before[name], name


def test_every_request_is_signed_right_and_known(up, proxy):
    assert len(proxy.calls()) >= 20
    assert proxy.violations() == []
    # also IAM's: at a custom endpoint, botocore signs for the client's region
    assert {e.scope.region for e in proxy.calls()} == {REGION}
    assert proxy.calls("iam") and proxy.calls("sts")


def test_connections_are_reused(up, proxy):
    """As many connections as parallel requests, at most 64 to one host; most requests reuse one."""
    used = {exchange.connection for exchange in proxy.calls()}
    assert len(used) <= 64 and len(used) < len(proxy.calls()) / 2


def test_the_second_up_changes_nothing(up, fifoq, aws, proxy):
    before = reality.everything(aws)
    proxy.clear()
    result = fifoq.good("up", "--yes")
    assert [e.name for e in proxy.mutating()] == []
    assert proxy.violations() == []
    assert reality.everything(aws) == before
    assert "nothing to change" in result.text


def test_plan_says_what_up_would_do_and_does_not(fifoq, aws, proxy, table):
    result = fifoq.good("plan")
    for name in ("orders.fifo", "orders-drain", "orders-night", "/orders/crm-token"):
        assert name in result.out
    assert fifoq.run("plan", "--detailed-exitcode").code == 2
    assert proxy.mutating() == []
    assert reality.is_empty(reality.everything(aws))
    fifoq.good("up", "--yes")
    proxy.clear()
    assert "nothing to change" in fifoq.good("plan").out
    assert fifoq.run("plan", "--detailed-exitcode").code == 0
    assert proxy.mutating() == []


def test_down_leaves_nothing_of_ours(up, fifoq, aws, proxy, table):
    before = reality.table(aws, table)
    fifoq.good("down", "--yes")
    assert reality.is_empty(reality.everything(aws))
    after = reality.table(aws, table)
    for name in ("keys", "attributes", "billing", "tags", "items"):
        assert after[name] == before[name], name
    assert proxy.violations() == []


def test_down_leaves_what_is_not_ours(up, fifoq, aws, table):
    aws.sqs.create_queue(QueueName="orders-other.fifo", Attributes={"FifoQueue": "true"})
    aws.logs.create_log_group(logGroupName="/aws/lambda/orders-other")
    aws.ssm.put_parameter(Name="/orders/other", Value="x", Type="String")
    fifoq.good("down", "--yes")
    left = reality.everything(aws)
    assert set(left["queues"]) == {"orders-other.fifo"}
    assert set(left["log_groups"]) == {"/aws/lambda/orders-other"}
    assert set(left["parameters"]) == {"/orders/other"}
    assert not left["roles"] and not left["functions"] and not left["rules"]


def test_down_on_nothing_is_success(fifoq, aws, proxy, table):
    fifoq.good("down", "--yes")
    assert proxy.mutating() == []
    assert proxy.violations() == []


def test_down_without_the_table_is_success(fifoq, aws):
    fifoq.good("down", "--yes")


def test_up_after_down_works_again(up, fifoq, aws):
    first = reality.everything(aws)
    fifoq.good("down", "--yes")
    fifoq.good("up", "--yes")
    second = reality.everything(aws)
    for real in (first, second):
        real["mappings"][0].pop("uuid")
        real["parameters"]["/orders/crm-token"]["tags"].pop("fifoq:value")  # salted
    assert first == second


def test_a_changed_configuration_is_brought_about(up, fifoq, aws, proxy):
    change = {
        "queue": {"visibility": "10m", "retention": "7d"},
        "ingest": {"batch_size": 7, "filter": None},
        "functions": {"memory": 512, "log_retention": "7d"},
        "drain": {"schedules": [{"name": "night", "at": "rate(2 hours)"}]},
        "tags": {"team": "shipping"},
    }
    fifoq.config(change)
    fifoq.good("up", "--yes")
    real = reality.everything(aws)
    have = real["queues"]["orders.fifo"]["attributes"]
    assert (have["VisibilityTimeout"], have["MessageRetentionPeriod"]) == ("600", "604800")
    (mapping,) = real["mappings"]
    assert mapping["BatchSize"] == 7
    assert mapping["patterns"] == [{"eventName": ["INSERT"]}]
    assert {f["MemorySize"] for f in real["functions"].values()} == {512}
    assert {g["retention"] for g in real["log_groups"].values()} == {7}
    assert real["rules"]["orders-night"]["ScheduleExpression"] == "rate(2 hours)"
    assert real["rules"]["orders-night"]["targets"][0]["Input"]["max_messages"] == 20
    for kind in ("queues", "roles", "functions", "rules", "parameters", "log_groups"):
        assert {each["tags"]["team"] for each in real[kind].values()} == {"shipping"}, kind
    proxy.clear()
    fifoq.good("up", "--yes")
    assert [e.name for e in proxy.mutating()] == []


def test_a_schedule_that_left_the_configuration_is_taken_away(up, fifoq, aws):
    fifoq.config({"drain": {"schedules": [{"name": "night", "at": "rate(1 hour)"}]}})
    fifoq.good("up", "--yes")
    real = reality.everything(aws)
    assert set(real["rules"]) == {"orders-night"}
    assert [s["Sid"] for s in real["functions"]["orders-drain"]["policy"]] == ["fifoq-schedules"]


def test_one_statement_lets_all_rules_call_drain(up, fifoq, aws, proxy):
    """Fifty rules fit into a function's policy; statements of single rules, from earlier builds,
    are removed."""
    schedules = [{"name": f"s{i:02}", "at": f"cron({i} 3 * * ? *)"} for i in range(50)]
    aws.lambda_.add_permission(
        FunctionName="orders-drain",
        StatementId="fifoq-night",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=expected.arn("events", "rule/orders-night"),
    )
    fifoq.config({"drain": {"schedules": schedules}})
    fifoq.good("up", "--yes")
    (statement,) = reality.functions(aws)["orders-drain"]["policy"]
    assert statement["Sid"] == "fifoq-schedules"
    assert [e.name for e in proxy.mutating() if "AddPermission" in e.name] == ["lambda:AddPermission"]
    fifoq.good("drift")


def test_defaults(fifoq, aws, table):
    """The minimal configuration, and its meaning."""
    text = (
        "name: small\nregion: eu-west-1\ntable: {name: orders-table}\ningest: {}\n"
        "drain:\n  schedules: [rate(5 minutes)]\n"
        "  destinations: [{name: a, url: 'https://api.example.com/x'}]\n"
    )
    fifoq.config(text=text)
    fifoq.good("up", "--yes")
    real = reality.everything(aws)
    have = real["queues"]["small.fifo"]["attributes"]
    assert have["VisibilityTimeout"] == "90"
    assert have["MessageRetentionPeriod"] == str(14 * 86400)
    assert {f["Architectures"][0] for f in real["functions"].values()} == {"arm64"}
    assert {f["MemorySize"] for f in real["functions"].values()} == {128}
    assert {g["retention"] for g in real["log_groups"].values()} == {30}
    (mapping,) = real["mappings"]
    assert mapping["BatchSize"] == 100
    assert mapping["patterns"] == [{"eventName": ["INSERT"]}]
    name = "rate-" + hashlib.sha256(b"rate(5 minutes)").hexdigest()[:8]
    assert set(real["rules"]) == {f"small-{name}"}
    assert real["parameters"] == {}


def test_only_the_ingest_half(fifoq, aws, table):
    fifoq.config({"drain": None, "parameters": None})
    fifoq.good("up", "--yes")
    real = reality.everything(aws)
    assert set(real["functions"]) == set(real["roles"]) == {"orders-ingest"}
    assert real["rules"] == {} and len(real["mappings"]) == 1
    assert "orders.fifo" in real["queues"]
    fifoq.good("down", "--yes")
    assert reality.is_empty(reality.everything(aws))


def test_only_the_drain_half(fifoq, aws):
    fifoq.config({"ingest": None, "table": None})
    fifoq.good("up", "--yes")
    real = reality.everything(aws)
    assert set(real["functions"]) == set(real["roles"]) == {"orders-drain"}
    assert real["mappings"] == [] and set(real["rules"]) == set(expected.RULES)
    fifoq.good("down", "--yes")
    assert reality.is_empty(reality.everything(aws))


def test_a_table_of_our_own(fifoq, aws):
    fifoq.config({"table": {"name": "mine", "create": {"key": "id", "sort_key": "at:N"}}})
    fifoq.good("up", "--yes")
    real = reality.table(aws, "mine")
    assert real["keys"] == [
        {"AttributeName": "id", "KeyType": "HASH"},
        {"AttributeName": "at", "KeyType": "RANGE"},
    ]
    kinds = {each["AttributeName"]: each["AttributeType"] for each in real["attributes"]}
    assert kinds == {"id": "S", "at": "N"}
    assert real["stream"] == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert own_tags(real["tags"]) == {}


def test_a_queue_that_is_already_there(fifoq, aws, table):
    attributes = {"FifoQueue": "true", "VisibilityTimeout": "400"}
    aws.sqs.create_queue(QueueName="theirs.fifo", Attributes=attributes, tags={"owner": "them"})
    before = reality.queues(aws)["theirs.fifo"]
    fifoq.config({"queue": None}, {"queue": {"existing": "theirs.fifo"}})
    fifoq.good("up", "--yes")
    assert "orders.fifo" not in reality.queues(aws)
    policy = json.dumps(reality.roles(aws)["orders-drain"]["policies"]["fifoq"])
    assert expected.arn("sqs", "theirs.fifo") in policy
    fifoq.good("down", "--yes")
    assert reality.queues(aws) == {"theirs.fifo": before}


def test_environments_stand_side_by_side(fifoq, aws, table):
    make_table(aws, "orders-staging-table")
    staging = {
        "table": {"name": "orders-staging-table"},
        "drain": {"schedules": ["rate(1 minute)"]},
    }
    fifoq.config({"environments": {"staging": staging}})
    fifoq.good("up", "--yes")
    plain = reality.everything(aws)
    fifoq.good("up", "--env", "staging", "--yes")
    both = reality.everything(aws)
    assert {"orders.fifo", "orders-staging.fifo"} <= set(both["queues"])
    assert both["queues"]["orders-staging.fifo"]["tags"]["fifoq:pipeline"] == "orders-staging"
    fifoq.good("down", "--env", "staging", "--yes")
    assert reality.everything(aws) == plain


def test_secrets_stay_secret(fifoq, aws, proxy, table):
    for args in (("plan", "-v"), ("up", "--yes", "-v"), ("plan", "-v"), ("down", "--yes", "-v")):
        result = fifoq.good(*args)
        assert TOKEN not in result.text and SECRET not in result.text, args
    for exchange in proxy.calls():
        carried = exchange.request.raw_head + exchange.request.body
        assert SECRET.encode() not in carried
        assert (TOKEN.encode() in carried) == (b"SecureString" in exchange.request.body)
