"""What an organisation has beside one pipeline in one region: other regions, and rules about roles."""

import json

import boto3
import pytest
import reality
from support import make_table

from fakes import KEY_ID, SECRET
from fakes.hard.organisation import DemandsBoundary, DemandsTags
from fakes.hard.base import switch_on
from fakes.proxy import error_for

THERE = "us-east-1"
ROLES = ["orders-drain", "orders-ingest"]


@pytest.fixture
def there(moto_server, aws):
    """boto3's clients of the other region, where the table has a namesake."""

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
    """Roles as builds before the tag fifoq:region made them."""
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
    """Each creating request carries both, that of the lock included."""
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
    assert result.code == 2 and f"PermissionsBoundary is {other}" in result.out
    aws.iam.delete_role_permissions_boundary(RoleName="orders-ingest")
    fifoq.good("up", "--yes")
    assert set(boundaries(aws).values()) == {arn}
    fifoq.config()  # what is no longer configured is left alone: it takes no right away
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
