"""Eventual consistency: stale reads, and resources that are not visible yet."""

import copy

from fakes import actions
from fakes.hard.base import Countdown, Dice, Layer, key_of, not_found, subject, succeeded


def _remembers(exchange):
    return exchange.effect == actions.READ and exchange.service in (
        "sqs", "iam", "lambda", "events", "logs", "ssm", "dynamodb",
    )  # fmt: skip


class StaleReads(Layer):
    """After a write to a resource, the next reads of it return the old state.

    Each read (an action with its parameters) shows the old answer `reads` times; with a seed 0 to
    `reads` times, so that a resource is visible and its tags are not, or the reverse. What was
    never read before the write has no old answer and is shown as it is. `only`: names like
    "iam:GetRole"; None: every read.
    """

    def __init__(self, reads=1, only=None, seed=None):
        super().__init__()
        self.seed, self.dice = seed, Dice(seed)
        self.reads, self.only = reads, set(only) if only else None
        self.known, self.of = {}, {}  # key to answer; (service, subject) to its keys
        self.stale = Countdown()

    def __call__(self, exchange, go_on):
        if exchange.effect == actions.WRITE:
            answer = go_on()
            if succeeded(answer):
                self._changed(exchange)
            return answer
        if not _remembers(exchange) or (self.only and exchange.name not in self.only):
            return go_on()
        key = key_of(exchange)
        if self.stale.take(key):
            self.use()
            with self.lock:
                return copy.copy(self.known[key])
        answer = go_on()
        if answer:
            with self.lock:
                self.known[key] = copy.copy(answer)
                self.of.setdefault((exchange.service, subject(exchange)), set()).add(key)
        return answer

    def _changed(self, exchange):
        about = subject(exchange)
        with self.lock:
            keys = set(self.of.get((exchange.service, about), ()))
            if exchange.service == "ssm":  # reads of a whole path
                keys |= self.of.get(("ssm", about.rpartition("/")[0]), set())
            for (service, prefix), lists in self.of.items():  # of all that begin alike
                if service == exchange.service and service in ("events", "logs") and about.startswith(prefix):
                    keys |= lists
        for key in keys:
            self.stale.set(key, self._how_often(key))

    def _how_often(self, key):
        return self.reads if self.seed is None else self.dice.throw(key)[1].randint(0, self.reads)

    def settle(self):
        self.stale.clear()


class QueuesLinger(StaleReads):
    """A deleted queue is still shown, `reads` times by each kind of read; the number depends on the
    requests only, so time that passes in a test has no effect.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html: "The
    deletion process takes up to 60 seconds. Requests you send ... might succeed."
    """

    def __init__(self, reads=3):
        super().__init__(reads, only=("sqs:GetQueueAttributes", "sqs:ListQueueTags"))

    def _changed(self, exchange):
        if exchange.name == "sqs:DeleteQueue":
            super()._changed(exchange)

    def settle(self):
        """Only what happens right after it counts."""


# Actions that create a resource, and the calls right after it that may not find it. No deletions:
# they treat a missing resource as deleted.
MAKERS = {
    "sqs:CreateQueue": "SetQueueAttributes GetQueueAttributes TagQueue ListQueueTags",
    "iam:CreateRole": "GetRole PutRolePolicy TagRole UpdateAssumeRolePolicy AttachRolePolicy",
    "lambda:CreateFunction": """GetFunction GetFunctionConfiguration AddPermission
        PutFunctionEventInvokeConfig PutFunctionConcurrency TagResource UpdateFunctionCode
        UpdateFunctionConfiguration""",
    "lambda:CreateEventSourceMapping": "GetEventSourceMapping",
    "events:PutRule": "PutTargets ListTargetsByRule TagResource",
    "logs:CreateLogGroup": "PutRetentionPolicy TagResource",
    "ssm:PutParameter": "AddTagsToResource",
    "dynamodb:CreateTable": "DescribeTable UpdateTable TagResource UpdateTimeToLive",
}
MAKERS = {name: set(actions.split()) for name, actions in MAKERS.items()}


class UnknownAtFirst(Layer):
    """After something was created, each of the other calls to it finds nothing `times` times."""

    def __init__(self, times=1):
        super().__init__()
        self.times, self.made, self.left = times, set(), Countdown()

    def __call__(self, exchange, go_on):
        about = (exchange.service, subject(exchange))
        if self.left.take((*about, exchange.action)):
            self.use()
            return not_found(exchange)
        answer = go_on()
        if exchange.name in MAKERS and succeeded(answer):
            self._made(exchange, about)
        return answer

    def settle(self):
        self.left.clear()

    def _made(self, exchange, about):
        mapping = exchange.name == "lambda:CreateEventSourceMapping"
        with self.lock:
            if (exchange.name, about) in self.made and not mapping:
                return  # PutRule and PutParameter also change
            self.made.add((exchange.name, about))
        for action in MAKERS[exchange.name]:
            self.left.set((*about, action), self.times)
