"""What an organisation has in addition to one pipeline in one region: other regions, and rules
about roles."""

import json

import boto3
import pytest
import reality
from support import make_table

from fakes import KEY_ID, SECRET
from fakes.hard.organisation import DemandsBoundary, DemandsTags, KeepsTags
from fakes.hard.base import switch_on
from fakes.proxy import error_for

THERE = "us-east-1"
ROLES = ["orders-drain", "orders-ingest"]


@pytest.fixture
def there(moto_server, aws):
    """boto3's clients of the other region, which has a table of the same name."""

    class Clients:
        pass

    clients = Clients()
    for service in ("dynamodb", "lambda", "iam", "sqs"):
        client = boto3.client(
            service, endpoint_url=moto_server.url, region_name=THERE,
            aws_access_key_id=KEY_ID, aws_secret_access_key=SECRET,
        )  # fmt: skip
        setattr(clients, "lambda_" if service == "lambda" else service, client)
    make_table(clients)
    return clients


@pytest.fixture
def both(fifoq, aws, table, there):
    """The pipeline in two regions of one account; fifoq's configuration names none of them."""
    fifoq.config({"region": None})
    fifoq.env["AWS_REGION"] = "eu-west-1"
    fifoq.good("up", "--yes")
    fifoq.good("up", "--yes", env={"AWS_REGION": THERE})
    return fifoq


def role_names(aws):
    return sorted(role["RoleName"] for role in aws.iam.list_roles()["Roles"])


def regions_of(policy):
    return {part.split(":")[3] for part in json.dumps(policy).split('"') if part.startswith("arn:")}


def test_each_region_has_roles_of_its_own(both, aws, there):
    roles = reality.roles(aws)
    assert sorted(roles) == sorted([*ROLES, *(f"{name}-{THERE}" for name in ROLES)])
    for name, role in roles.items():
        region = THERE if name.endswith(THERE) else "eu-west-1"
        assert role["tags"]["fifoq:region"] == region
        assert regions_of(role["policies"]["fifoq"]) == {region}
    for clients, suffix in ((aws, ""), (there, f"-{THERE}")):
        for name in ROLES:
            function = clients.lambda_.get_function(FunctionName=name)["Configuration"]
            assert function["Role"].endswith(f":role/{name}{suffix}")
    for region in ("eu-west-1", THERE):
        both.good("drift", env={"AWS_REGION": region})
        assert "nothing to change" in both.good("plan", env={"AWS_REGION": region}).out


@pytest.mark.parametrize("goes, stays", [("eu-west-1", f"-{THERE}"), (THERE, "")])
def test_one_region_taken_down_leaves_the_other_whole(both, aws, goes, stays):
    both.good("down", "--yes", "--drop-messages", env={"AWS_REGION": goes})
    assert role_names(aws) == [f"{name}{stays}" for name in ROLES]
    left = THERE if stays else "eu-west-1"
    both.good("drift", env={"AWS_REGION": left})
    both.good("up", "--yes", env={"AWS_REGION": goes})
    both.good("drift", env={"AWS_REGION": left})


def test_down_in_a_region_that_has_nothing(fifoq, aws, table, there):
    fifoq.good("up", "--yes")
    fifoq.config({"region": THERE})
    fifoq.good("down", "--yes")
    assert role_names(aws) == ROLES


def forget_regions(aws):
    """Roles as builds before the tag fifoq:region created them."""
    for name in ROLES:
        aws.iam.untag_role(RoleName=name, TagKeys=["fifoq:region"])


def test_roles_of_an_earlier_build_get_their_region(fifoq, aws, table, proxy):
    fifoq.good("up", "--yes")
    forget_regions(aws)
    proxy.clear()
    fifoq.good("up", "--yes")
    assert [e.name for e in proxy.mutating() if e.name.startswith("iam:")] == ["iam:TagRole"] * 2
    assert {r["tags"]["fifoq:region"] for r in reality.roles(aws).values()} == {"eu-west-1"}


def test_roles_of_an_earlier_build_in_another_region_are_known_by_their_policy(
    fifoq, aws, table, there
):
    fifoq.good("up", "--yes")
    forget_regions(aws)
    before = reality.roles(aws)
    fifoq.config({"region": THERE})
    fifoq.good("down", "--yes")
    fifoq.good("up", "--yes")
    after = reality.roles(aws)
    assert {name: after[name] for name in ROLES} == before
    assert sorted(set(after) - set(before)) == [f"{name}-{THERE}" for name in ROLES]


def test_a_name_that_is_too_long_with_its_region(fifoq, aws, table, there):
    name = "o" * 50
    fifoq.config({"name": name, "drain": None, "parameters": None})
    fifoq.good("up", "--yes")
    fifoq.config({"name": name, "drain": None, "parameters": None, "region": THERE})
    result = fifoq.run("up", "--yes")
    assert result.code != 0
    assert f"'{name}-ingest-{THERE}' is longer than IAM's 64 characters" in result.err
    assert role_names(aws) == [f"{name}-ingest"]


def test_a_role_whose_region_cannot_be_seen_is_not_guessed(fifoq, aws, table, proxy):
    fifoq.good("up", "--yes")
    said = "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: iam:GetRole"
    proxy.fault("iam", "GetRole", answer=lambda e: error_for(e, "AccessDenied", said, 403))
    result = fifoq.run("drift")
    assert result.code == 3, result.text
    text = " ".join(result.text.split())
    assert "cannot tell which region role 'orders-ingest' serves" in text
    assert "'fifoq policy drift' prints what is needed" in text
    proxy.clear()
    assert fifoq.run("up", "--yes").code != 0
    assert fifoq.run("down", "--yes").code != 0
    assert proxy.mutating() == []


# A permissions boundary and a path


def make_boundary(aws, name="boundary"):
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    return aws.iam.create_policy(PolicyName=name, PolicyDocument=document)["Policy"]["Arn"]


def boundaries(aws):
    found = {}
    for name in ROLES:
        role = aws.iam.get_role(RoleName=name)["Role"]
        found[name] = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    return found


def test_an_account_that_demands_a_boundary_and_tags(fifoq, aws, table, proxy):
    """Each creating request has both, including that of the lock."""
    demands = [DemandsBoundary(), DemandsTags("team")]
    switch_on(proxy, *demands)
    assert "explicit deny" in fifoq.run("up", "--yes").err
    arn = make_boundary(aws)
    fifoq.config({"functions": {"permissions_boundary": arn, "role_path": "/service/fifoq/"}})
    fifoq.good("up", "--yes")
    assert set(boundaries(aws).values()) == {arn}
    assert {r["path"] for r in reality.roles(aws).values()} == {"/service/fifoq/"}
    function = aws.lambda_.get_function(FunctionName="orders-drain")["Configuration"]
    assert function["Role"].endswith(":role/service/fifoq/orders-drain")
    fifoq.good("drift")
    fifoq.good("down", "--yes")
    fifoq.config({"functions": {"permissions_boundary": arn}, "tags": None})
    result = fifoq.run("up", "--yes")
    assert result.code != 0
    assert "a policy of your organisation denies it" in result.err
    assert "fifoq policy" not in result.err
    assert all(each.used for each in demands)


def test_another_boundary_is_put_right(fifoq, aws, table):
    arn, other = make_boundary(aws), make_boundary(aws, "other")
    fifoq.config({"functions": {"permissions_boundary": arn}})
    fifoq.good("up", "--yes")
    aws.iam.put_role_permissions_boundary(RoleName="orders-drain", PermissionsBoundary=other)
    result = fifoq.run("drift")
    assert result.code == 2 and f"PermissionsBoundary: {other}" in result.out
    aws.iam.delete_role_permissions_boundary(RoleName="orders-ingest")
    fifoq.good("up", "--yes")
    assert set(boundaries(aws).values()) == {arn}
    fifoq.config()  # a boundary that is not configured any more is left alone: it only restricts permissions
    fifoq.good("drift")
    assert set(boundaries(aws).values()) == {arn}


def test_a_boundary_that_nobody_asked_for_stays(fifoq, aws, table):
    fifoq.good("up", "--yes")
    arn = make_boundary(aws)
    aws.iam.put_role_permissions_boundary(RoleName="orders-drain", PermissionsBoundary=arn)
    fifoq.good("drift")
    fifoq.good("up", "--yes")
    assert boundaries(aws) == {"orders-drain": arn, "orders-ingest": None}


def test_another_path_is_refused(fifoq, aws, table):
    fifoq.good("up", "--yes")
    fifoq.config({"functions": {"role_path": "/service/"}})
    result = fifoq.run("up", "--yes")
    assert result.code == 4
    assert "run 'fifoq down' with the old functions.role_path" in result.err
    assert {r["path"] for r in reality.roles(aws).values()} == {"/"}


# Tags of others


def tag_everything(aws):
    """As an organisation's tagger does."""
    url = aws.sqs.get_queue_url(QueueName="orders.fifo")["QueueUrl"]
    aws.sqs.tag_queue(QueueUrl=url, Tags={"AutoTag_Creator": "ci"})
    aws.iam.tag_role(RoleName="orders-drain", Tags=[{"Key": "AutoTag_Creator", "Value": "ci"}])
    function = aws.lambda_.get_function(FunctionName="orders-drain")["Configuration"]["FunctionArn"]
    aws.lambda_.tag_resource(Resource=function, Tags={"AutoTag_Creator": "ci"})


def queue_of(aws):
    return reality.queues(aws)["orders.fifo"]


def test_ignored_tags_are_no_difference_and_stay(fifoq, aws, table, proxy):
    fifoq.good("up", "--yes")
    tag_everything(aws)
    assert fifoq.run("drift").code == 2
    fifoq.config({"ignore_tags": ["AutoTag_"], "queue": {"retention": "7d"}})
    proxy.clear()
    fifoq.good("up", "--yes", "--adopt")
    assert not [e.name for e in proxy.mutating() if "ntag" in e.name]
    fifoq.good("drift")
    assert queue_of(aws)["tags"]["AutoTag_Creator"] == "ci"
    assert reality.roles(aws)["orders-drain"]["tags"]["AutoTag_Creator"] == "ci"
    aws.sqs.tag_queue(
        QueueUrl=aws.sqs.get_queue_url(QueueName="orders.fifo")["QueueUrl"], Tags={"other": "x"}
    )
    assert "Tags.other" in fifoq.run("drift").out


def test_foreign_tags_are_extras_that_may_be_kept(fifoq, aws, table):
    fifoq.good("up", "--yes")
    tag_everything(aws)
    fifoq.config({"tags": {"team": "sales"}})
    result = fifoq.good("up", "--yes", "--keep-extras")
    assert "extra Tags, kept" in result.out
    tags = queue_of(aws)["tags"]
    assert (tags["AutoTag_Creator"], tags["team"]) == ("ci", "sales")
    assert "nothing to change" in fifoq.good("plan", "--keep-extras").out


def test_a_tag_that_cannot_be_taken_off_holds_up_nothing_else(fifoq, aws, table, proxy):
    fifoq.good("up", "--yes")
    tag_everything(aws)
    layer = KeepsTags("AutoTag_")
    switch_on(proxy, layer)
    fifoq.config({"queue": {"retention": "7d"}})
    result = fifoq.run("up", "--yes")
    assert result.code == 1 and "a policy of your organisation denies it" in result.err
    assert layer.used
    assert queue_of(aws)["attributes"]["MessageRetentionPeriod"] == str(7 * 86400)


def test_letters_of_every_language(fifoq, aws, table):
    tags = {"Abteilung": "Verkäufe", "部門": "販売 ٣"}
    fifoq.config({"tags": tags})
    fifoq.good("up", "--yes")
    assert tags.items() <= queue_of(aws)["tags"].items()
    fifoq.good("drift")


@pytest.mark.parametrize(
    "change, said",
    [
        ({"tags": {"team": "a", "Team": "b"}}, "differ only in case"),
        ({"tags": {"team": "a😀"}}, "'😀' is not allowed in a tag"),
        ({"tags": {"team": "a;b"}}, "invalid value"),
        ({"tags": {"ä" * 129: "x"}}, "too long: 129 characters; a tag's key has at most 128"),
        ({"tags": {"team": "ä" * 257}}, "257 characters"),
        ({"ignore_tags": ["fifoq"]}, "would ignore fifoq's own tags"),
        ({"ignore_tags": ["fifoq:x"]}, "would ignore fifoq's own tags"),
        ({"ignore_tags": []}, "a list of 1 to 20"),
        ({"name": "AWS-orders".lower()}, "'aws-orders' begins with aws"),
        ({"name": "ssmorders", "parameters": None, "drain": None}, "begins with ssm"),
        ({"functions": {"architecture": "amd64"}}, "did you mean 'x86_64'?"),
        ({"functions": {"role_path": "service"}}, "with a slash at both ends"),
        ({"functions": {"permissions_boundary": "boundary"}}, "a policy's ARN"),
        ({"kms": "arn:aws:sqs:eu-west-1:123456789012:x"}, "a key's ARN, its id, or alias/NAME"),
    ],
)
def test_what_can_never_work_is_refused_offline(fifoq, change, said):
    fifoq.config(change)
    result = fifoq.run("check", "--offline")
    assert result.code == 64 and said in result.err, result.text


# A pipeline that was renamed


def test_a_second_reader_of_the_stream_is_reported(fifoq, aws, table):
    fifoq.good("up", "--yes")
    assert "other readers" not in fifoq.good("check").out
    fifoq.config({"name": "orders-api"})
    said = "'orders-ingest' also reads the stream of 'orders-table'"
    for command in (["check"], ["plan"], ["up", "--yes"]):
        assert said in " ".join(fifoq.good(*command).text.split()), command
