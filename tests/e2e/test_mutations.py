"""Changes from outside are found, named by row and property, and corrected: mutations.py, one by
one.

One pipeline is used for all of them: what `up` repairs is compared with what boto3 read before. If
a test leaves something behind, the next one begins with a new pipeline.
"""

import pytest
from mutated import World, assert_clean, is_found_and_put_right, judge
from mutations import MUTATIONS, NOT_OURS, markdown
from support import FIFOQ, ROOT

from fakes.defaults import ANSWERS, DOCUMENTS, AwsDefaults

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
    shared.dirty = True  # until the test has checked that it is not
    yield shared
    assert shared.proxy.violations() == []
    if shared.dirty:
        shared.renew()


def test_nothing_is_found_after_up(world):
    assert_clean(world)
    assert world.ours() == []
    world.dirty = False


def test_what_aws_fills_in_is_no_drift(world):
    """First on a pipeline that never had these defaults, then on one that was created with them."""
    defaults = AwsDefaults()
    world.proxy.layers.append(defaults)
    assert_clean(world)
    world.renew()
    assert_clean(world)
    world.proxy.layers.remove(defaults)
    assert_clean(world)
    settling = {"lambda:GetEventSourceMapping"}  # only called while a mapping settles
    assert {name for name, n in defaults.filled.items() if n} >= {*ANSWERS, *DOCUMENTS} - settling


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: m.name)
def test_a_change_is_found_and_put_right(world, mutation):
    is_found_and_put_right(world, mutation)


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
    said = "python tests/e2e/mutations.py > docs/reference/drift-table.md"
    assert (ROOT / "docs" / "reference" / "drift-table.md").read_text() == markdown(), said
