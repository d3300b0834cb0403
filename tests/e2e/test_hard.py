"""fifoq on a difficult AWS (fakes/hard): every scenario ends as on an easy one."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import reality
from difficult import CHANGE, ROTATED, STEPS, Place, story
from judge import FAILED, one_error
from support import make_table

from fakes import hard

SIDE_BY_SIDE = 5
# Per request and run: before a change everything is read twice, and a deleted queue is read until
# it is missing three times in a row.
EASY_ATTEMPTS = 7
ATTEMPTS = 12
LAGGING = ("stale-reads", "stale-at-random", "together")
SEND = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}

# Each behaviour alone, and all of them together with several seeds.
WORLDS = {
    "easy": lambda: [],
    "roles-later": lambda: [hard.RolesLater(times=2)],
    "functions-settle": lambda: [hard.FunctionsSettle(looks=2)],
    "mappings-settle": lambda: [hard.MappingsSettle(looks=2)],
    "functions-busy": lambda: [hard.FunctionsBusy(times=2)],
    "deletions-lag": lambda: [hard.DeletionsLag(times=2)],
    "failed-entries": lambda: [hard.FailedEntries(times=2)],
    "streams-later": lambda: [hard.StreamsLater(times=2)],
    "stale-reads": lambda: [hard.StaleReads(reads=2)],
    "stale-at-random-1": lambda: [hard.StaleReads(reads=3, seed=1)],
    "stale-at-random-2": lambda: [hard.StaleReads(reads=3, seed=2)],
    "unknown-at-first": lambda: [hard.UnknownAtFirst(times=2)],
    "throttles": lambda: [hard.Throttles(seed=3, share=0.5)],
    "weather": lambda: [hard.Weather(seed=4, share=0.5)],
    "clock-ahead": lambda: [hard.Clock(skew_s=1200)],
    "clock-behind": lambda: [hard.Clock(skew_s=-1200)],
    "queue-names": lambda: [hard.QueueNames(times=1)],
    "parameter-names": lambda: [hard.ParameterNames(times=4)],
    "queues-linger": lambda: [hard.QueuesLinger(reads=4)],
    "settles-late": lambda: [hard.StaleReads(reads=3, only=["sqs:GetQueueAttributes"])],
    "one-per-page": lambda: [hard.OnePerPage()],
    "empty-pages": lambda: [hard.OnePerPage(empty_first=True)],
    "together-1": lambda: hard.everything(seed=1),
    "together-2": lambda: hard.everything(seed=2),
    "together-3": lambda: hard.everything(seed=3),
}


HARD_WORLDS = [name for name in WORLDS if name != "easy"]


@pytest.fixture(scope="module")
def accounts(moto_server, tmp_path_factory):
    """Creates places, each in its own account."""
    moto_server.reset()
    folder = tmp_path_factory.mktemp("hard")
    numbers = iter(range(200000000000, 200000000100))

    def place(name, layers=()):
        return Place(moto_server, folder / name, str(next(numbers)), layers)

    return place


def steps_of(name):
    """The message after `down` is expected only if a queue's name is refused."""
    away = ("easy", "queue-names", "queues-linger", "deletions-lag", "together")
    back = name.startswith(away)
    return [step for step in STEPS if back or step != "back"]


@pytest.fixture(scope="module")
def stories(accounts):
    """The future of each world's scenario, in parallel."""

    def tell(name):
        with accounts(name, WORLDS[name]()) as place:
            return story(place, steps_of(name)), place.layers

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        yield {name: pool.submit(tell, name) for name in WORLDS}


@pytest.mark.parametrize("name", HARD_WORLDS)
def test_it_ends_as_on_an_easy_aws(stories, name):
    (easy, _), (told, layers) = stories["easy"].result(), stories[name].result()
    for step in steps_of(name):
        assert told[step].result.code == 0, f"{step}:\n{told[step].result.text}"
        assert told[step].denied == [], step
        assert told[step].real == easy[step].real, step
        wrong = [v for v in told[step].violations if "X-Amz-Date" not in v]
        assert wrong == [], step
    assert [type(each).__name__ for each in layers if not each.used] == []


def test_an_easy_aws_is_asked_little(stories):
    told, _ = stories["easy"].result()
    for step in steps_of("easy"):
        times, request = told[step].attempts
        assert times <= EASY_ATTEMPTS, f"{step}: {times} times {request}"


@pytest.mark.parametrize("name", HARD_WORLDS)
def test_it_does_not_hammer(stories, name):
    (easy, _), (told, _) = stories["easy"].result(), stories[name].result()
    for step in steps_of(name):
        times, request = told[step].attempts
        assert times <= ATTEMPTS, f"{step}: {times} times {request}"
        assert told[step].requests <= 3 * easy[step].requests, step


@pytest.mark.parametrize("name", HARD_WORLDS)
def test_it_writes_nothing_again(stories, name):
    """The second `up` and `plan` change nothing if reads are consistent, and `plan` never does."""
    told, _ = stories[name].result()
    assert told["plan"].writes == []
    if not name.startswith(LAGGING):
        assert told["again"].writes == []
        assert "nothing to change" in told["again"].result.text
        assert "nothing to change" in told["plan"].result.text


def failed_for(place, *said):
    result = place.run("up", "--yes")
    assert result.code == FAILED, result.text
    one_error(result, *said)


def test_a_function_that_cannot_be_made_says_why_and_the_next_up_makes_it(accounts, stories):
    fails = hard.FunctionsSettle(looks=1, fail_create=["orders-drain"])
    with accounts("fails-to-start", [fails]) as place:
        failed_for(place, "orders-drain", "InternalError", "The function could not be set up.")
        assert "schedule" in place.good("plan").text
        place.good("up", "--yes")
        assert place.real() == stories["easy"].result()[0]["up"].real


def test_an_update_that_fails_says_why_and_the_next_up_makes_it(accounts, stories):
    fails = hard.FunctionsSettle(looks=1, fail_update=["orders-ingest"])
    with accounts("fails-to-change", [fails]) as place:
        place.good("up", "--yes")
        place.fifoq.config(CHANGE)
        place.fifoq.env.update(ROTATED)
        failed_for(place, "orders-ingest", "InternalError", "The new code could not be set up.")
        place.good("up", "--yes")
        assert place.real() == stories["easy"].result()[0]["change"].real


def test_a_retention_that_the_account_decides_is_no_drift(accounts):
    layer = hard.LogRetention(days=90)
    with accounts("log-retention", [layer]) as place:
        place.good("up", "--yes")
        place.good("drift")
        assert "nothing to change" in place.good("up", "--yes").text
        assert layer.used
        place.proxy.layers.remove(layer)
        place.good("drift")
        assert {group["retention"] for group in place.real()["log_groups"].values()} == {30}


def put_extras(aws):
    """Unexpected resources on the second page of every list that is read for extras."""
    for name in ("zz-a", "zz-b"):
        policy = json.dumps({"Version": "2012-10-17", "Statement": [SEND]})
        aws.iam.put_role_policy(RoleName="orders-drain", PolicyName=name, PolicyDocument=policy)
        made = aws.iam.create_policy(PolicyName=name, PolicyDocument=policy)["Policy"]["Arn"]
        aws.iam.attach_role_policy(RoleName="orders-drain", PolicyArn=made)
        (target,) = aws.events.list_targets_by_rule(Rule="orders-night")["Targets"][:1]
        aws.events.put_targets(Rule="orders-night", Targets=[{**target, "Id": name}])
        table = make_table(aws, name, stream=True)
        stream = aws.dynamodb.describe_table(TableName=table)["Table"]["LatestStreamArn"]
        aws.lambda_.create_event_source_mapping(
            FunctionName="orders-ingest", EventSourceArn=stream, StartingPosition="LATEST"
        )


@pytest.mark.parametrize("empty_first", [False, True])
def test_what_is_not_on_the_first_page_is_seen(accounts, stories, empty_first):
    layers = [hard.OnePerPage(empty_first)]
    with accounts(f"extras-{empty_first}", layers) as place:
        place.good("up", "--yes")
        put_extras(place.aws)
        place.good("up", "--yes")
        assert place.real() == stories["easy"].result()[0]["up"].real


def make_boundary(aws):
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    made = aws.iam.create_policy(PolicyName="boundary", PolicyDocument=document)
    return made["Policy"]["Arn"]


def test_an_organisations_account_where_everything_goes_wrong(accounts):
    """All layers together: delays of AWS, its refusals, its rate limits, and an organisation's
    rules; with the printed policies."""
    layers = [*hard.an_organisation(), *hard.everything(seed=4)]
    with accounts("organisation", layers) as place:
        for changes, denied in (({"tags": None}, "ssm:PutParameter"), ({}, "iam:CreateRole")):
            place.fifoq.config(changes)
            failed_for(place, denied, "a policy of your organisation denies it")
        ours = {"functions": {"permissions_boundary": make_boundary(place.aws)}}
        for changes in ([ours], [CHANGE, ours]):
            place.fifoq.config(*changes)
            place.good("up", "--yes")
            place.settle()
            place.good("drift")
            assert "nothing to change" in place.good("plan").text
        real = place.real()
        assert len(real["rules"]) == 2 and len(real["functions"]) == 2
        place.good("down", "--yes")
        left = place.real()
        assert left.pop("table")["items"] and reality.is_empty(left)
        place.good("up", "--yes")
    # a slow machine never exceeds a rate
    assert {type(each).__name__ for each in layers if not each.used} <= {"Rates"}
