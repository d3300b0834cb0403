"""Writes that AWS refuses for a while: concurrent ones to one function, and after a deletion or a
creation."""

import json
import time

from fakes import wire
from fakes.hard.base import Countdown, Layer, error, function_name, subject, succeeded

CONCURRENT = "The function could not be updated due to a concurrent update operation."
CONFLICT = "Conflict due to concurrent requests on this function. Please try this operation again."


class OneWriteAtATime(Layer):
    """A write to a function during another one is refused with 409; a statement that is added
    during another addition is answered with success and lost. A write takes hold_s.

    terraform-provider-aws#5154, sst#6923 (409); AWS's answer quoted in that provider's
    internal/service/lambda/permission.go (parallel AddPermission calls are ignored).
    """

    def __init__(self, hold_s=0.05):
        super().__init__()
        self.hold_s, self.under_way = hold_s, {}
        self.overlaps = []

    def __call__(self, exchange, go_on):
        name = function_name(exchange) if exchange.service == "lambda" else None
        if not name or exchange.effect != "write":
            return go_on()
        with self.lock:
            others = self.under_way.setdefault(name, [])
            overlaps = list(others)
            others.append(exchange.action)
        try:
            if overlaps:
                self.overlaps.append((exchange.action, overlaps))
                return self._overlapping(exchange, overlaps)
            time.sleep(self.hold_s)
            return go_on()
        finally:
            with self.lock:
                self.under_way[name].remove(exchange.action)

    def _overlapping(self, exchange, overlaps):
        if exchange.action == "AddPermission" == overlaps[0]:
            headers = wire.Headers([("Content-Type", "application/json")])
            return wire.Response(201, headers, b'{"Statement": "{}"}')
        return error(exchange, "ResourceConflictException", CONCURRENT, 409)


class FunctionsBusy(Layer):
    """Others write to the functions, too: each kind of write to one gets 409 `times` times."""

    def __init__(self, times=1):
        super().__init__()
        self.times, self.seen = times, {}

    def __call__(self, exchange, go_on):
        name = function_name(exchange) if exchange.service == "lambda" else None
        if not name or exchange.effect != "write":
            return go_on()
        key = (name, exchange.action)
        with self.lock:
            seen = self.seen[key] = self.seen.get(key, 0) + 1
        if seen > self.times:
            return go_on()
        self.use()
        said = CONFLICT if seen % 2 else CONCURRENT
        return error(exchange, "ResourceConflictException", said, 409)


HAS_TARGETS = "Rule can't be deleted since it has targets."
HAS_POLICIES = "Cannot delete entity, must delete policies first."
HAS_ATTACHED = "Cannot delete entity, must detach all policies first."
LOGS_BUSY = "A conflicting operation is currently in progress against this resource."


class DeletionsLag(Layer):
    """A removed part still prevents the deletion of its resource, `times` times; a deleted log
    group keeps its name for as long.

    hashicorp/terraform#3222 (roles), terraform-provider-aws#1479 (rules).
    """

    # which actions remove a part, and what is then refused, and how
    LAGS = {
        "events:RemoveTargets": ("events:DeleteRule", "ValidationException", HAS_TARGETS, 400),
        "iam:DeleteRolePolicy": ("iam:DeleteRole", "DeleteConflict", HAS_POLICIES, 409),
        "iam:DetachRolePolicy": ("iam:DeleteRole", "DeleteConflict", HAS_ATTACHED, 409),
        "logs:DeleteLogGroup": (
            "logs:CreateLogGroup", "OperationAbortedException", LOGS_BUSY, 400,
        ),
    }  # fmt: skip

    def __init__(self, times=2):
        super().__init__()
        self.times, self.left = times, Countdown()

    def __call__(self, exchange, go_on):
        about = subject(exchange)
        for cause, (refused, code, said, status) in self.LAGS.items():
            if exchange.name == refused and self.left.take((cause, about)):
                self.use()
                return error(exchange, code, said, status)
        answer = go_on()
        if exchange.name in self.LAGS and succeeded(answer):
            self.left.set((exchange.name, about), self.times)
        return answer

    def settle(self):
        self.left.clear()


class StreamsLater(Layer):
    """A stream that was just enabled, and a function that was just created, are unknown to
    CreateEventSourceMapping, `times` times each. The texts are those of AWS in LocalStack's
    snapshots."""

    def __init__(self, times=1):
        super().__init__()
        self.left = Countdown()
        self.left.set("stream", times)
        self.left.set("function", times)

    def __call__(self, exchange, go_on):
        if exchange.name != "lambda:CreateEventSourceMapping":
            return go_on()
        if self.left.take("function"):
            said = "Function does not exist"
        elif self.left.take("stream"):
            said = f"Stream not found: {exchange.json()['EventSourceArn']}"
        else:
            return go_on()
        self.use()
        return error(exchange, "InvalidParameterValueException", said)


class FailedEntries(Layer):
    """The targets of each rule are refused in an answer of HTTP 200, `times` times.

    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html
    """

    CODES = ("ConcurrentModificationException", "InternalException")

    def __init__(self, times=1):
        super().__init__()
        self.times, self.seen = times, {}

    def __call__(self, exchange, go_on):
        if exchange.name not in ("events:PutTargets", "events:RemoveTargets"):
            return go_on()
        key = (exchange.action, subject(exchange))
        with self.lock:
            seen = self.seen[key] = self.seen.get(key, 0) + 1
        if seen > self.times:
            return go_on()
        self.use()
        entry = {"TargetId": "drain", "ErrorCode": self.CODES[seen % 2], "ErrorMessage": "busy"}
        headers = wire.Headers([("Content-Type", "application/x-amz-json-1.1")])
        body = json.dumps({"FailedEntryCount": 1, "FailedEntries": [entry]}).encode()
        return wire.Response(200, headers, body)
