"""`fifoq policy`: everything works with exactly what it prints, and all of it is needed."""

import json
import re

import pytest
import reality
from support import HOST, REGION, interrupt, make_table, wait_until

from fakes.api import Answer, Api
from fakes.iam import REFERENCE, Guard, Requests, allows
from fakes.moto_server import ACCOUNT

COMMANDS = ["up", "drift", "plan", "check", "down", "dev", "bootstrap"]
CREATED = {
    "table": {"name": "orders-table", "create": {"key": "id"}},
    "functions": {"permissions_boundary": "arn:aws:iam::aws:policy/PowerUserAccess"},
}
PLAIN = [{"name": "crm", "url": "https://api.example.com/v1/orders"}]
THEIRS = {"queue": {"existing": "theirs.fifo", "retention": None, "visibility": None}}


def policy_of(fifoq, command, *args):
    """The printed policy, without any AWS settings."""
    nothing = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_ENDPOINT_URL": None}
    result = fifoq.good("policy", command, "--account", ACCOUNT, *args, env=nothing)
    assert result.err == ""
    return json.loads(result.out)


def pairs(policy):
    """Each action with its statement, as (Sid, action)."""
    return [(each["Sid"], action) for each in policy["Statement"] for action in each["Action"]]


@pytest.fixture
def guard(fifoq, proxy, aws):
    def function_of(uuid):
        known = aws.lambda_.list_event_source_mappings()["EventSourceMappings"]
        return next((each["FunctionArn"] for each in known if each["UUID"] == uuid), None)

    made = Guard(Requests(ACCOUNT, REGION, function_of))
    proxy.layers.insert(0, made)
    return made


def used_of(policy, needs):
    """The policy's pairs that allowed something of it."""
    used = set()
    for statement in policy["Statement"]:
        alone = {"Statement": [statement]}
        found = {need.action for need in needs if allows(alone, need)}
        used.update((statement["Sid"], action) for action in found)
    return used


def under_its_policy(fifoq, guard, command, *args, **how):
    """Run the command with the policy printed for it; returns the pairs of the policy that the run
    used."""
    policy = policy_of(fifoq, command)
    guard.use(policy)
    before = len(guard.needed)
    result = fifoq.run(command, *args, **how)
    assert guard.denied == [], result.text
    assert result.code == 0, result.text
    return used_of(policy, guard.needed[before:])


# The document


def shape(pattern):
    return re.sub(r"\\\$\\\{\w+\\\}", ".+", re.escape(pattern))


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("change", [{}, CREATED, THEIRS])
def test_it_says_what_the_reference_knows_and_no_more(fifoq, command, change):
    """An action is allowed on the resources that AWS lists for it, and on * only if there are none."""
    fifoq.config(change)
    policy = policy_of(fifoq, command)
    assert policy["Version"] == "2012-10-17"
    sids = [each["Sid"] for each in policy["Statement"]]
    assert len(sids) == len(set(sids)) and all(re.fullmatch("[A-Za-z0-9]+", sid) for sid in sids)
    for statement in policy["Statement"]:
        assert set(statement) <= {"Sid", "Effect", "Action", "Resource", "Condition"}
        assert statement["Effect"] == "Allow" and "*" not in "".join(statement["Action"])
        for service, _, action in (each.partition(":") for each in statement["Action"]):
            known = REFERENCE[service]["actions"][action]
            forms = [shape(REFERENCE[service]["resources"][kind]) for kind in known["resources"]]
            for resource in statement["Resource"]:
                fits = any(re.fullmatch(form, resource) for form in forms)
                assert fits if forms else resource == "*", (service, action, resource)
            keys = {key for each in statement.get("Condition", {}).values() for key in each}
            assert keys <= set(known["conditions"]), (service, action)
    assert len(json.dumps(policy, separators=(",", ":"))) <= 6144


@pytest.mark.parametrize("command", ["drift", "plan", "check"])
def test_who_only_looks_may_only_look(fifoq, command):
    fifoq.config(CREATED)
    actions = {action.partition(":")[2] for _, action in pairs(policy_of(fifoq, command))}
    assert actions and all(re.match("Get|List|Describe", action) for action in actions)


def test_names_that_are_not_known_are_wild(fifoq):
    text = (fifoq.folder / "fifoq.yaml").read_text().replace(f"region: {REGION}\n", "")
    fifoq.config(text=text)
    result = fifoq.good("policy", "up")
    assert "arn:aws:sqs:*:*:orders.fifo" in result.out
    assert "arn:aws:iam::*:role/orders-ingest" in result.out
    assert "--account" in result.err
    narrow = fifoq.good("policy", "up", "--region", "cn-north-1", "--account", ACCOUNT).out
    assert f"arn:aws-cn:sqs:cn-north-1:{ACCOUNT}:orders.fifo" in narrow


def test_a_policy_that_is_too_long_is_told(fifoq):
    many = {f"p-{n:03}": {"from": f"existing:/shared/{'x' * 99}/{n:03}"} for n in range(50)}
    fifoq.config({"parameters": {**many, "crm-token": None}, "drain": {"destinations": PLAIN}})
    result = fifoq.good("policy", "dev", "--account", ACCOUNT)
    assert json.loads(result.out)["Version"] == "2012-10-17"
    assert "too many for a managed policy (at most 6144)" in result.err


@pytest.mark.parametrize(
    "args, said",
    [
        ([], "expected one of up, drift, plan, check, down, dev, bootstrap"),
        (["ups"], "did you mean 'up'?"),
        (["version"], "'version' has no policy"),
        (["up", "--account", "12"], "expected twelve digits"),
    ],
)
def test_what_cannot_be_printed(fifoq, args, said):
    result = fifoq.run("policy", *args)
    assert result.code == 64 and said in result.err and result.out == ""


# With enforcement


def disturb(aws, queues=("orders.fifo", "orders-dead.fifo")):
    """Change something in everything that `up` created, and in each of its tags."""
    arn = f"arn:aws:{{}}:{REGION}:{ACCOUNT}:{{}}".format
    for name in queues:
        url = aws.sqs.get_queue_url(QueueName=name)["QueueUrl"]
        aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "31"})
        aws.sqs.tag_queue(QueueUrl=url, Tags={"extra": "1", "team": "other"})
    role = {"RoleName": "orders-drain"}
    aws.iam.update_assume_role_policy(**role, PolicyDocument=json.dumps(TRUST_OTHERS))
    aws.iam.update_role(**role, Description="changed", MaxSessionDuration=7200)
    aws.iam.put_role_policy(**role, PolicyName="more", PolicyDocument=json.dumps(EVERYTHING))
    aws.iam.put_role_policy(**role, PolicyName="fifoq", PolicyDocument=json.dumps(EVERYTHING))
    attach(aws, "orders-drain")
    aws.iam.tag_role(**role, Tags=[{"Key": "extra", "Value": "1"}, {"Key": "team", "Value": "x"}])
    function = {"FunctionName": "orders-drain"}
    aws.lambda_.update_function_configuration(**function, Timeout=33, MemorySize=1024)
    aws.lambda_.update_function_code(**function, ZipFile=b"PK\5\6" + b"\0" * 18)
    aws.lambda_.put_function_concurrency(**function, ReservedConcurrentExecutions=1)
    aws.lambda_.put_function_event_invoke_config(**function, MaximumRetryAttempts=1)
    aws.lambda_.add_permission(
        **function, StatementId="fifoq-gone", Action="lambda:InvokeFunction", Principal="1" * 12
    )
    aws.lambda_.remove_permission(**function, StatementId="fifoq-schedules")
    version = aws.lambda_.publish_version(**function)["Version"]
    aws.lambda_.create_alias(**function, Name="live", FunctionVersion=version)
    aws.lambda_.create_function_url_config(**function, AuthType="NONE")
    (mapping,) = aws.lambda_.list_event_source_mappings()["EventSourceMappings"]
    aws.lambda_.update_event_source_mapping(UUID=mapping["UUID"], BatchSize=7)
    for resource in (
        arn("lambda", "function:orders-drain"),
        arn("lambda", f"event-source-mapping:{mapping['UUID']}"),
    ):
        aws.lambda_.tag_resource(Resource=resource, Tags={"extra": "1", "team": "other"})
    rule = arn("events", "rule/orders-night")
    tags = [{"Key": "extra", "Value": "1"}, {"Key": "team", "Value": "other"}]
    aws.events.put_rule(Name="orders-night", ScheduleExpression="rate(2 hours)")
    aws.events.tag_resource(ResourceARN=rule, Tags=tags)
    aws.events.put_targets(Rule="orders-night", Targets=[{"Id": "more", "Arn": rule}])
    group = "/aws/lambda/orders-drain"
    aws.logs.put_retention_policy(logGroupName=group, retentionInDays=1)
    aws.logs.associate_kms_key(logGroupName=group, kmsKeyId=arn("kms", "key/theirs"))
    aws.logs.put_subscription_filter(
        logGroupName=group, filterName="theirs", filterPattern="",
        destinationArn=arn("lambda", "function:orders-ingest"),
    )  # fmt: skip
    aws.logs.tag_resource(
        resourceArn=arn("logs", f"log-group:{group}"), tags={"extra": "1", "team": "other"}
    )
    aws.ssm.add_tags_to_resource(
        ResourceType="Parameter", ResourceId="/orders/crm-token", Tags=tags
    )


TRUST_OTHERS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


def attach(aws, role):
    made = aws.iam.create_policy(PolicyName="any", PolicyDocument=json.dumps(EVERYTHING))
    aws.iam.attach_role_policy(RoleName=role, PolicyArn=made["Policy"]["Arn"])
    aws.iam.put_role_permissions_boundary(
        RoleName=role, PermissionsBoundary=made["Policy"]["Arn"]
    )


def make_own_table(aws):
    """A table with the pipeline's tag, without a stream."""
    make_table(aws)
    arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/orders-table"
    tags = [{"Key": "fifoq:pipeline", "Value": "orders"}]
    aws.dynamodb.tag_resource(ResourceArn=arn, Tags=tags)


def remove_table(aws):
    """The table, and the mapping of its stream."""
    aws.dynamodb.delete_table(TableName="orders-table")
    for mapping in aws.lambda_.list_event_source_mappings()["EventSourceMappings"]:
        aws.lambda_.delete_event_source_mapping(UUID=mapping["UUID"])


def pending_at_first(proxy):
    """A function is Pending in the answer to its creation, as on AWS."""

    def answer(exchange):
        response = proxy._hand_on(exchange)
        response.body = response.body.replace(b'"State": "Active"', b'"State": "Pending"')
        return response

    proxy.fault("lambda", "CreateFunction", kind="answer", answer=answer)


@pytest.mark.parametrize("change", [{}, CREATED], ids=["table-of-others", "own-table"])
def test_up_is_enough_and_none_of_it_is_idle(fifoq, guard, aws, proxy, change):
    """From nothing, with a change to everything, and with halves removed."""
    make_own_table(aws) if change else make_table(aws)
    pending_at_first(proxy)
    fifoq.config(change)
    policy = policy_of(fifoq, "up")
    used = under_its_policy(fifoq, guard, "up", "--yes")
    disturb(aws)
    used |= under_its_policy(fifoq, guard, "up", "--yes")
    if change:
        remove_table(aws)
        used |= under_its_policy(fifoq, guard, "up", "--yes")
    used |= under_its_policy(fifoq, guard, "up", "--yes")  # nothing to do: is there a dead lock?
    fifoq.config(change, {"ingest": None})
    used |= under_its_policy(fifoq, guard, "up", "--yes")
    fifoq.config(change, {"drain": None, "parameters": None})
    used |= under_its_policy(fifoq, guard, "up", "--yes")
    assert set(pairs(policy)) - used == set()


@pytest.mark.parametrize("change", [{}, CREATED], ids=["table-of-others", "own-table"])
def test_down_is_enough_and_none_of_it_is_idle(fifoq, guard, aws, change):
    """With additions from outside, and with a table that fifoq owns."""
    if not change:
        make_table(aws)
    fifoq.config(change)
    under_its_policy(fifoq, guard, "up", "--yes")
    disturb(aws)
    policy = policy_of(fifoq, "down")
    more = ["--delete-table"] if change else []
    url = aws.sqs.get_queue_url(QueueName="orders.fifo")["QueueUrl"]
    message = {"MessageBody": "{}", "MessageGroupId": "g", "MessageDeduplicationId": "d"}
    aws.sqs.send_message(QueueUrl=url, **message)
    used = under_its_policy(fifoq, guard, "down", "--yes", "--export", "saved.ndjson", *more)
    assert reality.functions(aws) == {} and reality.roles(aws) == {}
    used |= under_its_policy(fifoq, guard, "down", "--yes", *more)
    assert set(pairs(policy)) - used == set()


@pytest.mark.parametrize("change", [{}, CREATED, THEIRS], ids=["table-of-others", "own", "queue"])
def test_looking_is_enough_and_none_of_it_is_idle(fifoq, guard, aws, change):
    if change != CREATED:
        make_table(aws)
    if change == THEIRS:
        attributes = {"FifoQueue": "true", "VisibilityTimeout": "600"}
        aws.sqs.create_queue(QueueName="theirs.fifo", Attributes=attributes)
    fifoq.config(change)
    under_its_policy(fifoq, guard, "up", "--yes")
    policy = policy_of(fifoq, "plan")
    assert policy == policy_of(fifoq, "drift")
    limits = ("List", "lambda:GetAccountSettings")
    assert set(pairs(policy_of(fifoq, "check"))) == {*pairs(policy), limits}
    used = under_its_policy(fifoq, guard, "plan", "--detailed-exitcode")
    assert set(pairs(policy)) - used == set()
    assert under_its_policy(fifoq, guard, "check") == used | {limits}


@pytest.fixture
def api():
    with Api() as made:
        yield made


def towards(api):
    """A pipeline whose functions run on this machine, and deliver to the API."""
    destination = {"name": "crm", "url": api.url + "/", "auth": {"bearer": "${param.crm-token}"}}
    return {
        "ingest": {"filter": None, "group": "${item.id}", "message": None, "start": "now"},
        "functions": {"architecture": HOST},
        "drain": {"rate": None, "destinations": [destination]},
    }


def test_dev_is_enough_and_none_of_it_is_idle(fifoq, guard, aws, api):
    """The functions that it runs have the user's permissions too: one message is rejected, one is
    delivered, and for one the destination requests a pause that other runs read."""
    make_table(aws)
    fifoq.config(towards(api))
    under_its_policy(fifoq, guard, "up", "--yes")
    for name in ("bad", "good", "busy"):
        aws.dynamodb.put_item(TableName="orders-table", Item={"id": {"S": name}})
    answers = {"bad": Answer(422), "busy": Answer(429, headers={"Retry-After": "7"})}
    api.choose = lambda got: answers.get(got.json()["id"])
    policy = policy_of(fifoq, "dev")
    guard.use(policy)
    guard.needed.clear()
    process = fifoq.start("dev", "--every", "1s", "--for", "300s")
    wait_until(
        lambda: set(pairs(policy)) == used_of(policy, list(guard.needed)), 240, "not all was used"
    )
    wait_until(lambda: 200 in [got.status for got in api.requests()], 60, "nothing was delivered")
    interrupt(process)
    assert fifoq.finish(process).code in (0, 130)
    assert guard.denied == []


def test_bootstrap_is_enough_and_is_up_with_a_canary(fifoq, guard, aws, api):
    fifoq.config(CREATED, towards(api))
    used = under_its_policy(fifoq, guard, "bootstrap", "--yes")
    policy = policy_of(fifoq, "bootstrap")
    guard.use(policy)
    before = len(guard.needed)
    fifoq.run("bootstrap", "--yes", "--canary", "--wait", "1s")
    assert guard.denied == []
    needed = {need.action for need in guard.needed[before:]}
    more = set(pairs(policy)) - set(pairs(policy_of(fifoq, "up")))
    assert {action for _, action in more} == {"dynamodb:PutItem", "logs:FilterLogEvents"}
    assert used and {action for _, action in more} <= needed


def without(policy, action):
    """The policy without one action."""
    kept = [
        {**each, "Action": [other for other in each["Action"] if other != action]}
        for each in policy["Statement"]
    ]
    return {**policy, "Statement": [each for each in kept if each["Action"]]}


@pytest.mark.parametrize(
    "action, resource",
    [
        ("sqs:CreateQueue", "arn:aws:sqs:eu-west-1:123456789012:orders"),
        ("iam:GetRole", "arn:aws:iam::123456789012:role/orders-"),
        ("iam:PassRole", "arn:aws:iam::123456789012:role/orders-"),
        ("iam:TagRole", "arn:aws:iam::123456789012:role/orders-"),
        ("lambda:CreateEventSourceMapping", "*"),
        ("ssm:PutParameter", "arn:aws:ssm:eu-west-1:123456789012:parameter/orders/fifoq/lock"),
        ("events:PutTargets", "arn:aws:events:eu-west-1:123456789012:rule/orders-"),
        ("logs:DescribeLogGroups", "*"),
        ("dynamodb:UpdateTable", "arn:aws:dynamodb:eu-west-1:123456789012:table/orders-table"),
    ],
)
def test_a_denial_says_which_action_on_what_and_where_to_look(
    fifoq, guard, table, action, resource
):
    guard.use(without(policy_of(fifoq, "up"), action))
    result = fifoq.run("up", "--yes")
    assert result.code == 1
    assert f"not authorized to perform: {action} on resource: {resource}" in result.err
    assert "'fifoq policy up' prints what is needed" in result.err
    guard.use(policy_of(fifoq, "up"))
    fifoq.good("up", "--yes")


def test_another_pipeline_is_out_of_reach(fifoq, guard, table):
    """A policy printed for one pipeline does not work for another."""
    guard.use(policy_of(fifoq, "up"))
    fifoq.config({"name": "invoices"})
    result = fifoq.run("up", "--yes")
    assert result.code == 1 and "not authorized to perform" in result.err
