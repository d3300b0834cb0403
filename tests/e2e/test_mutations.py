"""What others change is found, named by row and property, and put right: mutations.py, one by one.

One pipeline serves all of them: what `up` repairs is held against what boto3 saw before, and where
a test leaves something behind, the next one begins with a new pipeline.
"""

import json
import re

import pytest
import witness
from mutations import MUTATIONS, NOT_OURS, markdown
from support import FIFOQ, ROOT, Fifoq

from fakes import KEY_ID, SECRET
from fakes.defaults import ANSWERS, DOCUMENTS, AwsDefaults
from fakes.proxy import Proxy
from fakes.signature import Key
from fakes.strict import as_strict_as_aws

CLEAN, DIFFERS = 0, 2
OWN_TABLE = {"table": {"name": "orders-table", "create": {"key": "id"}}}


def judge(fifoq, *options):
    """What fifoq finds, as (row, property); the property is None for a whole row."""
    result = fifoq.run("drift", "--format", "json", *options)
    assert result.code in (CLEAN, DIFFERS), result.text
    document = json.loads(result.out)
    assert document["result"] == ("drift" if result.code else "none")
    found = {(each["row"], (each["property"] or "").partition(".")[0]) for each in document["findings"]}
    return {(row, name or None) for row, name in found}


class World:
    """The emulated AWS with one pipeline in it, and how it looked when it was new."""

    def __init__(self, folder, server, clients):
        self.folder, self.server, self.aws, self.runs = folder, server, clients, 0
        self.proxy = Proxy(server.url, {KEY_ID: Key(SECRET)})
        self.proxy.stricter.append(as_strict_as_aws(clients.lambda_))
        self.fifoq = Fifoq(folder, self.proxy.url)
        self.fifoq.config(OWN_TABLE)
        self.renew()

    def renew(self):
        self.server.reset()
        self.fifoq.good("up", "--yes")
        self.new = witness.whole(self.aws)

    def differences(self):
        return witness.differences(self.new, witness.whole(self.aws))

    def ours(self):
        """The same without what a change made elsewhere to have something to hang on."""
        return [each for each in self.differences() if not re.match("/[a-z]+/theirs[:/]", each)]

    def close(self):
        self.fifoq.close()
        self.proxy.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory, moto_server, clients):
    if not FIFOQ.exists():
        pytest.fail(f"'{FIFOQ}' is not built: run `make`, or set FIFOQ")
    made = World(tmp_path_factory.mktemp("mutations"), moto_server, clients)
    yield made
    made.close()


@pytest.fixture
def world(shared):
    shared.proxy.clear()
    shared.dirty = True  # until the test has seen that it is not
    yield shared
    assert shared.proxy.violations() == []
    if shared.dirty:
        shared.renew()


def assert_clean(world):
    assert judge(world.fifoq) == set()
    world.proxy.clear()
    world.fifoq.good("up", "--yes")
    assert world.proxy.mutating() == []
    assert judge(world.fifoq) == set()


def test_nothing_is_found_after_up(world):
    assert_clean(world)
    assert world.ours() == []
    world.dirty = False


def test_what_aws_fills_in_is_no_drift(world):
    """First on a pipeline that never saw these defaults, then on one that was made among them."""
    defaults = AwsDefaults()
    world.proxy.layers.append(defaults)
    assert_clean(world)
    world.renew()
    assert_clean(world)
    world.proxy.layers.remove(defaults)
    assert_clean(world)
    settling = {"lambda:GetEventSourceMapping"}  # only asked while a mapping settles
    assert {name for name, n in defaults.filled.items() if n} >= {*ANSWERS, *DOCUMENTS} - settling


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: m.name)
def test_a_change_is_found_and_put_right(world, mutation):
    mutation.change(world.aws)
    assert world.ours(), "the witness does not see it"
    found = judge(world.fifoq)
    assert (mutation.row, mutation.property) in found
    rest = found - {(mutation.row, mutation.property)}
    assert not rest or mutation.property is None or mutation.also, rest
    if mutation.way_out:
        world.fifoq.run("up", "--yes")
        mutation.way_out(world.aws)
    options = mutation.way.split()[1:] if mutation.way.startswith("up ") else []
    world.fifoq.good("up", "--yes", *options)
    assert judge(world.fifoq) == set()
    assert world.ours() == []
    world.dirty = False


@pytest.mark.parametrize("name, change, _why", NOT_OURS, ids=lambda v: v if isinstance(v, str) else "")
def test_what_is_left_alone(world, name, change, _why):
    change(world.aws)
    assert judge(world.fifoq) == set()
    world.proxy.clear()
    world.fifoq.good("up", "--yes")
    assert world.proxy.mutating() == []


def test_the_table_in_docs_is_this_one():
    assert len(MUTATIONS) >= 60
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS)
    said = "python tests/e2e/mutations.py > docs/drift-table.md"
    assert (ROOT / "docs" / "drift-table.md").read_text() == markdown(), said
