"""A pipeline's whole life in MiniStack, without any of the tests' fakes."""

import json

import pytest
import reality
import witness
from difficult import CHANGE
from judge import assert_whole
from ministack_aws import MiniStack
from ministack_differences import DIFFERENCES, RESOURCES_UNJUDGED
from mutated import World, is_found_and_put_right
from mutations import MUTATIONS
from support import REGION, TOKEN, Fifoq, make_table, wait_until
from test_policy import policy_of, towards, under_its_policy, without

from fakes import KEY_ID, SECRET
from fakes.api import Answer
from fakes.iam import Guard, Requests
from fakes.moto_server import ACCOUNT
from fakes.proxy import Proxy
from fakes.signature import Key


THERE = "us-east-1"


@pytest.fixture
def server():
    """One for each test: a function that still runs would log into the next one's account."""
    made = MiniStack()
    yield made
    made.close()


@pytest.fixture
def aws(server):
    return server.clients()


@pytest.fixture
def proxy(server):
    with Proxy(server.url, {KEY_ID: Key(SECRET)}) as made:
        yield made


@pytest.fixture
def fifoq(tmp_path, proxy):
    runner = Fifoq(tmp_path, proxy.url)
    runner.config()
    yield runner
    runner.close()
    assert proxy.violations() == []


@pytest.fixture
def guard(proxy, aws):
    def function_of(uuid):
        known = aws.lambda_.list_event_source_mappings()["EventSourceMappings"]
        return next((each["FunctionArn"] for each in known if each["UUID"] == uuid), None)

    made = Guard(Requests(ACCOUNT, REGION, function_of))
    proxy.layers.append(made)
    return made



def assert_gone(aws, items=1):
    """Nothing of a pipeline is left, and the table has its items."""
    assert reality.is_empty(reality.everything(aws))
    assert aws.dynamodb.scan(TableName="orders-table")["Count"] == items


def test_its_whole_life_under_the_printed_policies(fifoq, guard, aws, proxy):
    make_table(aws)
    run = lambda *args: under_its_policy(fifoq, guard, *args)  # noqa: E731
    run("check")
    run("plan")
    assert proxy.mutating() == []
    run("up", "--yes")
    assert_whole(aws)
    first = witness.whole(aws)
    for again in (("up", "--yes"), ("drift",), ("plan", "--detailed-exitcode")):
        proxy.clear()
        run(*again)
        assert proxy.mutating() == []
    fifoq.config(CHANGE)
    run("up", "--yes")
    run("drift")
    changed = witness.whole(aws)
    assert changed["queues"]["orders.fifo"]["MessageRetentionPeriod"] == str(7 * 86400)
    assert {rule["ScheduleExpression"] for rule in changed["rules"].values()} == {
        "rate(2 hours)", "cron(0 12 * * ? *)",
    }  # fmt: skip
    fifoq.config()
    run("up", "--yes")
    assert witness.differences(first, witness.whole(aws)) == []
    run("down", "--yes")
    assert_gone(aws)


# The main job


def pipeline(fifoq, aws, api, *changes, env=None):
    """Created and running, connected to the API."""
    make_table(aws)
    fifoq.config(towards(api), {"ingest": {"group": "${item.customer}"}}, *changes)
    fifoq.good("up", "--yes", env=env)


def write_items(aws, first, count):
    """count items of three customers, alternately; the numbers of each."""
    for number in range(first, first + count):
        item = {"id": {"S": f"i-{number}"}, "customer": {"S": f"c-{number % 3}"}, "n": {"N": str(number)}}
        aws.dynamodb.put_item(TableName="orders-table", Item=item)


def assert_arrived_in_order(requests, count):
    """Each once, and those of each customer as they were written."""
    found = [got.json() for got in requests]
    assert sorted(each["n"] for each in found) == list(range(count))
    for customer in {each["customer"] for each in found}:
        numbers = [each["n"] for each in found if each["customer"] == customer]
        assert numbers == sorted(numbers)


def drain(aws, payload=b"{}"):
    answer = aws.lambda_.invoke(FunctionName="orders-drain", Payload=payload)
    result = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, result
    return result


def until_drained(aws, api, count, timeout=60):
    """Call drain as its schedule would, until the API has received this many requests."""

    def all_there():
        drain(aws)
        return len(api.requests()) >= count

    wait_until(all_there, timeout, f"{count} items did not arrive")


def test_what_is_written_arrives_in_order(fifoq, aws, api, server):
    """Table, stream, ingest, queue, drain, API, with an API that sometimes refuses."""
    pipeline(fifoq, aws, api)
    api.script(*map(Answer, (503, 429, 500)))
    write_items(aws, 0, 20)
    until_drained(aws, api, 5)
    write_items(aws, 20, 20)
    until_drained(aws, api, 3 + 40)
    assert_arrived_in_order([got for got in api.requests() if got.status == 200], 40)
    assert server.denied() == [] and server.functions.violations() == []
    logged = aws.logs.filter_log_events(logGroupName="/aws/lambda/orders-drain")["events"]
    assert not [each["message"] for each in logged if TOKEN in each["message"]]


def test_its_schedule_wakes_drain(fifoq, aws, api):
    pipeline(fifoq, aws, api, {"drain": {"schedules": ["rate(1 minute)"]}})
    write_items(aws, 0, 6)
    api.wait_for(6, timeout=150)
    assert_arrived_in_order(api.requests(), 6)


def test_two_regions_of_one_account(fifoq, aws, api, server):
    """Each is created and read; the other still works after one is deleted."""
    there = server.clients(THERE)
    make_table(there)
    in_there = {"AWS_REGION": THERE}
    pipeline(fifoq, aws, api, {"region": None}, env={"AWS_REGION": REGION})
    fifoq.good("up", "--yes", env=in_there)
    for region in (REGION, THERE):
        fifoq.good("drift", env={"AWS_REGION": region})
    fifoq.good("down", "--yes", env={"AWS_REGION": REGION})
    assert "no drift" in fifoq.good("drift", env=in_there).out
    write_items(there, 0, 9)
    until_drained(there, api, 9)
    assert_arrived_in_order(api.requests(), 9)
    assert server.denied() == []
    fifoq.good("down", "--yes", env=in_there)
    assert_gone(there, items=10)


# With its own policy evaluation


@pytest.fixture(scope="module")
def judge():
    made = MiniStack(judges=True)
    yield made
    made.close()


def as_it_judges(policy):
    """Without the resources and conditions that it does not support as AWS does."""
    statements = []
    for each in policy["Statement"]:
        if {action.partition(":")[0] for action in each["Action"]} & set(RESOURCES_UNJUDGED):
            each = {"Effect": each["Effect"], "Action": each["Action"], "Resource": "*"}
        statements.append(each)
    return {**policy, "Statement": statements}


@pytest.fixture
def judged(tmp_path, judge):
    """run(command, ...) as a user with the policy printed for it, but for one action."""
    judge.reset()
    fifoq = Fifoq(tmp_path, judge.url)
    fifoq.config()
    fifoq.env |= judge.user()

    def run(command, *args, denied=None):
        judge.may(as_it_judges(without(policy_of(fifoq, command), denied)))
        return fifoq.run(command, *args)

    yield run
    fifoq.close()


STORY = [("check",), ("plan",), ("up", "--yes"), ("up", "--yes"), ("drift",), ("down", "--yes")]


def test_its_judge_lets_the_printed_policies_through(judged, judge):
    make_table(judge.clients())
    for step in STORY:
        assert (result := judged(*step)).code == 0, result.text
    assert_gone(judge.clients())


@pytest.mark.parametrize("action", ["sqs:CreateQueue", "iam:PutRolePolicy", "lambda:AddPermission"])
def test_its_judge_does_judge(judged, judge, action):
    make_table(judge.clients())
    result = judged("up", "--yes", denied=action)
    assert result.code == 1 and f"not authorized to perform: {action}" in result.text


# Changes by others


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    server = MiniStack()
    made = World(tmp_path_factory.mktemp("mutations"), server, server.clients())
    yield made
    made.close()
    server.close()


@pytest.fixture
def world(shared):
    shared.dirty = True  # until the test has seen that it is not
    yield shared
    assert shared.proxy.violations() == []
    if shared.dirty:
        shared.renew()


def param(mutation):
    why = DIFFERENCES.get(mutation.name)
    marks = [pytest.mark.xfail(reason=why, strict=True)] if why else []
    return pytest.param(mutation, id=mutation.name, marks=marks)


@pytest.mark.parametrize("mutation", [param(each) for each in MUTATIONS])
def test_a_change_is_found_and_put_right(world, mutation):
    is_found_and_put_right(world, mutation)
