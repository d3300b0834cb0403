"""One pipeline that is changed outside of fifoq: what fifoq finds, and whether `up` corrects it."""

import json
import re

import witness
from support import Fifoq

from fakes import KEY_ID, SECRET
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
    """The emulated AWS with one pipeline in it, and its state when it was new."""

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
        """The same without the helper resources that a change created elsewhere."""
        return [each for each in self.differences() if not re.match("/[a-z]+/theirs[:/]", each)]

    def close(self):
        self.fifoq.close()
        self.proxy.close()


def assert_clean(world):
    assert judge(world.fifoq) == set()
    world.proxy.clear()
    world.fifoq.good("up", "--yes")
    assert world.proxy.mutating() == []
    assert judge(world.fifoq) == set()


def is_found_and_put_right(world, mutation):
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
