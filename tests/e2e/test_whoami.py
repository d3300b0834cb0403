"""`fifoq whoami`: which credentials, account, region and endpoints are used, and why."""

import json

import boto3
import pytest
from support import REGION

from fakes import KEY_ID, SECRET
from fakes.moto_server import ACCOUNT
from fakes.proxy import query_error

# Each of fifoq's names with botocore's.
SERVICES = {
    "dynamodb": "dynamodb", "streams": "dynamodbstreams", "events": "events", "lambda": "lambda",
    "logs": "logs", "sqs": "sqs", "ssm": "ssm", "iam": "iam", "sts": "sts",
}  # fmt: skip
MEMBERS = [
    "version", "provider", "profile", "key_id", "expires", "account", "arn", "user_id", "region",
    "region_from", "partition", "endpoints",
]  # fmt: skip


@pytest.fixture
def bare(fifoq):
    """No configuration, and the region from a variable."""
    (fifoq.folder / "fifoq.yaml").unlink()
    fifoq.env["AWS_REGION"] = REGION
    return fifoq


def whoami(fifoq, *args, **how):
    result = fifoq.good("whoami", "--format", "json", *args, **how)
    assert result.err == ""
    found = json.loads(result.out)
    assert list(found) == MEMBERS and found["version"] == 1
    return found


def test_it_says_what_boto3_says(bare, proxy, moto_server):
    sts = boto3.client(
        "sts", endpoint_url=moto_server.url, region_name=REGION,
        aws_access_key_id=KEY_ID, aws_secret_access_key=SECRET,
    )  # fmt: skip
    theirs = sts.get_caller_identity()
    ours = whoami(bare)
    assert (ours["account"], ours["arn"]) == (theirs["Account"], theirs["Arn"])
    assert ours["user_id"] == theirs["UserId"]
    assert (ours["provider"], ours["profile"]) == ("env", "default")
    assert ours["key_id"] == KEY_ID and ours["expires"] is None
    assert ours["partition"] == "aws"
    assert ours["endpoints"] == dict.fromkeys(SERVICES, proxy.url)
    assert [e.name for e in proxy.calls()] == ["sts:GetCallerIdentity"]
    assert proxy.violations() == []


@pytest.mark.parametrize("region", ["eu-west-1", "us-east-1", "cn-north-1", "us-gov-west-1"])
def test_endpoints_are_those_of_boto3(bare, region):
    """Nothing listens at the proxy, so only local information is printed."""
    env = {
        "AWS_ENDPOINT_URL": None, "AWS_REGION": region, "AWS_MAX_ATTEMPTS": "1",
        "HTTPS_PROXY": "http://127.0.0.1:9",
    }  # fmt: skip
    result = bare.run("whoami", "--format", "json", env=env)
    assert result.code == 1 and "sts:GetCallerIdentity" in result.err
    found = json.loads(result.out)
    for name, service in SERVICES.items():
        client = boto3.client(
            service, region_name=region, aws_access_key_id=KEY_ID, aws_secret_access_key=SECRET
        )
        assert found["endpoints"][name] == client.meta.endpoint_url
    assert found["partition"] == boto3.Session().get_partition_for_region(region)
    assert (found["account"], found["arn"]) == (None, None) and found["key_id"] == KEY_ID


PROFILE = "[default]\nregion = ap-south-1\n"


@pytest.mark.parametrize(
    "args, env, config, region, source",
    [
        (["--region", "us-west-2"], {}, True, "us-west-2", "option"),
        ([], {}, True, REGION, "configuration"),
        ([], {"AWS_DEFAULT_REGION": "us-west-1"}, False, "us-east-2", "AWS_REGION"),
        (
            [],
            {"AWS_REGION": None, "AWS_DEFAULT_REGION": "us-west-1"},
            False, "us-west-1", "AWS_DEFAULT_REGION",
        ),
        ([], {"AWS_REGION": None}, False, "ap-south-1", "profile"),
    ],
)  # fmt: skip
def test_where_the_region_comes_from(bare, args, env, config, region, source):
    folder = bare.home / ".aws"
    folder.mkdir()
    (folder / "config").write_text(PROFILE)
    if config:
        bare.config()
    found = whoami(bare, *args, env={"AWS_REGION": "us-east-2", **env})
    assert (found["region"], found["region_from"]) == (region, source)


def test_the_profile(bare):
    folder = bare.home / ".aws"
    folder.mkdir()
    keys = f"aws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET}\n"
    (folder / "credentials").write_text(f"[work]\n{keys}")
    for args, env in ((["--profile", "work"], {}), ([], {"AWS_PROFILE": "work"})):
        nothing = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
        found = whoami(bare, *args, env={**nothing, **env})
        assert (found["provider"], found["profile"]) == ("shared-credentials-file", "work")


def test_as_text(bare):
    result = bare.good("whoami")
    facts = dict(line.split(None, 1) for line in result.out.splitlines() if len(line.split()) > 1)
    assert facts["key"] == KEY_ID and facts["expires"] == "never"
    assert facts["account"] == ACCOUNT and facts["region"] == f"{REGION}, from AWS_REGION"
    assert set(SERVICES) <= set(facts)
    assert SECRET not in result.text
    assert max(map(len, result.out.splitlines())) <= 80


def test_without_credentials_the_rest_is_told(bare, proxy):
    nothing = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
    result = bare.run("whoami", "--format", "json", env=nothing)
    found = json.loads(result.out)
    assert result.code == 1 and "no AWS credentials" in result.err
    assert (found["provider"], found["key_id"], found["region"]) == (None, None, REGION)
    assert found["endpoints"]["sqs"] == proxy.url and proxy.calls() == []


def test_aws_says_no(bare, proxy):
    no = query_error(
        "InvalidClientTokenId", "The security token included in the request is invalid", 403
    )
    proxy.fault("sts", answer=no)
    result = bare.run("whoami")
    assert result.code == 1 and "InvalidClientTokenId" in result.err
    assert "account      unknown" in result.out and KEY_ID in result.out


def test_the_configuration_when_there_is_one(fifoq):
    """An invalid file is refused; a requested one must exist; another account is a note."""
    fifoq.config({"account": "999999999999"})
    result = fifoq.good("whoami")
    assert "allows only account '999999999999'" in result.err
    assert fifoq.run("whoami", "-f", "other.yaml").code == 64
    assert fifoq.run("whoami", "--env", "nowhere").code == 64
    fifoq.config(text="name: [\n")
    assert fifoq.run("whoami").code == 64


def test_no_region(bare):
    result = bare.run("whoami", env={"AWS_REGION": None})
    assert result.code == 64 and "AWS_REGION" in result.err and result.out == ""


def test_it_has_no_policy(fifoq):
    result = fifoq.run("policy", "whoami")
    assert result.code == 64 and "has no policy" in result.err


def test_without_a_region_all_places_for_one_are_named(fifoq):
    (fifoq.folder / "fifoq.yaml").unlink()
    (fifoq.home / ".aws").mkdir()
    (fifoq.home / ".aws" / "config").write_text("[profile work]\n")
    env = {"AWS_REGION": None, "AWS_DEFAULT_REGION": None, "AWS_PROFILE": "work"}
    result = fifoq.run("whoami", env=env)
    assert result.code == 64
    for place in ("AWS_REGION", "--region", "'fifoq.yaml'", "profile 'work'"):
        assert place in result.err, result.err
