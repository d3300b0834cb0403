"""Each layer of the difficult AWS has its documented effect, read by boto3 with one attempt a call."""

import io
import json
import zipfile

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, HTTPClientError
from botocore.parsers import ResponseParserError

from fakes import hard, strict, wire
from fakes.hard.pages import LISTS
from fakes.test_proxy import client

TRUST = '{"Version": "2012-10-17", "Statement": []}'
ALLOW = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [ALLOW]})
ROLE = "arn:aws:iam::123456789012:role/r"
FIFO = {"FifoQueue": "true"}


def code(call, **what):
    """The error of a call; None if it succeeds."""
    try:
        call(**what)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


def zipped():
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as out:
        out.writestr("bootstrap", "x")
    return data.getvalue()


def function(name="f"):
    return {
        "FunctionName": name, "Runtime": "provided.al2023", "Handler": "h", "Role": ROLE,
        "Code": {"ZipFile": zipped()},
    }  # fmt: skip


@pytest.fixture
def aws(proxy):
    return lambda service: client(proxy, service)


@pytest.fixture
def role(aws):
    aws("iam").create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)


@pytest.fixture
def stream(aws):
    table = aws("dynamodb").create_table(
        TableName="t",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    return table["TableDescription"]["LatestStreamArn"]


def test_a_role_cannot_be_assumed_at_once(proxy, aws, stream):
    hard.switch_on(proxy, layer := hard.RolesLater(times=2))
    aws("iam").create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    make = aws("lambda").create_function
    with pytest.raises(ClientError, match="cannot be assumed by Lambda"):
        make(**function())
    assert code(make, **function()) == "InvalidParameterValueException"
    assert code(make, **function()) is None
    connect = aws("lambda").create_event_source_mapping
    ask = {"FunctionName": "f", "EventSourceArn": stream, "StartingPosition": "LATEST"}
    ask["DestinationConfig"] = {"OnFailure": {"Destination": "arn:aws:sqs:eu-west-1:1:q"}}
    for said in ("Cannot access stream", "Cannot access", "does not have perm", "does not have"):
        with pytest.raises(ClientError, match=said):
            connect(**ask)
    assert code(connect, **ask) is None
    assert layer.used == 6


def test_a_function_is_pending_and_then_active(proxy, aws, role):
    hard.switch_on(proxy, layer := hard.FunctionsSettle(looks=2))
    functions = aws("lambda")
    made = functions.create_function(**function())
    assert (made["State"], made["StateReasonCode"]) == ("Pending", "Creating")
    assert functions.get_function(FunctionName="f")["Configuration"]["State"] == "Pending"
    retries = {"FunctionName": "f", "MaximumRetryAttempts": 0}
    with pytest.raises(ClientError, match="state: Pending"):
        functions.put_function_event_invoke_config(**retries)
    assert functions.get_function_configuration(FunctionName="f")["State"] == "Active"
    assert code(functions.put_function_event_invoke_config, **retries) is None
    assert layer.used == 3


def test_an_update_is_in_progress_and_then_done(proxy, aws, role):
    functions = aws("lambda")
    functions.create_function(**function())
    hard.switch_on(proxy, hard.FunctionsSettle(looks=2))
    updated = functions.update_function_code(FunctionName="f", ZipFile=zipped())
    assert updated["LastUpdateStatus"] == "InProgress"
    with pytest.raises(ClientError, match="An update is in progress"):
        functions.update_function_configuration(FunctionName="f", MemorySize=256)
    status = [
        functions.get_function_configuration(FunctionName="f").get("LastUpdateStatus")
        for _ in range(2)
    ]
    assert status[0] == "InProgress" and status[1] in (None, "Successful")


def test_functions_fail_and_an_update_heals_them(proxy, aws, role):
    layer = hard.FunctionsSettle(looks=1, fail_create=["f"], fail_update=["f"])
    hard.switch_on(proxy, layer)
    functions = aws("lambda")
    functions.create_function(**function())

    def states():
        got = functions.get_function(FunctionName="f")["Configuration"]
        return got["State"], got.get("LastUpdateStatus")

    assert [states()[0] for _ in range(3)] == ["Pending", "Failed", "Failed"]
    functions.update_function_code(FunctionName="f", ZipFile=zipped())
    assert [states()[1] for _ in range(3)] == ["InProgress", "Failed", "Failed"]
    functions.update_function_code(FunctionName="f", ZipFile=zipped())
    assert [states()[1] for _ in range(2)][0] == "InProgress"
    assert states()[0] == "Active" and states()[1] != "Failed"


def test_reads_are_stale_after_a_write(proxy, aws):
    hard.switch_on(proxy, layer := hard.StaleReads(reads=2))
    iam, sqs, events = aws("iam"), aws("sqs"), aws("events")
    assert code(iam.get_role, RoleName="r") == "NoSuchEntity"
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    assert [code(iam.get_role, RoleName="r") for _ in range(3)] == ["NoSuchEntity"] * 2 + [None]
    url = sqs.create_queue(QueueName="q.fifo", Attributes=FIFO)["QueueUrl"]

    def timeout():
        answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        return answer["Attributes"]["VisibilityTimeout"]

    before = timeout()
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "77"})
    assert [timeout() for _ in range(3)] == [before, before, "77"]
    events.put_rule(Name="e", ScheduleExpression="rate(1 hour)")
    assert events.describe_rule(Name="e")["ScheduleExpression"] == "rate(1 hour)"
    events.put_rule(Name="e", ScheduleExpression="rate(2 hours)")
    assert events.describe_rule(Name="e")["ScheduleExpression"] == "rate(1 hour)"
    layer.settle()
    assert events.describe_rule(Name="e")["ScheduleExpression"] == "rate(2 hours)"
    assert layer.used == 5


def test_mappings_and_functions_are_stale_too(proxy, aws, role, stream):
    functions = aws("lambda")
    hard.switch_on(proxy, hard.StaleReads(reads=1))
    assert code(functions.get_function, FunctionName="f") == "ResourceNotFoundException"
    functions.create_function(**function())
    assert code(functions.get_function, FunctionName="f") == "ResourceNotFoundException"
    assert code(functions.get_function, FunctionName="f") is None

    def listed():
        return len(functions.list_event_source_mappings(FunctionName="f")["EventSourceMappings"])

    assert listed() == 0
    functions.create_event_source_mapping(
        FunctionName="f", EventSourceArn=stream, StartingPosition="LATEST"
    )
    assert [listed(), listed()] == [0, 1]


def test_with_a_seed_reads_catch_up_one_by_one(proxy, aws):
    ssm, stale = aws("ssm"), []
    names = [f"/p{n}" for n in range(12)]
    hard.switch_on(proxy, hard.StaleReads(reads=2, seed=1))
    for name in names:
        code(ssm.get_parameter, Name=name)
        ssm.put_parameter(Name=name, Value="v", Type="String")
        stale.append([code(ssm.get_parameter, Name=name) for _ in range(3)].count(None))
    assert set(stale) == {1, 2, 3}


def test_a_log_group_that_is_not_there_has_no_tags(proxy, aws):
    logs = aws("logs")
    proxy.stricter.append(strict.no_tags_of_nothing(logs))
    arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/g"
    assert code(logs.list_tags_for_resource, resourceArn=arn) == "ResourceNotFoundException"
    logs.create_log_group(logGroupName="/g")
    assert code(logs.list_tags_for_resource, resourceArn=arn) is None


def test_what_was_just_made_is_not_known_yet(proxy, aws):
    hard.switch_on(proxy, layer := hard.UnknownAtFirst(times=1))
    iam, sqs, logs, ssm, events = map(aws, ("iam", "sqs", "logs", "ssm", "events"))
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    put = {"RoleName": "r", "PolicyName": "p", "PolicyDocument": POLICY}
    assert [code(iam.put_role_policy, **put) for _ in range(2)] == ["NoSuchEntity", None]
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    tags = [code(sqs.tag_queue, QueueUrl=url, Tags={"a": "b"}) for _ in range(2)]
    assert tags[0].endswith(("QueueDoesNotExist", "NonExistentQueue")) and tags[1] is None
    logs.create_log_group(logGroupName="/g")
    put = {"logGroupName": "/g", "retentionInDays": 1}
    found = [code(logs.put_retention_policy, **put) for _ in range(2)]
    assert found == ["ResourceNotFoundException", None]
    ssm.put_parameter(Name="/p", Value="v", Type="String")
    put = {"ResourceType": "Parameter", "ResourceId": "/p", "Tags": [{"Key": "a", "Value": "b"}]}
    assert [code(ssm.add_tags_to_resource, **put) for _ in range(2)] == ["InvalidResourceId", None]
    events.put_rule(Name="e", ScheduleExpression="rate(1 hour)")
    put = {"Rule": "e", "Targets": [{"Id": "1", "Arn": "arn:aws:sqs:eu-west-1:1:q"}]}
    found = [code(events.put_targets, **put) for _ in range(2)]
    assert found == ["ResourceNotFoundException", None]
    events.put_rule(Name="e", ScheduleExpression="rate(2 hours)")
    assert code(events.put_targets, **put) is None
    assert layer.used == 5


def test_mappings_are_in_transit(proxy, aws, role, stream):
    hard.switch_on(proxy, layer := hard.MappingsSettle(looks=2))
    functions = aws("lambda")
    functions.create_function(**function())
    ask = {"FunctionName": "f", "EventSourceArn": stream, "StartingPosition": "LATEST"}
    made = functions.create_event_source_mapping(**ask)
    uuid = made["UUID"]

    def state():
        return functions.get_event_source_mapping(UUID=uuid)["State"]

    assert [made["State"], state(), state(), state()] == ["Creating"] * 3 + ["Enabled"]
    off = functions.update_event_source_mapping(UUID=uuid, Enabled=False)
    again = {"UUID": uuid, "BatchSize": 5}
    assert off["State"] == "Disabling"
    assert code(functions.update_event_source_mapping, **again) == "ResourceInUseException"
    assert [state(), state()] == ["Disabling", "Disabled"]
    assert functions.update_event_source_mapping(UUID=uuid, Enabled=True)["State"] == "Enabling"
    assert [state(), state(), state()] == ["Enabling", "Enabling", "Enabled"]
    assert functions.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"
    (left,) = functions.list_event_source_mappings(FunctionName="f")["EventSourceMappings"]
    assert left["State"] == "Deleting"
    assert code(functions.create_event_source_mapping, **ask) == "ResourceConflictException"
    assert code(functions.get_event_source_mapping, UUID=uuid) == "ResourceNotFoundException"
    assert code(functions.create_event_source_mapping, **ask) is None
    assert layer.used == 8


def test_the_name_of_a_deleted_queue_is_refused(proxy, aws):
    hard.switch_on(proxy, hard.QueueNames(times=2))
    sqs = aws("sqs")
    make = {"QueueName": "q.fifo", "Attributes": FIFO}
    sqs.delete_queue(QueueUrl=sqs.create_queue(**make)["QueueUrl"])
    for _ in range(2):
        assert "QueueDeletedRecently" in code(sqs.create_queue, **make)
    assert code(sqs.create_queue, QueueName="other") is None
    assert code(sqs.create_queue, **make) is None


THROTTLED = {
    "sqs": ("list_queues", "RequestThrottled", 403),
    "iam": ("list_roles", "Throttling", 400),
    "lambda": ("list_functions", "TooManyRequestsException", 429),
    "events": ("list_rules", "ThrottlingException", 400),
    "ssm": ("describe_parameters", "ThrottlingException", 400),
    "logs": ("describe_log_groups", "ThrottlingException", 400),
    "dynamodb": ("list_tables", "ThrottlingException", 400),
    "sts": ("get_caller_identity", "Throttling", 400),
}


@pytest.mark.parametrize("service", THROTTLED)
def test_each_service_throttles_in_its_own_words(proxy, aws, service):
    hard.switch_on(proxy, hard.Throttles(seed=1, share=1))
    method, wanted, status = THROTTLED[service]
    call = getattr(aws(service), method)
    with pytest.raises(ClientError) as failed:
        call()
    assert failed.value.response["Error"]["Code"].endswith(wanted)
    assert failed.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    call()


def test_a_storm_ends_and_is_the_same_for_the_same_seed(proxy, aws):
    ssm, seen = aws("ssm"), []
    for seed in (1, 1, 2):
        proxy.layers.clear()
        hard.switch_on(proxy, layer := hard.Throttles(seed, share=0.5, first=30))
        names = [f"/p{n}" for n in range(60)]
        seen.append([code(ssm.get_parameter, Name=n) == "ThrottlingException" for n in names])
        assert 5 < layer.used < 25
        assert not any(seen[-1][30:])
    assert seen[0] == seen[1] != seen[2]


def meet(proxy, kind):
    hard.switch_on(proxy, layer := hard.Weather(seed=1, share=1, kinds=[kind]))
    return layer


@pytest.mark.parametrize(
    "kind, status", [("empty", 500), ("unavailable", 503), ("html", 503)]
)  # fmt: skip
def test_servers_fail(proxy, aws, kind, status):
    layer = meet(proxy, kind)
    with pytest.raises((ClientError, ResponseParserError)):
        aws("sqs").create_queue(QueueName="q")
    (call,) = proxy.calls()
    assert call.response.status == status
    assert layer.used == 1
    proxy.layers.clear()
    assert not aws("sqs").list_queues().get("QueueUrls")


@pytest.mark.parametrize("kind, done", [("reset", False), ("reset_after", True)])
def test_connections_break(proxy, aws, kind, done):
    meet(proxy, kind)
    with pytest.raises((ConnectionClosedError, HTTPClientError)):
        aws("sqs").create_queue(QueueName="q")
    proxy.layers.clear()
    assert bool(aws("sqs").list_queues().get("QueueUrls")) == done


def test_answers_are_cut_in_the_middle(proxy, aws):
    """boto3 does not notice, except for the one missing member."""
    meet(proxy, "cut")
    assert "QueueUrl" not in aws("sqs").create_queue(QueueName="q")
    proxy.layers.clear()
    assert len(aws("sqs").list_queues()["QueueUrls"]) == 1


def test_answers_are_slow(proxy, aws):
    meet(proxy, "slow")
    aws("sqs").list_queues()
    (call,) = proxy.calls()
    assert call.end - call.start > 0.2


@pytest.mark.parametrize("skew_s, said", [(1200, "expired"), (-1200, "not yet current")])
def test_its_clock_is_off(proxy, aws, skew_s, said):
    hard.switch_on(proxy, layer := hard.Clock(skew_s))
    for service, method in (("ssm", "describe_parameters"), ("iam", "list_roles")):
        with pytest.raises(ClientError, match=f"Signature {said}") as failed:
            getattr(aws(service), method)()
        date = failed.value.response["ResponseMetadata"]["HTTPHeaders"]["date"]
        assert date.endswith("GMT")
    assert layer.used == 2


def make_lists(aws, stream):
    """Two of everything that is listed."""
    iam = aws("iam")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    iam.create_role(RoleName="s", AssumeRolePolicyDocument=TRUST)
    iam.tag_role(RoleName="r", Tags=[{"Key": k, "Value": k} for k in "ab"])
    for name in "pq":
        iam.put_role_policy(RoleName="r", PolicyName=name, PolicyDocument=POLICY)
        made = iam.create_policy(PolicyName=name, PolicyDocument=POLICY)["Policy"]["Arn"]
        iam.attach_role_policy(RoleName="r", PolicyArn=made)
        aws("lambda").create_function(**function(f"f{name}"))
        aws("lambda").create_event_source_mapping(
            FunctionName=f"f{name}", EventSourceArn=stream, StartingPosition="LATEST"
        )
        aws("ssm").put_parameter(Name=f"/a/{name}", Value="v", Type="String")
        aws("logs").create_log_group(logGroupName=f"/a/{name}")
        aws("sqs").create_queue(QueueName=f"q{name}")
        aws("events").put_rule(Name=f"e{name}", ScheduleExpression="rate(1 hour)")
        target = {"Id": name, "Arn": "arn:aws:sqs:eu-west-1:123456789012:qp"}
        aws("events").put_targets(Rule="ep", Targets=[target])
    arn = stream.partition("/stream")[0]
    tags = [{"Key": k, "Value": k} for k in "ab"]
    aws("dynamodb").tag_resource(ResourceArn=arn, Tags=tags)
    return arn


def list_calls(arn):
    return {
        "iam:ListRoles": {},
        "iam:ListRolePolicies": {"RoleName": "r"},
        "iam:ListAttachedRolePolicies": {"RoleName": "r"},
        "iam:ListRoleTags": {"RoleName": "r"},
        "lambda:ListFunctions": {},
        "lambda:ListEventSourceMappings": {},
        "ssm:DescribeParameters": {},
        "ssm:GetParametersByPath": {"Path": "/a"},
        "logs:DescribeLogGroups": {},
        "events:ListRules": {},
        "events:ListTargetsByRule": {"Rule": "ep"},
        "dynamodb:ListTagsOfResource": {"ResourceArn": arn},
        "sqs:ListQueues": {"MaxResults": 5},
        "tagging:GetResources": {},
    }


def two_tagged(exchange):
    """The tagging API's answer; moto's own needs more packages than the tests have."""
    if exchange.name != "tagging:GetResources":
        return None
    found = [{"ResourceARN": f"arn:aws:sqs:eu-west-1:1:{name}", "Tags": []} for name in "pq"]
    body = json.dumps({"ResourceTagMappingList": found, "PaginationToken": ""}).encode()
    return wire.Response(200, wire.Headers([("Content-Type", "application/x-amz-json-1.1")]), body)


def pages(aws, name, shape, asked):
    """The sizes of all pages, followed manually."""
    service, _, action = name.partition(":")
    boto = aws("resourcegroupstaggingapi" if service == "tagging" else service)
    method = next(m for m, op in boto.meta.method_to_api_mapping.items() if op == action)
    sizes, more = [], {}
    while True:
        answer = getattr(boto, method)(**asked, **more)
        sizes.append(len(answer.get(shape.entries, [])))
        if not answer.get(shape.more):
            return sizes
        more = {shape.ask: answer[shape.more]}


def test_every_list_comes_one_entry_a_page(proxy, aws, stream):
    arn = make_lists(aws, stream)
    proxy.stricter.append(two_tagged)
    calls = list_calls(arn)
    whole = {name: sum(pages(aws, name, LISTS[name], asked)) for name, asked in calls.items()}
    hard.switch_on(proxy, layer := hard.OnePerPage())
    for name, asked in calls.items():
        assert whole[name] >= 2, name
        assert pages(aws, name, LISTS[name], asked) == [1] * whole[name], name
    proxy.layers.clear()
    hard.switch_on(proxy, hard.OnePerPage(empty_first=True))
    for name, asked in calls.items():
        assert pages(aws, name, LISTS[name], asked) == [0] + [1] * whole[name], name
    assert layer.used == sum(whole.values())


def test_paginators_see_everything_and_bad_tokens_are_refused(proxy, aws):
    for name in ("/a", "/b", "/c"):
        aws("ssm").put_parameter(Name=name, Value="v", Type="String")
    hard.switch_on(proxy, hard.OnePerPage())
    found = aws("ssm").get_paginator("describe_parameters").paginate().build_full_result()
    assert [p["Name"] for p in found["Parameters"]] == ["/a", "/b", "/c"]
    refused = code(aws("ssm").describe_parameters, NextToken="other")
    assert refused == "InvalidNextTokenException"


def test_a_limit_takes_so_many_a_second_of_each_service(proxy, aws):
    now = 100.0
    hard.switch_on(proxy, limit := hard.Limit(rate_per_s=2, burst=3, clock=lambda: now))
    sqs, ssm = aws("sqs"), aws("ssm")
    assert [code(sqs.list_queues) for _ in range(5)] == [None] * 3 + ["RequestThrottled"] * 2
    assert code(ssm.describe_parameters) is None
    now += 0.5
    assert [code(sqs.list_queues) for _ in range(2)] == [None, "RequestThrottled"]
    now += 60
    assert [code(sqs.list_queues) for _ in range(4)] == [None] * 3 + ["RequestThrottled"]
    assert limit.used == 4


def test_each_api_has_a_rate_of_its_own(proxy, aws):
    now = 100.0
    hard.switch_on(proxy, rates := hard.Rates(clock=lambda: now))
    ssm, functions = aws("ssm"), aws("lambda")

    def put():
        return code(ssm.put_parameter, Name="/a/b", Value="v", Type="String", Overwrite=True)

    assert [put() for _ in range(12)] == [None] * 10 + ["ThrottlingException"] * 2
    assert code(ssm.delete_parameter, Name="/a/b") is None, "a bucket of its own"
    now += 1
    assert [put() for _ in range(4)] == [None] * 3 + ["ThrottlingException"]
    # Lambda's reads and writes share one, except for GetFunction and GetPolicy
    lists = [functions.list_functions, functions.list_event_source_mappings] * 8
    assert [code(call) for call in lists] == [None] * 15 + ["TooManyRequestsException"]
    assert code(functions.get_policy, FunctionName="none") == "ResourceNotFoundException"
    assert rates.refused == {"ssm:PutParameter": 3, "lambda:ListEventSourceMappings": 1}


def test_everything_together_is_switched_on_and_off(proxy, aws):
    hard.switch_on(proxy, *hard.everything(seed=1))
    assert len(proxy.layers) == 14
    with pytest.raises(ClientError, match="Signature expired"):
        aws("sqs").list_queues()
    proxy.layers.clear()
    assert json.dumps(aws("sqs").list_queues().get("QueueUrls", [])) == "[]"
