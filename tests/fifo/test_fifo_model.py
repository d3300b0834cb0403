"""Random operations on a queue, and after each step the one rule from which everything else
follows.

A receive of a group returns the beginning of the group's remaining messages, of which none is in
flight; and it returns all of them, up to its maximum. A deleted message is never received again.
"""

import random

import pytest

STEPS = 120
GROUPS = 4
VISIBILITY_S = 60


class Model:
    """The remaining messages of each group in order, and which of them are in flight, by body."""

    def __init__(self, queue, dice):
        self.queue, self.dice = queue, dice
        self.left = {f"g{n}": [] for n in range(GROUPS)}
        self.flying, self.sent = {}, 0

    def available(self, group):
        """The beginning of the group that can be received."""
        found = []
        for body in self.left[group]:
            if body in self.flying:
                break
            found.append(body)
        return found

    def send(self):
        batch = []
        for _ in range(self.dice.randint(1, 5)):
            group = self.dice.choice(list(self.left))
            batch.append((f"{group}-{self.sent}", group))
            self.sent += 1
        answer = self.queue.send_batch(*batch)
        assert len(answer["Successful"]) == len(batch)
        for body, group in batch:
            self.left[group].append(body)

    def receive(self):
        count = self.dice.randint(1, 10)
        messages = self.queue.receive(count)
        got = {}
        for message in messages:
            got.setdefault(message["Attributes"]["MessageGroupId"], []).append(message["Body"])
        for group, bodies in got.items():
            assert bodies == self.available(group)[: len(bodies)]
        expected = sum(len(self.available(group)) for group in self.left)
        assert len(messages) == min(count, expected)
        self.flying.update({message["Body"]: message for message in messages})

    def some(self):
        bodies = list(self.flying)
        chosen = self.dice.sample(bodies, self.dice.randint(0, len(bodies)))
        return [self.flying.pop(body) for body in chosen]

    def delete(self):
        for message in self.some():
            self.queue.delete(message)
            self.left[message["Attributes"]["MessageGroupId"]].remove(message["Body"])

    def release(self):
        for message in self.some():
            self.queue.change(message, 0)

    def check(self):
        everything = sum(map(len, self.left.values()))
        assert self.queue.depth() == (everything - len(self.flying), len(self.flying))


def in_groups(bodies):
    found = {}
    for body in bodies:
        found.setdefault(body.partition("-")[0], []).append(body)
    return found


def work(model, steps, more=()):
    kinds = [model.send, model.receive, model.receive, model.delete, model.release, *more]
    for _ in range(steps):
        model.dice.choice(kinds)()
        model.check()


def rest(model):
    """At the end all remaining messages are received, each group in its order."""
    for message in model.flying.values():
        model.queue.change(message, 0)
    assert in_groups(model.queue.drain()) == {k: v for k, v in model.left.items() if v}


@pytest.mark.parametrize("seed", range(8))
def test_random_work_keeps_the_order(make_queue, seed):
    model = Model(make_queue(VisibilityTimeout=600), random.Random(seed))
    work(model, STEPS)
    rest(model)


@pytest.mark.parametrize("seed", range(8))
def test_random_work_with_expiry_keeps_the_order(make_queue, clock, seed):
    """As before, and now and then everything in flight expires."""
    model = Model(make_queue(VisibilityTimeout=VISIBILITY_S), random.Random(seed))

    def expire():
        clock.advance(VISIBILITY_S)
        model.flying.clear()

    work(model, STEPS, [expire])
    rest(model)
