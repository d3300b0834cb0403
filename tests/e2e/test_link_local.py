"""Credentials from the link-local addresses of AWS hosts, for ECS, EKS and EC2. In a network
namespace with these addresses, botocore and fifoq must get the same result."""

import json

import pytest
from world import World

from data.link_local import ROWS
from fakes.identity import Identity
from fakes.netns import ADDRESSES, Namespace, NoNamespace


@pytest.fixture(scope="module")
def namespace():
    try:
        with Namespace() as made:
            yield made
    except NoNamespace as why:
        pytest.skip(f"no network namespace can be made here: {why}")


@pytest.fixture(scope="module")
def hosts(namespace):
    """The same fake at each address."""
    with Identity(listeners=list(namespace.sockets.values())) as fake:
        yield fake


@pytest.fixture
def world(tmp_path, hosts, namespace):
    hosts.reset()
    made = World(tmp_path, hosts, "", namespace.enter)
    made.fifoq.env["AWS_ENDPOINT_URL_STS"] = made.fifoq.env.pop("AWS_ENDPOINT_URL")
    yield made
    made.fifoq.close()


def asked_hosts(fake):
    """The addresses that were asked for credentials."""
    named = {r.headers.get("Host").removesuffix(":80").strip("[]").lower() for r in fake.requests}
    return sorted(named & set(ADDRESSES))


def test_the_rows_are_many_and_of_all_sorts():
    assert len(ROWS) >= 50 and len({row["name"] for row in ROWS}) == len(ROWS)
    assert {address for row in ROWS for address in row["at"]} == set(ADDRESSES)
    assert sum(row["provider"] is None for row in ROWS) > 15
    assert all(row["why"] for row in ROWS if "fifoq" in row)


@pytest.mark.parametrize("row", ROWS, ids=[row["name"].replace(" ", "-") for row in ROWS])
def test_fifoq_finds_what_botocore_finds(world, namespace, row):
    for address in row["at"]:
        if address in namespace.missing:
            pytest.skip(namespace.missing[address])
    world.fake.instance = row.get("instance", "imds")
    world.be(**row)
    witness = world.witness()
    assert witness["provider"] == row["provider"], witness
    assert "fifoq" in row or asked_hosts(world.fake) == row["at"]
    provider = row.get("fifoq", row["provider"])
    result = world.run("-vv")
    assert asked_hosts(world.fake) == row["at"], result.text
    if provider is None:
        assert world.fake.calls("GetCallerIdentity") == [], result.text
        assert result.code == 1 and "redentials" in result.err, result.text
        return
    assert result.code == 0, result.text
    told = json.loads(result.out)
    assert told["provider"] == provider
    if provider == row["provider"]:
        world.asked_as(witness)
        assert told["key_id"] == witness["keys"][0]


@pytest.mark.parametrize("name", ["instance a hop too far, 1 off", "instance a hop too far, version 2 alone"])
def test_a_hop_limit_that_is_too_low_is_told(world, name):
    (row,) = [row for row in ROWS if row["name"] == name]
    world.fake.instance = row["instance"]
    result = world.be(**row).run()
    told = " ".join(result.err.split())
    assert result.code == 1 and "set the instance's hop limit to 2" in told and "modify-instance-metadata-options" in told, told
